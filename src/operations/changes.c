#include "operations/changes.h"

/* `after` -1: the newest ones. */
static bool ask(const struct transport *reads, int64_t after, int64_t limit, json_t **ret,
		struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *input = json_pack("{s:I}", "limit", (json_int_t)limit), *answer = NULL;
	const struct call_io io = { 0 };

	if (!input || (after >= 0 && !json_put_int(input, "after", after)))
		return fail_memory(err);
	if (!reads->call(reads->arg, "history", input, &io, &answer, err))
		return false;
	*ret = json_incref(json_object_get(answer, "events"));
	return true;
}

bool changes_since(const struct transport *reads, int64_t after, int64_t limit, json_t **ret,
		   struct err *err)
{
	return ask(reads, after, limit, ret, err);
}

void changes_newest(const struct transport *reads, int64_t *ret)
{
	CLEANUP(json_cleanup) json_t *events = NULL;

	if (ask(reads, -1, 1, &events, NULL))
		*ret = json_int_of(json_array_get(events, 0), "seq", 0);
}
