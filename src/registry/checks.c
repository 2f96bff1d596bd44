#include "registry/checks.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"

/* When it was last summed up, ms since 1970. */
#define THINNED_SETTING "checks-thinned"

/*
 * Rationale: one can ask what happened this hour look by look, today by the
 * quarter, this week by the hour, this season by the day.  An entry has at most
 * some 370 rows beside those of the last hours, however often one looks.
 */
static const struct {
	int64_t older_than_ms, stretch_ms;
} stretches[] = {
	{ 400 * MS_PER_DAY, -1 },	  { 90 * MS_PER_DAY, 7 * MS_PER_DAY },
	{ 7 * MS_PER_DAY, MS_PER_DAY },	  { MS_PER_DAY, MS_PER_HOUR },
	{ MS_PER_HOUR, MS_PER_HOUR / 4 },
};

int64_t looks_stretch_ms(int64_t age_ms)
{
	for (size_t i = 0; i < ARRAY_LEN(stretches); i++)
		if (age_ms > stretches[i].older_than_ms)
			return stretches[i].stretch_ms;
	return 0;
}

/* A row. */

static bool is_up(const char *state)
{
	return !strcmp(state, entry_state_name(STATE_IN_USE)) ||
	       !strcmp(state, entry_state_name(STATE_UNKNOWN));
}

/* The members of a row that stands for many. */
#define LOOKS_KEY "looks"
#define UP_KEY	  "up"
#define UNTIL_KEY "until"

struct looks looks_of(const struct health_check *c)
{
	struct looks one = { 1, is_up(c->status), c->at_ms }, many;
	CLEANUP(json_cleanup) json_t *details = NULL;
	int64_t count, up;

	if (!c->details || !json_parse(c->details, strlen(c->details), &details, NULL))
		return one;
	count = json_int_of(details, LOOKS_KEY, -1);
	up = json_int_of(details, UP_KEY, -1);
	many = (struct looks){ .count = (unsigned)count,
			       .up = (unsigned)up,
			       .until_ms = json_int_of(details, UNTIL_KEY, c->at_ms) };
	return count >= 0 && up >= 0 && up <= count && count <= UINT_MAX ? many : one;
}

static bool put_details(json_t *o, const char *actual, const struct looks *looks)
{
	return o && (!actual || json_put_text(o, "actual", actual)) &&
	       (!looks ||
		(json_put_int(o, LOOKS_KEY, looks->count) && json_put_int(o, UP_KEY, looks->up) &&
		 json_put_int(o, UNTIL_KEY, looks->until_ms)));
}

/* `*ret` NULL: there is nothing to say. */
static bool format_details(const char *actual, const struct looks *looks, char **ret,
			   struct err *err)
{
	CLEANUP(json_cleanup) json_t *o = NULL;

	*ret = NULL;
	if (!actual && !looks)
		return true;
	o = json_object();
	return put_details(o, actual, looks) ? json_format(o, ret, err) : fail_memory(err);
}

static bool add_check(struct registry *r, const struct look_results *look,
		      const struct look_result *seen, struct err *err)
{
	CLEANUP(json_text_cleanup) char *details = NULL;
	const struct looks none = { .until_ms = look->at_ms };
	struct health_check row = {
		.entry_id = seen->entry->id,
		.at_ms = look->at_ms,
		.status = entry_state_name(seen->state),
		.response_us = look->took_us,
	};

	if (!format_details(seen->actual, look->is_told ? &none : NULL, &details, err))
		return false;
	row.details = details;
	return r->store->ops->check_add(r->store, &row, err);
}

static bool note_verified(struct registry *r, const struct look_results *look, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const char **ids = arena_alloc(&arena, (look->count + 1) * sizeof(*ids));
	unsigned count = 0;

	if (!ids)
		return fail_memory(err);
	for (unsigned i = 0; i < look->count; i++)
		if (look->items[i].state == STATE_IN_USE)
			ids[count++] = look->items[i].entry->id;
	return r->store->ops->entries_verified(r->store, look->host, ids, count, look->at_ms, err);
}

bool checks_add(struct registry *r, const struct look_results *look, struct err *err)
{
	for (unsigned i = 0; i < look->count; i++)
		if (!add_check(r, look, &look->items[i], err))
			return false;
	return note_verified(r, look, err);
}

/* Summing up. */

struct thinning {
	struct arena *arena;
	int64_t now_ms;
	struct health_check *steps; /* rows to be written anew; without an entry: to be removed */
	unsigned count, room;
	bool out_of_memory;

	/* The stretch that is being walked through; stretch_ms 0: none is. */
	int64_t stretch_ms, number;
	struct health_check first; /* with the worst state so far */
	struct looks looks;
	unsigned rows;
};

static bool add_step(struct thinning *t, const struct health_check *row)
{
	struct health_check *grown = arena_grow(t->arena, t->steps, t->count, &t->room,
						sizeof(*t->steps));

	t->out_of_memory = t->out_of_memory || !grown;
	if (!grown)
		return false;
	t->steps = grown;
	t->steps[t->count++] = *row;
	return true;
}

static bool drop(struct thinning *t, int64_t id)
{
	return add_step(t, &(struct health_check){ .id = id });
}

