/*
 * operations/claim_project.c - a project of the file gets the number whose block has most of its
 * ports, where nobody has that; else any.
 */
#include <string.h>

#include "operations/importing_claims.h"
#include "registry/blocks.h"
#include "registry/projects.h"

struct votes {
	unsigned *of; /* how many of its ports lie in the block of each number */
	unsigned count;
};

static void vote(const struct policy_range *range, struct votes *v, struct port_range ports)
{
	unsigned number;

	if (!ports.first || ports.first < range->ports.first || ports.first > range->ports.last)
		return;
	number = (unsigned)(ports.first - range->ports.first) / range->block;
	if (number < v->count)
		v->of[number]++;
}

/* No project has it, and nobody the block. */
static bool number_is_free(struct claims *all, const struct policy *policy,
			   const struct policy_range *range, unsigned number, bool *ret,
			   struct err *err)
{
	struct registry *r = all->importing->call->registry;
	struct project other;
	struct port_range block;
	bool used, owned = false;

	*ret = false;
	if (!policy_block(policy, range, number, &block))
		return true;
	if (!r->store->ops->project_find(r->store, PROJECT_BY_NUMBER((int)number), all->arena,
					 &other, &used, err) ||
	    !block_owner(r, r->host, block.first, all->arena, &other, &owned, err))
		return false;
	*ret = !used && !owned;
	return true;
}

/* The free number with the most votes; -1: none has any. */
static bool best_number(struct claims *all, const struct policy *policy,
			const struct policy_range *range, struct votes *v, int *ret,
			struct err *err)
{
	for (*ret = -1;;) {
		unsigned best = 0;
		bool is_free;

		for (unsigned n = 1; n < v->count; n++)
			best = v->of[n] > v->of[best] ? n : best;
		if (!v->of[best])
			return true;
		if (!number_is_free(all, policy, range, best, &is_free, err))
			return false;
		if (is_free) {
			*ret = (int)best;
			return true;
		}
		v->of[best] = 0;
	}
}

/* What is said of its ports goes with its number, or nothing is. */
static bool is_block_of(const struct policy *policy, const struct policy_range *range,
			const struct claim *c)
{
	struct port_range block;

	return !c->ports.first || (policy_block(policy, range, (unsigned)c->number, &block) &&
				   block.first == c->ports.first && block.last == c->ports.last);
}

static bool choose_number(struct claims *all, const struct told *of, int *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct registry *r = all->importing->call->registry;
	const struct policy *policy;
	const struct policy_range *range;
	struct votes v;
	bool is_free = false;

	*ret = -1;
	if (!registry_policy(r, &policy, err))
		return false;
	range = blocks_range(policy);
	if (!range)
		return true;
	if (of->claim.number >= 0 && is_block_of(policy, range, &of->claim)) {
		if (!number_is_free(all, policy, range, (unsigned)of->claim.number, &is_free, err))
			return false;
		*ret = is_free ? of->claim.number : -1;
		if (is_free)
			return true;
	}
	v.count = policy_block_count(range);
	v.of = arena_alloc(&arena, (v.count + 1) * sizeof(*v.of));
	if (!v.of)
		return fail_memory(err);
	for (unsigned i = 0; i < all->count; i++)
		if (!order_of_texts(all->items[i].claim.project, of->claim.project) &&
		    all->items[i].claim.kind != CLAIM_RESERVED)
			vote(range, &v, all->items[i].claim.ports);
	return best_number(all, policy, range, &v, ret, err);
}

static enum project_status status_of(const char *word)
{
	char folded[NAME_SIZE];
	enum project_status status = PROJECT_ACTIVE;

	if (word && name_from_words(word, folded))
		(void)project_status_from_name(folded, &status);
	return status;
}

/* A path that is none of this machine is not worth a refusal. */
static const char *path_of(const struct claim *c)
{
	return c->path && c->path[0] == '/' ? c->path : NULL;
}

/* What became of the project otherwise than the row has it; NULL: nothing. */
static bool remark_on(struct claims *all, const struct told *w, const char **ret, struct err *err)
{
	const struct claim *c = &w->claim;

	*ret = w->is_renamed ? "named so here" : NULL;
	if (!c->path || path_of(c))
		return true;
	*ret = arena_printf(all->arena, "without its path: '%.60s' does not start with /", c->path);
	return *ret || fail_memory(err);
}

static bool add_project(struct claims *all, struct told *w, int number, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	const struct claim *c = &w->claim;
	bool says = c->kind == CLAIM_PROJECT;
	const struct project_new new = {
		.name = c->project,
		.number = number,
		.path = path_of(c),
		.owner = says ? c->owner : NULL,
		.description = says ? c->description : NULL,
		.status = says ? status_of(c->project_status) : PROJECT_ACTIVE,
		.host = r->host,
		.since_ms = says ? c->at_ms : 0,
	};
	struct report_row row = { .kind = RECORD_PROJECT,
				  .fate = ROW_ENTERED,
				  .line = c->line,
				  .place = c->place,
				  .project = c->project };

	if (!remark_on(all, w, &row.message, err) ||
	    !project_add(r, &new, all->arena, &w->project, err))
		return false;
	w->has_made = true;
	return (!says || claim_settle_block(all, w, err)) &&
	       report_add(&all->importing->report, &row, true, err);
}

/* What the file says of a project that the book knows. */
static bool update_project(struct claims *all, struct told *w, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	struct project_change change = PROJECT_CHANGE_NONE;
	const struct claim *c = &w->claim;
	struct project *p = &w->project;
	const char *remark;

	if (path_of(c) && order_of_texts(p->path, c->path) != 0)
		change.path = c->path;
	if (c->owner && order_of_texts(p->owner, c->owner) != 0)
		change.owner = c->owner;
	if (c->description && order_of_texts(p->description, c->description) != 0)
		change.description = c->description;
	if (c->project_status && status_of(c->project_status) != p->status)
		change.status = (int)status_of(c->project_status);
	if (!change.path && !change.owner && !change.description && change.status < 0)
		return claim_tell(all, w, ROW_UNCHANGED, NULL, err);
	change.op = "import";
	change.host = r->host;
	return project_set(r, p, &change, all->arena, p, err) && remark_on(all, w, &remark, err) &&
	       claim_tell(all, w, ROW_UPDATED, remark, err);
}

static bool need_project(struct claims *all, struct told *w, bool numbered, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	int number;
	bool found;

	if (w->is_refused || !w->claim.project || w->project.id)
		return true;
	if (!r->store->ops->project_find(r->store, PROJECT_BY_NAME(w->claim.project), all->arena,
					 &w->project, &found, err))
		return false;
	if (found)
		return w->claim.kind != CLAIM_PROJECT ||
		       (update_project(all, w, err) && claim_settle_block(all, w, err));
	if (!choose_number(all, w, &number, err))
		return false;
	return (number < 0 && numbered) || add_project(all, w, number, err);
}

bool claims_need_projects(struct claims *all, struct err *err)
{
	for (int numbered = 1; numbered >= 0; numbered--)
		for (unsigned i = 0; i < all->count; i++) {
			struct err why = { 0 };

			if (!need_project(all, &all->items[i], numbered, &why) &&
			    !claim_refuse(all, &all->items[i], &why, err))
				return false;
		}
	return true;
}
