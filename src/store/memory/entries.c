/*
 * memory/entries.c - entries, and the history of what was done to them.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/memory/book.h"
#include "store/memory/filter.h"

/* ---- entries ---- */

static const struct entry *entry_row(const struct memory *m, size_t at)
{
	return m->entries.rows[at];
}

/* The row as reads give it. */
static struct entry entry_read(const struct memory *m, const struct entry *row)
{
	struct entry e = *row;
	size_t project = memory_project_at(m, PROJECT_BY_ID(e.project_id));
	size_t instance = memory_instance_at(m, e.project_id, e.instance);

	e.project = project == NOT_FOUND ? NULL : memory_project(m, project)->name;
	e.project_number = project == NOT_FOUND ? -1 : memory_project(m, project)->number;
	e.worktree = instance == NOT_FOUND ? NULL : memory_instance(m, instance)->worktree;
	return e;
}

/* For CLEANUP: the strings belong to their tables. */
static void entries_free(struct entry **entries)
{
	free(*entries);
}

/* The entries the filter lets through, in its order; the caller frees the array. */
static bool entries_select(const struct memory *m, const struct entry_filter *f, struct entry **ret,
			   size_t *ret_count, struct err *err)
{
	struct entry *found = malloc((m->entries.count + 1) * sizeof(*found));
	size_t count = 0;

	if (!found)
		return fail_memory(err);
	for (size_t i = 0; i < m->entries.count; i++) {
		found[count] = entry_read(m, entry_row(m, i));
		count += filter_passes(f, &found[count]);
	}
	qsort(found, count, sizeof(*found), filter_order(f));
	*ret = found;
	*ret_count = count;
	return true;
}

bool memory_entry_each(struct store *s, const struct entry_filter *f, entry_fn *fn, void *arg,
		       struct err *err)
{
	CLEANUP(entries_free) struct entry *found = NULL;
	size_t count;

	if (!entries_select(memory_of(s), f, &found, &count, err))
		return false;
	if (f->limit && count > f->limit)
		count = f->limit;
	for (size_t i = 0; i < count; i++)
		if (!fn(&found[i], arg))
			break;
	return true;
}

bool memory_entry_count(struct store *s, const struct entry_filter *f, unsigned *ret,
			struct err *err)
{
	const struct memory *m = memory_of(s);
	struct port_set ports = { 0 };

	(void)err;
	for (size_t i = 0; i < m->entries.count; i++) {
		const struct entry e = entry_read(m, entry_row(m, i));

		if (filter_passes(f, &e))
			port_set_add(&ports, e.port);
	}
	*ret = port_set_count(&ports, (struct port_range){ 1, UINT16_MAX });
	return true;
}

static bool is_live(const struct entry *e)
{
	return e->status != STATUS_RELEASED;
}

bool memory_taken(struct store *s, const char *host, enum protocol protocol, struct port_range r,
		  struct port_set *into, struct err *err)
{
	const struct memory *m = memory_of(s);

	(void)err;
	for (size_t i = 0; i < m->entries.count; i++) {
		const struct entry *e = entry_row(m, i);

		if (is_live(e) && e->protocol == protocol && port_range_has(r, e->port) &&
		    text_is(e->host, host))
			port_set_add(into, e->port);
	}
	return true;
}

static bool is_same_service(const struct entry *a, const struct entry *b)
{
	return text_is(a->project_id, b->project_id) && text_is(a->service, b->service) &&
	       text_is(a->environment, b->environment) && a->instance == b->instance &&
	       text_is(a->host, b->host) && a->protocol == b->protocol;
}

/* May both be in the book? */
static bool agree(const struct entry *e, const struct entry *other, struct err *err)
{
	if (e->port == other->port && e->protocol == other->protocol &&
	    text_is(e->host, other->host))
		return fail(err, ERR_TAKEN, "port %u is entered for '%s'", e->port, other->service);
	if (text_is_set(e->tunnel_hostname) && text_is(e->tunnel_hostname, other->tunnel_hostname))
		return fail(err, ERR_TAKEN, "hostname '%s' is held by '%s'", e->tunnel_hostname,
			    other->service);
	if (e->primary && other->primary && is_same_service(e, other))
		return fail(err, ERR_TAKEN, "service '%s' has a port already: %u", e->service,
			    other->port);
	return true;
}

bool memory_entry_put(struct store *s, const struct entry *e, struct err *err)
{
	struct memory *m = memory_of(s);
	size_t own = NOT_FOUND;

	for (size_t i = 0; i < m->entries.count; i++) {
		const struct entry *other = entry_row(m, i);

		if (text_is(other->id, e->id))
			own = i;
		else if (is_live(e) && is_live(other) && !agree(e, other, err))
			return false;
	}
	return memory_put(m, &m->entries, own, e, err);
}

static bool is_one_of(const char *id, const char *const *ids, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (text_is(ids[i], id))
			return true;
	return false;
}

