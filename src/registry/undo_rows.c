/*
 * What an event says of a row is what answers say of it: read as a record, after
 * its project was looked up, as a name may have become another's.
 */
#include "registry/undo_rows.h"

#include <string.h>

#include "registry/entry_json.h"
#include "registry/instances.h"
#include "registry/projects.h"
#include "registry/reserve.h"

const char *undo_subject(const struct undoing *u)
{
	return u->subject ? u->subject : "the book";
}

bool undo_name_row(struct undoing *u, const char *subject, uint16_t port, struct err *err)
{
	if (!subject)
		return fail_memory(err);
	u->subject = subject;
	u->port = port;
	return true;
}

bool undo_fail_foreign(const struct undoing *u, const char *whose, struct err *err)
{
	fail(err, ERR_INVALID,
	     "the history does not fit the book: what it says of '%s' is about '%s'",
	     u->event->subject ? u->event->subject : "the book", whose ? whose : "another");
	return fail_hint(err, "portbook does not write that; see who did: portbook history");
}

bool undo_fail_changed(const struct undoing *u, struct err *err)
{
	fail(err, ERR_TAKEN, "'%s' is no longer as the change has left it", undo_subject(u));
	return fail_hint(err, "see what came after: portbook history");
}

/* Members that a row gets from others, or by being looked at. */
static bool is_own(const char *member)
{
	static const char *const others[] = { "lastVerifiedAt", "projectName", "projectNumber",
					      "worktreePath",	"slice",       NULL };

	for (size_t i = 0; others[i]; i++)
		if (!strcmp(others[i], member))
			return false;
	return true;
}

static bool says_the_same(const json_t *row, const json_t *now)
{
	const char *member;
	json_t *value;

	json_object_foreach(json_walked(row), member, value)
		if (is_own(member) && !json_equal(value, json_object_get(now, member)))
			return false;
	return true;
}

/* `now` is taken over. */
bool undo_is_as_left(const struct undoing *u, json_t *now, struct err *err)
{
	CLEANUP(json_cleanup) json_t *row = now;

	if (!row)
		return fail_memory(err);
	return says_the_same(u->after, row) || undo_fail_changed(u, err);
}

/* The row before as a record; `without` are members that an answer has and a record has not. */
bool undo_read_before(const struct undoing *u, enum record_kind kind, const char *project_id,
		      const char *const *without, struct record *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *row = json_copy(json_walked(u->before));

	if (!row)
		return fail_memory(err);
	for (size_t i = 0; without[i]; i++)
		json_object_del(row, without[i]);
	if (project_id && !json_put_text(row, "projectId", project_id))
		return fail_memory(err);
	/* Its texts are those of u->before, but for the project's id. */
	return record_read(kind, row, u->arena, ret, err);
}

/* Whose the row was. */
bool undo_find_project(const struct undoing *u, struct project *ret, struct err *err)
{
	struct store *s = u->registry->store;
	const char *id = u->event->project_id;
	bool found = false;

	if (id && !s->ops->project_find(s, PROJECT_BY_ID(id), u->arena, ret, &found, err))
		return false;
	return found || fail(err, ERR_TAKEN, "the project of '%s' is no longer in the book",
			     undo_subject(u));
}

/* Instances. */

static bool find_instance(const struct undoing *u, const struct project *p, struct instance *ret,
			  struct err *err)
{
	unsigned number = (unsigned)json_int_of(u->after, "instance", 0);
	struct instance_list list;

	if (!instances_read(u->registry, p->id, u->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++)
		if (list.items[i].number == number) {
			*ret = list.items[i];
			return true;
		}
	return undo_fail_changed(u, err);
}

static bool holds_nothing(const struct undoing *u, const struct project *p, unsigned instance,
			  struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	unsigned held;

	f.project_id = p->id;
	f.instance = instance;
	if (!u->registry->store->ops->entry_count(u->registry->store, &f, &held, err))
		return false;
	return !held || fail(err, ERR_TAKEN, "'%s' holds ports by now", undo_subject(u));
}

/* It may have been given to another meanwhile; then it gets one when it needs one. */
static bool slice_is_taken(const struct undoing *u, const struct instance *i, bool *ret,
			   struct err *err)
{
	struct instance_list list;

