#include "store/memory/table.h"

#include <stdlib.h>
#include <string.h>

enum change_kind {
	CHANGE_ADD,
	CHANGE_REPLACE,
	CHANGE_REMOVE,
};

struct change {
	enum change_kind kind;
	struct table *table;
	size_t at;
	void *old; /* the row that was there; NULL: none */
};

static size_t texts_size(const struct row_kind *kind, const char *row)
{
	size_t size = 0;

	for (unsigned i = 0; i < kind->n_texts; i++) {
		const char *text;

		memcpy(&text, row + kind->texts[i], sizeof(text));
		size += text ? strlen(text) + 1 : 0;
	}
	return size;
}

/* A copy of the row, its strings behind it. */
static void *row_copy(const struct row_kind *kind, const void *row, struct err *err)
{
	char *copy = malloc(kind->size + texts_size(kind, row)), *end;

	if (!copy) {
		fail_memory(err);
		return NULL;
	}
	memcpy(copy, row, kind->size);
	end = copy + kind->size;
	for (unsigned i = 0; i < kind->n_texts; i++) {
		const char *text;
		size_t len;

		memcpy(&text, copy + kind->texts[i], sizeof(text));
		if (!text)
			continue;
		len = strlen(text) + 1;
		memcpy(end, text, len);
		memcpy(copy + kind->texts[i], &end, sizeof(end));
		end += len;
	}
	return copy;
}

/* Room for one more of `each` bytes. */
static bool reserve(void **array, size_t count, size_t *size, size_t each, struct err *err)
{
	size_t bigger = *size ? *size * 2 : 16;
	void *grown;

	if (count < *size)
		return true;
	grown = realloc(*array, bigger * each);
	if (!grown)
		return fail_memory(err);
	*array = grown;
	*size = bigger;
	return true;
}

static bool reserve_change(struct journal *j, struct err *err)
{
	void *changes = j->changes;
	bool ok = reserve(&changes, j->count, &j->size, sizeof(*j->changes), err);

	j->changes = changes;
	return ok;
}

static bool reserve_row(struct table *t, struct err *err)
{
	void *rows = t->rows;
	bool ok = reserve(&rows, t->count, &t->size, sizeof(*t->rows), err);

	t->rows = rows;
	return ok;
}

/* There is room: reserve_change was asked. */
static void note(struct journal *j, struct change c)
{
	j->changes[j->count++] = c;
}

bool memory_table_add(struct table *t, const void *row, struct journal *j, struct err *err)
{
	void *copy;

	if (!reserve_row(t, err) || !reserve_change(j, err))
		return false;
	copy = row_copy(t->kind, row, err);
	if (!copy)
		return false;
	note(j, (struct change){ CHANGE_ADD, t, t->count, NULL });
	t->rows[t->count++] = copy;
	return true;
}

bool memory_table_replace(struct table *t, size_t at, const void *row, struct journal *j,
			  struct err *err)
{
	void *copy;

	if (!reserve_change(j, err))
		return false;
	copy = row_copy(t->kind, row, err);
	if (!copy)
		return false;
	note(j, (struct change){ CHANGE_REPLACE, t, at, t->rows[at] });
	t->rows[at] = copy;
	return true;
}

static void take_out(struct table *t, size_t at)
{
	t->count--;
	memmove(&t->rows[at], &t->rows[at + 1], (t->count - at) * sizeof(*t->rows));
}

/* There is room: a row was taken out, and a table never shrinks. */
static void put_back(struct table *t, size_t at, void *row)
{
	memmove(&t->rows[at + 1], &t->rows[at], (t->count - at) * sizeof(*t->rows));
	t->rows[at] = row;
	t->count++;
}

bool memory_table_remove(struct table *t, size_t at, struct journal *j, struct err *err)
{
	if (!reserve_change(j, err))
		return false;
	note(j, (struct change){ CHANGE_REMOVE, t, at, t->rows[at] });
	take_out(t, at);
	return true;
}

void memory_table_release(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->rows[i]);
	free(t->rows);
}

static void undo(const struct change *c)
{
	switch (c->kind) {
	case CHANGE_ADD:
		free(c->table->rows[c->at]);
		take_out(c->table, c->at);
		return;
	case CHANGE_REPLACE:
		free(c->table->rows[c->at]);
		c->table->rows[c->at] = c->old;
		return;
	case CHANGE_REMOVE: put_back(c->table, c->at, c->old); return;
	}
	abort(); /* memory is wrong; going on would hide it */
}

void journal_undo(struct journal *j, size_t mark)
{
	while (j->count > mark)
		undo(&j->changes[--j->count]);
}

void journal_settle(struct journal *j)
{
	for (size_t i = 0; i < j->count; i++)
		free(j->changes[i].old);
	j->count = 0;
}

void journal_release(struct journal *j)
{
	journal_settle(j);
	free(j->changes);
}
