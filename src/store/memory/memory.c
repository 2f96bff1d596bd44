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

/* A call changed what it should. Returns true. */
static bool done(struct memory *m)
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

	return ok && done(m);
}

bool memory_take(struct memory *m, struct table *t, size_t at, struct err *err)
{
	return at == NOT_FOUND || (memory_table_remove(t, at, &m->journal, err) && done(m));
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

/* ---- projects ---- */

const struct project *memory_project(const struct memory *m, size_t at)
{
	return m->projects.rows[at];
}

static bool has_key(const struct project *p, const struct project_key *key)
{
	if (key->id)
		return text_is(p->id, key->id);
	if (key->name)
		return text_is(p->name, key->name);
	if (key->path)
		return text_is(p->path, key->path);
	return key->number >= 0 && p->number == key->number;
}

/* Two projects may name one path: the older one has it. */
static bool is_older(const struct project *p, const struct project *than)
{
	if (p->created_at_ms != than->created_at_ms)
		return p->created_at_ms < than->created_at_ms;
	return strcmp(p->id, than->id) < 0;
}

size_t memory_project_at(const struct memory *m, const struct project_key *key)
{
	size_t at = NOT_FOUND;

	for (size_t i = 0; i < m->projects.count; i++)
		if (has_key(memory_project(m, i), key) &&
		    (at == NOT_FOUND || is_older(memory_project(m, i), memory_project(m, at))))
			at = i;
	return at;
}

static bool memory_project_find(struct store *s, const struct project_key *key, struct arena *a,
				struct project *ret, bool *ret_found, struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t at = memory_project_at(m, key);

	if (at != NOT_FOUND && !project_copy(a, memory_project(m, at), ret))
		return fail_memory(err);
	*ret_found = at != NOT_FOUND;
	return true;
}

static bool memory_project_put(struct store *s, const struct project *p, struct err *err)
{
	struct memory *m = memory_of(s);

	for (size_t i = 0; i < m->projects.count; i++) {
		const struct project *other = memory_project(m, i);

		if (text_is(other->id, p->id))
			continue;
		if (text_is(other->name, p->name))
			return fail(err, ERR_TAKEN, "there is a project '%s' already", p->name);
		if (p->number >= 0 && other->number == p->number)
			return fail(err, ERR_TAKEN, "project '%s' has number %d", other->name,
				    p->number);
	}
	return memory_put(m, &m->projects, memory_project_at(m, PROJECT_BY_ID(p->id)), p, err);
}

/* Take away the project's rows of a table, whose member `project_id` lies at `offset`. */
static bool remove_rows_of(struct memory *m, struct table *t, size_t offset, const char *project_id,
			   struct err *err)
{
	for (size_t i = t->count; i-- > 0;) {
		const char *owner;

		memcpy(&owner, (const char *)t->rows[i] + offset, sizeof(owner));
		if (text_is(owner, project_id) && !memory_table_remove(t, i, &m->journal, err))
			return false;
	}
	return true;
}

static bool memory_project_remove(struct store *s, const char *id, struct err *err)
{
	struct memory *m = memory_of(s);
	size_t mark = m->journal.count;

	for (size_t i = 0; i < m->entries.count; i++)
		if (text_is(((const struct entry *)m->entries.rows[i])->project_id, id) &&
		    !((const struct entry *)m->entries.rows[i])->released_at_ms)
			return fail(err, ERR_TAKEN, "the project still has entries");
	if (!remove_rows_of(m, &m->entries, AT(entry, project_id), id, err) ||
	    !remove_rows_of(m, &m->instances, AT(instance, project_id), id, err) ||
	    !remove_rows_of(m, &m->blocks, AT(block, project_id), id, err) ||
	    !remove_rows_of(m, &m->projects, AT(project, id), id, err)) {
		journal_undo(&m->journal, mark);
		return false;
	}
	return done(m);
}

/* ---- walks ---- */

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

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

static int projects_by_number(const void *a, const void *b)
{
	const struct project *x = *(const void *const *)a, *y = *(const void *const *)b;
	int order = compare(x->number, y->number);

	return order ? order : strcmp(x->name, y->name);
}

static bool memory_project_each(struct store *s, project_fn *fn, void *arg, struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t count = m->projects.count;
	CLEANUP(rows_free) const void **rows = rows_sorted(&m->projects, projects_by_number, err);

	if (!rows)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!fn(rows[i], arg))
			break;
	return true;
}

