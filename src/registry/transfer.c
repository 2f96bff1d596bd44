#include "registry/transfer.h"

#include "registry/rehost.h"

/* ---- counting ---- */

static void count(struct row_counts *c, const struct record *row)
{
	c->rows[row->kind]++;
	c->all++;
	c->live += row->kind == RECORD_ALLOCATION && row->allocation.status != STATUS_RELEASED;
}

static bool count_row(const struct record *row, void *arg, struct err *err)
{
	(void)err;
	count(arg, row);
	return true;
}

bool registry_count(struct registry *r, struct row_counts *ret, struct err *err)
{
	*ret = (struct row_counts){ 0 };
	return registry_walk(r, NULL, count_row, ret, err);
}

void transfer_release(struct transfer *t)
{
	row_set_release(&t->rows);
	restore_release(&t->restoring);
}

/* ---- comparing ---- */

static void note_difference(struct transfer *t, const struct record *row, bool is_missing)
{
	if (t->n_differences < DIFFERENCES_TOLD) {
		struct difference *d = &t->differences[t->n_differences];

		d->is_missing = is_missing;
		record_text(row, d->row);
	}
	t->n_differences++;
}

static bool step(struct transfer *t, const char *doing, uint64_t total, struct err *err)
{
	return progress_step(t->progress, doing, t->done++, total, err);
}

/* A row of `from`, as `to` is to have it. */
static bool as_there(const struct transfer *t, const struct record *row, struct arena *a,
		     struct record *ret, struct err *err)
{
	if (t->host)
		return record_rehost(row, HOST_DEFAULT, t->host, a, ret, err);
	*ret = *row;
	return true;
}

static bool gather_row(const struct record *row, void *arg, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct transfer *t = arg;
	struct record there;

	count(&t->counts, row);
	return step(t, "reading", 0, err) && as_there(t, row, &arena, &there, err) &&
	       row_set_add(&t->rows, &there, err);
}

static bool meet_row(const struct record *row, void *arg, struct err *err)
{
	struct transfer *t = arg;
	bool met;

	if (!step(t, "comparing", t->counts.all, err) || !row_set_meet(&t->rows, row, &met, err))
		return false;
	if (!met)
		note_difference(t, row, false);
	return true;
}

/* Those that are left, by name: met once more, the others are strangers to the set. */
static bool miss_row(const struct record *row, void *arg, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct transfer *t = arg;
	struct record there;
	bool unmet;

	if (!as_there(t, row, &arena, &there, err) || !row_set_meet(&t->rows, &there, &unmet, err))
		return false;
	if (unmet)
		note_difference(t, row, true);
	return true;
}

static bool meet_all(struct transfer *t, struct err *err)
{
	t->done = 0;
	row_set_sort(&t->rows);
	return registry_walk(t->to, NULL, meet_row, t, err) &&
	       (!row_set_unmet(&t->rows) || registry_walk(t->from, NULL, miss_row, t, err));
}

bool registry_compare(struct transfer *t, struct err *err)
{
	return registry_walk(t->from, NULL, gather_row, t, err) && meet_all(t, err);
}

/* ---- copying ---- */

/* What the engine refuses of a row is no fault of who asked. */
static bool fail_row(const struct record *row, struct err *err)
{
	char text[RECORD_TEXT_SIZE];

	if (err->code == ERR_TAKEN || err->code == ERR_INVALID || err->code == ERR_NOT_FOUND)
		err->code = ERR_BOOK;
	return fail_while(err, "%s", record_text(row, text));
}

static bool put_row(const struct record *row, void *arg, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct transfer *t = arg;
	struct record there;

	count(&t->counts, row);
	return step(t, "copying", 0, err) && as_there(t, row, &arena, &there, err) &&
	       row_set_add(&t->rows, &there, err) &&
	       (restore_row(&t->restoring, &there, err) || fail_row(row, err));
}

static bool check_same(const struct transfer *t, struct err *err)
{
	const struct difference *d = &t->differences[0];

	if (!t->n_differences)
		return true;
	if (d->is_missing)
		return fail(err, ERR_BOOK, "%s is not in the copy as it was", d->row);
	return fail(err, ERR_BOOK, "the copy has %s otherwise than it was", d->row);
}

bool registry_transfer(struct transfer *t, struct err *err)
{
	t->restoring.registry = t->to;
	return restore_begin(&t->restoring, err) && registry_walk(t->from, NULL, put_row, t, err) &&
	       restore_end(&t->restoring, err) && meet_all(t, err) && check_same(t, err);
}
