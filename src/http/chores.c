#include "http/chores.h"

#include "base/clock.h"

/* Rationale: who reads that at the start of a service wants to know that, not all of it. */
#define SENTENCES_MAX 20

static bool push(struct chore *chore, const char *operation, json_t *input, struct queue *q)
{
	chore->queued = (struct queued){ .operation = operation, .input = input };
	if (!input)
		return false;
	chore->is_asked = true;
	queue_push(q, &chore->queued);
	return true;
}

void chores_tick(struct chores *c, int64_t now_ms, struct queue *q)
{
	if (c->reviews_cleanup && push(&c->cleanup, "cleanup", json_pack("{s:b}", "dryRun", 1), q))
		c->reviews_cleanup = false;
	if (!c->every_ms || c->audit.is_asked || now_ms < c->next_ms)
		return;
	c->next_ms = now_ms + c->every_ms;
	push(&c->audit, c->heard.tell ? "audit-changes" : "audit", json_object(), q);
}

/* What was found. */

static void say(const struct chores *c, const struct err *err)
{
	if (c->heard.say)
		c->heard.say(c->heard.say_arg, err);
}

static void tell(const struct chores *c, json_t *message)
{
	if (c->heard.tell && message)
		c->heard.tell(c->heard.arg, message);
	json_decref(message);
}

/* Each by itself, with where and when it was seen. */
static void tell_changes(const struct chores *c, const json_t *answer)
{
	const json_t *changes = json_object_get(answer, "changes"), *change;
	size_t i;

	json_array_foreach(json_walked(changes), i, change)
		tell(c, json_pack("{s:O*, s:O*, s:O}", "host", json_object_get(answer, "host"),
				  "at", json_object_get(answer, "at"), "change", change));
}

static void say_released(const struct chores *c, const json_t *row)
{
	struct err err = { 0 };

	fail(&err, ERR_NOTHING, "%u of '%s/%s' could be given back: %s",
	     (unsigned)json_int_of(row, "port", 0), json_text_of(row, "projectName"),
	     json_text_of(row, "serviceName"),
	     json_text_of(row, "why") ? json_text_of(row, "why") : json_text_of(row, "reason"));
	say(c, &err);
}

static void tell_cleanup(const struct chores *c, const json_t *answer)
{
	const json_t *released = json_object_get(answer, "released");
	struct err err = { 0 };

	for (size_t i = 0; i < json_array_size(released) && i < SENTENCES_MAX; i++)
		say_released(c, json_array_get(released, i));
	if (!json_array_size(released))
		return;
	fail(&err, ERR_NOTHING, "ports that could be given back: %zu", json_array_size(released));
	fail_hint(&err, "portbook cleanup");
	say(c, &err);
	tell(c, json_pack("{s:{s:s, s:O}}", "change", "kind", "cleanup", "released", released));
}

static bool take(struct chores *c, struct chore *chore, const char *doing,
		 void (*heard)(const struct chores *c, const json_t *answer))
{
	struct err *err = &chore->queued.err;

	if (chore->queued.ok) {
		heard(c, chore->queued.answer);
	} else {
		fail_while(err, "%s", doing);
		say(c, err);
	}
	queued_release(&chore->queued);
	chore->is_asked = false;
	return true;
}

static void note_audit(struct chores *c)
{
	const char *at = json_text_of(c->audit.queued.answer, "at");
	int64_t ms;

	if (at && time_parse(at, &ms, NULL))
		c->audited_ms = ms;
}

bool chores_take(struct chores *c, struct queued *item)
{
	if (item == &c->audit.queued) {
		if (item->ok)
			note_audit(c);
		return take(c, &c->audit, "an audit of the server's own", tell_changes);
	}
	if (item == &c->cleanup.queued)
		return take(c, &c->cleanup, "looking what could be cleaned up", tell_cleanup);
	return false;
}
