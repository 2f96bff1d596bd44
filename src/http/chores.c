#include "http/chores.h"

void chores_tick(struct chores *c, int64_t now_ms, struct queue *q)
{
	if (!c->every_ms || c->is_asked || now_ms < c->next_ms)
		return;
	c->next_ms = now_ms + c->every_ms;
	c->queued = (struct queued){ .operation = "audit", .input = json_object() };
	if (!c->queued.input)
		return;
	c->is_asked = true;
	queue_push(q, &c->queued);
}

bool chores_take(struct chores *c, struct queued *item)
{
	if (item != &c->queued)
		return false;
	queued_release(item);
	c->is_asked = false;
	return true;
}
