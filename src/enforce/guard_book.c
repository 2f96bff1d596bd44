#include "enforce/guard_inside.h"

#include <string.h>

#include "base/clock.h"

/* Of an answer. */

static bool read_row(const json_t *row, struct arena *a, struct guarded *ret)
{
	const char *protocol = json_text_of(row, "protocol"), *name = json_text_of(row, "name");
	const char *started_by = json_text_of(row, "startedBy");
	const char *entered_by = json_text_of(row, "allocatedBy");

	*ret = (struct guarded){
		.protocol = protocol && !strcmp(protocol, "udp") ? PROTO_UDP : PROTO_TCP,
		.port = (uint16_t)json_int_of(row, "port", 0),
		.name = arena_copy(a, name ? name : "?"),
		.started_by = arena_copy(a, started_by),
		.entered_by = arena_copy(a, entered_by),
	};
	return ret->name && (ret->started_by || !started_by) && (ret->entered_by || !entered_by);
}

static bool read_rows(const json_t *rows, struct arena *a, struct guard_wishes *w)
{
	size_t count = json_array_size(rows);
	struct guarded *ports = arena_alloc(a, (count + 1) * sizeof(*ports));

	if (!ports)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_row(json_array_get(rows, i), a, &ports[i]))
			return false;
	w->ports = ports;
	w->count = (unsigned)count;
	return true;
}

static bool read_unasked(const json_t *list, struct arena *a, struct guard_wishes *w)
{
	size_t count = json_array_size(list);
	uint16_t *ports = arena_alloc(a, (count + 1) * sizeof(*ports));

	if (!ports)
		return false;
	for (size_t i = 0; i < count; i++)
		ports[i] = (uint16_t)json_integer_value(json_array_get(list, i));
	w->unasked = ports;
	w->n_unasked = (unsigned)count;
	return true;
}

static bool make_spots(struct guard *g, const json_t *answer, struct arena *a, struct spots *ret)
{
	struct guard_wishes w = { .user = g->options->user, .limit = g->limit };

	return read_rows(json_object_get(answer, "ports"), a, &w) &&
	       (!g->options->unasked || read_unasked(json_object_get(answer, "unasked"), a, &w)) &&
	       guard_plan(&w, clock_now_ms(), a, ret);
}

/* What is not wanted any more is let go, but for what somebody is just getting. */
static void let_go_of_rest(struct guard *g, struct spots *old)
{
	for (unsigned i = 0; i < old->count; i++)
		if (old->items[i].fd >= 0) {
			guard_let_go(g, &old->items[i]);
			guard_tell(g, &old->items[i], GUARD_LEFT, NULL);
		}
}

bool guard_book_take_in(struct guard *g, const json_t *answer, struct err *err)
{
	struct arena arena = { 0 };
	struct spots spots;

	if (!make_spots(g, answer, &arena, &spots)) {
		arena_release(&arena);
		return fail_memory(err);
	}
	spots_carry(&g->spots, &spots);
	let_go_of_rest(g, &g->spots);
	arena_release(&g->arena);
	g->arena = arena;
	g->spots = spots;
	return true;
}
