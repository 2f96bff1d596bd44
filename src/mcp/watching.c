#include "mcp/watching.h"

#include "mcp/request.h"

/* Rationale: of more, within a second, what they change is told all the same: each project once. */
#define EVENTS_MAX 1000

/* The newest events; without any where the book cannot be read: it may be made later. */
static bool newest(const struct mcp *m, int64_t limit, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_pack("{s:I}", "limit", (json_int_t)limit);
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const struct call_io io = { 0 };
	struct err why = { 0 };

	*ret = NULL;
	if (!input)
		return fail_memory(err);
	if (m->book.call(m->book.arg, "history", input, &io, &answer, &why))
		*ret = json_incref(json_object_get(answer, "events"));
	return why.code != ERR_MEMORY || fail_memory(err);
}

static int64_t last_of(const json_t *events)
{
	size_t count = json_array_size(events);

	return count ? json_int_of(json_array_get(events, count - 1), "seq", 0) : 0;
}

bool watching_begin(struct watching *w, const struct mcp *m, struct err *err)
{
	CLEANUP(json_cleanup) json_t *events = NULL;

	if (w->has_begun)
		return true;
	if (!newest(m, 1, &events, err))
		return false;
	w->last = last_of(events);
	w->has_begun = true;
	return true;
}

/* Those that were seen are taken out. */
static void keep_newer(json_t *events, int64_t last)
{
	while (json_array_size(events) && json_int_of(json_array_get(events, 0), "seq", 0) <= last)
		(void)json_array_remove(events, 0);
}

bool watching_look(struct watching *w, const struct mcp *m, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *one = NULL;
	CLEANUP(json_cleanup) json_t *all = NULL;
	int64_t last;

	*ret = NULL;
	if (!newest(m, 1, &one, err))
		return false;
	last = last_of(one);
	if (last == w->last)
		return true;
	if (!newest(m, EVENTS_MAX, &all, err))
		return false;
	/* A book that was restored counts from elsewhere: all of it is new then. */
	if (last > w->last)
		keep_newer(all, w->last);
	w->last = last;
	*ret = json_incref(all);
	return true;
}
