/*
 * store/memory/memory.c - the book as arrays of rows.
 *
 * A call either changes all that it should, or nothing: what must be refused
 * is refused before the first change, and a change that finds no memory leaves
 * its table alone.  Outside of a transaction the journal is settled at the end
 * of each call; inside, commit settles it and rollback undoes it.
 */
#include "store/memory/memory.h"

#include <stdlib.h>
#include <string.h>

#include "store/memory/book.h"
#include "store/memory/filter.h"

struct setting {
	const char *name, *value;
};

#define ROW_KIND(type, ...)                                                            \
	{                                                                              \
		.size = sizeof(struct type), .texts = (const size_t[]){ __VA_ARGS__ }, \
		.n_texts = ARRAY_LEN(((const size_t[]){ __VA_ARGS__ })),               \
	}
#define AT(type, member) offsetof(struct type, member)

static const struct row_kind setting_kind = ROW_KIND(setting, AT(setting, name),
						     AT(setting, value));
static const struct row_kind project_kind = ROW_KIND(
	project, AT(project, id), AT(project, name), AT(project, path), AT(project, owner),
	AT(project, description), AT(project, metadata));
static const struct row_kind instance_kind = ROW_KIND(
	instance, AT(instance, project_id), AT(instance, project), AT(instance, host),
	AT(instance, purpose), AT(instance, branch), AT(instance, status), AT(instance, worktree));
static const struct row_kind block_kind = ROW_KIND(block, AT(block, host), AT(block, range),
						   AT(block, project_id));
static const struct row_kind reserved_kind = ROW_KIND(reserved, AT(reserved, host),
						      AT(reserved, reason), AT(reserved, project));
static const struct row_kind entry_kind = ROW_KIND(
	entry, AT(entry, id), AT(entry, project_id), AT(entry, project), AT(entry, environment),
	AT(entry, service), AT(entry, type), AT(entry, role), AT(entry, range), AT(entry, host),
	AT(entry, description), AT(entry, notes), AT(entry, unit), AT(entry, tunnel_hostname),
	AT(entry, tunnel_id), AT(entry, metadata), AT(entry, allocated_by), AT(entry, worktree));
static const struct row_kind event_kind = ROW_KIND(
	event, AT(event, actor), AT(event, op), AT(event, project_id), AT(event, subject),
	AT(event, service), AT(event, before), AT(event, after));

static const struct row_kind check_kind = ROW_KIND(health_check, AT(health_check, entry_id),
						   AT(health_check, status),
						   AT(health_check, details));
static const struct row_kind range_kind = ROW_KIND(
	stored_range, AT(stored_range, id), AT(stored_range, name), AT(stored_range, description),
	AT(stored_range, rule));

static const struct row_kind request_kind = ROW_KIND(request, AT(request, actor), AT(request, key),
						     AT(request, op), AT(request, answer));

/* ---- transactions ---- */

bool memory_done(struct memory *m)
{
	if (!m->base.in_transaction && !m->base.in_batch)
		journal_settle(&m->journal);
	return true;
}

static void memory_free(struct store *s)
{
	struct memory *m = memory_of(s);

	journal_release(&m->journal);
	memory_table_release(&m->settings);
	memory_table_release(&m->projects);
	memory_table_release(&m->instances);
	memory_table_release(&m->blocks);
	memory_table_release(&m->reserved);
	memory_table_release(&m->entries);
	memory_table_release(&m->events);
	memory_table_release(&m->checks);
	memory_table_release(&m->ranges);
	memory_table_release(&m->requests);
	free(m);
}

static bool memory_begin(struct store *s, bool write, struct err *err)
{
	/* One thread, one session: nobody else writes, whatever `write` says. */
	(void)write;
	return !s->in_transaction || fail(err, ERR_INVALID, "a transaction is open already");
}

static bool memory_commit(struct store *s, struct err *err)
{
	(void)err;
	journal_settle(&memory_of(s)->journal);
	return true;
}

static void memory_rollback(struct store *s)
{
	journal_undo(&memory_of(s)->journal, 0);
}

static bool memory_part_begin(struct store *s, struct err *err)
{
	(void)err;
	memory_of(s)->part = memory_of(s)->journal.count;
	return true;
}

static bool memory_part_end(struct store *s, struct err *err)
{
	(void)s;
	(void)err;
	return true;
}

static void memory_part_undo(struct store *s)
{
	journal_undo(&memory_of(s)->journal, memory_of(s)->part);
}

bool memory_put(struct memory *m, struct table *t, size_t at, const void *row, struct err *err)
{
	bool ok = at == NOT_FOUND ? memory_table_add(t, row, &m->journal, err)
				  : memory_table_replace(t, at, row, &m->journal, err);

	return ok && memory_done(m);
}

bool memory_take(struct memory *m, struct table *t, size_t at, struct err *err)
{
	return at == NOT_FOUND || (memory_table_remove(t, at, &m->journal, err) && memory_done(m));
}