	*ret = false;
	if (!instances_read(u->registry, i->project_id, u->arena, &list, err))
		return false;
	for (unsigned n = 0; n < list.count; n++)
		*ret |= list.items[n].number != i->number && !list.items[n].released_at_ms &&
			list.items[n].slice >= 0 && list.items[n].slice == i->slice;
	return true;
}

static bool put_instance(struct undoing *u, const struct project *p, const struct instance *now,
			 const struct instance *to, struct err *err)
{
	struct change c = { .op = UNDO_OP, .project_id = p->id, .subject = u->subject };

	if (!u->registry->store->ops->instance_put(u->registry->store, to, err))
		return false;
	c.before = instance_json(now);
	c.after = instance_json(to);
	if (c.before && c.after)
		return registry_record(u->registry, &c, err);
	json_decref(c.before);
	json_decref(c.after);
	return fail_memory(err);
}

static struct instance not_in_use(const struct undoing *u, const struct instance *now)
{
	struct instance gone = *now;

	gone.released_at_ms = registry_now(u->registry);
	gone.worktree = NULL;
	gone.slice = -1;
	return gone;
}

static bool instance_before(const struct undoing *u, const struct project *p, struct instance *ret,
			    struct err *err)
{
	static const char *const without[] = { NULL };
	struct record was;
	bool taken;

	if (!undo_read_before(u, RECORD_INSTANCE, p->id, without, &was, err))
		return false;
	if (was.instance.number != (unsigned)json_int_of(u->after, "instance", 0))
		return undo_fail_foreign(
			u, arena_printf(u->arena, "%s@%u", p->name, was.instance.number), err);
	was.instance.project_id = p->id;
	if (!slice_is_taken(u, &was.instance, &taken, err))
		return false;
	if (taken)
		was.instance.slice = -1;
	was.instance.project = p->name;
	return instance_copy(u->arena, &was.instance, ret) || fail_memory(err);
}

bool undo_instance(struct undoing *u, enum undo_action *ret, struct err *err)
{
	struct instance now, was;
	struct project p;

	if (!undo_find_project(u, &p, err) || !find_instance(u, &p, &now, err) ||
	    !undo_name_row(u, arena_printf(u->arena, "%s@%u", p.name, now.number), 0, err) ||
	    !undo_is_as_left(u, instance_json(&now), err))
		return false;
	/* Instance 1 stands and falls with its project. */
	*ret = UNDO_NOTHING;
	if (!u->before && now.number == 1)
		return true;
	if (!u->before)
		was = not_in_use(u, &now);
	else if (!instance_before(u, &p, &was, err))
		return false;
	*ret = UNDO_CHANGED;
	if (was.released_at_ms && !now.released_at_ms) {
		*ret = UNDO_RELEASED;
		if (!holds_nothing(u, &p, now.number, err))
			return false;
	} else if (now.released_at_ms && !was.released_at_ms) {
		*ret = UNDO_PUT_BACK;
	}
	return put_instance(u, &p, &now, &was, err);
}

/* Projects. */

static const char *text_before(const struct undoing *u, const char *member)
{
	const char *text = json_text_of(u->before, member);

	return text ? text : "";
}

bool undo_project(struct undoing *u, enum undo_action *ret, struct err *err)
{
	struct project_change back = PROJECT_CHANGE_NONE;
	enum project_status status;
	struct project p;

	if (!undo_find_project(u, &p, err) || !undo_name_row(u, p.name, 0, err) ||
	    !undo_is_as_left(u, project_json(&p), err))
		return false;
	*ret = UNDO_REMOVED;
	if (!u->before && !strcmp(p.name, SHARED_PROJECT))
		return fail(err, ERR_NOTHING, "it made the book itself");
	if (!u->before)
		return project_remove(u->registry, &p, err);
	*ret = UNDO_CHANGED;
	if (!json_equal(json_object_get(u->before, "projectNumber"),
			json_object_get(u->after, "projectNumber")))
		return fail(err, ERR_INVALID,
			    "'%s' had another number, and its block may be another's now",
			    undo_subject(u));
	back.name = json_text_of(u->before, "projectName");
	back.path = text_before(u, "path");
	back.owner = text_before(u, "owner");
	back.description = text_before(u, "description");
	if (project_status_from_name(text_before(u, "status"), &status))
		back.status = (int)status;
	back.host = u->registry->host;
	back.op = UNDO_OP;
	return project_set(u->registry, &p, &back, u->arena, &p, err);
}

/* Blocks. */

struct block_search {
	const struct undoing *u;
	uint16_t first;
	struct block found; /* its texts are in the arena */
	bool any, out_of_memory;
};

static bool match_block(const struct block *b, void *arg)
{
	struct block_search *s = arg;

	if (b->ports.first != s->first)
		return true;
	s->any = true;
	s->found = *b;
	s->found.host = arena_copy(s->u->arena, b->host);
	s->out_of_memory = !s->found.host;
	return false;
}

static bool find_block(const struct undoing *u, struct block *ret, struct err *err)
{
	struct block_search s = { .u = u,
				  .first = (uint16_t)json_int_of(u->after, "rangeStart", 0) };
	struct store *store = u->registry->store;

	if (!store->ops->block_each(store, NULL, u->event->project_id, match_block, &s, err))
		return false;
	if (s.out_of_memory)
		return fail_memory(err);
	*ret = s.found;
	return s.any || undo_fail_changed(u, err);
}

static bool block_holds_nothing(const struct undoing *u, const struct block *b, struct err *err)
{
	struct store *s = u->registry->store;
	struct entry_filter f = ENTRY_FILTER_ALL;
	unsigned held;

	f.project_id = u->event->project_id;
	f.host = b->host;
	f.ports = b->ports;
	return s->ops->entry_count(s, &f, &held, err) &&
	       (!held || fail(err, ERR_TAKEN, "'%s' holds ports in %u-%u by now", undo_subject(u),
			      b->ports.first, b->ports.last));
}

/* What the event says, the other way round. */
static bool record_reversed(const struct undoing *u, struct err *err)
{
	struct change c = {
		.op = UNDO_OP,
		.project_id = u->event->project_id,
		.port = u->port,
		.subject = u->subject,
		.before = u->after ? json_incref(json_walked(u->after)) : NULL,
		.after = u->before ? json_incref(json_walked(u->before)) : NULL,
	};

	return registry_record(u->registry, &c, err);
}

bool undo_block(struct undoing *u, enum undo_action *ret, struct err *err)
{
	struct store *s = u->registry->store;
	struct project p;
	struct block b;

	*ret = UNDO_REMOVED;
	return undo_find_project(u, &p, err) && undo_name_row(u, p.name, 0, err) &&
	       find_block(u, &b, err) && block_holds_nothing(u, &b, err) &&
	       s->ops->block_remove(s, b.host, b.ports.first, err) && record_reversed(u, err);
}

/* Reserved ports. */

static bool reserved_of(const struct undoing *u, const json_t *row, struct reserved *ret,
			struct err *err)
{
	CLEANUP(json_cleanup) json_t *own = json_copy(json_walked(row));
	struct record record;

