/*
 * postgres/wire.c - statements to the server and their answers back.
 *
 * All steps of a call go out together (libpq's pipeline mode), so that each
 * call waits for the network once.  A statement is prepared with its first use,
 * in the same go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/postgres/db.h"

/* Rationale: the parameters of SQL_CLAIM_PORT are the most that a statement has. */
#define VALUES_MAX 35

/* ---- what is bound ---- */

/* Numbers and times as text, each as long as its call. */
struct bound {
	const char *values[VALUES_MAX];
	char texts[VALUES_MAX][TIME_TEXT_SIZE];
};

static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '-' ? text[i] != '-'
				   : !text[i] || !strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	return !text[sizeof(form) - 1];
}

static const char *time_text(int64_t ms, char ret[static TIME_TEXT_SIZE])
{
	return ms ? time_format(ms, ret) : "epoch";
}

/* What is no UUID is nobody's id: NULL, which equals nothing. */
static const char *value_text(const struct sql_value *v, char buffer[static TIME_TEXT_SIZE])
{
	switch (v->kind) {
	case SQL_VALUE_NULL: return NULL;
	case SQL_VALUE_TEXT: return v->text;
	case SQL_VALUE_ID: return is_uuid(v->text) ? v->text : NULL;
	case SQL_VALUE_TIME: return time_text(v->number, buffer);
	case SQL_VALUE_INT:
		snprintf(buffer, TIME_TEXT_SIZE, "%lld", (long long)v->number);
		return buffer;
	}
	__builtin_unreachable();
}

static void bind_values(const struct step *step, struct bound *ret)
{
	for (unsigned i = 0; i < step->n_values; i++)
		ret->values[i] = value_text(&step->values[i], ret->texts[i]);
}

/* ---- what is prepared ---- */

static bool is_prepared(const struct session *s, const struct step *step)
{
	if (step->cursor)
		return false;
	if (step->what != FILTERED)
		return s->prepared[step->what];
	for (unsigned i = 0; i < s->n_shapes; i++)
		if (s->shapes[i] == step->shape)
			return true;
	return false;
}

static void note_prepared(struct session *s, const struct step *step)
{
	if (step->cursor)
		return;
	if (step->what != FILTERED)
		s->prepared[step->what] = true;
	else if (s->n_shapes < SHAPES_KEPT)
		s->shapes[s->n_shapes++] = step->shape;
}

/* Of a shape that there is no room to keep, the statement without a name. */
static const char *name_of(const struct session *s, const struct step *step, char ret[static 24])
{
	if (step->cursor)
		ret[0] = '\0';
	else if (step->what != FILTERED)
		snprintf(ret, 24, "s%u", step->what);
	else if (is_prepared(s, step) || s->n_shapes < SHAPES_KEPT)
		snprintf(ret, 24, "f%llx", (unsigned long long)step->shape);
	else
		ret[0] = '\0';
	return ret;
}

static void add_cursor(const struct step *step, struct text *sql)
{
	switch (step->does) {
	case CURSOR_OPEN: text_addf(sql, "DECLARE c%u NO SCROLL CURSOR FOR ", step->cursor); break;
	case CURSOR_FETCH: text_addf(sql, "FETCH %d FROM c%u", CURSOR_ROWS, step->cursor); break;
	case CURSOR_CLOSE: text_addf(sql, "CLOSE c%u", step->cursor); break;
	}
}

static void add_statement(const struct step *step, struct text *sql)
{
	if (step->what == FILTERED)
		sql_filter_text(step->shape, sql);
	else
		text_add(sql, pg_statement_text(step->what));
}

static bool send_prepare(struct session *s, const struct step *step, const char *name)
{
	CLEANUP(text_release) struct text sql = { 0 };

	if (step->cursor)
		add_cursor(step, &sql);
	else if (step->what != FILTERED)
		return s->pq->sendPrepare(s->conn, name, pg_statement_text(step->what), 0, NULL);
	if (!step->cursor || step->does == CURSOR_OPEN)
		add_statement(step, &sql);
	return text_ok(&sql) && s->pq->sendPrepare(s->conn, name, text_str(&sql), 0, NULL);
}

/* ---- there and back ---- */

/* What goes out for each step: a statement to prepare, if need be, and its run. */
struct flight {
	struct session *s;
	const struct step *steps;
	unsigned n, wanted;
	unsigned before; /* statements that went out without a sync */
	struct {
		unsigned step;
		bool prepares;
	} sent[2 * STEPS_MAX];
	unsigned n_sent;
	PGresult *answer, *failure;
	bool is_whole; /* the server has answered all */
};

