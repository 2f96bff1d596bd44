/*
 * formats/compose.h - the services of a compose file and their ports, each with its place.
 *
 * For who changes such a file; what it says alone is scan_compose (scan.h).
 * Source: the Compose specification, "ports".
 * May include: ports, base.
 */
#ifndef FORMATS_COMPOSE_H
#define FORMATS_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "ports/entry.h"
#include "ports/name.h"

/* The text of a scalar, inside its quotes, as offsets. */
struct compose_text {
	size_t from, to;
	bool is_there;
	bool is_quoted;
};

/* Rationale: the long form has seven keys. */
#define COMPOSE_PAIRS_MAX 8

/* Rationale: the largest compose files we know have 200 services, and those 30 ports. */
#define COMPOSE_SERVICES_MAX 2000
#define COMPOSE_ITEMS_MAX    2000

/* Rationale: two ports of five digits in a variable each, or a longer text that is refused. */
#define COMPOSE_CONTAINER_SIZE 128

/* One of a service's ports. */
struct compose_item {
	unsigned line;
	enum protocol protocol;
	unsigned nth; /* of the service's ports on this protocol, from 1 */
	char container[COMPOSE_CONTAINER_SIZE]; /* its port inside, as written; "" of an odd one */
	bool is_odd;  /* an alias, text over lines or with escapes, more keys than there are */
	bool is_flow; /* {target: 80} */
	bool is_long;
	struct compose_text text;			 /* short: all of it; long: `published` */
	size_t target;					 /* long: where this key starts ... */
	unsigned target_column;				 /* ... from 1 */
	struct compose_text pairs[COMPOSE_PAIRS_MAX][2]; /* long: keys and values */
	unsigned n_pairs;
};

struct compose_service {
	const char *key;
	struct compose_text key_at;
	char name[NAME_SIZE]; /* as a service of ours; "": it cannot be one */
	unsigned line;
	bool is_block;	     /* its value is a mapping in lines ... */
	size_t first;	     /* ... and this is where its first key starts ... */
	unsigned column;     /* ... from 1 */
	unsigned ports_line; /* 0: it has none */
	bool is_odd;	     /* they are no list, an alias, or with an anchor, for others, too */
	bool is_override;    /* ports: !override */
	struct compose_item *items;
	unsigned count;
	/* ports: *alias, of a list that no service has as its own: those that stand there, with
	   the first of the services that share them. */
	struct compose_text alias;
	struct compose_item *shared;
	unsigned shared_count;
};

struct compose_file {
	bool has_services;
	bool is_block; /* they are a mapping in lines, as above */
	size_t first;
	unsigned column, line;
	struct compose_service *services; /* in the arena, as all that is in them */
	unsigned count;
};

/*
 * Errors: ERR_INVALID "file:line:column: ..." it is no compose file, or too large; ERR_MEMORY
 */
MUST_CHECK bool compose_read(struct arena *a, const char *bytes, size_t len, const char *file,
			     struct compose_file *ret, struct err *err);

/*
 * The host's part of a port, "[IP:]HOST:CONTAINER[/PROTOCOL]", as offsets into the
 * text; without one it is empty, at the start (`*ret_colon` false).
 */
void compose_split(const char *text, size_t len, size_t *ret_host, size_t *ret_host_len,
		   bool *ret_colon);

#endif
