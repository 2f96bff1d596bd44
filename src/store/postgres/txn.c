/*
 * postgres/txn.c - transactions.
 *
 * Who writes takes BOOK_LOCK first, so that no other writer works until it ends
 * and each of its statements reads the latest.  Readers take no lock.
 *
 * Outside of a transaction only reads and the begin of one are sent, so that is
 * what wire_run may send twice.  When the answer to a commit is lost, the
 * server is asked what became of the transaction, by its number; whether one
 * that has taken over since has it, that cannot tell, and a key does
 * (operations/once.h).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/postgres/db.h"

/* Rationale: a server that does not hear that we are gone ends what we began after 30 s. */
#define OUTCOME_MS	 45000
#define OUTCOME_PAUSE_MS 50

static void forget(struct session *s)
{
	if (!pg_is_lost(s) && s->pq->transactionStatus(s->conn) != PQTRANS_IDLE)
		wire_say(s, ROLLBACK, NULL);
	s->txn = TXN_NONE;
}

static bool begin_write(struct session *s, struct err *err)
{
	static const struct step steps[] = { { BEGIN_WRITE }, { LOCK_BOOK }, { GET_XID } };
	PGresult *xid;

	if (!wire_run(s, steps, ARRAY_LEN(steps), 2, &xid, err))
		return false;
	snprintf(s->xid, sizeof(s->xid), "%s", s->pq->getvalue(xid, 0, 0));
	memcpy(s->xid_of, s->timeline, sizeof(s->xid_of));
	s->pq->clear(xid);
	return true;
}

bool pg_begin(struct store *store, bool write, struct err *err)
{
	struct session *s = pg_session_of(store);

	if (s->txn != TXN_NONE)
		return fail(err, ERR_INVALID, "a transaction is open already");
	if (!(write ? begin_write(s, err) : wire_say(s, BEGIN_READ, err))) {
		forget(s);
		return false;
	}
	s->txn = write ? TXN_WRITE : TXN_READ;
	if (store->is_bulk && !wire_say(s, TAKE_TIME, err)) {
		forget(s);
		return false;
	}
	return true;
}

void pg_rollback(struct store *store)
{
	forget(pg_session_of(store));
}

/* ---- the end ---- */

enum outcome {
	OUTCOME_COMMITTED,
	OUTCOME_ABORTED,
	OUTCOME_RUNNING,
	OUTCOME_UNKNOWN,
};

static enum outcome outcome_of(const char *status)
{
	if (!strcmp(status, "committed"))
		return OUTCOME_COMMITTED;
	if (!strcmp(status, "aborted"))
		return OUTCOME_ABORTED;
	return !strcmp(status, "in progress") ? OUTCOME_RUNNING : OUTCOME_UNKNOWN;
}

static enum outcome ask_outcome(struct session *s, struct err *err)
{
	const struct sql_value xid = sql_exact(s->xid);
	PGresult *result;
	enum outcome outcome;

	if (!wire_run(s, &(struct step){ .what = XID_STATUS, .values = &xid, .n_values = 1 }, 1, 0,
		      &result, err))
		return OUTCOME_UNKNOWN;
	outcome = outcome_of(s->pq->getvalue(result, 0, 0));
	s->pq->clear(result);
	/* A copy that took over may not have it, and give its number to another. */
	return strcmp(s->timeline, s->xid_of) ? OUTCOME_UNKNOWN : outcome;
}

static enum outcome wait_outcome(struct session *s, struct err *err)
{
	const int64_t until = clock_now_ms() + OUTCOME_MS;
	enum outcome outcome = ask_outcome(s, err);

	while (outcome == OUTCOME_RUNNING && clock_now_ms() < until) {
		nanosleep(&(struct timespec){ .tv_nsec = OUTCOME_PAUSE_MS * 1000000L }, NULL);
		outcome = ask_outcome(s, err);
	}
	return outcome;
}

static bool fail_unknown(struct session *s, struct err *err)
{
	fail(err, ERR_IO, "the book '%.300s' was lost before it said whether the change was made",
	     s->shown);
	return fail_hint(err, "see whether it was: portbook history --limit 5");
}

/* The answer to the commit was lost: which way did it go? */
static bool find_out(struct session *s, const struct err *why, struct err *err)
{
	struct err lost = { 0 };

	s->txn = TXN_NONE;
	switch (wait_outcome(s, &lost)) {
	case OUTCOME_COMMITTED: return true;
	case OUTCOME_ABORTED:
		s->sql.store.loss = LOSS_UNDONE;
		*err = *why;
		return false;
	case OUTCOME_RUNNING:
	case OUTCOME_UNKNOWN: break;
	}
	s->sql.store.loss = LOSS_UNKNOWN;
	return fail_unknown(s, err);
}

/* A transaction that an error has ended is undone by COMMIT, and that is no error to the server. */
static bool check_committed(struct session *s, PGresult *result, struct err *err)
{
	bool ok = !strcmp(s->pq->cmdStatus(result), "COMMIT");

	s->pq->clear(result);
	return ok ||
	       fail(err, ERR_IO, "an earlier error has undone the transaction on the book '%.300s'",
		    s->shown);
}

bool pg_commit(struct store *store, struct err *err)
{
	struct session *s = pg_session_of(store);
	bool writes = s->txn == TXN_WRITE;
	struct err why = { 0 };
	PGresult *result;

	if (wire_run(s, &(struct step){ .what = COMMIT }, 1, 0, &result, &why)) {
		s->txn = TXN_NONE;
		return check_committed(s, result, err);
	}
	if (writes && pg_is_lost(s))
		return find_out(s, &why, err);
	forget(s);
	*err = why;
	return false;
}

/* ---- a part that can be undone alone ---- */

bool pg_part_begin(struct sql_session *sql, struct err *err)
{
	return wire_say((struct session *)sql, SAVEPOINT, err);
}

bool pg_part_end(struct sql_session *sql, struct err *err)
{
	return wire_say((struct session *)sql, SAVEPOINT_END, err);
}

void pg_part_undo(struct sql_session *sql)
{
	static const struct step steps[] = { { SAVEPOINT_UNDO }, { SAVEPOINT_END } };

	wire_run((struct session *)sql, steps, ARRAY_LEN(steps), 0, NULL, NULL);
}

bool pg_run_part(struct sql_session *sql, unsigned what, const struct sql_value *values,
		 unsigned n_values, struct err *err)
{
	const struct step steps[] = {
		{ .what = SAVEPOINT },
		{ .what = what, .values = values, .n_values = n_values },
		{ .what = SAVEPOINT_END },
	};

	if (wire_run((struct session *)sql, steps, ARRAY_LEN(steps), 0, NULL, err))
		return true;
	pg_part_undo(sql);
	return false;
}
