/*
 * store/memory/book.h - the book in memory, as its own files see it.
 */
#ifndef STORE_MEMORY_BOOK_H
#define STORE_MEMORY_BOOK_H

#include "registry/store.h"
#include "store/memory/table.h"

struct memory {
	struct store base;
	struct journal journal;
	size_t part; /* of the journal: where the part at hand began */
	struct table settings, projects, instances, blocks, reserved, entries, events, checks,
		ranges, requests;
	int64_t last_seq, last_check; /* also of those that were rolled back */
};

#define NOT_FOUND SIZE_MAX

static inline struct memory *memory_of(struct store *s)
{
	return (struct memory *)s;
}

/* Add the row, or replace row `at` where that is not NOT_FOUND. Errors: ERR_MEMORY. */
MUST_CHECK bool memory_put(struct memory *m, struct table *t, size_t at, const void *row,
			   struct err *err);

/* Take row `at` away, if there is one. Errors: ERR_MEMORY. */
MUST_CHECK bool memory_take(struct memory *m, struct table *t, size_t at, struct err *err);

/* The table's rows in order; the caller frees the array. NULL: there is no memory. */
const void **rows_sorted(const struct table *t, int (*order)(const void *, const void *),
			 struct err *err);

/* For CLEANUP: the rows belong to their table. */
void rows_free(const void ***rows);

/* A row, and which one it is: NOT_FOUND when there is none. */
const struct project *memory_project(const struct memory *m, size_t at);
size_t memory_project_at(const struct memory *m, const struct project_key *key);
const struct instance *memory_instance(const struct memory *m, size_t at);
size_t memory_instance_at(const struct memory *m, const char *project_id, unsigned number);

/* A call changed what it should. Returns true. */
bool memory_done(struct memory *m);

/* Take away all rows of a table; the caller undoes the journal if that fails. */
MUST_CHECK bool memory_empty(struct memory *m, struct table *t, struct err *err);

static inline int order_of_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* owners.c, spans.c, entries.c, requests.c: what struct store_ops says. */
MUST_CHECK bool memory_project_find(struct store *s, const struct project_key *key, struct arena *a,
				    struct project *ret, bool *ret_found, struct err *err);
MUST_CHECK bool memory_project_put(struct store *s, const struct project *p, struct err *err);
MUST_CHECK bool memory_project_remove(struct store *s, const char *id, struct err *err);
MUST_CHECK bool memory_project_each(struct store *s, project_fn *fn, void *arg, struct err *err);
MUST_CHECK bool memory_instance_put(struct store *s, const struct instance *i, struct err *err);
MUST_CHECK bool memory_instance_each(struct store *s, const char *project_id, instance_fn *fn,
				     void *arg, struct err *err);
MUST_CHECK bool memory_instance_find(struct store *s, const char *host, const char *worktree,
				     struct arena *a, struct instance *ret, bool *ret_found,
				     struct err *err);
MUST_CHECK bool memory_block_add(struct store *s, const struct block *b, struct err *err);
MUST_CHECK bool memory_block_remove(struct store *s, const char *host, uint16_t first,
				    struct err *err);
MUST_CHECK bool memory_block_each(struct store *s, const char *host, const char *project_id,
				  block_fn *fn, void *arg, struct err *err);
MUST_CHECK bool memory_reserved_put(struct store *s, const struct reserved *r, struct err *err);
MUST_CHECK bool memory_reserved_remove(struct store *s, const char *host, uint16_t first,
				       struct err *err);
MUST_CHECK bool memory_reserved_each(struct store *s, reserved_fn *fn, void *arg, struct err *err);
MUST_CHECK bool memory_ranges_put(struct store *s, const struct stored_range *ranges,
				  unsigned count, struct err *err);
MUST_CHECK bool memory_range_each(struct store *s, range_fn *fn, void *arg, struct err *err);
MUST_CHECK bool memory_entry_each(struct store *s, const struct entry_filter *f, entry_fn *fn,
				  void *arg, struct err *err);
MUST_CHECK bool memory_entry_count(struct store *s, const struct entry_filter *f, unsigned *ret,
				   struct err *err);
MUST_CHECK bool memory_taken(struct store *s, const char *host, enum protocol protocol,
			     struct port_range r, struct port_set *into, struct err *err);
MUST_CHECK bool memory_claim(struct store *s, const struct plan *p, const struct entry *e,
			     struct pick *ret, struct err *err);
MUST_CHECK bool memory_entry_put(struct store *s, const struct entry *e, struct err *err);
MUST_CHECK bool memory_entries_verified(struct store *s, const char *host, const char *const *ids,
					unsigned count, int64_t at_ms, struct err *err);
MUST_CHECK bool memory_event_add(struct store *s, const struct event *e, struct err *err);
MUST_CHECK bool memory_event_each(struct store *s, const struct event_filter *f, event_fn *fn,
				  void *arg, struct err *err);
MUST_CHECK bool memory_check_add(struct store *s, const struct health_check *c, struct err *err);
MUST_CHECK bool memory_check_each(struct store *s, check_fn *fn, void *arg, struct err *err);
MUST_CHECK bool memory_check_of(struct store *s, const struct check_filter *f, check_fn *fn,
				void *arg, struct err *err);
MUST_CHECK bool memory_request_find(struct store *s, const char *actor, const char *key,
				    struct arena *a, struct request *ret, bool *ret_found,
				    struct err *err);
MUST_CHECK bool memory_request_add(struct store *s, const struct request *r, struct err *err);
MUST_CHECK bool memory_requests_remove(struct store *s, int64_t before_ms, struct err *err);
MUST_CHECK bool memory_check_remove(struct store *s, int64_t id, struct err *err);

#endif