bool memory_entries_verified(struct store *s, const char *host, const char *const *ids,
			     unsigned count, int64_t at_ms, struct err *err)
{
	struct memory *m = memory_of(s);

	for (size_t i = 0; i < m->entries.count; i++) {
		struct entry e = *entry_row(m, i);

		if (!is_live(&e) || !text_is(e.host, host) || !is_one_of(e.id, ids, count))
			continue;
		e.last_verified_at_ms = at_ms;
		if (!memory_put(m, &m->entries, i, &e, err))
			return false;
	}
	return true;
}

bool memory_claim(struct store *s, const struct plan *p, const struct entry *e, struct pick *ret,
		  struct err *err)
{
	struct port_set taken = { 0 };
	struct entry entry = *e;
	struct pick pick;

	if (!memory_taken(s, e->host, e->protocol, (struct port_range){ 1, UINT16_MAX }, &taken,
			  err))
		return false;
	plan_choose(p, &taken, &pick);
	entry.port = pick.port;
	if (pick.port && !memory_entry_put(s, &entry, err))
		return false;
	*ret = pick;
	return true;
}

/* ---- events ---- */

static_assert(offsetof(struct event, seq) == 0 && offsetof(struct health_check, id) == 0,
	      "number_of reads it there");

/* Of both: the number that a store gives comes first in the row. */
static int64_t number_of(const void *row)
{
	int64_t number;

	memcpy(&number, row, sizeof(number));
	return number;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = number_of(*(const void *const *)a), y = number_of(*(const void *const *)b);

	return (x > y) - (x < y);
}

/* `*number` 0: the next one. Errors: ERR_TAKEN. */
static bool take_number(const struct table *t, int64_t *last, int64_t *number, struct err *err)
{
	if (!*number)
		*number = *last + 1;
	for (size_t i = t->count; *number <= *last && i-- > 0;)
		if (number_of(t->rows[i]) == *number)
			return fail(err, ERR_TAKEN, "number %lld is in the book already",
				    (long long)*number);
	*last = *number > *last ? *number : *last;
	return true;
}

bool memory_event_add(struct store *s, const struct event *e, struct err *err)
{
	struct memory *m = memory_of(s);
	struct event event = *e;

	if (!event.seq) {
		int step = store_seq_step(s);

		m->last_seq += m->last_seq ? step - 1 : 0;
	}
	return take_number(&m->events, &m->last_seq, &event.seq, err) &&
	       memory_put(m, &m->events, NOT_FOUND, &event, err);
}

bool memory_event_each(struct store *s, const struct event_filter *f, event_fn *fn, void *arg,
		       struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t count = m->events.count;
	CLEANUP(rows_free) const void **rows = rows_sorted(&m->events, by_number, err);
	unsigned given = 0;

	if (!rows)
		return false;
	for (size_t i = 0; i < count && (!f->limit || given < f->limit); i++) {
		const struct event *e = rows[f->newest_first ? count - 1 - i : i];

		if (!filter_passes_event(f, e))
			continue;
		given++;
		if (!fn(e, arg))
			break;
	}
	return true;
}

bool memory_check_add(struct store *s, const struct health_check *c, struct err *err)
{
	struct memory *m = memory_of(s);
	struct health_check check = *c;

	return take_number(&m->checks, &m->last_check, &check.id, err) &&
	       memory_put(m, &m->checks, NOT_FOUND, &check, err);
}

bool memory_check_each(struct store *s, check_fn *fn, void *arg, struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t count = m->checks.count;
	CLEANUP(rows_free) const void **rows = rows_sorted(&m->checks, by_number, err);

	if (!rows)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!fn(rows[i], arg))
			break;
	return true;
}

static int by_entry(const void *a, const void *b)
{
	const struct health_check *x = *(const void *const *)a, *y = *(const void *const *)b;
	int order = strcmp(x->entry_id, y->entry_id);

	order = order ? order : (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
	return order ? order : by_number(a, b);
}

static bool is_of_project(const struct memory *m, const char *entry_id, const char *project_id)
{
	for (size_t i = 0; i < m->entries.count; i++)
		if (text_is(entry_row(m, i)->id, entry_id))
			return text_is(entry_row(m, i)->project_id, project_id);
	return false;
}

static bool is_of(const struct memory *m, const struct check_filter *f, const char *entry_id)
{
	return (!f->entry_id || text_is(entry_id, f->entry_id)) &&
	       (!f->project_id || is_of_project(m, entry_id, f->project_id));
}

bool memory_check_of(struct store *s, const struct check_filter *f, check_fn *fn, void *arg,
		     struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t count = m->checks.count;
	CLEANUP(rows_free) const void **rows = rows_sorted(&m->checks, by_entry, err);

	if (!rows)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct health_check *c = rows[i];

		if (is_of(m, f, c->entry_id) && !fn(c, arg))
			break;
	}
	return true;
}

bool memory_check_remove(struct store *s, int64_t id, struct err *err)
{
	struct memory *m = memory_of(s);

	for (size_t i = 0; i < m->checks.count; i++)
		if (number_of(m->checks.rows[i]) == id)
			return memory_take(m, &m->checks, i, err);
	return true;
}
