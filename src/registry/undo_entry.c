#include <string.h>

#include "registry/blocks.h"
#include "registry/edit.h"
#include "registry/entry_json.h"
#include "registry/get.h"
#include "registry/instances.h"
#include "registry/projects.h"
#include "registry/undo_rows.h"

static bool is_of_project(const struct event *e, const char *project_id)
{
	return e->project_id && !strcmp(e->project_id, project_id);
}

/* Is the row the project's whose event it is, and what it was the same row? */
static bool fits_event(const struct undoing *u, const struct entry *now, struct err *err)
{
	const char *was = u->before ? json_text_of(u->before, "id") : now->id;

	if (!is_of_project(u->event, now->project_id))
		return undo_fail_foreign(u, undo_subject(u), err);
	return (was && !strcmp(was, now->id)) || undo_fail_foreign(u, was ? was : "nothing", err);
}

static bool find_entry(struct undoing *u, struct entry *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	bool found = false;

	f.id = json_text_of(u->after, "id");
	f.life = LIVE_AND_RELEASED;
	if (f.id && !store_entry_find(u->registry->store, &f, u->arena, ret, &found, err))
		return false;
	if (!found)
		return fail(err, ERR_TAKEN, "'%s' is no longer in the book", undo_subject(u));
	return undo_name_row(u, entry_subject(u->arena, ret), ret->port, err) &&
	       fits_event(u, ret, err);
}

static bool is_live_instance(const struct undoing *u, const struct entry *e, struct err *err)
{
	struct instance_list list;

	if (!instances_read(u->registry, e->project_id, u->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++)
		if (list.items[i].number == e->instance && !list.items[i].released_at_ms)
			return true;
	return fail(err, ERR_TAKEN, "instance %u of '%s' is no longer in use", e->instance,
		    e->project);
}

/* Nobody else has come there meanwhile. */
static bool is_free_again(const struct undoing *u, const struct entry *e, struct err *err)
{
	struct entry holder;
	bool held;

	if (!port_holder(u->registry, e->host, e->protocol, e->port, u->arena, &holder, &held, err))
		return false;
	if (!held || !strcmp(holder.id, e->id))
		return is_live_instance(u, e, err) && tunnel_is_free(u->registry, e, err);
	fail(err, ERR_TAKEN, "port %u of '%s' belongs to '%s/%s' now", e->port, undo_subject(u),
	     holder.project, holder.service);
	holder_of_entry(err, &holder);
	return false;
}

/* Did `from` tell, in the same change, that it gave the row away? */
static bool has_left(const struct undoing *u, const struct project *from, struct err *err)
{
	const struct event *moved = u->event;

	for (unsigned i = 0; i < u->of->count; i++) {
		const struct event *e = &u->of->items[i];

		if (!strcmp(e->op, MOVE_AWAY_OP) && is_of_project(e, from->id) && e->before &&
		    e->after && !strcmp(e->before, moved->before) &&
		    !strcmp(e->after, moved->after))
			return true;
	}
	return undo_fail_foreign(u, from->name, err);
}

/* The entry is kept in the arena, the record is not. */
static bool entry_before(const struct undoing *u, const struct entry *now, struct entry *ret,
			 struct err *err)
{
	static const char *const without[] = { "projectNumber", "worktreePath", NULL };
	const char *name = json_text_of(u->before, "projectName");
	const char *project_id = now->project_id;
	struct project p;
	struct record was;

	if (name && strcmp(name, now->project) != 0 && !strcmp(u->event->op, "move")) {
		if (!project_need(u->registry, name, u->arena, &p, err) || !has_left(u, &p, err))
			return false;
		project_id = p.id;
	}
	if (!undo_read_before(u, RECORD_ALLOCATION, project_id, without, &was, err))
		return false;
	was.allocation.project_id = project_id;
	was.allocation.project_number = now->project_number;
	was.allocation.worktree = now->worktree;
	was.allocation.last_used_at_ms = now->last_used_at_ms;
	was.allocation.last_verified_at_ms = now->last_verified_at_ms;
	return entry_copy(u->arena, &was.allocation, ret) || fail_memory(err);
}

static bool give_back(const struct undoing *u, const struct entry *now, struct err *err)
{
	struct entry gone = *now;

	gone.status = STATUS_RELEASED;
	gone.released_at_ms = registry_now(u->registry);
	return registry_put_entry(u->registry, UNDO_OP, now, &gone, err);
}

/* Where it is, it may stay; a change that is undone brings no port into another's block. */
static bool is_in_no_block_of_others(const struct undoing *u, const struct entry *now,
				     const struct entry *was, struct err *err)
{
	struct project owner;
	bool found;

	if (was->port == now->port && !strcmp(was->host, now->host))
		return true;
	if (!block_owner(u->registry, was->host, was->port, u->arena, &owner, &found, err))
		return false;
	return !found || !strcmp(owner.id, was->project_id) ||
	       fail(err, ERR_TAKEN, "port %u lies in the block of '%s'", was->port, owner.name);
}

bool undo_entry(struct undoing *u, enum undo_action *ret, struct err *err)
{
	struct entry now, was;

	if (!find_entry(u, &now, err) || !undo_is_as_left(u, entry_json(&now), err))
		return false;
	if (!u->before) {
		*ret = UNDO_RELEASED;
		return now.status == STATUS_RELEASED || give_back(u, &now, err);
	}
	if (!entry_before(u, &now, &was, err) || !is_in_no_block_of_others(u, &now, &was, err) ||
	    (was.status != STATUS_RELEASED && !is_free_again(u, &was, err)))
		return false;
	*ret = now.status == STATUS_RELEASED && was.status != STATUS_RELEASED ? UNDO_PUT_BACK
									      : UNDO_CHANGED;
	return registry_put_entry(u->registry, UNDO_OP, &now, &was, err);
}
