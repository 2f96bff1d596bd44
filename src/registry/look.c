#include "registry/look.h"

#include <stdlib.h>
#include <string.h>

#include "registry/blocks.h"
#include "registry/choose.h"
#include "registry/scene.h"

static const char *const verdict_names[] = {
	[VERDICT_FREE] = "free",	 [VERDICT_YOURS] = "yours",
	[VERDICT_ENTERED] = "entered",	 [VERDICT_BLOCK] = "block",
	[VERDICT_RESERVED] = "reserved", [VERDICT_LISTENING] = "listening",
};

const char *verdict_name(enum verdict v)
{
	return verdict_names[v];
}

unsigned usage_percent(const struct usage *u)
{
	return u->total ? (u->allocated * 100 + u->total / 2) / u->total : 0;
}

static bool count_one(const struct entry *e, void *arg)
{
	unsigned *count = arg;

	(*count)++;
	return e != NULL;
}

bool services_count(struct registry *r, const char *host, const char *project_id, unsigned *ret,
		    struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	unsigned count = 0;

	f.host = host;
	f.project_id = project_id;
	f.primary_only = true;
	if (!r->store->ops->entry_each(r->store, &f, count_one, &count, err))
		return false;
	*ret = count;
	return true;
}

struct usage usage_sum(const struct usage_list *list)
{
	struct usage sum = { 0 };

	for (unsigned i = 0; i < list->count; i++) {
		const struct usage *u = &list->items[i];

		if (i == 0 || u->ports.first < sum.ports.first)
			sum.ports.first = u->ports.first;
		if (i == 0 || u->ports.last > sum.ports.last)
			sum.ports.last = u->ports.last;
		sum.total += u->total;
		sum.allocated += u->allocated;
		sum.available += u->available;
	}
	return sum;
}

/* `project_id` NULL: anybody's. */
static bool count_in(struct registry *r, const char *host, const char *range,
		     struct port_range ports, const char *project_id, unsigned *ret,
		     struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.host = host;
	f.range = range;
	f.ports = ports;
	f.project_id = project_id;
	return r->store->ops->entry_count(r->store, &f, ret, err);
}

/* A range may hold another one: the ports of the inner one are not its own. */
static bool owns(const struct policy *policy, const struct policy_range *range, uint16_t port)
{
	if (!policy_range_owns(range, port))
		return false;
	for (unsigned i = 0; i < policy->n_ranges; i++)
		if (&policy->ranges[i] != range &&
		    port_range_contains(range->ports, policy->ranges[i].ports) &&
		    port_range_has(policy->ranges[i].ports, port))
			return false;
	return true;
}

bool usage_gaps(struct registry *r, const struct usage *u, const char *host,
		struct port_set *ret_free, struct err *err)
{
	const struct policy *policy;
	const struct policy_range *range;
	struct port_set taken = { 0 };

	if (!registry_policy(r, &policy, err) ||
	    !r->store->ops->taken(r->store, host, PROTO_TCP, u->ports, &taken, err) ||
	    !r->store->ops->taken(r->store, host, PROTO_UDP, u->ports, &taken, err) ||
	    !reserved_collect(r, host, u->project, &taken, err))
		return false;
	memset(ret_free, 0, sizeof(*ret_free));
	range = policy_range_named(policy, u->range);
	for (unsigned port = u->ports.first; port <= u->ports.last; port++)
		if (!port_set_has(&taken, (uint16_t)port) && range &&
		    owns(policy, range, (uint16_t)port))
			port_set_add(ret_free, (uint16_t)port);
	return true;
}

static bool fill(struct registry *r, struct usage *u, unsigned total, const char *host,
		 const char *project_id, struct err *err)
{
	struct port_set open;

	if (!count_in(r, host, u->range, u->ports, project_id, &u->allocated, err) ||
	    !usage_gaps(r, u, host, &open, err))
		return false;
	u->total = total;
	u->available = port_set_count(&open, u->ports);
	return true;
}

static bool add_blocks(struct registry *r, const struct policy_range *range,
		       const struct project *p, const char *host, struct usage_list *list,
		       struct err *err)
{
	struct block_list blocks;

	if (!blocks_read(r, p->id, range->name, host, &blocks, err))
		return false;
	for (unsigned i = 0; i < blocks.count; i++) {
		struct usage *u = &list->items[list->count++];

		*u = (struct usage){
			.range = range->name,
			.project = p->name,
			.ports = blocks.span[i],
		};
		if (!fill(r, u, port_range_size(u->ports), host, NULL, err))
			return false;
	}
	return true;
}

