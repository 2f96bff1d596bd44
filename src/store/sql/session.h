/*
 * sql/session.h - the rows of a book as any SQL engine keeps them.
 *
 * What is the same for all engines is written once, here: which statement a
 * call of registry/store.h runs, what is bound to it, how a row is read.  An
 * engine (sqlite/, postgres/) brings its statements to run, its transactions
 * and its errors, as one table.
 *
 * For the engines only.
 */
#ifndef STORE_SQL_SESSION_H
#define STORE_SQL_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "registry/store.h"
#include "store/sql/filter.h"
#include "store/sql/statements.h"
#include "store/sql/value.h"

/* An engine's own struct starts with this. */
struct sql_session {
	struct store store; /* first: see sql_session_of */
	const struct sql_engine *engine;
	struct kept_blocks *blocks; /* as read in this batch: see blocks_kept.c; NULL: not yet */
};

static inline struct sql_session *sql_session_of(struct store *s)
{
	return (struct sql_session *)s;
}

/* A statement that runs.  For CLEANUP(query_close); start from { 0 }. */
struct query {
	struct sql_session *session;
	void *run;	    /* the engine's; NULL: nothing runs */
	bool is_once;	    /* the engine's: it goes with the query */
	bool out_of_memory; /* a column could not be read */
	int row, column;    /* the next column; rows are the engine's to count */
	unsigned cursor;    /* the engine's: where the next rows come from; 0: all are here */
};

/* One write: a transaction of its own, or a part of the caller's that is undone alone. */
struct write {
	struct sql_session *session;
	enum { WRITE_NONE, WRITE_ALONE, WRITE_PART } kind;
};

struct sql_engine {
	bool marks_seen; /* see sql_filter_entries */
	/* Nobody else writes while a batch is open, so that blocks are read once for all of it. */
	bool keeps_blocks;
	/* See the functions of these names below. */
	bool (*open)(struct sql_session *s, unsigned what, const struct sql_value *values,
		     unsigned n_values, struct query *ret, struct err *err);
	bool (*open_filter)(struct sql_session *s, const struct sql_filter *f, struct query *ret,
			    struct err *err);
	void (*close)(struct query *q);
	bool (*step)(struct query *q, bool *ret_row, struct err *err);
	const char *(*text)(struct query *q);
	int64_t (*number)(struct query *q);
	/* Is a transaction open? */
	bool (*is_begun)(const struct sql_session *s);
	/* Make a part of the open transaction that can be undone alone; end it; undo it. */
	bool (*part_begin)(struct sql_session *s, struct err *err);
	bool (*part_end)(struct sql_session *s, struct err *err);
	void (*part_undo)(struct sql_session *s);
	/* One statement inside a transaction; nothing of it stays when it fails. */
	bool (*run_part)(struct sql_session *s, unsigned what, const struct sql_value *values,
			 unsigned n_values, struct err *err);
	/* One that answers no rows, with BULK_LATE; NULL: this engine waits for nobody. */
	bool (*run_later)(struct sql_session *s, unsigned what, const struct sql_value *values,
			  unsigned n_values, struct err *err);
};

/* ---- query.c ---- */

/* `what`: an enum sql_statement, or one of the engine's own. */
MUST_CHECK bool query_open(struct sql_session *s, unsigned what, const struct sql_value *values,
			   unsigned n_values, struct query *ret, struct err *err);
MUST_CHECK bool query_open_filter(struct sql_session *s, const struct sql_filter *f,
				  struct query *ret, struct err *err);
void query_close(struct query *q);

/* The next row; `*ret_row` false: there is none. */
MUST_CHECK bool query_step(struct query *q, bool *ret_row, struct err *err);

/*
 * The row's next column; "" of a key stays "".  Texts live until the next step,
 * and are NULL for NULL, and when there is no memory: see query_row_ok.
 */
