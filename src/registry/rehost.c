#include "registry/rehost.h"

#include <string.h>

/* Where a row says its host; NULL: it says none. */
static const char **host_of(struct record *r)
{
	switch (r->kind) {
	case RECORD_INSTANCE: return &r->instance.host;
	case RECORD_BLOCK: return &r->block.host;
	case RECORD_RESERVED: return &r->reserved.host;
	case RECORD_ALLOCATION: return &r->allocation.host;
	case RECORD_SETTING:
	case RECORD_RANGE:
	case RECORD_PROJECT:
	case RECORD_CHECK:
	case RECORD_EVENT: return NULL;
	}
	__builtin_unreachable();
}

/* Of an object with such a member, the same with the other name; all else stays. */
static bool rehost_object(const char **text, const char *from, const char *to, struct arena *a,
			  struct err *err)
{
	CLEANUP(json_cleanup) json_t *json = NULL;
	CLEANUP(json_text_cleanup) char *again = NULL;
	struct err why = { 0 };
	const char *host;

	/* Most rows of other hosts, and other events, end here. */
	if (!*text || !strstr(*text, from))
		return true;
	if (!json_parse(*text, strlen(*text), &json, &why))
		return why.code != ERR_MEMORY || fail_memory(err);
	host = json_text_of(json, "host");
	if (!host || strcmp(host, from) != 0)
		return true;
	if (!json_put_text(json, "host", to))
		return fail_memory(err);
	if (!json_format(json, &again, err))
		return false;
	*text = arena_copy(a, again);
	return *text || fail_memory(err);
}

bool record_rehost(const struct record *row, const char *from, const char *to, struct arena *a,
		   struct record *ret, struct err *err)
{
	struct record r = *row;
	const char **host = host_of(&r);

	if (host && *host && !strcmp(*host, from))
		*host = to;
	if (r.kind == RECORD_EVENT && (!rehost_object(&r.event.before, from, to, a, err) ||
				       !rehost_object(&r.event.after, from, to, a, err)))
		return false;
	*ret = r;
	return true;
}
