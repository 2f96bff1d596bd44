/*
 * formats/claim.h - what a foreign file says about who owns which port.
 *
 * One file per format, claims_NAME.c.  All have one form: bytes in, claims out,
 * in the order of the file.  A claim is what the file says, not what the book
 * will make of it: names are as they were written, two claims may be on one
 * port, and nothing has been held against a policy.
 * May include: ports, base.
 */
#ifndef FORMATS_CLAIM_H
#define FORMATS_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "ports/entry.h"
#include "ports/name.h"
#include "ports/port_range.h"

enum claim_kind {
	CLAIM_PROJECT,	/* a project; `ports`: its block, where the file says one (else 0-0) */
	CLAIM_INSTANCE, /* a project's instance; `ports`: its slice, where the file says one */
	CLAIM_ENTRY,	/* a service on a port; `ports` has just that */
	CLAIM_RESERVED, /* ports that nobody shall be given; `note`: why */
};

/*
 * Text is NULL where the file says nothing; it is valid UTF-8 without NUL, and
 * lives until the callback returns.  Of a wrong one only kind, line and reason count.
 */
struct claim {
	enum claim_kind kind;
	unsigned line;	   /* from 1; what a person looks up */
	const char *place; /* what they look up instead: "port_allocations 17"; NULL: the line */
	const struct err *wrong; /* what the row says makes no sense; else NULL */
	struct port_range ports;

	const char *project, *path; /* NULL: of the project that is imported into */
	int number;		    /* of the project; -1: not said */
	const char *project_status; /* "active", "reserved" ... as written */
	const char *owner;

	unsigned instance; /* 0: not said */
	const char *purpose, *branch, *worktree;
	const char *instance_status; /* as written */

	const char *service, *type, *environment, *host;
	const char *unit;	/* of systemd */
	const char *program;	/* what listens there; it is no name of a service */
	enum protocol protocol; /* tcp where nothing is said */
	enum entry_status status;
	const char *tunnel_hostname, *tunnel_id;
	bool is_systems; /* the port of its scheme, as in ssh://localhost:22 */
	const char *description, *note;
	const char *metadata;  /* a JSON object; what has no field of its own */
	int64_t at_ms;	       /* since when; 0: not said */
	int64_t expires_at_ms; /* 0: for good */
};

/* False stops the scan, which then returns false; the callback has filled its own err. */
typedef bool claim_fn(const struct claim *c, void *arg);

/*
 * Tell `fn` each claim in the bytes of a file.  `file` is its name in messages.
 * Reads nothing but its arguments; needs memory by the longest row, not by the file.
 * Errors: ERR_INVALID  it is not such a file; the text starts with "file:line: "
 *         ERR_MEMORY
 */
typedef bool claims_fn(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		       struct err *err);

/*
 * The two tables of a ports-md file, wherever they stand in it: projects with
 * their blocks, instances with their slices.
 */
claims_fn claims_ports_md;

/* Every Markdown table with a column for ports and one for services. */
claims_fn claims_md;

/* NAME_PORT=1234: the entries of the project that is imported into. */
claims_fn claims_dotenv;

/*
 * The same of any file of variables, in which many lines are none of ours: PORT=3000,
 * too (the service CLAIM_SERVICE), and no port whose ..._HOST is another machine's.
 */
claims_fn claims_env;

/* The registries of other tools; docs/decisions/ has which, and what they look like. */
claims_fn claims_devports;
claims_fn claims_portkeeper;
claims_fn claims_port_manager;

/* The tables of two older systems, in JSON: see claims_older.c. */
claims_fn claims_supervisor;
claims_fn claims_scar;

/*
 * What programs of this machine are told to listen on, or to pass requests on to.
 * An upstream of another machine, or one that only a variable names, is none of ours.
 */

/* The ingress of cloudflared's config.yml: the service by its hostname. */
claims_fn claims_cloudflared;

/* `upstream` and `..._pass` of nginx: the service by its upstream or `server_name`. */
claims_fn claims_nginx;

/* `reverse_proxy` and `php_fastcgi` of a Caddyfile: the service by its site. */
claims_fn claims_caddy;

/*
 * A unit of systemd, .service or .socket: what it listens on, and the ports that
 * its command line and its Environment= give.  `path` is its WorkingDirectory,
 * and `unit` comes from the end of `file`.
 */
claims_fn claims_systemd;

/* What `lsof -i -P -n` and `ss -ltnup` have printed; each port once. */
claims_fn claims_lsof;
claims_fn claims_ss;

/* --- for those who write a scanner */

/*
 * Text in UTF-8: step over a byte order mark.
 * Errors: ERR_INVALID "file:line: " UTF-16, or bytes that are not text.
 */
MUST_CHECK bool claim_open(const char **bytes, size_t *len, const char *file, struct err *err);

/* ERR_INVALID "file:line: " and the text. Returns false. */
bool claim_fail(struct err *err, const char *file, unsigned line, const char *format, ...)
	PRINTF_LIKE(4, 5);

/*
 * The row of `c` could not be read, for that reason: it is told as a wrong one, so that the rows
 * behind it are read, too.  False where the reason is about more than the row (no memory), which
 * `err` then has, or `fn` said so.
 */
MUST_CHECK bool claim_tell_wrong(struct claim c, const struct err *why, claim_fn *fn, void *arg,
				 struct err *err);

/* A claim of that kind of which nothing is said but its line. */
struct claim claim_of(enum claim_kind kind, unsigned line);

/* Its texts, which go with the row, become copies in the arena; false: no memory. */
MUST_CHECK bool claim_keep_texts(struct arena *a, struct claim *c);

/* As people and programs write a time or a day, read as UTC; 0: it is none. */
int64_t claim_time(const char *text);

/* NULL when the text names no machine, or the one that it is on: "localhost", "127.0.0.1", "*". */
const char *claim_host(const char *text);

/* The environment by the name that our policies have for it: "development" is "dev". */
const char *claim_environment(const char *text);

/* The service of tools that know a port's owner only. Rationale: a name that claims nothing. */
#define CLAIM_SERVICE "main"

/*
 * Whose port it is, where a file has one text for it: "shop/web", "shop@2/web",
 * "web" (a project of one service).  `storage` holds what is taken apart.
 */
struct claim_owner {
	char project[NAME_SIZE], service[NAME_SIZE];
};
void claim_take_owner(const char *text, struct claim_owner *storage, struct claim *ret);

#endif
