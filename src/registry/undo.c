#include "registry/undo.h"

#include <string.h>

#include "registry/edit.h"

const char *undo_action_name(enum undo_action a)
{
	static const char *const names[UNDO_ACTION_COUNT] = {
		[UNDO_NOTHING] = "nothing",   [UNDO_RELEASED] = "released",
		[UNDO_PUT_BACK] = "put back", [UNDO_CHANGED] = "changed back",
		[UNDO_REMOVED] = "removed",
	};

	return names[a];
}

static bool undo_nothing(struct undoing *u, enum undo_action *ret, struct err *err)
{
	(void)u;
	(void)err;
	*ret = UNDO_NOTHING;
	return true;
}

/* What an import says at its end; its other events are about rows. */
static bool undo_import(struct undoing *u, enum undo_action *ret, struct err *err)
{
	if (u->event->service)
		return undo_entry(u, ret, err);
	if (u->before && json_object_get(u->after, "projectNumber"))
		return undo_project(u, ret, err);
	if (json_object_get(u->after, "format"))
		return undo_nothing(u, ret, err);
	return fail(err, ERR_INVALID, "the import changed '%s' in a way that cannot be undone",
		    u->event->subject ? u->event->subject : "the book");
}

/* clang-format off */
static const struct {
	const char *op;
	undo_fn *undo;	  /* NULL: it cannot be undone */
	const char *hint; /* what to do instead */
	bool is_aside;	  /* it comes with another */
} kinds[] = {
	{ "add-block", undo_block, NULL, true },
	{ "allocate", undo_entry, NULL },
	{ "cleanup", undo_nothing, NULL },
	{ "import", undo_import, NULL },
	{ "instance-add", undo_instance, NULL },
	{ "instance-release", undo_instance, NULL },
	{ "instance-set", undo_instance, NULL },
	{ "move", undo_entry, NULL },
	{ MOVE_AWAY_OP, undo_nothing, NULL, true },
	{ "policy-use", NULL, "go back to the policy before: portbook policy use NAME" },
	{ "project-add", undo_project, NULL },
	{ "project-archive", undo_project, NULL },
	{ "project-remove", NULL, "enter it again, with the number it had: portbook project add NAME "
	  "--number N" },
	{ "project-rename", undo_project, NULL },
	{ "project-set", undo_project, NULL },
	{ "promote", undo_entry, NULL, true },
	{ "register", undo_entry, NULL },
	{ "release", undo_entry, NULL },
	{ "reserve", undo_reserved, NULL },
	{ "restore", NULL, "what was replaced is kept beside the book: portbook restore "
	  "BOOK.before-restore-..." },
	{ "unreserve", undo_reserved, NULL },
	{ "update", undo_entry, NULL },
};
/* clang-format on */

static bool fail_kind(const struct event *e, const char *hint, struct err *err)
{
	fail(err, ERR_INVALID, "'%s' of '%s' cannot be undone", e->op,
	     e->subject ? e->subject : "the book");
	return fail_hint(err, "%s", hint ? hint : "see what it did with: portbook history");
}

static bool undo_event(struct undoing *u, enum undo_action *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strcmp(kinds[i].op, u->event->op))
			return kinds[i].undo ? kinds[i].undo(u, ret, err)
					     : fail_kind(u->event, kinds[i].hint, err);
	return fail_kind(u->event, NULL, err);
}

/* `*ret` NULL: there is no such row. */
static bool row_of(const char *text, json_t **ret, struct err *err)
{
	*ret = NULL;
	return !text || json_parse(text, strlen(text), ret, err);
}

/* Event `i` of `of`, which then says what its row is. */
static bool undo_one(struct registry *r, const struct change_events *of, unsigned i,
		     struct arena *a, enum undo_action *ret, struct err *err)
{
	struct event *e = &of->items[i];
	CLEANUP(json_cleanup) json_t *before = NULL;
	CLEANUP(json_cleanup) json_t *after = NULL;
	struct undoing u = { .registry = r,
			     .arena = a,
			     .of = of,
			     .event = e,
			     .subject = e->subject,
			     .port = e->port };

	if (!row_of(e->before, &before, err) || !row_of(e->after, &after, err))
		return false;
	u.before = before;
	u.after = after;
	if (!undo_event(&u, ret, err))
		return fail_while(err, "the last change ('%s' by %s) is not undone", e->op,
				  e->actor ? e->actor : "somebody");
	e->subject = u.subject;
	e->port = u.port;
	return true;
}

static bool is_aside(const char *op)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strcmp(kinds[i].op, op))
			return kinds[i].is_aside;
	return false;
}

static const struct event *main_of(const struct change_events *of)
{
	for (unsigned i = 0; i < of->count; i++)
		if (!is_aside(of->items[i].op))
			return &of->items[i];
	return &of->items[0];
}

static bool record_undo(struct registry *r, const struct undone *done, struct err *err)
{
	struct change c = {
		.op = UNDO_OP,
		.project_id = done->main->project_id,
		.subject = done->main->op,
		.after = json_pack("{s:I, s:i}", UNDONE_KEY, (json_int_t)done->of.items[0].seq,
				   "events", (int)done->of.count),
	};

	return c.after ? registry_record(r, &c, err) : fail_memory(err);
}

static bool find_change(struct registry *r, int64_t seq, struct arena *a, struct change_events *ret,
			struct err *err)
{
	if (!change_last(r, a, ret, err))
		return false;
	if (!ret->count) {
		fail(err, ERR_NOTHING, "there is nothing to undo");
		return fail_hint(err, "see what was done with: portbook history");
	}
	if (!seq || seq == ret->items[0].seq)
		return true;
	fail(err, ERR_NOT_FREE, "'%s' of '%s' came after the change that is meant",
	     ret->items[0].op, ret->items[0].subject ? ret->items[0].subject : "the book");
	return fail_hint(err, "look at it, and ask again: portbook undo");
}

bool registry_undo(struct registry *r, int64_t seq, struct arena *a, struct undone *ret,
		   struct err *err)
{
	struct undone done;

	if (!find_change(r, seq, a, &done.of, err))
		return false;
	done.actions = arena_alloc(a, done.of.count * sizeof(*done.actions));
	if (!done.actions)
		return fail_memory(err);
	for (unsigned i = 0; i < done.of.count; i++)
		if (!undo_one(r, &done.of, i, a, &done.actions[i], err))
			return false;
	done.main = main_of(&done.of);
	*ret = done;
	return record_undo(r, &done, err);
}
