/* store/memory/owners.c - projects and their instances. */
#include <stddef.h>
#include <string.h>

#include "store/memory/book.h"
#include "store/memory/filter.h"

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

bool memory_project_find(struct store *s, const struct project_key *key, struct arena *a,
			 struct project *ret, bool *ret_found, struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t at = memory_project_at(m, key);

	if (at != NOT_FOUND && !project_copy(a, memory_project(m, at), ret))
		return fail_memory(err);
	*ret_found = at != NOT_FOUND;
	return true;
}

bool memory_project_put(struct store *s, const struct project *p, struct err *err)
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

bool memory_project_remove(struct store *s, const char *id, struct err *err)
{
	struct memory *m = memory_of(s);
	size_t mark = m->journal.count;

	for (size_t i = 0; i < m->entries.count; i++)
		if (text_is(((const struct entry *)m->entries.rows[i])->project_id, id) &&
		    !((const struct entry *)m->entries.rows[i])->released_at_ms)
			return fail(err, ERR_TAKEN, "the project still has entries");
	if (!remove_rows_of(m, &m->entries, offsetof(struct entry, project_id), id, err) ||
	    !remove_rows_of(m, &m->instances, offsetof(struct instance, project_id), id, err) ||
	    !remove_rows_of(m, &m->blocks, offsetof(struct block, project_id), id, err) ||
	    !remove_rows_of(m, &m->projects, offsetof(struct project, id), id, err)) {
		journal_undo(&m->journal, mark);
		return false;
	}
	return memory_done(m);
}

static int projects_by_number(const void *a, const void *b)
{
	const struct project *x = *(const void *const *)a, *y = *(const void *const *)b;
	int order = order_of_numbers(x->number, y->number);

	return order ? order : strcmp(x->name, y->name);
}

bool memory_project_each(struct store *s, project_fn *fn, void *arg, struct err *err)
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

bool memory_instance_put(struct store *s, const struct instance *i, struct err *err)
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

	return order ? order : order_of_numbers(x->number, y->number);
}

bool memory_instance_each(struct store *s, const char *project_id, instance_fn *fn, void *arg,
			  struct err *err)
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

bool memory_instance_find(struct store *s, const char *host, const char *worktree, struct arena *a,
			  struct instance *ret, bool *ret_found, struct err *err)
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
