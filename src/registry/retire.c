#include "registry/retire.h"

#include <string.h>

#include "registry/instances.h"
#include "registry/listening.h"

/* What the documentation calls it, and most who deploy do. */
#define PRODUCTION "production"

static bool held_by(struct registry *r, const struct project *p, unsigned number, struct arena *a,
		    struct entry_list *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.project_id = p->id;
	f.instance = number;
	return entries_read(r, &f, a, ret, err);
}

static bool say(const char *text, const char **ret, struct err *err)
{
	*ret = text;
	return text || fail_memory(err);
}

/* `*ret` NULL: nothing. */
static bool obstacle_of(struct registry *r, const struct entry *e, struct arena *a,
			const char **ret, struct err *err)
{
	const char *subject = entry_subject(a, e), *who;
	struct listener l;

	*ret = NULL;
	if (!subject)
		return fail_memory(err);
	if (e->tunnel_hostname && *e->tunnel_hostname)
		return say(arena_printf(a, "'%s' leads to port %u of '%s'", e->tunnel_hostname,
					e->port, subject),
			   ret, err);
	if (!strcmp(e->environment, PRODUCTION))
		return say(
			arena_printf(a, "port %u is that of '%s' in " PRODUCTION, e->port, subject),
			ret, err);
	if (!listener_on(r, e->host, e->protocol, e->port, a, &l))
		return true;
	who = listener_text(a, &l);
	return say(who ? arena_printf(a, "%s listens on port %u of '%s'", who, e->port, subject)
		       : NULL,
		   ret, err);
}

bool retire_obstacle(struct registry *r, const struct project *p, unsigned number, struct arena *a,
		     const char **ret, struct err *err)
{
	struct entry_list list;
	const char *found = NULL;

	if (!held_by(r, p, number, a, &list, err))
		return false;
	for (unsigned i = 0; i < list.count && !found; i++)
		if (!obstacle_of(r, &list.items[i], a, &found, err))
			return false;
	*ret = found;
	return true;
}

bool instance_retire(struct registry *r, const struct project *p, unsigned number, struct arena *a,
		     struct retired *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct retired gone;

	f.project_id = p->id;
	f.instance = number;
	/* Instance 1 is refused below; its ports must not be gone by then, whoever asks. */
	if (number != 1 && !registry_release_all(r, &f, a, &gone.entries, err))
		return false;
	if (!instance_release(r, p, number, a, &gone.instance, err))
		return false;
	*ret = gone;
	return true;
}