static void flight_cleanup(struct flight *f)
{
	f->s->pq->clear(f->answer);
	f->s->pq->clear(f->failure);
}

static void note_sent(struct flight *f, unsigned step, bool prepares)
{
	f->sent[f->n_sent].step = step;
	f->sent[f->n_sent].prepares = prepares;
	f->n_sent++;
}

/* One that was not known before, and that an earlier step of this go prepares. */
static bool will_be_prepared(const struct flight *f, const struct step *step)
{
	for (unsigned i = 0; i < f->n_sent; i++) {
		const struct step *other = &f->steps[f->sent[i].step];

		if (f->sent[i].prepares && other->what == step->what &&
		    (step->what != FILTERED || other->shape == step->shape))
			return true;
	}
	return false;
}

static bool send_step(struct flight *f, unsigned at)
{
	const struct step *step = &f->steps[at];
	struct session *s = f->s;
	struct bound bound;
	char name[24];

	name_of(s, step, name);
	if (!is_prepared(s, step) && !will_be_prepared(f, step)) {
		if (!send_prepare(s, step, name))
			return false;
		note_sent(f, at, true);
	}
	bind_values(step, &bound);
	if (!s->pq->sendQueryPrepared(s->conn, name, (int)step->n_values, bound.values, NULL, NULL,
				      0))
		return false;
	note_sent(f, at, false);
	return true;
}

static bool send_all(struct flight *f)
{
	bool ok = true;

	for (unsigned i = 0; i < f->n && ok; i++)
		ok = send_step(f, i);
	/* What did go out is to be answered, too. */
	return f->s->pq->pipelineSync(f->s->conn) && ok;
}

static bool says_xid(unsigned what)
{
	return what == LOCK_BOOK || what == SHARE_BOOK;
}

static void note_xid(struct session *s, const PGresult *result)
{
	snprintf(s->xid, sizeof(s->xid), "%s", s->pq->getvalue(result, 0, 1));
	snprintf(s->txn_id, sizeof(s->txn_id), "%s", s->pq->getvalue(result, 0, 2));
}

/* `at`: of all that is answered, those before the steps among them. */
static void take_result(struct flight *f, unsigned at, PGresult *result)
{
	ExecStatusType status = f->s->pq->resultStatus(result);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

	if (!ok && status != PGRES_PIPELINE_ABORTED && !f->failure) {
		f->failure = result;
		return;
	}
	if (at < f->before) {
		f->s->pq->clear(result);
		return;
	}
	at -= f->before;
	if (ok && f->sent[at].prepares)
		note_prepared(f->s, &f->steps[f->sent[at].step]);
	else if (ok && says_xid(f->steps[f->sent[at].step].what))
		note_xid(f->s, result);
	if (ok && !f->sent[at].prepares && f->sent[at].step == f->wanted && !f->answer) {
		f->answer = result;
		return;
	}
	f->s->pq->clear(result);
}

/* Rationale: two answers, a NULL behind each, and the sync. */
#define TOLD_RESULTS 5

/* What wire_tell asked has an answer, too, with a sync of its own. */
static void pass_over_told(struct session *s)
{
	for (unsigned i = 0; s->tells && i < TOLD_RESULTS; i++) {
		PGresult *result = s->pq->getResult(s->conn);

		s->tells = s->pq->resultStatus(result) != PGRES_PIPELINE_SYNC;
		s->pq->clear(result);
	}
	s->tells = false;
}

/* Each statement's results end with a NULL, all of them with the sync. */
static void receive_all(struct flight *f)
{
	unsigned at = 0;

	pass_over_told(f->s);
	while (!f->is_whole && at <= f->before + f->n_sent) {
		PGresult *result = f->s->pq->getResult(f->s->conn);

		if (!result) {
			at++;
		} else if (f->s->pq->resultStatus(result) == PGRES_PIPELINE_SYNC) {
			f->is_whole = true;
			f->s->pq->clear(result);
		} else if (at < f->before + f->n_sent) {
			take_result(f, at, result);
		} else {
			f->s->pq->clear(result);
		}
	}
}

static bool fly(struct flight *f, struct err *err)
{
	bool sent = send_all(f);

	receive_all(f);
	if (f->failure || !f->is_whole || !sent)
		return pg_fail(f->s, f->failure, err);
	return true;
}

static bool run_once(struct session *s, const struct step *steps, unsigned n, unsigned wanted,
		     PGresult **ret, struct err *err)
{
	CLEANUP(flight_cleanup)
	struct flight f = {
		.s = s, .steps = steps, .n = n, .wanted = wanted, .before = s->n_pending
	};

	s->n_pending = 0;
	if (!fly(&f, err))
		return false;
	if (ret) {
		*ret = f.answer;
		f.answer = NULL;
	}
	return true;
}

