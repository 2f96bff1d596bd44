#include "operations/changes.h"

static bool ask(const struct transport *reads, json_t *question, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = question, *answer = NULL;
	const struct call_io io = { 0 };

	if (!input)
		return fail_memory(err);
	if (!reads->call(reads->arg, "history", input, &io, &answer, err))
		return false;
	*ret = json_incref(json_object_get(answer, "events"));
	return true;
}

bool changes_since(const struct transport *reads, int64_t after, int64_t limit, json_t **ret,
		   struct err *err)
{
	return ask(reads,
		   json_pack("{s:I s:I}", "after", (json_int_t)after, "limit", (json_int_t)limit),
		   ret, err);
}

/* False without an error: there is none. */
static bool newest(const struct transport *reads, bool settled, int64_t *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *events = NULL;

	if (!ask(reads, json_pack("{s:i s:b}", "limit", 1, "settled", settled), &events, err) ||
	    !json_array_size(events))
		return false;
	*ret = json_int_of(json_array_get(events, 0), "seq", 0);
	return true;
}

bool changes_newest(const struct transport *reads, int64_t *ret, struct err *err)
{
	struct err why = { 0 };

	/* In a book that came from another server, what was before goes by that one's clockwork. */
	if (newest(reads, true, ret, &why) || (!why.code && newest(reads, false, ret, &why)) ||
	    !why.code)
		return true;
	if (err)
		*err = why;
	return false;
}
