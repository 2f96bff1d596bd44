#include <stdlib.h>
#include <string.h>

#include "operations/importing.h"

struct whole {
	struct importing *importing;
	enum record_kind kind;
	struct restoring restoring;
	struct merging merging;
	bool restores;
};

/* What a person looks for in the list of rows. */
static struct report_row row_of(const struct record *r, unsigned line)
{
	struct report_row row = { .kind = r->kind, .line = line };
	const struct entry *e = &r->allocation;

	switch (r->kind) {
	case RECORD_PROJECT: row.project = r->project.name; break;
	case RECORD_INSTANCE:
		row.project = r->instance.project;
		row.instance = r->instance.number;
		break;
	case RECORD_BLOCK: row.ports = r->block.ports; break;
	case RECORD_RESERVED: row.ports = r->reserved.ports; break;
	case RECORD_ALLOCATION:
		row.project = e->project;
		row.instance = e->instance;
		row.service = e->service;
		row.environment = e->environment;
		row.host = e->host;
		row.ports = (struct port_range){ e->port, e->port };
		break;
	case RECORD_SETTING:
	case RECORD_RANGE:
	case RECORD_CHECK:
	case RECORD_EVENT: break;
	}
	return row;
}

/* Of those that are no entry a person wants to know when they change. */
static bool is_listed(const struct whole *w, const struct report_row *row)
{
	return w->importing->dry_run && row->fate != ROW_UNCHANGED && row->fate != ROW_SKIPPED &&
	       (row->project || row->kind == RECORD_RESERVED);
}

static bool take_record(struct whole *w, const struct record *r, struct arena *a,
			enum row_fate *ret, struct err *err)
{
	*ret = ROW_ENTERED;
	if (w->restores)
		return restore_row(&w->restoring, r, err);
	return merge_row(&w->merging, r, a, ret, err);
}

static bool take_row(const json_t *json, unsigned line, void *arg, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct whole *w = arg;
	struct import_report *report = &w->importing->report;
	struct report_row row = { .kind = w->kind, .line = line };
	struct record record;
	struct err why = { 0 };

	if (!record_read(w->kind, json, &arena, &record, &why))
		return report_refuse(report, &row, &why, err);
	row = row_of(&record, line);
	if (!take_record(w, &record, &arena, &row.fate, &why))
		return report_refuse(report, &row, &why, err);
	return report_add(report, &row, is_listed(w, &row), err);
}

/* A file without settings is a part of a book, and goes into one. */
static bool choose_way(struct whole *w, const struct book_reader *reader, struct err *err)
{
	struct registry *r = w->importing->call->registry;
	bool unused;

	w->restoring.registry = r;
	w->merging.registry = r;
	if (!registry_is_unused(r, &unused, err))
		return false;
	w->restores = unused && !reader->head.project[0] &&
		      reader->sections[RECORD_SETTING].is_there;
	w->importing->replaced = w->restores;
	return !w->restores || restore_begin(&w->restoring, err);
}

static bool take_all(struct whole *w, struct book_reader *reader, struct err *err)
{
	bool stopped = false;

	reader->bytes.doing = w->importing->dry_run ? "trying" : "entering";
	for (unsigned kind = 0; kind < RECORD_KIND_COUNT && !stopped; kind++) {
		w->kind = (enum record_kind)kind;
		stopped = !book_reader_rows(reader, w->kind, take_row, w, err);
	}
	/* Of rows that are refused the report tells. */
	if (stopped && w->importing->report.refused >= IMPORT_REFUSED_MAX)
		return true;
	return !stopped &&
	       (w->importing->report.refused || !w->restores || restore_end(&w->restoring, err));
}

/* A book of a newer version may say what this one has no place for: nothing of it is guessed at. */
static bool schema_is_known(const struct book_reader *reader, struct err *err)
{
	if (reader->head.schema <= BOOK_SCHEMA)
		return true;
	fail(err, ERR_INVALID,
	     "%.200s was written by a newer portbook: its book has version %u, and this one knows "
	     "versions up to %d",
	     reader->bytes.source->name, reader->head.schema, BOOK_SCHEMA);
	return fail_hint(err, "read it with that portbook, or a newer one");
}

static bool import_rows(struct importing *x, struct book_reader *reader, struct err *err)
{
	struct whole w = { .importing = x };
	bool ok;

	ok = book_reader_open(reader, x->format->whole, x->source, x->call->io.progress, err) &&
	     schema_is_known(reader, err) && choose_way(&w, reader, err) &&
	     take_all(&w, reader, err);
	restore_release(&w.restoring);
	book_reader_release(reader);
	return ok;
}

bool import_whole(struct importing *x, struct err *err)
{
	/* Too large for a stack. */
	struct book_reader *reader = malloc(sizeof(*reader));
	bool ok;

	if (!reader)
		return fail_memory(err);
	ok = import_rows(x, reader, err);
	free(reader);
	return ok;
}