const char *query_text(struct query *q);
int64_t query_int(struct query *q);
bool query_row_ok(struct query *q, struct err *err);

/* Give each row to `give`, until it returns false. */
struct visit {
	union {
		entry_fn *entry;
		project_fn *project;
		instance_fn *instance;
		block_fn *block;
		reserved_fn *reserved;
		event_fn *event;
		setting_fn *setting;
		range_fn *range;
		check_fn *check;
	} fn;
	void *arg;
};
typedef bool give_fn(struct query *q, const struct visit *v);
MUST_CHECK bool query_walk(struct query *q, give_fn *give, const struct visit *v, struct err *err);

/* Run a statement to its end. */
MUST_CHECK bool sql_run(struct sql_session *s, unsigned what, const struct sql_value *values,
			unsigned n_values, struct err *err);

/* The first column of the first row, a number; 0: there is no row. */
MUST_CHECK bool sql_ask(struct sql_session *s, unsigned what, int64_t *ret, struct err *err);

MUST_CHECK bool write_begin(struct write *w, struct err *err);
MUST_CHECK bool write_end(struct write *w, struct err *err);
void write_cleanup(struct write *w);

/* One statement as a write. */
MUST_CHECK bool sql_change(struct sql_session *s, unsigned what, const struct sql_value *values,
			   unsigned n_values, struct err *err);

/*
 * The same of a statement that nothing in the book can refuse.  Where it fails, for want
 * of memory or disk, the transaction is lost, and cannot go on as after sql_change: so it
 * needs no savepoint, which takes twice as long as the statement.
 */
MUST_CHECK bool sql_change_surely(struct sql_session *s, unsigned what,
				  const struct sql_value *values, unsigned n_values,
				  struct err *err);

/* ---- blocks_kept.c ---- */

/* Errors: ERR_MEMORY; those of reading */
MUST_CHECK bool kept_blocks_each(struct sql_session *s, const char *host, const char *project_id,
				 block_fn *fn, void *arg, struct err *err);

/* They may be others now: one is written or undone, or a transaction begins or ends. */
void kept_blocks_forget(struct sql_session *s);

/* ---- settings.c, projects.c, blocks.c, entries.c, claim.c, events.c, requests.c ---- */

bool sql_setting_get(struct store *store, const char *name, struct arena *a, const char **ret,
		     struct err *err);
bool sql_setting_put(struct store *store, const char *name, const char *value, struct err *err);
bool sql_setting_each(struct store *store, setting_fn *fn, void *arg, struct err *err);
bool sql_ranges_put(struct store *store, const struct stored_range *ranges, unsigned count,
		    struct err *err);

bool sql_range_each(struct store *store, range_fn *fn, void *arg, struct err *err);
bool sql_clear(struct store *store, struct err *err);

bool sql_project_find(struct store *store, const struct project_key *key, struct arena *a,
		      struct project *ret, bool *ret_found, struct err *err);
bool sql_project_put(struct store *store, const struct project *p, struct err *err);
bool sql_project_remove(struct store *store, const char *id, struct err *err);
bool sql_project_each(struct store *store, project_fn *fn, void *arg, struct err *err);

bool sql_instance_put(struct store *store, const struct instance *i, struct err *err);
bool sql_instance_each(struct store *store, const char *project_id, instance_fn *fn, void *arg,
		       struct err *err);
bool sql_instance_find(struct store *store, const char *host, const char *worktree, struct arena *a,
		       struct instance *ret, bool *ret_found, struct err *err);

bool sql_block_add(struct store *store, const struct block *b, struct err *err);
bool sql_block_remove(struct store *store, const char *host, uint16_t first, struct err *err);
/* As block_each, from the rows themselves. */
bool sql_block_read(struct sql_session *s, const char *host, const char *project_id, block_fn *fn,
		    void *arg, struct err *err);
bool sql_block_each(struct store *store, const char *host, const char *project_id, block_fn *fn,
		    void *arg, struct err *err);
