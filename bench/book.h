/*
 * bench/book.h - a book in a SQLite file or a PostgreSQL database, as the program would make it.
 */
#ifndef BENCH_BOOK_H
#define BENCH_BOOK_H

#include "ports/plan.h"
#include "registry/get.h"
#include "registry/registry.h"

struct book {
	struct store *store;
	struct registry registry;
	const struct policy *policy;
};

/* Open the book (a path or a URL), or make it with the default policy.  Dies when it cannot. */
void book_open(struct book *b, const char *path);
void book_close(struct book *b);

/* A write transaction.  Dies when it cannot. */
void book_begin(struct book *b);
/* The same for a change of one service, beside others; the service is held. */
struct owner;
void book_begin_shared(struct book *b, const struct owner *owner, const char *service);
void book_commit(struct book *b);

/* A project with its block; strings in the arena. */
struct owner {
	struct project project;
	struct port_range block;
	enum protocol protocol; /* of what is claimed; TCP at first */
};
void book_add_project(struct book *b, const char *name, struct arena *a, struct owner *ret);

/*
 * What registry_allocate does at last, without the rules before it: claim the
 * first free port of the block, and write the event.  In a transaction.
 */
uint16_t book_claim(struct book *b, const struct owner *owner, const char *service, char *ret_id);

/* The entry that book_claim made, released, and its event.  In a transaction. */
void book_release(struct book *b, const struct owner *owner, const char *service, const char *id,
		  uint16_t port);

/* All that the service has, released as the operation does.  In a transaction. */
void book_release_service(struct book *b, const struct owner *owner, const char *service);

/* A request for a service of an owner, all else as by default. */
struct port_request book_request(struct book *b, const struct owner *owner, const char *service);

#endif
