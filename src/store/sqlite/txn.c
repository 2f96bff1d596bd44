/*
 * sqlite/txn.c - transactions, and what is done while others have theirs.
 *
 * Writers first wait for their turn (sqlite/queue.h), then take SQLite's write
 * lock at once, so that a transaction never finds at its end that it read what
 * another has changed since.  What ends a transaction is prepared before it
 * begins: undoing must not fail for want of memory.
 *
 * The write-ahead log is written back when it has grown by LOG_FRAMES, as
 * SQLite would do by itself (at 1000), while the turn is still ours: with other
 * writers about, a log that is never quite written back never starts anew.  And
 * when a session that wrote ends, if the log is longer than LOG_FRAMES_LEFT:
 * whoever is first to open a book reads all of its log.
 */
#include <time.h>

#include "base/clock.h"
#include "store/sqlite/db.h"

/* Rationale: 16 MB; 6-11 % more commits a second than with SQLite's 1000 (measured). */
#define LOG_FRAMES 4000

/*
 * Rationale: measured with sessions of one write each, 16 to 64 frames are the
 * cheapest; each frame that is left costs the next one to open 1.4 us.
 */
#define LOG_FRAMES_LEFT 64

/* Between two looks at a book that others hold: at least, and at most as much more. */
#define SLEEP_US      50
#define SLEEP_MORE_US 450
/* Rationale: where the queue cannot be used, 64 that look that often leave no time for the one that writes. */
#define SLEEP_MOST_US 10000

/* Source: xorshift32, Marsaglia, "Xorshift RNGs". Who comes first is all that hangs on it. */
static uint32_t roll(struct session *s)
{
	s->dice ^= s->dice << 13;
	s->dice ^= s->dice >> 17;
	s->dice ^= s->dice << 5;
	return s->dice;
}

/* By chance, and up to an eighth of what was waited already. */
static long sleep_us(struct session *s, int64_t waited_ms)
{
	int64_t most = SLEEP_MORE_US + waited_ms * 1000 / 8;

	return SLEEP_US + roll(s) % (uint32_t)(most < SLEEP_MOST_US ? most : SLEEP_MOST_US);
}

static bool wait_a_little(struct session *s, int64_t since_ms)
{
	int64_t waited = clock_steady_ms() - since_ms;

	if (waited >= s->patience_ms)
		return false;
	nanosleep(&(struct timespec){ .tv_nsec = sleep_us(s, waited) * 1000L }, NULL);
	return true;
}

int session_when_busy(void *session, int count)
{
	struct session *s = session;

	if (count == 0)
		s->waiting_since_ms = clock_steady_ms();
	return wait_a_little(s, s->waiting_since_ms);
}

bool is_index_unready(int code)
{
	return code == SQLITE_READONLY_RECOVERY || code == SQLITE_READONLY_CANTINIT;
}

/* Not `waiting_since_ms`: SQLite may wait for others between two of these. */
bool session_tries_again(struct session *s, int code, int64_t *since_ms)
{
	if (!is_index_unready(code))
		return false;
	if (!*since_ms)
		*since_ms = clock_steady_ms();
	return wait_a_little(s, *since_ms);
}

