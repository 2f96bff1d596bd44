/*
 * http/clients.h - how much each client asks for: requests in a second, connections at once.
 *
 * A client is a token, a user of this machine, or an address, by its name.  What it may ask for
 * flows into a bucket of two seconds.  Who has no connection and a full bucket is forgotten, so
 * what is kept is bounded by the connections there are, and by what two seconds bring.
 */
#ifndef HTTP_CLIENTS_H
#define HTTP_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

/* Rationale: "token " and a name of 63. */
#define CLIENT_NAME_SIZE 72

struct clients;

/* NULL: there is no memory. */
struct clients *clients_new(void) MUST_CHECK;
/* NULL is fine. */
void clients_free(struct clients *c);

/*
 * It asks for something.  False: it has asked for more than `rate` a second, and may come again
 * in `*ret_wait_ms`.  Who cannot be kept for want of memory may.
 */
bool clients_ask(struct clients *c, const char *name, unsigned rate, int64_t now_ms,
		 int64_t *ret_wait_ms);

/* It has one more connection; false: it has `most` of them, and this is none. */
bool clients_connect(struct clients *c, const char *name, unsigned most, int64_t now_ms);
void clients_disconnect(struct clients *c, const char *name);

/* How many are kept. */
unsigned clients_count(const struct clients *c);

#endif
