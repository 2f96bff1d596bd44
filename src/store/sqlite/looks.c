/*
 * sqlite/looks.c - when the owners of entries were last seen, without writing each entry.
 *
 * A look finds most owners where the last look found them, and a thousand entries written
 * anew with a new time are three quarters of what a look would write.  So an entry that was
 * seen at the last look at its project is marked, and the project has the time of that
 * look, once for all that are marked.  Written are the entries that come and go.
 *
 * A look at a few entries of many, or at another host, would unmark the rest: then those
 * few get the time themselves, and the project's stays as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "store/sqlite/db.h"

/* Rationale: as many rows are written in the time in which a hundred are read for their marks. */
#define FEW 8

/* An entry that is seen now, or was marked. */
struct sight {
	const char *id, *project_id;
	bool is_marked, is_seen;
};

struct looking {
	struct session *session;
	struct arena *arena;
	const char *host;
	int64_t at_ms;
	const char **seen; /* in order */
	unsigned n_seen;
	struct sight *sights;
	unsigned count, room;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_project(const void *a, const void *b)
{
	const struct sight *x = a, *y = b;

	return x->project_id == y->project_id ? 0 : strcmp(x->project_id, y->project_id);
}

/* Who was entered first mostly has the lower port, and a book may have one project. */
static void put_in_order(void *items, size_t count, size_t size,
			 int (*order)(const void *a, const void *b))
{
	const char *at = items;

	for (size_t i = 1; i < count; i++)
		if (order(at + (i - 1) * size, at + i * size) > 0) {
			qsort(items, count, size, order);
			return;
		}
}

static bool copy_seen(struct looking *l, const char *const *ids, unsigned count)
{
	l->seen = arena_alloc(l->arena, (count + 1) * sizeof(*l->seen));
	if (!l->seen)
		return false;
	if (count)
		memcpy(l->seen, ids, count * sizeof(*ids));
	l->n_seen = count;
	put_in_order(l->seen, count, sizeof(*l->seen), by_text);
	return true;
}

/* Entries of one project mostly come one behind the other. */
static const char *project_copy_of(struct looking *l, const char *id)
{
	const char *last = l->count ? l->sights[l->count - 1].project_id : NULL;

	return last && !strcmp(last, id) ? last : arena_copy(l->arena, id);
}

static bool add_sight(struct looking *l, const struct sight *s)
{
	struct sight *grown = arena_grow(l->arena, l->sights, l->count, &l->room,
					 sizeof(*l->sights));
	struct sight kept = *s;

	if (!grown)
		return false;
	l->sights = grown;
	kept.id = arena_copy(l->arena, s->id);
	kept.project_id = project_copy_of(l, s->project_id);
	l->sights[l->count++] = kept;
	return kept.id && kept.project_id;
}

/* Rows come in the order of `seen`; `*at` is how far that has been met. */
static bool take_row(struct looking *l, struct query *q, unsigned *at, struct err *err)
{
	struct sight s;
	bool is_here;

	s.id = query_text(q);
	s.project_id = query_text(q);
	is_here = query_int(q);
	s.is_marked = query_int(q);
	if (!query_row_ok(q, err))
		return false;
	while (*at < l->n_seen && strcmp(l->seen[*at], s.id) < 0)
		++*at;
	s.is_seen = is_here && *at < l->n_seen && !strcmp(l->seen[*at], s.id);
	return (!s.is_seen && !s.is_marked) || add_sight(l, &s) || fail_memory(err);
}

static bool read_sights(struct looking *l, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct sql_value values[] = { sql_key(l->host) };
	unsigned at = 0;
	bool row = false;

	if (!query_open(&l->session->sql, SIGHTS, values, ARRAY_LEN(values), &q, err))
		return false;
	for (;;) {
		if (!query_step(&q, &row, err))
			return false;
		if (!row)
			return true;
		if (!take_row(l, &q, &at, err))
			return false;
	}
}

/* PROJECT_SEE or UNMARK. */
static bool set_time(struct looking *l, enum statement what, const char *id, int64_t at_ms,
		     struct err *err)
{
	const struct sql_value values[] = { sql_time(at_ms), sql_id(id) };

	return sql_run(&l->session->sql, what, values, ARRAY_LEN(values), err);
}

static bool mark(struct looking *l, const char *id, struct err *err)
{
	const struct sql_value values[] = { sql_id(id) };

	return sql_run(&l->session->sql, MARK, values, ARRAY_LEN(values), err);
}

/* Of the sights of one project, of which there is one at least. */
struct sights {
	const struct sight *at;
	unsigned count;
};

static bool last_look(struct looking *l, const char *project_id, int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct sql_value values[] = { sql_id(project_id) };
	bool row = false;

	if (!query_open(&l->session->sql, PROJECT_SEEN, values, ARRAY_LEN(values), &q, err) ||
	    !query_step(&q, &row, err))
		return false;
	*ret = row ? query_int(&q) : 0;
	return true;
}

static bool move_time(struct looking *l, struct sights of, struct err *err)
{
	int64_t before;

	if (!last_look(l, of.at->project_id, &before, err) ||
	    !set_time(l, PROJECT_SEE, of.at->project_id, l->at_ms, err))
		return false;
	for (unsigned i = 0; i < of.count; i++) {
		const struct sight *s = &of.at[i];

		if (s->is_seen == s->is_marked)
			continue;
		if (!(s->is_seen ? mark(l, s->id, err) : set_time(l, UNMARK, s->id, before, err)))
			return false;
	}
	return true;
}

static bool give_time(struct looking *l, struct sights of, struct err *err)
{
	for (unsigned i = 0; i < of.count; i++)
		if (of.at[i].is_seen && !set_time(l, UNMARK, of.at[i].id, l->at_ms, err))
			return false;
	return true;
}

static bool note_project(struct looking *l, struct sights of, struct err *err)
{
	unsigned seen = 0, changed = 0;

	for (unsigned i = 0; i < of.count; i++) {
		seen += of.at[i].is_seen;
		changed += of.at[i].is_seen != of.at[i].is_marked;
	}
	return changed > seen ? give_time(l, of, err) : move_time(l, of, err);
}

static bool note(struct looking *l, const char *const *ids, unsigned count, struct err *err)
{
	if (!copy_seen(l, ids, count))
		return fail_memory(err);
	if (!read_sights(l, err))
		return false;
	put_in_order(l->sights, l->count, sizeof(*l->sights), by_project);
	for (unsigned i = 0, end; i < l->count; i = end) {
		for (end = i + 1; end < l->count; end++)
			if (by_project(&l->sights[i], &l->sights[end]) != 0)
				break;
		if (!note_project(l, (struct sights){ &l->sights[i], end - i }, err))
			return false;
	}
	return true;
}

bool sqlite_entries_verified(struct store *store, const char *host, const char *const *ids,
			     unsigned count, int64_t at_ms, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct session *s = session_of(store);
	CLEANUP(write_cleanup) struct write w = { .session = &s->sql };
	struct looking l = { .session = s, .arena = &arena, .host = host, .at_ms = at_ms };

	return write_begin(&w, err) &&
	       (count <= FEW ? sql_entries_verified(store, host, ids, count, at_ms, err)
			     : note(&l, ids, count, err)) &&
	       write_end(&w, err);
}
