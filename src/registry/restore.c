/*
 * registry/restore.c - a whole book into one that nobody has used.
 *
 * Rows are put as they are.  What the store keeps unique it keeps unique here;
 * what it does not look at is looked at: that the owner of a row is there, and
 * that a policy and the project of all are.
 */
#include <stdlib.h>
#include <string.h>

#include "registry/whole.h"

bool restore_begin(struct restoring *x, struct err *err)
{
	struct store *s = x->registry->store;

	return s->ops->clear(s, err);
}

void restore_release(struct restoring *x)
{
	arena_release(&x->arena);
}

/* ---- whose a row is ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool note_project(struct restoring *x, const char *id, struct err *err)
{
	char **projects = arena_grow(&x->arena, x->projects, x->n_projects, &x->projects_room,
				     sizeof(*projects));
	char *kept = arena_copy(&x->arena, id);

	if (projects)
		x->projects = projects;
	if (!projects || !kept)
		return fail_memory(err);
	x->projects[x->n_projects++] = kept;
	x->is_sorted = false;
	return true;
}

static bool came(struct restoring *x, const char *project_id)
{
	if (!x->is_sorted && x->n_projects)
		qsort(x->projects, x->n_projects, sizeof(*x->projects), by_text);
	x->is_sorted = true;
	return x->n_projects && bsearch(&project_id, x->projects, x->n_projects,
					sizeof(*x->projects), by_text) != NULL;
}

/* Rows of one project come in a row more often than not; of the others the store is asked. */
static bool has_owner(struct restoring *x, const char *project_id, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct store *s = x->registry->store;
	struct project p;
	bool found;

	if (!strcmp(x->project_id, project_id) || came(x, project_id))
		return true;
	if (!s->ops->project_find(s, PROJECT_BY_ID(project_id), &arena, &p, &found, err))
		return false;
	if (!found)
		return fail(err, ERR_NOT_FOUND, "no project has the id '%.80s'", project_id);
	if (strlen(project_id) < sizeof(x->project_id))
		memcpy(x->project_id, project_id, strlen(project_id) + 1);
	return true;
}

static bool gather_range(struct restoring *x, const struct stored_range *range, struct err *err)
{
	struct stored_range *to;

	x->ranges = arena_grow(&x->arena, x->ranges, x->n_ranges, &x->room, sizeof(*x->ranges));
	if (!x->ranges)
		return fail_memory(err);
	to = &x->ranges[x->n_ranges++];
	*to = *range;
	to->id = range->id ? arena_copy(&x->arena, range->id) : NULL;
	to->name = arena_copy(&x->arena, range->name);
	to->description = range->description ? arena_copy(&x->arena, range->description) : NULL;
	to->rule = arena_copy(&x->arena, range->rule);
	return (to->name && to->rule && !to->id == !range->id &&
		!to->description == !range->description) ||
	       fail_memory(err);
}

bool restore_row(struct restoring *x, const struct record *row, struct err *err)
{
	struct store *s = x->registry->store;

	switch (row->kind) {
	case RECORD_SETTING:
		return s->ops->setting_put(s, row->setting.name, row->setting.value, err);
	case RECORD_RANGE: return gather_range(x, &row->range, err);
	case RECORD_PROJECT:
		return s->ops->project_put(s, &row->project, err) &&
		       note_project(x, row->project.id, err);
	case RECORD_INSTANCE:
		return has_owner(x, row->instance.project_id, err) &&
		       s->ops->instance_put(s, &row->instance, err);
	case RECORD_BLOCK:
		return has_owner(x, row->block.project_id, err) &&
		       s->ops->block_add(s, &row->block, err);
	case RECORD_RESERVED: return s->ops->reserved_put(s, &row->reserved, err);
	case RECORD_ALLOCATION:
		return has_owner(x, row->allocation.project_id, err) &&
		       s->ops->entry_put(s, &row->allocation, err);
	case RECORD_CHECK: return s->ops->check_add(s, &row->check, err);
	case RECORD_EVENT: return s->ops->event_add(s, &row->event, err);
	}
	__builtin_unreachable();
}

/* Without them it would be no book. */
static bool has_policy(struct restoring *x, struct err *err)
{
	const struct policy *policy;
	struct err why = { 0 };

	if (registry_policy(x->registry, &policy, &why))
		return true;
	return fail(err, why.code == ERR_BOOK ? ERR_INVALID : why.code,
		    "the file has no policy that this portbook understands: %.600s", why.text);
}

bool restore_end(struct restoring *x, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct store *s = x->registry->store;
	struct project shared;
	bool found;

	if (!s->ops->ranges_put(s, x->ranges, x->n_ranges, err) || !has_policy(x, err) ||
	    !s->ops->project_find(s, PROJECT_BY_NAME(SHARED_PROJECT), &arena, &shared, &found, err))
		return false;
	return found || fail(err, ERR_INVALID, "the file has no project '%s', and every book has",
			     SHARED_PROJECT);
}
