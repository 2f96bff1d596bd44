/*
 * postgres/db.h - one session with a book: its connection, statements, transactions and errors.
 *
 * For the files of this folder only.
 */
#ifndef STORE_POSTGRES_DB_H
#define STORE_POSTGRES_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/uuid.h"
#include "ports/name.h"
#include "store/postgres/libpq.h"
#include "store/postgres/statements.h"
#include "store/sql/session.h"

/* Rationale: an operation filters in two or three shapes; the daemon's reads in a dozen. */
#define SHAPES_KEPT 32

/* Of a project's id and a name. */
#define HELD_SIZE (UUID_TEXT_SIZE + NAME_SIZE)

/* "18446744073709551615" and its NUL. */
#define XID_SIZE 21

/*
 * Rationale: the beginning of a transaction, whose service it is, and as many
 * events as one that is shared has; then a savepoint, a statement and its end.
 */
#define STEPS_MAX (2 + 1 + STORE_SHARED_EVENTS + 3)

/* A statement whose answer nobody reads, with values of its own: it goes out with the next. */
struct later {
	unsigned what, n_values;
	struct sql_value *values; /* and, behind them, their texts */
};

struct session {
	struct sql_session sql;
	const struct libpq *pq;
	PGconn *conn;
	char *url;
	char *shown;	  /* the URL without passwords */
	const char *noun; /* what it is the URL of, in messages */
	enum { TXN_NONE, TXN_READ, TXN_WRITE } txn;
	char xid[XID_SIZE];		/* of the transaction that writes */
	char txn_id[UUID_TEXT_SIZE];	/* the same one's name, which is nobody else's */
	char held[HELD_SIZE];		/* what it held last: a project's id and a service */
	bool prepared[STATEMENT_COUNT]; /* on this connection */
	uint64_t shapes[SHAPES_KEPT];
	unsigned n_shapes;
	unsigned cursors;   /* that this transaction has had */
	unsigned n_pending; /* statements on their way, of which nobody has seen the answer */
	bool tells;	    /* the last one was wire_tell's */
	struct later later[STEPS_MAX];
	unsigned n_later;
};

static inline struct session *pg_session_of(struct store *s)
{
	return (struct session *)s;
}

/* ---- postgres.c ---- */

extern const struct store_ops postgres_ops;
extern const struct sql_engine postgres_engine;

/* A session without a connection. Errors: ERR_BOOK (no libpq), ERR_MEMORY. */
MUST_CHECK bool pg_session_new(const char *url, struct session **ret, struct err *err);
/* For CLEANUP(pg_session_cleanup): frees what is there. */
void pg_session_cleanup(struct session **s);

/* ---- dial.c ---- */

/*
 * Connect s->conn to the first of the URL's hosts that is there and is what the URL wants, and
 * print nothing that a server says.
 * Errors: ERR_INVALID (libpq does not read the URL), ERR_IO (what each of them says), ERR_MEMORY
 */
MUST_CHECK bool pg_dial(struct session *s, struct err *err);

/* ---- connect.c ---- */

/* Connect to a database of any age, of whoever it is, which is only read. */
MUST_CHECK bool pg_connect_to_any(struct session *s, struct err *err);

/* Connect, and say what every connection with a book is told; not yet a pipeline. */
MUST_CHECK bool pg_connect(struct session *s, struct err *err);

/* The same for a book that is there: its version is held against this program's. */
MUST_CHECK bool pg_connect_to_book(struct session *s, struct err *err);

/* Connect to the book's database, whatever is in it, to hear of changes. */
MUST_CHECK bool pg_connect_to_watch(struct session *s, struct err *err);

/* The connection was lost: connect again, for as long as a restart may take. */
MUST_CHECK bool pg_reconnect(struct session *s, struct err *err);

bool pg_is_lost(const struct session *s);

/* ---- setup.c ---- */

unsigned pg_schema_latest(void);
/* The steps of the schema that the database has; 0: it has no book. */
MUST_CHECK bool pg_schema_version(struct session *s, unsigned *ret, struct err *err);

