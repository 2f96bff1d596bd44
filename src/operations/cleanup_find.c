#include <string.h>

#include "base/clock.h"
#include "operations/cleanup.h"
#include "operations/repositories.h"

#define PRODUCTION "production"

const char *cleanup_reason_name(enum cleanup_reason r)
{
	static const char *const names[CLEANUP_REASON_COUNT] = {
		[CLEANUP_EXPIRED] = "expired",
		[CLEANUP_ORPHAN] = "orphan",
		[CLEANUP_INSTANCE] = "instance",
		[CLEANUP_IDLE] = "idle",
	};

	return names[r];
}

int64_t entry_seen_at(const struct entry *e)
{
	int64_t seen = e->last_verified_at_ms > e->last_used_at_ms ? e->last_verified_at_ms
								   : e->last_used_at_ms;

	return seen > e->allocated_at_ms ? seen : e->allocated_at_ms;
}

bool cleanup_look(struct call *c, const json_t *input, struct err *err)
{
	struct look what = LOOK_ALL;

	(void)input;
	what.learn = LEARN_FOLDER | LEARN_NAMES;
	if (!can_look(c->registry, c->registry->host))
		return fail(err, ERR_IO,
			    "nobody can look at the sockets of this machine, and what "
			    "listens is not to be cleaned away");
	return registry_look(c->registry, c->registry->host, &what, &c->arena, &c->seen, err);
}

/* Why it stays. */

static bool say(const char *text, const char **ret, struct err *err)
{
	*ret = text;
	return text || fail_memory(err);
}

/* `*ret` NULL: nothing keeps it. */
static bool find_keeper(struct cleanup *c, const struct entry *e, const char **ret, bool *ret_yes,
			struct err *err)
{
	struct listener *l = scene_listener(&c->scene, e->protocol, e->port);
	struct arena *a = &c->call->arena;
	const char *who;

	*ret = NULL;
	*ret_yes = !l;
	if (l) {
		scene_learn(&c->scene, l);
		who = listener_text(a, l);
		return say(who ? arena_printf(a, "%s listens there", who) : NULL, ret, err);
	}
	if (c->wanted.yes)
		return true;
	if (e->tunnel_hostname && *e->tunnel_hostname)
		return say(arena_printf(a, "'%s' leads there", e->tunnel_hostname), ret, err);
	return strcmp(e->environment, PRODUCTION) != 0 || say("it is of " PRODUCTION, ret, err);
}

/* Why it may go: the first reason that holds. */

static const char *day_of(int64_t ms, char ret[static TIME_TEXT_SIZE])
{
	const char *text = time_format(ms, ret);

	if (text)
		ret[sizeof("2026-11-21") - 1] = '\0';
	return text ? text : "long ago";
}

static const char *why_expired(struct cleanup *c, const struct entry *e)
{
	char day[TIME_TEXT_SIZE];

	if (!e->expires_at_ms || e->expires_at_ms > registry_now(c->call->registry))
		return NULL;
	return arena_printf(&c->call->arena, "it was temporary, until %s",
			    day_of(e->expires_at_ms, day));
}

static const char *why_orphan(struct cleanup *c, const struct entry *e)
{
	const char *home = home_gone(&c->homes, e);

	return home ? arena_printf(&c->call->arena, "'%s' is no more", home) : NULL;
}

static const char *why_idle(struct cleanup *c, const struct entry *e)
{
	int64_t seen = entry_seen_at(e);
	char day[TIME_TEXT_SIZE];

	if (registry_now(c->call->registry) - seen < c->wanted.idle_ms ||
	    scene_listener(&c->scene, e->protocol, e->port))
		return NULL;
	return arena_printf(&c->call->arena,
			    seen > e->allocated_at_ms ? "not seen listening since %s"
						      : "never seen listening, entered %s",
			    day_of(seen, day));
}

static bool is_of_gone_instance(const struct cleanup *c, const struct entry *e)
{
	for (unsigned i = 0; i < c->n_instances; i++)
		if (c->instances[i].instance.number == e->instance &&
		    !strcmp(c->instances[i].project.id, e->project_id))
			return true;
	return false;
}

static const char *find_reason(struct cleanup *c, const struct entry *e, enum cleanup_reason *ret)
{
	const struct {
		bool wanted;
		enum cleanup_reason reason;
		const char *(*why)(struct cleanup *c, const struct entry *e);
	} reasons[] = {
		{ c->wanted.expired, CLEANUP_EXPIRED, why_expired },
		{ c->wanted.orphans, CLEANUP_ORPHAN, why_orphan },
		{ true, CLEANUP_IDLE, why_idle }, /* those are reported in any case */
	};
	const char *why = NULL;

	for (size_t i = 0; i < ARRAY_LEN(reasons) && !why; i++) {
		why = reasons[i].wanted ? reasons[i].why(c, e) : NULL;
		*ret = reasons[i].reason;
	}
	return why;
}