int session_after_commit(void *session, sqlite3 *db, const char *name, int frames)
{
	struct session *s = session;

	s->log_frames = frames;
	/* The commit stands, whatever becomes of this. */
	if (frames >= LOG_FRAMES)
		sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

void session_shorten_log(struct session *s)
{
	if (s->log_frames < LOG_FRAMES_LEFT)
		return;
	/* Without waiting: if others read or write now, one of them will do it. */
	sqlite3_busy_handler(s->db, NULL, NULL);
	sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

static bool prepare_ends(struct session *s, struct err *err)
{
	return session_prepare(s, COMMIT, err) && session_prepare(s, ROLLBACK, err);
}

/* An answer is given after the transaction is durable: do not rely on how SQLite was built. */
bool session_sync_fully(struct session *s, struct err *err)
{
	if (!s->syncs_fully)
		s->syncs_fully = sql_run(&s->sql, SYNC_FULLY, NULL, 0, err);
	return s->syncs_fully;
}

static bool begin_write(struct session *s, struct err *err)
{
	if (session_is_read_only(s))
		return session_fail_read_only(s, err);
	if (!session_sync_fully(s, err))
		return false;
	queue_enter(&s->queue);
	if (!sql_run(&s->sql, BEGIN_WRITE, NULL, 0, err)) {
		queue_leave(&s->queue);
		return false;
	}
	return true;
}

/* There was no memory for the end of the last one: SQLite may have to prepare that anew. */
static bool end_left_over(struct session *s, struct err *err)
{
	return sqlite3_get_autocommit(s->db) || sql_run(&s->sql, ROLLBACK, NULL, 0, err);
}

bool session_begin(struct store *store, bool write, struct err *err)
{
	struct session *s = session_of(store);

	if (s->txn != TXN_NONE)
		return fail(err, ERR_INVALID, "a transaction is open already");
	kept_blocks_forget(&s->sql);
	if (!prepare_ends(s, err) || !end_left_over(s, err))
		return false;
	if (!(write ? begin_write(s, err) : sql_run(&s->sql, BEGIN_READ, NULL, 0, err)))
		return false;
	s->txn = write ? TXN_WRITE : TXN_READ;
	return true;
}

void session_rollback(struct store *store)
{
	struct session *s = session_of(store);

	s->txn = TXN_NONE;
	kept_blocks_forget(&s->sql);
	/* Not open any more: an error has undone it. */
	if (!sqlite3_get_autocommit(s->db)) {
		sqlite3_step(s->statements[ROLLBACK]);
		sqlite3_reset(s->statements[ROLLBACK]);
	}
	queue_leave(&s->queue);
}

bool session_commit(struct store *store, struct err *err)
{
	struct session *s = session_of(store);

	if (!sql_run(&s->sql, COMMIT, NULL, 0, err)) {
		session_rollback(store);
		return false;
	}
	s->txn = TXN_NONE;
	queue_leave(&s->queue);
	return true;
}

bool session_part_begin(struct sql_session *sql, struct err *err)
{
	struct session *s = (struct session *)sql;

	return session_prepare(s, SAVEPOINT_UNDO, err) && session_prepare(s, SAVEPOINT_END, err) &&
	       sql_run(sql, SAVEPOINT, NULL, 0, err);
}

bool session_part_end(struct sql_session *sql, struct err *err)
{
	return sql_run(sql, SAVEPOINT_END, NULL, 0, err);
}

void session_part_undo(struct sql_session *sql)
{
	static const enum statement steps[] = { SAVEPOINT_UNDO, SAVEPOINT_END };
	struct session *s = (struct session *)sql;

	kept_blocks_forget(sql);
	for (unsigned i = 0; i < ARRAY_LEN(steps) && !sqlite3_get_autocommit(s->db); i++) {
		sqlite3_step(s->statements[steps[i]]);
		sqlite3_reset(s->statements[steps[i]]);
	}
}

/*
 * A full disk undoes the whole transaction, not the statement: SAVEPOINT would then begin another
 * one, and what follows would be in the book without what went before.
 */
static bool is_still_begun(struct session *s, struct err *err)
{
	return !sqlite3_get_autocommit(s->db) ||
	       fail(err, ERR_IO, "an earlier error has undone the transaction on '%s'", s->path);
}

bool batch_part_begin(struct store *store, struct err *err)
{
	struct session *s = session_of(store);

	return is_still_begun(s, err) && session_part_begin(&s->sql, err);
}

bool batch_part_end(struct store *store, struct err *err)
{
	struct session *s = session_of(store);

	return is_still_begun(s, err) && session_part_end(&s->sql, err);
}

void batch_part_undo(struct store *store)
{
	session_part_undo(sql_session_of(store));
}