/* {"actual": ...} of the row that is shown. */
static const char *actual_of(struct arena *a, const char *details)
{
	CLEANUP(json_cleanup) json_t *json = NULL;

	if (!details || !json_parse(details, strlen(details), &json, NULL))
		return NULL;
	return arena_copy(a, json_text_of(json, "actual"));
}

/* The stretch is over: many rows of it become one. */
static bool close_stretch(struct thinning *t)
{
	CLEANUP(json_text_cleanup) char *details = NULL;
	struct health_check row = t->first;
	const char *actual = actual_of(t->arena, t->first.details);
	unsigned rows = t->rows;

	t->stretch_ms = 0;
	t->rows = 0;
	if (rows < 2)
		return true;
	row.details = format_details(actual, &t->looks, &details, NULL)
			      ? arena_copy(t->arena, details)
			      : NULL;
	t->out_of_memory = t->out_of_memory || !row.details;
	return row.details && add_step(t, &row);
}

static unsigned badness(const char *state)
{
	static const enum entry_state order[] = { STATE_IN_USE, STATE_UNKNOWN, STATE_DOWN,
						  STATE_SQUATTED };

	for (unsigned i = 0; i < ARRAY_LEN(order); i++)
		if (!strcmp(entry_state_name(order[i]), state))
			return i;
	return 0;
}

static bool keep_state(struct thinning *t, const struct health_check *c)
{
	t->first.status = arena_copy(t->arena, c->status);
	t->first.details = c->details ? arena_copy(t->arena, c->details) : NULL;
	t->out_of_memory = t->out_of_memory || !t->first.status ||
			   (c->details && !t->first.details);
	return !t->out_of_memory;
}

static bool open_stretch(struct thinning *t, const struct health_check *c, int64_t stretch_ms)
{
	t->stretch_ms = stretch_ms;
	t->number = c->at_ms / stretch_ms;
	t->looks = looks_of(c);
	t->rows = 1;
	t->first = *c;
	t->first.entry_id = arena_copy(t->arena, c->entry_id);
	t->out_of_memory = t->out_of_memory || !t->first.entry_id;
	return keep_state(t, c);
}

static bool join_stretch(struct thinning *t, const struct health_check *c)
{
	struct looks more = looks_of(c);

	/* From now on the first is written anew, too. */
	if (t->rows++ == 1 && !drop(t, t->first.id))
		return false;
	t->looks.count += more.count;
	t->looks.up += more.up;
	t->looks.until_ms = more.until_ms;
	if (c->response_us > t->first.response_us)
		t->first.response_us = c->response_us;
	return (badness(c->status) <= badness(t->first.status) || keep_state(t, c)) &&
	       drop(t, c->id);
}

static bool is_of_stretch(const struct thinning *t, const struct health_check *c,
			  int64_t stretch_ms)
{
	return t->stretch_ms && t->stretch_ms == stretch_ms && t->number == c->at_ms / stretch_ms &&
	       !strcmp(t->first.entry_id, c->entry_id);
}

/* Rows come by entry and time. */
static bool thin_row(const struct health_check *c, void *arg)
{
	struct thinning *t = arg;
	int64_t stretch_ms = looks_stretch_ms(t->now_ms - c->at_ms);

	if (stretch_ms > 0 && is_of_stretch(t, c, stretch_ms))
		return join_stretch(t, c);
	if (!close_stretch(t))
		return false;
	if (stretch_ms < 0)
		return drop(t, c->id);
	return stretch_ms == 0 || open_stretch(t, c, stretch_ms);
}

static bool take_steps(struct registry *r, const struct thinning *t, struct err *err)
{
	const struct store_ops *ops = r->store->ops;

	for (unsigned i = 0; i < t->count; i++) {
		const struct health_check *row = &t->steps[i];

		if (row->entry_id ? !ops->check_add(r->store, row, err)
				  : !ops->check_remove(r->store, row->id, err))
			return false;
	}
	return true;
}

static bool thin(struct registry *r, int64_t now_ms, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct thinning t = { .arena = &arena, .now_ms = now_ms };

	if (!r->store->ops->check_of(r->store, &(struct check_filter){ 0 }, thin_row, &t, err))
		return false;
	if (t.out_of_memory || !close_stretch(&t))
		return fail_memory(err);
	return take_steps(r, &t, err);
}

bool checks_thin(struct registry *r, int64_t now_ms, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct err why = { 0 };
	const char *text = NULL;
	char now[24];
	int64_t last;

	if (!r->store->ops->setting_get(r->store, THINNED_SETTING, &arena, &text, err))
		return false;
	last = text ? strtoll(text, NULL, 10) : 0;
	/* A clock that was set back must not stop it for long. */
	if (last <= now_ms && now_ms - last < MS_PER_HOUR)
		return true;
	snprintf(now, sizeof(now), "%lld", (long long)now_ms);
	if (r->store->ops->setting_put(r->store, THINNED_SETTING, now, &why))
		return thin(r, now_ms, err);
	if (why.code == ERR_NOT_PERMITTED)
		return true;
	*err = why;
	return false;
}