/* The range from which the project's first service would be given a port. */
static bool is_first_choice(const struct policy *policy, const struct policy_range *range,
			    const struct project *p)
{
	return range ==
	       policy_range_for(policy,
				&(struct policy_asker){ .project = p->name,
							.environment = policy->environment,
							.type = policy_type(policy, "web", NULL) });
}

static bool add_flat(struct registry *r, const struct policy *policy,
		     const struct policy_range *range, const struct project *p, const char *host,
		     struct usage_list *list, struct err *err)
{
	struct usage u = { .range = range->name, .project = p->name, .ports = range->ports };

	/* Temporary ports go by themselves: they say nothing of how full a project is. */
	if (range->legacy || range->temporary)
		return true;
	if (!fill(r, &u, policy_range_size(range), host, p->id, err))
		return false;
	if (u.allocated || is_first_choice(policy, range, p))
		list->items[list->count++] = u;
	return true;
}

bool usage_of_project(struct registry *r, const struct project *p, const char *host,
		      struct arena *a, struct usage_list *ret, struct err *err)
{
	const struct policy *policy;
	struct usage_list list = { .count = 0 };

	if (!registry_policy(r, &policy, err))
		return false;
	list.items = arena_alloc(a, sizeof(*list.items) * POLICY_MAX_RANGES *
					    (PROJECT_MAX_BLOCKS + 1));
	if (!list.items)
		return fail_memory(err);
	for (unsigned i = 0; i < policy->n_ranges; i++) {
		const struct policy_range *range = &policy->ranges[i];

		if (range->block ? !add_blocks(r, range, p, host, &list, err)
				 : !add_flat(r, policy, range, p, host, &list, err))
			return false;
	}
	*ret = list;
	return true;
}

static unsigned own_size(const struct policy *policy, const struct policy_range *range)
{
	unsigned n = 0;

	for (unsigned port = range->ports.first; port <= range->ports.last; port++)
		n += owns(policy, range, (uint16_t)port);
	return n;
}

bool usage_of_ranges(struct registry *r, const char *host, struct arena *a, struct usage_list *ret,
		     struct err *err)
{
	const struct policy *policy;
	struct usage_list list = { .count = 0 };

	if (!registry_policy(r, &policy, err))
		return false;
	list.items = arena_alloc(a, policy->n_ranges * sizeof(*list.items));
	if (!list.items)
		return fail_memory(err);
	for (unsigned i = 0; i < policy->n_ranges; i++) {
		const struct policy_range *range = &policy->ranges[i];
		struct usage *u = &list.items[list.count++];

		*u = (struct usage){ .range = range->name, .ports = range->ports };
		if (!fill(r, u, own_size(policy, range), host, NULL, err))
			return false;
	}
	*ret = list;
	return true;
}

/* Check. */

struct reason_search {
	const struct check_asker *who;
	int64_t now_ms;
	uint16_t port;
	struct arena *arena;
	const char *reason;
};

static bool match_reason(const struct reserved *res, void *arg)
{
	struct reason_search *s = arg;
	const char *project = s->who->project ? s->who->project->name : NULL;

	if (!port_range_has(res->ports, s->port) ||
	    !reservation_binds(res, s->who->host, project, s->now_ms))
		return true;
	s->reason = res->project
			    ? arena_printf(s->arena, "for %s%s%s", res->project,
					   res->reason ? ": " : "", res->reason ? res->reason : "")
			    : arena_copy(s->arena, res->reason ? res->reason : "");
	return false;
}

static bool find_reason(struct registry *r, const struct check_asker *who, uint16_t port,
			struct arena *a, const char **ret, struct err *err)
{
	struct reason_search s = {
		.who = who,
		.now_ms = registry_now(r),
		.port = port,
		.arena = a,
	};

	if (!r->store->ops->reserved_each(r->store, match_reason, &s, err))
		return false;
	*ret = s.reason;
	return true;
}

static bool in_some_range(const struct policy *policy, uint16_t port)
{
	for (unsigned i = 0; i < policy->n_ranges; i++)
		if (policy_range_owns(&policy->ranges[i], port))
			return true;
	return false;
}

/* A program on a port that is nobody's is a stranger, unless it is the asker's. */
static bool judge_listener(struct registry *r, const struct check_asker *who,
			   const struct listener *l, enum verdict *ret, struct err *err)
{
	bool own = false;

	if (who->project && !listener_is_own(r, who->project, who->instance, l, &own, err))
		return false;
	*ret = own ? VERDICT_FREE : VERDICT_LISTENING;
	return true;
}