/* ---- instances ---- */

const struct instance *memory_instance(const struct memory *m, size_t at)
{
	return m->instances.rows[at];
}

size_t memory_instance_at(const struct memory *m, const char *project_id, unsigned number)
{
	for (size_t i = 0; i < m->instances.count; i++)
		if (memory_instance(m, i)->number == number &&
		    text_is(memory_instance(m, i)->project_id, project_id))
			return i;
	return NOT_FOUND;
}

static bool stands_in(const struct instance *i, const char *host, const char *worktree)
{
	return !i->released_at_ms && text_is_set(worktree) && text_is(i->worktree, worktree) &&
	       text_is(i->host, host);
}

/* The row as reads give it. */
static struct instance instance_read(const struct memory *m, const struct instance *row)
{
	struct instance i = *row;
	size_t at = memory_project_at(m, PROJECT_BY_ID(i.project_id));

	i.project = at == NOT_FOUND ? NULL : memory_project(m, at)->name;
	return i;
}

static bool memory_instance_put(struct store *s, const struct instance *i, struct err *err)
{
	struct memory *m = memory_of(s);
	size_t own = memory_instance_at(m, i->project_id, i->number);

	for (size_t at = 0; at < m->instances.count; at++)
		if (at != own && !i->released_at_ms &&
		    stands_in(memory_instance(m, at), i->host, i->worktree))
			return fail(err, ERR_TAKEN, "another instance stands in '%s'", i->worktree);
	return memory_put(m, &m->instances, own, i, err);
}

static int instances_by_project(const void *a, const void *b)
{
	const struct instance *x = *(const void *const *)a, *y = *(const void *const *)b;
	int order = strcmp(x->project_id, y->project_id);

	return order ? order : compare(x->number, y->number);
}

static bool memory_instance_each(struct store *s, const char *project_id, instance_fn *fn,
				 void *arg, struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t count = m->instances.count;
	CLEANUP(rows_free)
	const void **rows = rows_sorted(&m->instances, instances_by_project, err);

	if (!rows)
		return false;
	for (size_t at = 0; at < count; at++) {
		const struct instance i = instance_read(m, rows[at]);

		if ((!project_id || text_is(i.project_id, project_id)) && !fn(&i, arg))
			break;
	}
	return true;
}

static bool memory_instance_find(struct store *s, const char *host, const char *worktree,
				 struct arena *a, struct instance *ret, bool *ret_found,
				 struct err *err)
{
	const struct memory *m = memory_of(s);

	for (size_t at = 0; at < m->instances.count; at++) {
		const struct instance i = instance_read(m, memory_instance(m, at));

		if (!stands_in(&i, host, worktree))
			continue;
		if (!instance_copy(a, &i, ret))
			return fail_memory(err);
		*ret_found = true;
		return true;
	}
	*ret_found = false;
	return true;
}

/* ---- blocks ---- */

static const struct block *block_row(const struct memory *m, size_t at)
{
	return m->blocks.rows[at];
}

static bool memory_block_add(struct store *s, const struct block *b, struct err *err)
{
	struct memory *m = memory_of(s);

	for (size_t i = 0; i < m->blocks.count; i++) {
		const struct block *other = block_row(m, i);

		if (text_is(other->host, b->host) && port_range_overlaps(other->ports, b->ports))
			return fail(err, ERR_TAKEN, "the block %u-%u overlaps %u-%u",
				    b->ports.first, b->ports.last, other->ports.first,
				    other->ports.last);
	}
	return memory_put(m, &m->blocks, NOT_FOUND, b, err);
}