static bool is_meant(const struct cleanup *c, const char *project)
{
	return !c->wanted.project || !strcmp(c->wanted.project, project);
}

static bool find_ports(struct cleanup *c, struct err *err)
{
	for (unsigned i = 0; i < c->scene.entries.count; i++) {
		const struct entry *e = &c->scene.entries.items[i];
		struct cleanable found = { .entry = e };

		if (!is_meant(c, e->project) || is_of_gone_instance(c, e))
			continue;
		found.why = find_reason(c, e, &found.reason);
		if (!found.why)
			continue;
		if (!find_keeper(c, e, &found.kept, &found.needs_yes, err))
			return false;
		c->ports[c->n_ports++] = found;
	}
	return true;
}

/* Instances. */

/* Something of it is kept: then all of it is. */
static bool find_instance_keeper(struct cleanup *c, struct cleanable_instance *i, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list held;

	f.project_id = i->project.id;
	f.instance = i->instance.number;
	if (!entries_read(c->call->registry, &f, &c->call->arena, &held, err))
		return false;
	for (unsigned n = 0; n < held.count && !i->kept; n++) {
		const struct entry *e = &held.items[n];
		const char *kept = "it is another machine's, which cannot be seen from here";

		if (!strcmp(e->host, c->scene.host) &&
		    !find_keeper(c, e, &kept, &i->needs_yes, err))
			return false;
		if (kept)
			i->kept = arena_printf(&c->call->arena, "port %u: %s", e->port, kept);
		if (kept && !i->kept)
			return fail_memory(err);
	}
	return true;
}

static bool add_instance(struct cleanup *c, const struct project *p, const struct instance *i,
			 const char *why, struct err *err)
{
	struct cleanable_instance found = { .project = *p, .instance = *i, .why = why };
	struct cleanable_instance *grown = arena_grow(&c->call->arena, c->instances, c->n_instances,
						      &c->room, sizeof(*grown));

	if (!grown || !why)
		return fail_memory(err);
	c->instances = grown;
	found.instance.project = p->name;
	if (!find_instance_keeper(c, &found, err))
		return false;
	c->instances[c->n_instances++] = found;
	return true;
}

static bool find_in_repository(struct call *call, const struct repository *of, void *arg,
			       struct err *err)
{
	struct cleanup *c = arg;

	if (!is_meant(c, of->project.name))
		return true;
	for (unsigned i = 0; i < of->checkouts.count; i++) {
		const struct checkout *one = &of->checkouts.items[i];

		if (one->state == CHECKOUT_GONE &&
		    !add_instance(c, &of->project, one->instance,
				  arena_printf(&call->arena, "git has no worktree '%s' any more",
					       one->instance->worktree),
				  err))
			return false;
	}
	return true;
}

/* Where the repository is gone, too, nobody can be asked. */
static bool find_without_repository(struct cleanup *c, const struct project *p, struct err *err)
{
	struct instance_list list;

	if (!directory_is_gone(p->path) || !is_meant(c, p->name))
		return true;
	if (!instances_read(c->call->registry, p->id, &c->call->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++) {
		const struct instance *one = &list.items[i];

		if (one->number != 1 && !one->released_at_ms && !strcmp(one->host, c->scene.host) &&
		    directory_is_gone(one->worktree) &&
		    !add_instance(c, p, one,
				  arena_printf(&c->call->arena,
					       "'%s' and its repository are no more",
					       one->worktree),
				  err))
			return false;
	}
	return true;
}

static bool find_instances(struct cleanup *c, struct err *err)
{
	CLEANUP(json_cleanup) json_t *all = json_pack("{s:b}", "all", 1);

	if (!all)
		return fail_memory(err);
	if (!repositories_each(c->call, all, false, find_in_repository, c, err))
		return false;
	for (unsigned i = 0; i < c->homes.projects.count; i++)
		if (!find_without_repository(c, &c->homes.projects.items[i], err))
			return false;
	return true;
}

bool cleanup_find(struct cleanup *c, struct err *err)
{
	c->ports = arena_alloc(&c->call->arena, (c->scene.entries.count + 1) * sizeof(*c->ports));
	if (!c->ports)
		return fail_memory(err);
	if ((c->wanted.orphans || c->wanted.instances) && !homes_read(c->call, &c->homes, err))
		return false;
	return (!c->wanted.instances || c->homes.cannot_tell || find_instances(c, err)) &&
	       find_ports(c, err);
}