/* ---- settings ---- */

static size_t setting_at(const struct memory *m, const char *name)
{
	for (size_t i = 0; i < m->settings.count; i++)
		if (text_is(((const struct setting *)m->settings.rows[i])->name, name))
			return i;
	return NOT_FOUND;
}

static bool memory_setting_get(struct store *s, const char *name, struct arena *a, const char **ret,
			       struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t at = setting_at(m, name);
	const char *value = NULL;

	if (at != NOT_FOUND) {
		value = arena_copy(a, ((const struct setting *)m->settings.rows[at])->value);
		if (!value)
			return fail_memory(err);
	}
	*ret = value;
	return true;
}

static bool memory_setting_put(struct store *s, const char *name, const char *value,
			       struct err *err)
{
	struct memory *m = memory_of(s);
	const struct setting row = { name, value };

	return memory_put(m, &m->settings, setting_at(m, name), &row, err);
}

/* ---- rows in order ---- */

void rows_free(const void ***rows)
{
	free(*rows);
}

const void **rows_sorted(const struct table *t, int (*order)(const void *, const void *),
			 struct err *err)
{
	const void **rows = malloc((t->count + 1) * sizeof(*rows));

	if (!rows) {
		fail_memory(err);
		return NULL;
	}
	for (size_t i = 0; i < t->count; i++)
		rows[i] = t->rows[i];
	qsort(rows, t->count, sizeof(*rows), order);
	return rows;
}

static int settings_by_name(const void *a, const void *b)
{
	const struct setting *x = *(const void *const *)a, *y = *(const void *const *)b;

	return strcmp(x->name, y->name);
}

static bool memory_setting_each(struct store *s, setting_fn *fn, void *arg, struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t count = m->settings.count;
	CLEANUP(rows_free) const void **rows = rows_sorted(&m->settings, settings_by_name, err);

	if (!rows)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct setting *one = rows[i];

		if (!fn(one->name, one->value, arg))
			break;
	}
	return true;
}

bool memory_empty(struct memory *m, struct table *t, struct err *err)
{
	for (size_t i = t->count; i-- > 0;)
		if (!memory_table_remove(t, i, &m->journal, err))
			return false;
	return true;
}

static bool memory_clear(struct store *s, struct err *err)
{
	struct memory *m = memory_of(s);
	struct table *all[] = {
		&m->settings, &m->projects, &m->instances, &m->blocks, &m->reserved,
		&m->entries,  &m->events,   &m->checks,	   &m->ranges, &m->requests
	};
	size_t mark = m->journal.count;

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!memory_empty(m, all[i], err)) {
			journal_undo(&m->journal, mark);
			return false;
		}
	return memory_done(m);
}

static const struct store_ops memory_ops = {
	.name = "memory",
	.free = memory_free,
	.begin = memory_begin,
	.commit = memory_commit,
	.rollback = memory_rollback,
	.part_begin = memory_part_begin,
	.part_end = memory_part_end,
	.part_undo = memory_part_undo,
	.setting_get = memory_setting_get,
	.setting_put = memory_setting_put,
	.setting_each = memory_setting_each,
	.project_find = memory_project_find,
	.project_put = memory_project_put,
	.project_remove = memory_project_remove,
	.project_each = memory_project_each,
	.instance_put = memory_instance_put,
	.instance_each = memory_instance_each,
	.instance_find = memory_instance_find,
	.block_add = memory_block_add,
	.block_remove = memory_block_remove,
	.block_each = memory_block_each,
	.reserved_put = memory_reserved_put,
	.reserved_remove = memory_reserved_remove,
	.reserved_each = memory_reserved_each,
	.ranges_put = memory_ranges_put,
	.range_each = memory_range_each,
	.entry_each = memory_entry_each,
	.entry_count = memory_entry_count,
	.taken = memory_taken,
	.claim = memory_claim,
	.entry_put = memory_entry_put,
	.entries_verified = memory_entries_verified,
	.event_add = memory_event_add,
	.event_each = memory_event_each,
	.check_add = memory_check_add,
	.check_each = memory_check_each,
	.check_of = memory_check_of,
	.check_remove = memory_check_remove,
	.request_find = memory_request_find,
	.request_add = memory_request_add,
	.requests_remove = memory_requests_remove,
	.clear = memory_clear,
};

bool store_memory_open(struct store **ret, struct err *err)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (!m)
		return fail_memory(err);
	m->base.ops = &memory_ops;
	m->base.may_be_new = true;
	m->settings.kind = &setting_kind;
	m->projects.kind = &project_kind;
	m->instances.kind = &instance_kind;
	m->blocks.kind = &block_kind;
	m->reserved.kind = &reserved_kind;
	m->entries.kind = &entry_kind;
	m->events.kind = &event_kind;
	m->checks.kind = &check_kind;
	m->ranges.kind = &range_kind;
	m->requests.kind = &request_kind;
	*ret = &m->base;
	return true;
}
