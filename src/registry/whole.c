#include "registry/whole.h"

#include <string.h>

#include "base/macros.h"

/* The walk. */

struct walk {
	struct registry *registry;
	const struct project *only;
	record_fn *fn;
	void *arg;
	struct err *err;
	bool failed;
};

static bool give(struct walk *w, const struct record *row)
{
	w->failed = !w->fn(row, w->arg, w->err);
	return !w->failed;
}

static bool give_setting(const char *name, const char *value, void *arg)
{
	const struct record row = { .kind = RECORD_SETTING, .setting = { name, value } };

	return give(arg, &row);
}

static bool give_range(const struct stored_range *range, void *arg)
{
	const struct record row = { .kind = RECORD_RANGE, .range = *range };

	return give(arg, &row);
}

static bool give_project(const struct project *project, void *arg)
{
	const struct record row = { .kind = RECORD_PROJECT, .project = *project };
	const struct walk *w = arg;

	return (w->only && strcmp(w->only->id, project->id) != 0) || give(arg, &row);
}

static bool give_instance(const struct instance *instance, void *arg)
{
	const struct record row = { .kind = RECORD_INSTANCE, .instance = *instance };

	return give(arg, &row);
}

static bool give_block(const struct block *block, void *arg)
{
	const struct record row = { .kind = RECORD_BLOCK, .block = *block };

	return give(arg, &row);
}

static bool give_reserved(const struct reserved *reserved, void *arg)
{
	const struct record row = { .kind = RECORD_RESERVED, .reserved = *reserved };
	const struct walk *w = arg;
	const char *waits = reserved->project ? reserved->project : "";

	return (w->only && strcmp(w->only->name, waits) != 0) || give(arg, &row);
}

static bool give_entry(const struct entry *entry, void *arg)
{
	const struct record row = { .kind = RECORD_ALLOCATION, .allocation = *entry };

	return give(arg, &row);
}

static bool give_check(const struct health_check *check, void *arg)
{
	const struct record row = { .kind = RECORD_CHECK, .check = *check };

	return give(arg, &row);
}

static bool give_event(const struct event *event, void *arg)
{
	const struct record row = { .kind = RECORD_EVENT, .event = *event };

	return give(arg, &row);
}

static const char *id_of(const struct walk *w)
{
	return w->only ? w->only->id : NULL;
}

typedef bool walk_fn(struct walk *w, struct store *s, struct err *err);

static bool walk_settings(struct walk *w, struct store *s, struct err *err)
{
	return w->only || s->ops->setting_each(s, give_setting, w, err);
}

static bool walk_ranges(struct walk *w, struct store *s, struct err *err)
{
	return w->only || s->ops->range_each(s, give_range, w, err);
}

static bool walk_projects(struct walk *w, struct store *s, struct err *err)
{
	return s->ops->project_each(s, give_project, w, err);
}

static bool walk_instances(struct walk *w, struct store *s, struct err *err)
{
	return s->ops->instance_each(s, id_of(w), give_instance, w, err);
}

static bool walk_blocks(struct walk *w, struct store *s, struct err *err)
{
	return s->ops->block_each(s, NULL, id_of(w), give_block, w, err);
}

static bool walk_reserved(struct walk *w, struct store *s, struct err *err)
{
	return s->ops->reserved_each(s, give_reserved, w, err);
}

static bool walk_entries(struct walk *w, struct store *s, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.project_id = id_of(w);
	f.life = LIVE_AND_RELEASED;
	f.order = BY_AGE;
	return s->ops->entry_each(s, &f, give_entry, w, err);
}

static bool walk_checks(struct walk *w, struct store *s, struct err *err)
{
	return w->only || s->ops->check_each(s, give_check, w, err);
}

static bool walk_events(struct walk *w, struct store *s, struct err *err)
{
	const struct event_filter f = { .project_id = id_of(w) };

	return s->ops->event_each(s, &f, give_event, w, err);
}

bool registry_walk(struct registry *r, const struct project *only, record_fn *fn, void *arg,
		   struct err *err)
{
	/* In the order of enum record_kind. */
	static walk_fn *const kinds[] = { walk_settings,  walk_ranges, walk_projects,
					  walk_instances, walk_blocks, walk_reserved,
					  walk_entries,	  walk_checks, walk_events };
	struct err why = { 0 };
	struct walk w = { .registry = r, .only = only, .fn = fn, .arg = arg, .err = &why };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!kinds[i](&w, r->store, &why) || w.failed) {
			*err = why;
			return false;
		}
	return true;
}

/* Is it as it was founded? */

struct traces {
	bool used;
};

static bool see_project(const struct project *p, void *arg)
{
	struct traces *l = arg;

	l->used = strcmp(p->name, SHARED_PROJECT) != 0;
	return !l->used;
}

static bool see_instance(const struct instance *i, void *arg)
{
	(void)i;
	((struct traces *)arg)->used = true;
	return false;
}

static bool see_reserved(const struct reserved *res, void *arg)
{
	struct traces *l = arg;

	l->used = !res->from_policy;
	return !l->used;
}

static bool see_entry(const struct entry *e, void *arg)
{
	(void)e;
	((struct traces *)arg)->used = true;
	return false;
}

/* The first policy, and the project that every book has. */
static bool see_event(const struct event *e, void *arg)
{
	struct traces *l = arg;
	bool of_founding = (!strcmp(e->op, "policy-use") && !e->before) ||
			   (!strcmp(e->op, "project-add") && e->subject &&
			    !strcmp(e->subject, SHARED_PROJECT));

	l->used = !of_founding;
	return of_founding;
}

bool registry_is_unused(struct registry *r, bool *ret, struct err *err)
{
	struct store *s = r->store;
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct traces l = { false };
	bool ok;

	f.life = LIVE_AND_RELEASED;
	f.limit = 1;
	ok = s->ops->entry_each(s, &f, see_entry, &l, err) &&
	     (l.used || s->ops->instance_each(s, NULL, see_instance, &l, err)) &&
	     (l.used || s->ops->project_each(s, see_project, &l, err)) &&
	     (l.used || s->ops->reserved_each(s, see_reserved, &l, err)) &&
	     (l.used || s->ops->event_each(s, &(struct event_filter){ 0 }, see_event, &l, err));
	if (ok)
		*ret = !l.used;
	return ok;
}