	if (!own)
		return fail_memory(err);
	json_object_del(own, "ports");
	if (!record_read(RECORD_RESERVED, own, u->arena, &record, err))
		return false;
	/* Its texts are those of the event's row, which outlives this. */
	*ret = record.reserved;
	return true;
}

/* Reservations are everyone's: a project's history says nothing of them. */
static bool is_of_no_project(struct undoing *u, const struct reserved *row, struct err *err)
{
	const char *name = arena_printf(u->arena, "%u-%u", row->ports.first, row->ports.last);

	return undo_name_row(u, name, row->ports.first, err) &&
	       (!u->event->project_id || undo_fail_foreign(u, name, err));
}

bool undo_reserved(struct undoing *u, enum undo_action *ret, struct err *err)
{
	struct store *s = u->registry->store;
	struct reserved row;
	bool any;

	if (!reserved_of(u, u->after ? u->after : u->before, &row, err) ||
	    !is_of_no_project(u, &row, err))
		return false;
	/* What a cut has left stands where the whole goes. */
	if (!reserved_cut(u->registry, row.host, row.ports, &any, err))
		return false;
	*ret = u->after ? UNDO_REMOVED : UNDO_PUT_BACK;
	if (u->after)
		return any || undo_fail_changed(u, err);
	return s->ops->reserved_put(s, &row, err) && record_reversed(u, err);
}
