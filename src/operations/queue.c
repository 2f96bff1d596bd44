#include "operations/queue.h"

#include <pthread.h>
#include <stdlib.h>

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

static void answer(struct queue *q, struct queued *item)
{
	const struct call_io io = {
		.actor = item->actor[0] ? item->actor : NULL,
		.key = item->key,
	};

	if (item->work) {
		item->work(item, q->to);
		return;
	}
	item->ok = q->to->call(q->to->arg, item->operation, item->input, &io, &item->answer,
			       &item->err);
}

static void give(struct queue *q, struct queued *item)
{
	pthread_mutex_lock(&q->lock);
	line_add(&q->answered, item);
	pthread_mutex_unlock(&q->lock);
	q->ring(q->arg);
}

static void *work(void *arg)
{
	struct queue *q = arg;
	struct queued *item, *next;

	while ((item = wait_for_some(q)))
		for (; item; item = next) {
			next = item->next;
			answer(q, item);
			give(q, item);
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