bool sql_reserved_put(struct store *store, const struct reserved *r, struct err *err);
bool sql_reserved_remove(struct store *store, const char *host, uint16_t first, struct err *err);
bool sql_reserved_each(struct store *store, reserved_fn *fn, void *arg, struct err *err);

bool sql_entry_each(struct store *store, const struct entry_filter *f, entry_fn *fn, void *arg,
		    struct err *err);
bool sql_service_find(struct store *store, const struct service_name *name, struct arena *a,
		      struct entry *ret, bool *ret_found, bool *ret_worktrees, struct err *err);
bool sql_entry_count(struct store *store, const struct entry_filter *f, unsigned *ret,
		     struct err *err);
bool sql_entry_put(struct store *store, const struct entry *e, struct err *err);
/* One by one, the time with each entry. */
bool sql_entries_verified(struct store *store, const char *host, const char *const *ids,
			  unsigned count, int64_t at_ms, struct err *err);
bool sql_taken(struct store *store, const char *host, enum protocol protocol, struct port_range r,
	       struct port_set *into, struct err *err);
bool sql_claim(struct store *store, const struct plan *p, const struct entry *e, struct pick *ret,
	       struct err *err);

bool sql_event_add(struct store *store, const struct event *e, struct err *err);
bool sql_event_each(struct store *store, const struct event_filter *f, event_fn *fn, void *arg,
		    struct err *err);
bool sql_check_add(struct store *store, const struct health_check *c, struct err *err);
bool sql_check_each(struct store *store, check_fn *fn, void *arg, struct err *err);
bool sql_check_of(struct store *store, const struct check_filter *f, check_fn *fn, void *arg,
		  struct err *err);
bool sql_check_remove(struct store *store, int64_t id, struct err *err);

bool sql_request_find(struct store *store, const char *actor, const char *key, struct arena *a,
		      struct request *ret, bool *ret_found, struct err *err);
bool sql_request_add(struct store *store, const struct request *r, struct err *err);
bool sql_requests_remove(struct store *store, int64_t before_ms, struct err *err);
/* Rationale: the columns of SQL_ENTRY_ADD. */
#define SQL_ENTRY_VALUES 25
/* What is bound to them, in their order. */
void sql_entry_values(const struct entry *e, struct sql_value ret[static SQL_ENTRY_VALUES]);

/* Enter a new row, inside a transaction. */
MUST_CHECK bool entry_add(struct sql_session *s, const struct entry *e, struct err *err);

/* The rows of a struct store_ops that no engine does in another way: all but the claim and entries_verified. */
#define SQL_STORE_OPS                                                                             \
	.setting_get = sql_setting_get, .setting_put = sql_setting_put,                           \
	.setting_each = sql_setting_each, .ranges_put = sql_ranges_put,                           \
	.range_each = sql_range_each, .clear = sql_clear, .project_find = sql_project_find,       \
	.project_put = sql_project_put, .project_remove = sql_project_remove,                     \
	.project_each = sql_project_each, .instance_put = sql_instance_put,                       \
	.instance_each = sql_instance_each, .instance_find = sql_instance_find,                   \
	.block_add = sql_block_add, .block_remove = sql_block_remove,                             \
	.block_each = sql_block_each, .reserved_put = sql_reserved_put,                           \
	.reserved_remove = sql_reserved_remove, .reserved_each = sql_reserved_each,               \
	.entry_each = sql_entry_each, .service_find = sql_service_find,                           \
	.entry_count = sql_entry_count, .entry_put = sql_entry_put, .taken = sql_taken,           \
	.event_add = sql_event_add, .event_each = sql_event_each, .check_add = sql_check_add,     \
	.check_each = sql_check_each, .check_of = sql_check_of, .check_remove = sql_check_remove, \
	.request_find = sql_request_find, .request_add = sql_request_add,                         \
	.requests_remove = sql_requests_remove

#endif