/* ---- wire.c ---- */

/*
 * Rationale: half a megabyte at a time; half as many take a tenth longer for a long book.
 */
#define CURSOR_ROWS 1000

/* One statement on its way. */
struct step {
	unsigned what;
	uint64_t shape; /* FILTERED: of the filter */
	const struct sql_value *values;
	unsigned n_values;
	/*
	 * 0: the statement itself.  Else its rows are to come in parts, from the cursor of
	 * this number: CURSOR_OPEN it for `what`, CURSOR_FETCH the next rows, CURSOR_CLOSE it.
	 */
	unsigned cursor;
	enum { CURSOR_OPEN, CURSOR_FETCH, CURSOR_CLOSE } does;
};

/*
 * Send all steps at once and wait for all answers; the first that fails ends
 * those behind it.  `*ret` becomes the answer of the step `wanted`, which the
 * caller clears; NULL is fine.  Outside of a transaction a lost connection is
 * made anew and the steps are sent again: see txn.c about what that may be.
 */
bool wire_run(struct session *s, const struct step *steps, unsigned n, unsigned wanted,
	      PGresult **ret, struct err *err);

/*
 * A statement that goes out with those behind it, and is answered then: inside a
 * transaction, which it ends when it fails, as some later call says.
 */
bool wire_send(struct session *s, const struct step *step, struct err *err);

/* Have the answers of all that was sent so. */
bool wire_flush(struct session *s, struct err *err);

/*
 * One statement that is none of what is done: nobody waits for its answer, and what becomes of
 * it is of no matter.  Only outside of a transaction.
 */
void wire_tell(struct session *s, unsigned what);

/* One statement without values. */
bool wire_say(struct session *s, unsigned what, struct err *err);

/*
 * Send it with the next wire_run, before that one's steps: it fails then, and
 * `*err` says so.  False: there is no memory, or what waited already has failed.
 */
bool wire_later(struct session *s, const struct step *step, struct err *err);
void wire_forget_later(struct session *s);

/* ---- txn.c ---- */

bool pg_begin(struct store *store, bool write, struct err *err);
bool pg_commit(struct store *store, struct err *err);
void pg_rollback(struct store *store);
bool pg_hold(struct store *store, const char *project_id, const char *service, struct err *err);

/* As struct store_ops has them. */
bool pg_batch_part_begin(struct store *store, struct err *err);
bool pg_batch_part_end(struct store *store, struct err *err);
void pg_batch_part_undo(struct store *store);

/* See struct sql_engine. */
bool pg_part_begin(struct sql_session *sql, struct err *err);
bool pg_part_end(struct sql_session *sql, struct err *err);
void pg_part_undo(struct sql_session *sql);
bool pg_run_part(struct sql_session *sql, unsigned what, const struct sql_value *values,
		 unsigned n_values, struct err *err);

/* ---- claim.c ---- */

bool pg_claim(struct store *store, const struct plan *p, const struct entry *e, struct pick *ret,
	      struct err *err);

/* What is refused is undone alone; where others work beside it, the whole transaction is. */
bool pg_open_change(struct session *s, unsigned what, const struct sql_value *values,
		    unsigned n_values, struct query *ret, struct err *err);

/* "{3000,1,0}": at most `room` numbers; how many there are. */
unsigned pg_read_numbers(const char *text, unsigned room, long *ret);

/* ---- enter.c ---- */

bool pg_enter(struct store *store, const struct entering *e, struct entered *ret, struct err *err);
bool pg_release(struct store *store, const struct entry *entries, unsigned count, const char *actor,
		int64_t at_ms, struct err *err);

/* ---- error.c ---- */

/* Say what the server answered. Returns false. */
bool pg_fail(struct session *s, const PGresult *result, struct err *err);

/* `said`: lines of libpq's about connections. Returns false. */
bool pg_fail_connection(struct session *s, enum err_code code, const char *what, const char *said,
			struct err *err);

#endif
