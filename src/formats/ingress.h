/*
 * formats/ingress.h - the rules of a Cloudflare tunnel: which hostname leads where.
 *
 * The file is cloudflared's config.yml, or the configuration that Cloudflare keeps
 * for a tunnel, which is the same in JSON.  Rules are tried in order; the last one
 * has no hostname and takes the rest.
 * Source: Cloudflare's documentation, "Configuration file" of cloudflared.
 * May include: ports, base.
 */
#ifndef FORMATS_INGRESS_H
#define FORMATS_INGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

/* Rationale: Cloudflare takes 1,000 hostnames for a tunnel; people merge several files. */
#define INGRESS_RULES_MAX 20000

/* A value's text and where it stands, inside its quotes. */
struct ingress_value {
	const char *text; /* "": there is none, or it goes over lines */
	size_t from, to;
	bool is_odd; /* an alias, or with an anchor, which others may use */
};

struct ingress_rule {
	struct ingress_value hostname, path, service;
	unsigned line;	   /* of its first key */
	unsigned said;	   /* of its service; 0: it has none */
	uint16_t port;	   /* of this machine, that it leads to; 0: it leads elsewhere */
	bool is_odd;	   /* no mapping, or one that takes over another's keys (<<) */
	size_t start, end; /* of its first key, or of the brace before it; behind its last text */
	unsigned column;   /* of its first key, from 1 */
};

struct ingress {
	const char *tunnel;	 /* its id or name; "": not said */
	const char *credentials; /* the file's name; "": not said */
	bool is_there;		 /* the key `ingress` */
	bool is_list;		 /* and it is a list, or nothing at all */
	bool is_flow;		 /* [{...}, {...}] */
	unsigned line;		 /* of the list, or its key */
	size_t behind_key;	 /* where what belongs to the key starts */
	size_t start;		 /* of the list */
	struct ingress_rule *rules;
	unsigned count;
};

/*
 * Read it; all texts are in the arena.
 * Errors: ERR_INVALID "file:line:column: ..." it is no YAML, or no configuration; ERR_MEMORY
 */
MUST_CHECK bool ingress_read(struct arena *a, const char *bytes, size_t len, const char *file,
			     struct ingress *ret, struct err *err);

/* Would a rule with this hostname take what is for `hostname`?  "" and "*" take all. */
bool ingress_takes(const char *rule, const char *hostname);

/* Is this the tunnel that the configuration is of?  True where one of both does not say. */
bool ingress_is_of(const struct ingress *in, const char *tunnel);

/* --- what it should be */

/* A hostname, and the port that it is to reach. */
struct ingress_want {
	const char *hostname;
	uint16_t port;
	unsigned item; /* the caller's own */
};

enum ingress_change {
	INGRESS_KEPT,	   /* it leads there */
	INGRESS_CORRECTED, /* it led elsewhere */
	INGRESS_ADDED,
};

struct ingress_step {
	const struct ingress_want *want;
	enum ingress_change change;
	/* The rule that is meant; of INGRESS_ADDED the one it comes before, `count`: none. */
	unsigned rule;
};

/*
 * What is to be done for each of `wants`, which are put in the order in which their
 * rules would be added.  `steps` has room for all.  Pure; a rule is only ever added or
 * led to another port, so what somebody else wrote stays.
 */
void ingress_plan(const struct ingress *in, struct ingress_want *wants, unsigned count,
		  struct ingress_step *steps);

/* The service with another port: "https://localhost:1/x" keeps all but the 1. */
void ingress_service(const char *old, uint16_t port, struct text *ret);

/*
 * Append what the file is to be, with every other byte as it was; the catch-all is
 * added where there is none.  `bytes` NULL: there is no file yet, and it is to be of
 * `tunnel` ("": not said).  `steps` (room for `count`) tell what it does.
 * Errors: ERR_INVALID "file:line: ..." it is not understood, and is left alone; ERR_MEMORY
 */
MUST_CHECK bool ingress_splice(struct arena *a, const char *bytes, size_t len, const char *file,
			       const char *tunnel, struct ingress_want *wants, unsigned count,
			       struct ingress_step *steps, struct text *ret, struct err *err);

#endif
