/*
 * operations/tunnel.h - the entries that a Cloudflare tunnel leads to, for tunnel_*.c.
 */
#ifndef OPERATIONS_TUNNEL_H
#define OPERATIONS_TUNNEL_H

#include "formats/ingress.h"
#include "operations/input.h"

/* The configuration that the input has, and who of the book belongs into it. */
struct tunnel {
	const char *file;  /* its name, for messages */
	const char *bytes; /* NULL: there is no file */
	size_t len;
	struct ingress in; /* nothing, where there is no file */
	const char *id;	   /* of the tunnel: as the input says, else the file, else all entries */
	struct entry_list entries;  /* live ones of the host with a hostname, of this tunnel */
	struct ingress_want *wants; /* one an entry; `item` is its place among them */
};

/*
 * Read it. `host` NULL: of the input.
 * Errors: ERR_INVALID "file:line: ..." it is not understood; ERR_MEMORY
 */
MUST_CHECK bool tunnel_read(struct call *c, const json_t *input, struct tunnel *ret,
			    struct err *err);

/* "portbook tunnel config --write", with the file where it is not the usual one; NULL: no memory. */
const char *tunnel_command(struct call *c, const struct tunnel *t) MUST_CHECK;

/* Put whose an entry is: {projectName, serviceName, instance, environment}. */
MUST_CHECK bool tunnel_put_owner(json_t *row, const struct entry *e);

#endif
