#include "operations/queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "operations/operation.h"

/* Rationale: more at once gains little, and who comes next waits for all of them. */
#define BATCH_MAX 64

/* First in, first out. */
struct line {
	struct queued *first, **end;
};

struct queue {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t pushed;
	struct line asked, answered;
	bool ends;
	const struct transport *to;
	void (*ring)(void *arg);
	void *arg;
};

static void line_clear(struct line *l)
{
	l->first = NULL;
	l->end = &l->first;
}

static void line_add(struct line *l, struct queued *item)
{
	item->next = NULL;
	*l->end = item;
	l->end = &item->next;
}

static struct queued *line_take(struct line *l)
{
	struct queued *all = l->first;

	line_clear(l);
	return all;
}

/* What there is; NULL: there will be nothing more. */
static struct queued *wait_for_some(struct queue *q)
{
	struct queued *all;

	pthread_mutex_lock(&q->lock);
	while (!q->asked.first && !q->ends)
		pthread_cond_wait(&q->pushed, &q->lock);
	all = line_take(&q->asked);
	pthread_mutex_unlock(&q->lock);
	return all;
}

static void call(struct queue *q, struct queued *item)
{
	const struct call_io io = {
		.actor = item->actor[0] ? item->actor : NULL,
		.rights = item->rights,
		.key = item->key,
	};

	item->ok = (!item->check || item->check(item, q->to)) &&
		   q->to->call(q->to->arg, item->operation, item->input, &io, &item->answer,
			       &item->err);
}

/* An answer that does not stand, as nothing of it happened. */
static void forget(struct queued *item)
{
	json_decref(item->answer);
	item->answer = NULL;
	item->ok = false;
}

static void fail_all(struct queued *first, const struct queued *end, const struct err *err)
{
	for (struct queued *item = first; item != end; item = item->next) {
		forget(item);
		item->err = *err;
	}
}

/* False: nothing of it happened; where `*ret_unknown`, that is what nobody knows. */
static bool call_together(struct queue *q, struct queued *first, const struct queued *end,
			  bool *ret_unknown, struct err *err)
{
	*ret_unknown = false;
	if (!q->to->begin(q->to->arg, err))
		return false;
	for (struct queued *item = first; item != end; item = item->next)
		call(q, item);
	return q->to->end(q->to->arg, ret_unknown, err);
}

/*
 * A full disk undoes all of a batch, also what another one's change did not fit into: then each
 * has its own.  An operation's only effect is in the book, so it may be done again.
 */
static void answer_batch(struct queue *q, struct queued *first, const struct queued *end)
{
	struct err err = { 0 };
	bool unknown;

	if (call_together(q, first, end, &unknown, &err))
		return;
	if (unknown || first->next == end) {
		fail_all(first, end, &err);
		return;
	}
	for (struct queued *item = first; item != end; item = item->next) {
		forget(item);
		item->err = (struct err){ 0 };
		answer_batch(q, item, item->next);
	}
}

/* What looks at the machine first takes its time, and would have others wait for the lock. */
static bool is_short(const struct queued *item)
{
	const struct operation *op = item->work ? NULL : operation_named(item->operation);

	return op && !op->before;
}

/* The first that is not of this batch; NULL: all are. */
static struct queued *end_of_batch(const struct queue *q, struct queued *first)
{
	struct queued *item = first->next;

	if (!q->to->begin || !is_short(first))
		return item;
	for (unsigned n = 1; item && n < BATCH_MAX && is_short(item); n++)
		item = item->next;
	return item;
}

static void answer(struct queue *q, struct queued *first, const struct queued *end)
{
	if (first->work)
		first->work(first, q->to);
	else if (q->to->begin && (first->next != end || first->check))
		answer_batch(q, first, end);
	else
		call(q, first);
}

static void give(struct queue *q, struct queued *item, const struct queued *end)
{
	struct queued *next;

	pthread_mutex_lock(&q->lock);
	for (; item != end; item = next) {
		next = item->next;
		line_add(&q->answered, item);
	}
	pthread_mutex_unlock(&q->lock);
	q->ring(q->arg);
}

static void *work(void *arg)
{
	struct queue *q = arg;
	struct queued *first, *end;

	while ((first = wait_for_some(q)))
		for (; first; first = end) {
			end = end_of_batch(q, first);
			answer(q, first, end);
			give(q, first, end);
		}
	return NULL;
}

bool queue_start(const struct transport *to, void (*ring)(void *arg), void *arg, struct queue **ret,
		 struct err *err)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (!q)
		return fail_memory(err);
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->pushed, NULL);
	line_clear(&q->asked);
	line_clear(&q->answered);
	q->to = to;
	q->ring = ring;
	q->arg = arg;
	if (pthread_create(&q->thread, NULL, work, q) != 0) {
		free(q);
		return fail(err, ERR_IO, "no second thread");
	}
	*ret = q;
	return true;
}

void queue_push(struct queue *q, struct queued *item)
{
	pthread_mutex_lock(&q->lock);
	line_add(&q->asked, item);
	pthread_cond_signal(&q->pushed);
	pthread_mutex_unlock(&q->lock);
}

struct queued *queue_take(struct queue *q)
{
	struct queued *all;

	pthread_mutex_lock(&q->lock);
	all = line_take(&q->answered);
	pthread_mutex_unlock(&q->lock);
	return all;
}

void queue_finish(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->ends = true;
	pthread_cond_signal(&q->pushed);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
}

void queue_free(struct queue *q)
{
	pthread_cond_destroy(&q->pushed);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

void queued_release(struct queued *item)
{
	json_decref(item->input);
	json_decref(item->answer);
	item->input = item->answer = NULL;
}