/* ---- what goes out with the next ---- */

static size_t text_size(const struct sql_value *v)
{
	return v->text ? strlen(v->text) + 1 : 0;
}

static size_t texts_size(const struct step *step)
{
	size_t size = 0;

	for (unsigned i = 0; i < step->n_values; i++)
		size += text_size(&step->values[i]);
	return size;
}

static bool keep_values(const struct step *step, struct later *ret, struct err *err)
{
	size_t head = step->n_values * sizeof(*step->values);
	char *at;

	*ret = (struct later){ .what = step->what, .n_values = step->n_values };
	if (!step->n_values)
		return true;
	ret->values = malloc(head + texts_size(step));
	if (!ret->values)
		return fail_memory(err);
	memcpy(ret->values, step->values, head);
	at = (char *)ret->values + head;
	for (unsigned i = 0; i < step->n_values; i++) {
		size_t size = text_size(&step->values[i]);

		if (size)
			ret->values[i].text = memcpy(at, step->values[i].text, size);
		at += size;
	}
	return true;
}

bool wire_later(struct session *s, const struct step *step, struct err *err)
{
	if (s->n_later == STEPS_MAX - 3 && !wire_run(s, NULL, 0, 0, NULL, err))
		return false;
	if (!keep_values(step, &s->later[s->n_later], err))
		return false;
	s->n_later++;
	return true;
}

void wire_forget_later(struct session *s)
{
	while (s->n_later)
		free(s->later[--s->n_later].values);
}

/* What waited, and then the steps.  How many there are. */
static unsigned line_up(const struct session *s, const struct step *steps, unsigned n,
			struct step ret[static STEPS_MAX])
{
	for (unsigned i = 0; i < s->n_later; i++)
		ret[i] = (struct step){ .what = s->later[i].what,
					.values = s->later[i].values,
					.n_values = s->later[i].n_values };
	if (n)
		memcpy(&ret[s->n_later], steps, n * sizeof(*steps));
	return s->n_later + n;
}

/* Nothing is done yet, or what is lost with the connection was to be done in this very go. */
static bool may_send_again(const struct session *s, const struct step *first)
{
	return pg_is_lost(s) && (s->txn == TXN_NONE || first->what == BEGIN_WRITE);
}

bool wire_run(struct session *s, const struct step *steps, unsigned n, unsigned wanted,
	      PGresult **ret, struct err *err)
{
	struct step all[STEPS_MAX];
	unsigned count = line_up(s, steps, n, all);
	struct err why = { 0 };
	bool ok;

	wanted += count - n;
	ok = run_once(s, all, count, wanted, ret, &why);
	if (!ok && may_send_again(s, all))
		ok = pg_reconnect(s, &why) && run_once(s, all, count, wanted, ret, &why);
	wire_forget_later(s);
	if (!ok && err)
		*err = why;
	return ok;
}

bool wire_say(struct session *s, unsigned what, struct err *err)
{
	return wire_run(s, &(struct step){ .what = what }, 1, 0, NULL, err);
}

void wire_tell(struct session *s, unsigned what)
{
	const struct step step = { .what = what };
	char name[24];

	if (s->tells || s->n_pending || pg_is_lost(s))
		return;
	name_of(s, &step, name);
	/* Prepared once: to plan it costs more than a change. */
	s->tells = (s->prepared[what] || send_prepare(s, &step, name)) &&
		   s->pq->sendQueryPrepared(s->conn, name, 0, NULL, NULL, NULL, 0) &&
		   s->pq->pipelineSync(s->conn);
	s->prepared[what] = s->tells;
}

/* ---- many in a row ---- */

/* Rationale: a wait for the network in so many is none; and their answers are small. */
#define PENDING_MAX 256

bool wire_flush(struct session *s, struct err *err)
{
	return !s->n_pending || run_once(s, NULL, 0, 0, NULL, err);
}

/* The first of a kind has to be prepared, and whether it could be is to be known. */
bool wire_send(struct session *s, const struct step *step, struct err *err)
{
	struct bound bound;
	char name[24];

	if (!is_prepared(s, step))
		return wire_run(s, step, 1, 0, NULL, err);
	bind_values(step, &bound);
	if (!s->pq->sendQueryPrepared(s->conn, name_of(s, step, name), (int)step->n_values,
				      bound.values, NULL, NULL, 0))
		return pg_fail(s, NULL, err);
	s->n_pending++;
	return s->n_pending < PENDING_MAX || wire_flush(s, err);
}
