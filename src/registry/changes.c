#include "registry/changes.h"

#include <string.h>

#include "base/json.h"

struct searching {
	struct arena *arena;
	struct change_events found;
	unsigned room;
	int64_t *undone; /* changes, by the number of their newest event */
	unsigned n_undone, undone_room;
	struct event last; /* its number, time and actor: those of the event before */
	char actor[CALLER_NAME_SIZE];
	bool is_open, skips; /* the change at hand; it is not the one that is looked for */
	bool out_of_memory;
};

static bool is_same_actor(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool goes_on(const struct searching *s, const struct event *e)
{
	return s->is_open && e->seq == s->last.seq - 1 && e->at_ms == s->last.at_ms &&
	       is_same_actor(e->actor, s->actor);
}

static bool is_undone(const struct searching *s, int64_t seq)
{
	for (unsigned i = 0; i < s->n_undone; i++)
		if (s->undone[i] == seq)
			return true;
	return false;
}

/* The last event of an undoing: what it undid is to be passed over. */
static bool note_undone(struct searching *s, const struct event *e)
{
	CLEANUP(json_cleanup) json_t *after = NULL;
	struct err why = { 0 };
	int64_t *grown;

	if (e->after && !json_parse(e->after, strlen(e->after), &after, &why) &&
	    why.code == ERR_MEMORY)
		return false;
	grown = arena_grow(s->arena, s->undone, s->n_undone, &s->undone_room, sizeof(*s->undone));
	if (!grown)
		return false;
	s->undone = grown;
	s->undone[s->n_undone++] = json_int_of(after, UNDONE_KEY, 0);
	return true;
}

static bool open_change(struct searching *s, const struct event *e)
{
	bool undoes = !strcmp(e->op, UNDO_OP);

	s->is_open = true;
	s->skips = undoes || !strcmp(e->op, RUN_OP) || is_undone(s, e->seq);
	snprintf(s->actor, sizeof(s->actor), "%s", e->actor ? e->actor : "");
	return !undoes || note_undone(s, e);
}

static bool copy_event(struct arena *a, const struct event *e, struct event *ret)
{
	const char **texts[] = { &ret->actor,	&ret->op,     &ret->project_id, &ret->subject,
				 &ret->service, &ret->before, &ret->after };

	*ret = *e;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (!*texts[i])
			continue;
		*texts[i] = arena_copy(a, *texts[i]);
		if (!*texts[i])
			return false;
	}
	return true;
}

static bool keep(struct searching *s, const struct event *e)
{
	struct event *grown = arena_grow(s->arena, s->found.items, s->found.count, &s->room,
					 sizeof(*grown));

	if (!grown)
		return false;
	s->found.items = grown;
	return copy_event(s->arena, e, &s->found.items[s->found.count++]);
}

static bool take(const struct event *e, void *arg)
{
	struct searching *s = arg;
	bool ok = true;

	if (!goes_on(s, e)) {
		if (s->found.count)
			return false;
		ok = open_change(s, e);
	}
	s->last = *e;
	s->out_of_memory = !ok || (!s->skips && !keep(s, e));
	return !s->out_of_memory;
}

bool change_last(struct registry *r, struct arena *a, struct change_events *ret, struct err *err)
{
	const struct event_filter newest = { .newest_first = true };
	struct searching s = { .arena = a };

	if (!r->store->ops->event_each(r->store, &newest, take, &s, err))
		return false;
	if (s.out_of_memory)
		return fail_memory(err);
	*ret = s.found;
	return true;
}
