/*
 * operations/worktree_sync.c - the book follows git: worktrees that are new, have
 * moved, are on another branch, or are gone.
 */
#include <string.h>

#include "operations/enter.h"
#include "operations/operations.h"
#include "operations/repositories.h"
#include "operations/schemas.h"
#include "registry/retire.h"

/* What is done for each state. */

struct step {
	struct call *call;
	const struct project *project;
	const struct checkout *one;
	json_t *row;
};

static bool put_action(const struct step *s, const char *action, struct err *err)
{
	return json_put_text(s->row, "action", action) || fail_memory(err);
}

static bool put_reason(const struct step *s, const char *action, const char *code,
		       const char *message, struct err *err)
{
	return (json_put_text(s->row, "action", action) && json_put_text(s->row, "code", code) &&
		json_put_text(s->row, "message", message)) ||
	       fail_memory(err);
}

static bool leave(const struct step *s, struct err *err)
{
	return put_action(s, "none", err);
}

static bool is_same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool update_known(const struct step *s, struct err *err)
{
	const struct worktree *w = s->one->worktree;
	const struct instance_change change = { .branch = w->branch ? w->branch : "" };
	struct instance changed;

	if (!w->is_there || is_same(w->branch, s->one->instance->branch))
		return leave(s, err);
	return instance_set(s->call->registry, s->project, s->one->instance, &change,
			    &s->call->arena, &changed, err) &&
	       put_action(s, "updated", err);
}

static bool follow_moved(const struct step *s, struct err *err)
{
	const struct checkout_at at = { s->one->worktree->path, s->one->worktree->branch };
	const char *was;

	if (!worktree_move(s->call, &at, s->project, s->one->instance->number, &was, err))
		return false;
	return (json_put_text(s->row, "previousPath", was) || fail_memory(err)) &&
	       put_action(s, "moved", err);
}

/* One that cannot be entered is no reason to leave out the others. */
static bool enter_new(const struct step *s, struct err *err)
{
	const struct checkout_at at = { s->one->worktree->path, s->one->worktree->branch };
	struct err why = { 0 };
	unsigned number;

	if (!s->one->worktree->is_there)
		return leave(s, err);
	if (worktree_enter(s->call, &at, s->project, &number, &why))
		return (json_put_int(s->row, "instance", number) || fail_memory(err)) &&
		       put_action(s, "entered", err);
	if (why.code == ERR_EXHAUSTED || why.code == ERR_INVALID)
		return put_reason(s, "refused", err_name(why.code), why.text, err);
	*err = why;
	return false;
}

static bool release_gone(const struct step *s, struct err *err)
{
	unsigned number = s->one->instance->number;
	struct call *c = s->call;
	const char *obstacle;
	struct retired gone;

	if (!retire_obstacle(c->registry, s->project, number, &c->arena, &obstacle, err))
		return false;
	if (obstacle)
		return put_reason(s, "kept", NULL, obstacle, err);
	return instance_retire(c->registry, s->project, number, &c->arena, &gone, err) &&
	       (json_put_int(s->row, "released", gone.entries.count) || fail_memory(err)) &&
	       put_action(s, "released", err);
}

static bool (*const steps[CHECKOUT_STATE_COUNT])(const struct step *, struct err *) = {
	[CHECKOUT_MAIN] = leave,	 [CHECKOUT_KNOWN] = update_known,
	[CHECKOUT_MOVED] = follow_moved, [CHECKOUT_NEW] = enter_new,
	[CHECKOUT_OTHER] = leave,	 [CHECKOUT_GONE] = release_gone,
};

/*
 * Numbers and slices that are given back come first: a worktree that is new may
 * need them.
 */
static bool sync_states(struct call *c, const struct repository *of, bool gone, json_t *rows,
			struct err *err)
{
	for (unsigned i = 0; i < of->checkouts.count; i++) {
		struct step s = { .call = c,
				  .project = &of->project,
				  .one = &of->checkouts.items[i] };

		if ((s.one->state == CHECKOUT_GONE) != gone)
			continue;
		s.row = checkout_json(s.project, s.one);
		if (!json_append(rows, s.row))
			return fail_memory(err);
		if (!steps[s.one->state](&s, err))
			return false;
	}
	return true;
}

static bool sync_repository(struct call *c, const struct repository *of, void *arg, struct err *err)
{
	return sync_states(c, of, true, arg, err) && sync_states(c, of, false, arg, err);
}

/* {"entered":1,"moved":0,...} beside the rows. */
static bool put_counts(json_t *answer, const json_t *rows, struct err *err)
{
	static const char *const actions[] = { "entered",  "moved", "updated",
					       "released", "kept",  "refused" };
	const json_t *row;
	size_t i;

	for (size_t a = 0; a < ARRAY_LEN(actions); a++) {
		int64_t n = 0;

		json_array_foreach(json_walked(rows), i, row)
			n += !strcmp(json_text_of(row, "action"), actions[a]);
		if (!json_put_int(answer, actions[a], n))
			return fail_memory(err);
	}
	return true;
}

static bool sync_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	json_t *rows = json_array();

	if (!json_put(answer, "worktrees", rows))
		return fail_memory(err);
	return repositories_each(c, input, true, sync_repository, rows, err) &&
	       put_counts(answer, rows, err);
}

const struct operation op_worktree_sync = {
	.schema = &schema_worktree_sync,
	.access = ACCESS_WRITE,
	.run = sync_run,
};
