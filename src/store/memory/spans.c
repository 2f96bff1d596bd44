/* store/memory/spans.c - what is said of spans of ports: blocks, reservations, ranges. */
#include <string.h>

#include "store/memory/book.h"
#include "store/memory/filter.h"

/* ---- blocks ---- */

static const struct block *block_row(const struct memory *m, size_t at)
{
	return m->blocks.rows[at];
}

bool memory_block_add(struct store *s, const struct block *b, struct err *err)
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

bool memory_block_remove(struct store *s, const char *host, uint16_t first, struct err *err)
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
	int order = order_of_numbers(x->created_at_ms, y->created_at_ms);

	order = order ? order : strcmp(x->host, y->host);
	return order ? order : order_of_numbers(x->ports.first, y->ports.first);
}

bool memory_block_each(struct store *s, const char *host, const char *project_id, block_fn *fn,
		       void *arg, struct err *err)
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

bool memory_reserved_put(struct store *s, const struct reserved *r, struct err *err)
{
	struct memory *m = memory_of(s);

	return memory_put(m, &m->reserved, reserved_at(m, r->host, r->ports.first), r, err);
}

bool memory_reserved_remove(struct store *s, const char *host, uint16_t first, struct err *err)
{
	struct memory *m = memory_of(s);

	return memory_take(m, &m->reserved, reserved_at(m, host, first), err);
}

static int reserved_by_port(const void *a, const void *b)
{
	const struct reserved *x = *(const void *const *)a, *y = *(const void *const *)b;
	int order = order_of_numbers(x->ports.first, y->ports.first);

	return order ? order : strcmp(x->host, y->host);
}

bool memory_reserved_each(struct store *s, reserved_fn *fn, void *arg, struct err *err)
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

static bool replace_ranges(struct memory *m, const struct stored_range *ranges, unsigned count,
			   struct err *err)
{
	if (!memory_empty(m, &m->ranges, err))
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!memory_table_add(&m->ranges, &ranges[i], &m->journal, err))
			return false;
	return true;
}

bool memory_ranges_put(struct store *s, const struct stored_range *ranges, unsigned count,
		       struct err *err)
{
	struct memory *m = memory_of(s);
	size_t mark = m->journal.count;

	if (replace_ranges(m, ranges, count, err))
		return memory_done(m);
	journal_undo(&m->journal, mark);
	return false;
}

static int ranges_by_port(const void *a, const void *b)
{
	const struct stored_range *x = *(const void *const *)a, *y = *(const void *const *)b;
	int order = order_of_numbers(x->ports.first, y->ports.first);

	return order ? order : strcmp(x->name, y->name);
}

bool memory_range_each(struct store *s, range_fn *fn, void *arg, struct err *err)
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