/* Does the holder have its port?  Nothing more of the book is read where nobody listens. */
static bool judge_holder(struct registry *r, const struct check_asker *who,
			 const struct listener_list *seen, struct arena *a,
			 struct check_answer *ret, struct err *err)
{
	struct scene scene;

	ret->verdict = who->project && !strcmp(ret->holder.project_id, who->project->id) &&
				       ret->holder.instance == who->instance
			       ? VERDICT_YOURS
			       : VERDICT_ENTERED;
	ret->judgement = (struct judgement){ .state = STATE_DOWN };
	if (!can_look(r, who->host))
		ret->judgement = (struct judgement){ .state = STATE_UNKNOWN, .why = UNKNOWN_HOST };
	if (!ret->listening)
		return true;
	if (!scene_judge_one(r, &ret->holder, seen, a, &scene, &ret->judgement, err))
		return false;
	ret->listener = *scene_listener(&scene, who->protocol, ret->holder.port);
	ret->why = judgement_text(a, &ret->judgement);
	return true;
}

/* A port that nobody has entered. */
static bool judge_open(struct registry *r, const struct check_asker *who, uint16_t port,
		       struct arena *a, struct check_answer *ret, struct err *err)
{
	const struct policy *policy;
	bool owned, own;

	if (!registry_policy(r, &policy, err) ||
	    !block_owner(r, who->host, port, a, &ret->owner, &owned, err) ||
	    !find_reason(r, who, port, a, &ret->reason, err))
		return false;
	ret->in_range = in_some_range(policy, port);
	own = owned && who->project && !strcmp(ret->owner.id, who->project->id);
	ret->own_block = own;
	if (owned && !own)
		ret->verdict = VERDICT_BLOCK;
	else if (ret->reason)
		ret->verdict = VERDICT_RESERVED;
	else if (ret->listening)
		return judge_listener(r, who, &ret->listener, &ret->verdict, err);
	return true;
}

static bool check_by(struct registry *r, const struct check_asker *who, uint16_t port,
		     const struct listener_list *seen, struct arena *a, struct check_answer *ret,
		     struct err *err)
{
	const struct listener *l = can_look(r, who->host) ? listener_in(seen, who->protocol, port)
							  : NULL;
	bool held;

	*ret = (struct check_answer){ .verdict = VERDICT_FREE, .listening = l };
	if (l)
		ret->listener = *l;
	return port_holder(r, who->host, who->protocol, port, a, &ret->holder, &held, err) &&
	       (held ? judge_holder(r, who, seen, a, ret, err)
		     : judge_open(r, who, port, a, ret, err));
}

static bool is_strangers(const struct check_answer *a)
{
	bool held = a->verdict == VERDICT_YOURS || a->verdict == VERDICT_ENTERED;

	return a->listening &&
	       (held ? a->judgement.state != STATE_IN_USE : a->verdict == VERDICT_LISTENING);
}

bool registry_check(struct registry *r, const struct check_asker *who, uint16_t port,
		    const struct listener_list *seen, struct arena *a, struct check_answer *ret,
		    struct err *err)
{
	struct listener_list own = { .items = arena_alloc(a, sizeof(*own.items)) };
	struct check_answer answer;

	if (!own.items)
		return fail_memory(err);
	if (seen && !check_by(r, who, port, seen, a, &answer, err))
		return false;
	/* Before anybody is called a stranger, who has the port is looked for anew. */
	if (!seen || is_strangers(&answer)) {
		own.count = listener_on(r, who->host, who->protocol, port, a, own.items);
		if (!check_by(r, who, port, &own, a, &answer, err))
			return false;
	}
	*ret = answer;
	return true;
}

bool registry_suggest(struct registry *r, const struct service_key *key, const struct port_set *but,
		      struct arena *a, uint16_t *ret, struct err *err)
{
	const struct port_request q = { .key = *key };
	struct plan *plan = arena_alloc(a, sizeof(*plan));
	struct port_set *taken = arena_alloc(a, sizeof(*taken));
	struct choice c;
	struct pick pick;

	*ret = 0;
	if (!plan || !taken)
		return fail_memory(err);
	if (but)
		*taken = *but;
	/* No range or no slice left: there is nothing to suggest, which is no failure here. */
	if (!choice_gather(r, &q, false, a, &c, err))
		return err->code == ERR_INVALID || err->code == ERR_EXHAUSTED;
	for (unsigned i = 0; i < c.candidates.count; i++)
		if (!r->store->ops->taken(r->store, key->host, key->protocol, c.candidates.span[i],
					  taken, err))
			return false;
	plan_make(&c, plan);
	plan_choose(plan, taken, &pick);
	*ret = pick.port;
	return true;
}
