/*
 * http/asking.c - agents that are asked something in the middle of their request.
 *
 * What they are asked goes out in the stream of that request, which the queue has given back
 * meanwhile, so that nobody waits for a client but itself.  The answers come by requests of their
 * own.  When all are there, or it took too long, the queue has the request once more.
 */
#include <string.h>

#include "base/clock.h"
#include "http/serving.h"

static void handle_again(struct server *s, struct exchange *x)
{
	x->asked_until_ms = 0;
	agents_prepare_again(x->call.agents);
	x->is_queued = true;
	queue_push(s->queue, &x->call.queued);
}

/* Those that are asked are in a stream, as that is where they are asked. */
static bool ask(struct exchange *x)
{
	struct agents_call *c = x->call.agents;

	if (!agents_ask(c, NULL))
		return false;
	if (c->is_live)
		return true;
	if (!agents_begin_live(c, &x->reply))
		return false;
	MHD_resume_connection(x->connection);
	return true;
}

bool exchange_asks(struct server *s, struct exchange *x)
{
	struct queued *q = &x->call.queued;

	if (!x->call.agents || !q->ok || !x->call.agents->reply.asks)
		return false;
	if (s->is_over) {
		q->ok = fail(&q->err, ERR_IO, "the server ends");
		return false;
	}
	/* Who ends waits for no answer, and who cannot be asked gives none. */
	if (!s->ends && ask(x))
		x->asked_until_ms = clock_steady_ms() + s->limits.answer_ms;
	else
		handle_again(s, x);
	return true;
}

static bool is_asked(const struct exchange *x, const struct exchange *by)
{
	return x->asked_until_ms && !strcmp(x->call.queued.actor, by->call.queued.actor);
}

/* An answer to nobody, which may only be late, is passed over. */
static void hear_one(struct server *s, const struct exchange *by, const json_t *response)
{
	for (struct exchange *x = s->under_way; x; x = x->after)
		if (is_asked(x, by) && agents_answer(x->call.agents, response)) {
			if (agents_are_answered(x->call.agents))
				handle_again(s, x);
			return;
		}
}

void exchanges_hear(struct server *s, const struct exchange *by)
{
	size_t i;
	json_t *response;

	if (by->call.agents)
		json_array_foreach(json_walked(by->call.agents->heard), i, response)
			hear_one(s, by, response);
}

void exchanges_stop_asking(struct server *s, int64_t now_ms)
{
	for (struct exchange *x = s->under_way; x; x = x->after)
		if (x->asked_until_ms && (s->ends || now_ms >= x->asked_until_ms))
			handle_again(s, x);
}
