/*
 * sqlite/db.h - one session with a book: its statements, transactions and errors.
 *
 * For the files of this folder only.
 */
#ifndef STORE_SQLITE_DB_H
#define STORE_SQLITE_DB_H

#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/progress.h"
#include "registry/store.h"
#include "store/sql/session.h"
#include "store/sqlite/queue.h"
#include "store/sqlite/statements.h"

/* Rationale: an operation filters in two or three shapes; the daemon's reads in a dozen. */
#define SHAPES_KEPT 16

struct session {
	struct sql_session sql;
	sqlite3 *db;
	char *path; /* as it was asked for */
	struct queue queue;
	enum { TXN_NONE, TXN_READ, TXN_WRITE } txn;
	bool syncs_fully;			   /* said to SQLite in this session */
	sqlite3_stmt *statements[STATEMENT_COUNT]; /* NULL: not needed so far */
	struct {
		uint64_t shape;
		sqlite3_stmt *stmt;
	} shapes[SHAPES_KEPT];
	unsigned next_shape; /* the one that goes when another is needed */
	int log_frames;	     /* in the write-ahead log after our last commit; 0: none */
	bool is_copy;	     /* of the book, in memory: changing it would change nothing */
	int64_t patience_ms; /* how long to wait for others */
	int64_t waiting_since_ms;
	uint32_t dice;
};

static inline struct session *session_of(struct store *s)
{
	return (struct session *)s;
}

/* ---- sqlite.c ---- */

extern const struct store_ops sqlite_ops;

/* Give back all but the session itself. */
void session_close(struct session *s);

/* ---- open.c ---- */

/* A session that has no file yet; NULL: no memory. */
struct session *session_new(const char *path);
/* For CLEANUP(session_cleanup): frees what is there. */
void session_cleanup(struct session **s);

/* What every connection with a book is told. */
void session_configure(struct session *s);

#define VERSION_NONE 0 /* of an empty database */
/*
 * The book's version, inside a transaction.
 * Errors: ERR_BOOK  it is no book, or a newer one's; those of reading
 */
MUST_CHECK bool session_version(struct session *s, int64_t *ret, struct err *err);

/* Where the file is, links followed; for one in memory, the path that was asked for. */
const char *session_file(const struct session *s);

/* Is there a file beside the book's: "-wal", "-shm"? */
bool session_has(const struct session *s, const char *ending);

bool session_is_read_only(const struct session *s);

enum log_state { LOG_MISSING, LOG_EMPTY, LOG_FILLED };
enum log_state session_log(const struct session *s);

/* ---- alone.c ---- */

/* "file:PATH?immutable=1": read without the files that readers and writers share. */
int session_open_immutable(struct session *s, const char *path);

/*
 * Where the book cannot be read together with others, as this user can make
 * neither log nor index, open it so that it can be read without them; such a
 * session is read-only.
 * Errors: ERR_BUSY  it is changed all the time; those of reading
 */
MUST_CHECK bool session_reopen_alone(struct session *s, struct err *err);

/* ---- file.c ---- */

/* Source: https://sqlite.org/fileformat2.html section 1.3, "The Database Header". */
#define HEADER_SIZE	     100
#define HEADER_WRITE_VERSION 18 /* 1, and the same in the next byte: no write-ahead log */
#define HEADER_READ_VERSION  19 /* 2: a write-ahead log */

/* The first bytes of the file itself, whatever the log says; false: there are not so many. */
bool header_read(struct session *s, unsigned char ret[static HEADER_SIZE]);
bool file_size(struct session *s, int64_t *ret);

/* Are pages missing that the header counts? They are in the log only, or cut off. */
bool is_short(struct session *s, const unsigned char header[static HEADER_SIZE]);

/* Errors: ERR_BOOK  pages are missing, and the log does not have them; ERR_MEMORY */
MUST_CHECK bool check_not_cut_off(struct session *s, struct err *err);

/* ---- error.c ---- */

/* Say what the last call of SQLite met with. Returns false. */
bool session_fail(struct session *s, struct err *err);

/* As session_fail, for a code. */
bool session_fail_code(struct session *s, int code, struct err *err);

/* "this user may not write it", and whose it is. Returns false. */
bool session_fail_read_only(struct session *s, struct err *err);

/* ---- query.c ---- */

/* Have the statement ready, so that running it needs no memory. */
MUST_CHECK bool session_prepare(struct session *s, unsigned what, struct err *err);

extern const struct sql_engine sqlite_engine;

/* ---- txn.c ---- */

bool session_begin(struct store *store, bool write, struct err *err);
bool session_commit(struct store *store, struct err *err);
void session_rollback(struct store *store);

/* As struct store_ops has them. */
bool batch_part_begin(struct store *store, struct err *err);
bool batch_part_end(struct store *store, struct err *err);
void batch_part_undo(struct store *store);

/* SQLite's calls back: others hold the book; a commit has made the log so long. */
int session_when_busy(void *session, int count);
int session_after_commit(void *session, sqlite3 *db, const char *name, int frames);

/*
 * A writer is at the index of the log: its first user makes it anew, and every commit
 * writes its header.  Who may only read meets with that where others just wait for
 * the lock, and SQLite says that it may not write.
 * Source: https://sqlite.org/rescode.html#readonly_recovery and #readonly_cantinit.
 */
bool is_index_unready(int code);

/* Wait a little if so, and not for too long; `*since_ms` is 0 at first. False: `code` stands. */
bool session_tries_again(struct session *s, int code, int64_t *since_ms);

/* Write a long log back into the book, so that the next one to open it need not read it. */
void session_shorten_log(struct session *s);

/* See struct sql_engine. */
bool session_part_begin(struct sql_session *sql, struct err *err);
bool session_part_end(struct sql_session *sql, struct err *err);
void session_part_undo(struct sql_session *sql);

/* Say to SQLite that a commit is durable; before a transaction, once a session. */
MUST_CHECK bool session_sync_fully(struct session *s, struct err *err);

/* ---- state.c ---- */

/* As struct store_ops has it. */
bool sqlite_state(struct store *store, struct book_state *ret);

/* ---- looks.c ---- */

/* As struct store_ops has it. */
bool sqlite_entries_verified(struct store *store, const char *host, const char *const *ids,
			     unsigned count, int64_t at_ms, struct err *err);

/* ---- copy.c ---- */

/* Pages on their way from one session to another.  For CLEANUP(copying_cleanup). */
struct copying {
	struct session *to, *from;
	const char *doing; /* for who watches */
	struct progress *progress;
	struct sqlite3_backup *backup;
};

/* Errors: those of both; `to` may not be in a transaction. */
MUST_CHECK bool copying_begin(struct copying *c, struct err *err);
/* Begin `to`'s write transaction; nobody else writes there until the end. */
MUST_CHECK bool copying_lock(struct copying *c, struct err *err);
/* All of it; `to` is committed when it returns true. Errors: also ERR_INTERRUPTED. */
MUST_CHECK bool copying_run(struct copying *c, struct err *err);
/* What was not run to its end is undone. */
void copying_cleanup(struct copying *c);

/* Copy `from` into a file of its own; its name is the caller's to give. See file_make_beside. */
MUST_CHECK bool copy_to_new_file(struct session *from, const char *path, mode_t mode,
				 struct progress *p, char ret_temporary[static PATH_MAX],
				 struct err *err);

/* A file of the same owner, group and mode as `path`, as far as this user may. */
void give_as(const char *path, const char *like);

#endif
