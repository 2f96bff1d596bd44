/*
 * postgres/txn.c - transactions.
 *
 * Who writes takes the book's lock first, so that no other writer works until it
 * ends and each of its statements reads the latest; or shares it with those that
 * each change one service (store_begin_shared).  Readers take no lock.
 *
 * The beginning of a shared transaction goes out with its first statement, and
 * its events with the next one: nobody waits for their answers.
 *
 * Outside of a transaction only reads and the begin of one are sent, so that is
 * what wire_run may send twice.  When the answer to a commit is lost, the
 * server is asked what became of the transaction, by its number.  A server that
 * was killed before it wrote that number down gives it to another one, and so
 * does a copy that takes over: so the transaction's events carry a name, too.
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
	wire_forget_later(s);
	/* First, as what fails there would take the ROLLBACK with it. */
	(void)wire_flush(s, NULL);
	if (!pg_is_lost(s) && s->pq->transactionStatus(s->conn) != PQTRANS_IDLE)
		wire_say(s, ROLLBACK, NULL);
	s->txn = TXN_NONE;
}

static bool begin_write(struct session *s, struct err *err)
{
	static const struct step steps[] = { { BEGIN_WRITE }, { LOCK_BOOK } };

	return wire_run(s, steps, ARRAY_LEN(steps), 0, NULL, err);
}

static bool begin_shared(struct session *s, struct err *err)
{
	static const struct step steps[] = { { BEGIN_WRITE }, { SHARE_BOOK } };

	s->held[0] = '\0';
	for (unsigned i = 0; i < ARRAY_LEN(steps); i++)
		if (!wire_later(s, &steps[i], err))
			return false;
	return true;
}

bool pg_begin(struct store *store, bool write, struct err *err)
{
	struct session *s = pg_session_of(store);
	bool ok;

	if (s->txn != TXN_NONE)
		return fail(err, ERR_INVALID, "a transaction is open already");
	store->has_events = false;
	s->cursors = 0;
	if (!write)
		ok = wire_say(s, BEGIN_READ, err);
	else
		ok = store->is_shared ? begin_shared(s, err) : begin_write(s, err);
	if (!ok) {
		forget(s);
		return false;
	}
	s->txn = write ? TXN_WRITE : TXN_READ;
	if (store->bulk && !wire_say(s, TAKE_TIME, err)) {
		forget(s);
		return false;
	}
	return true;
}

bool pg_hold(struct store *store, const char *project_id, const char *service, struct err *err)
{
	const struct sql_value values[] = { sql_id(project_id), sql_key(service) };
	const struct step step = { .what = HOLD_SERVICE,
				   .values = values,
				   .n_values = ARRAY_LEN(values) };
	struct session *s = pg_session_of(store);
	char held[HELD_SIZE];

	snprintf(held, sizeof(held), "%s %s", project_id, service);
	if (!strcmp(held, s->held))
		return true;
	if (!wire_later(s, &step, err))
		return false;
	memcpy(s->held, held, sizeof(held));
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

/* What a number has become; whose it was is another question. */
static enum outcome outcome_of(const char *status)
{
	if (!strcmp(status, "committed"))
		return OUTCOME_COMMITTED;
	return !strcmp(status, "in progress") ? OUTCOME_RUNNING : OUTCOME_ABORTED;
}

/* The first column; `size` bytes of it. */
static bool ask_of_txn(struct session *s, unsigned what, unsigned n_values, char *ret, size_t size,
		       struct err *err)
{
	const struct sql_value values[] = { sql_exact(s->xid), sql_id(s->txn_id) };
	const struct step step = { .what = what, .values = values, .n_values = n_values };
	PGresult *result;

	if (!wire_run(s, &step, 1, 0, &result, err))
		return false;
	snprintf(ret, size, "%s", s->pq->getvalue(result, 0, 0));
	s->pq->clear(result);
	return true;
}

/*
 * Is it over?  Then only, as one statement may not see what another one's snapshot sees: are its
 * events there?  One that had no event was ours if its number was.
 */
static enum outcome ask_outcome(struct session *s, struct err *err)
{
	char status[16], found[2];
	enum outcome outcome;

	if (!ask_of_txn(s, XID_STATUS, 1, status, sizeof(status), err))
		return OUTCOME_UNKNOWN;
	outcome = outcome_of(status);
	if (outcome != OUTCOME_COMMITTED || !s->sql.store.has_events)
		return outcome;
	if (!ask_of_txn(s, FIND_TRANSACTION, 2, found, sizeof(found), err))
		return OUTCOME_UNKNOWN;
	return *found == 't' ? OUTCOME_COMMITTED : OUTCOME_ABORTED;
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

static bool commit(struct session *s, struct err *err)
{
	bool writes = s->txn == TXN_WRITE;
	struct err why = { 0 };
	PGresult *result;

	/* Never in one go with the beginning: what may be sent twice ends before the commit. */
	if (s->n_later && s->later[0].what == BEGIN_WRITE && !wire_run(s, NULL, 0, 0, NULL, err)) {
		forget(s);
		return false;
	}
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

bool pg_commit(struct store *store, struct err *err)
{
	struct session *s = pg_session_of(store);
	bool tells = s->txn == TXN_WRITE && store->has_events;

	if (!commit(s, err))
		return false;
	if (tells)
		wire_tell(s, TELL_WATCHERS);
	return true;
}

/* ---- a part that can be undone alone ---- */

bool pg_part_begin(struct sql_session *sql, struct err *err)
{
	/* Several statements as one: more than a change of one service. */
	return store_need_alone(&sql->store, err) &&
	       wire_say((struct session *)sql, SAVEPOINT, err);
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

/* What fails here undoes the whole transaction, which is run again then. */
static bool run_shared(struct session *s, const struct step *step, struct err *err)
{
	if (pg_statement_needs_alone(step->what))
		return store_need_alone(&s->sql.store, err);
	return step->what == EVENT_ADD ? wire_later(s, step, err)
				       : wire_run(s, step, 1, 0, NULL, err);
}

bool pg_run_part(struct sql_session *sql, unsigned what, const struct sql_value *values,
		 unsigned n_values, struct err *err)
{
	const struct step steps[] = {
		{ .what = SAVEPOINT },
		{ .what = what, .values = values, .n_values = n_values },
		{ .what = SAVEPOINT_END },
	};

	if (sql->store.is_shared)
		return run_shared((struct session *)sql, &steps[1], err);
	if (wire_run((struct session *)sql, steps, ARRAY_LEN(steps), 0, NULL, err))
		return true;
	pg_part_undo(sql);
	return false;
}

bool pg_batch_part_begin(struct store *store, struct err *err)
{
	return pg_part_begin(sql_session_of(store), err);
}

bool pg_batch_part_end(struct store *store, struct err *err)
{
	return pg_part_end(sql_session_of(store), err);
}

void pg_batch_part_undo(struct store *store)
{
	pg_part_undo(sql_session_of(store));
}