static bool memory_block_remove(struct store *s, const char *host, uint16_t first, struct err *err)
{
	struct memory *m = memory_of(s);
	size_t at = NOT_FOUND;

	for (size_t i = 0; i < m->blocks.count; i++)
		if (block_row(m, i)->ports.first == first && text_is(block_row(m, i)->host, host))
			at = i;
	return memory_take(m, &m->blocks, at, err);
}

static int blocks_by_age(const void *a, const void *b)
{
	const struct block *x = *(const void *const *)a, *y = *(const void *const *)b;
	int order = compare(x->created_at_ms, y->created_at_ms);

	order = order ? order : strcmp(x->host, y->host);
	return order ? order : compare(x->ports.first, y->ports.first);
}

static bool memory_block_each(struct store *s, const char *host, const char *project_id,
			      block_fn *fn, void *arg, struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t count = m->blocks.count;
	CLEANUP(rows_free) const void **rows = rows_sorted(&m->blocks, blocks_by_age, err);

	if (!rows)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct block *b = rows[i];

		if ((!host || text_is(b->host, host)) &&
		    (!project_id || text_is(b->project_id, project_id)) && !fn(b, arg))
			break;
	}
	return true;
}

/* ---- reserved ports and ranges ---- */

static size_t reserved_at(const struct memory *m, const char *host, uint16_t first)
{
	for (size_t i = 0; i < m->reserved.count; i++) {
		const struct reserved *r = m->reserved.rows[i];

		if (r->ports.first == first && text_is(r->host, host))
			return i;
	}
	return NOT_FOUND;
}

static bool memory_reserved_put(struct store *s, const struct reserved *r, struct err *err)
{
	struct memory *m = memory_of(s);

	return memory_put(m, &m->reserved, reserved_at(m, r->host, r->ports.first), r, err);
}

static bool memory_reserved_remove(struct store *s, const char *host, uint16_t first,
				   struct err *err)
{
	struct memory *m = memory_of(s);

	return memory_take(m, &m->reserved, reserved_at(m, host, first), err);
}

static int reserved_by_port(const void *a, const void *b)
{
	const struct reserved *x = *(const void *const *)a, *y = *(const void *const *)b;
	int order = compare(x->ports.first, y->ports.first);

	return order ? order : strcmp(x->host, y->host);
}

static bool memory_reserved_each(struct store *s, reserved_fn *fn, void *arg, struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t count = m->reserved.count;
	CLEANUP(rows_free) const void **rows = rows_sorted(&m->reserved, reserved_by_port, err);

	if (!rows)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!fn(rows[i], arg))
			break;
	return true;
}

/* Take away all rows of a table; the caller undoes the journal if that fails. */
static bool empty(struct memory *m, struct table *t, struct err *err)
{
	for (size_t i = t->count; i-- > 0;)
		if (!memory_table_remove(t, i, &m->journal, err))
			return false;
	return true;
}

static bool replace_ranges(struct memory *m, const struct stored_range *ranges, unsigned count,
			   struct err *err)
{
	if (!empty(m, &m->ranges, err))
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!memory_table_add(&m->ranges, &ranges[i], &m->journal, err))
			return false;
	return true;
}

static bool memory_ranges_put(struct store *s, const struct stored_range *ranges, unsigned count,
			      struct err *err)
{
	struct memory *m = memory_of(s);
	size_t mark = m->journal.count;

	if (replace_ranges(m, ranges, count, err))
		return done(m);
	journal_undo(&m->journal, mark);
	return false;
}

static int ranges_by_port(const void *a, const void *b)
{
	const struct stored_range *x = *(const void *const *)a, *y = *(const void *const *)b;
	int order = compare(x->ports.first, y->ports.first);

	return order ? order : strcmp(x->name, y->name);
}

static bool memory_range_each(struct store *s, range_fn *fn, void *arg, struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t count = m->ranges.count;
	CLEANUP(rows_free) const void **rows = rows_sorted(&m->ranges, ranges_by_port, err);

	if (!rows)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!fn(rows[i], arg))
			break;
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
		if (!empty(m, all[i], err)) {
			journal_undo(&m->journal, mark);
			return false;
		}
	return done(m);
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
	.entry_verified = memory_entry_verified,
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
