/*
 * project/named_ports.h - the ports that files name: those of a project, and of the machine.
 *
 * May include: formats, registry, ports, base.
 */
#ifndef PROJECT_NAMED_PORTS_H
#define PROJECT_NAMED_PORTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "formats/claim.h"

/* What kind of file names it; the surest word for what the service is called comes first. */
enum named_by {
	NAMED_BY_PORTS_ENV, /* .ports.env, which is ours */
	NAMED_BY_COMPOSE,
	NAMED_BY_PROCFILE,
	NAMED_BY_SUPABASE,
	NAMED_BY_PACKAGE, /* package.json */
	NAMED_BY_UNIT,	  /* of systemd */
	NAMED_BY_ENV,	  /* .env, which also speaks of the ports of others */
	NAMED_BY_TUNNEL,  /* cloudflared: to whomever it belongs, from here down */
	NAMED_BY_NGINX,
	NAMED_BY_CADDY,
};

/* Does such a file say where requests go, and not whose the port is? */
static inline bool named_by_proxy(enum named_by by)
{
	return by >= NAMED_BY_TUNNEL;
}

/* An entry that a file names; the claim's texts live in the arena. */
struct named_port {
	struct claim claim;
	enum named_by by;
	const char *file; /* absolute; with the claim's line it is the source */
};

/* False stops the search, which then returns false; the callback has filled its own err. */
typedef bool named_port_fn(const struct named_port *p, void *arg);

/* A file that could not be read, and why; the others are read all the same. */
typedef void named_port_warn_fn(const char *text, void *arg);

struct named_port_search {
	named_port_fn *found;
	named_port_warn_fn *warn;
	void *arg;
	struct arena *arena;
};

/*
 * The files in a project's folder, and some levels below it: compose files, .env
 * and .ports.env, Procfile, package.json, supabase/config.toml, units of systemd,
 * configurations of cloudflared, nginx and Caddy.  Checkouts in it, hidden
 * folders and those of other people's code are stepped over, links not followed.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool named_ports_of_folder(const struct named_port_search *s, const char *folder,
				      struct err *err);

/*
 * The machine's own: units in /etc/systemd/system, and /etc/cloudflared, /etc/nginx and
 * /etc/caddy, all below `root` ("" is the machine itself), and the units and tunnels
 * of the user whose home is `home` (NULL: nobody's).
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool named_ports_of_machine(const struct named_port_search *s, const char *root,
				       const char *home, struct err *err);

#endif
