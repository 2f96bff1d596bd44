#include "operations/import_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

bool is_about_the_row(enum err_code code)
{
	return code == ERR_TAKEN || code == ERR_INVALID || code == ERR_NOT_FOUND ||
	       code == ERR_EXHAUSTED || code == ERR_NOTHING;
}

static bool put_ports(json_t *o, const struct report_row *row)
{
	char text[16];

	if (!row->ports.first)
		return true;
	if (row->ports.first == row->ports.last)
		return json_put_int(o, "port", row->ports.first) &&
		       (!row->previous || json_put_int(o, "previousPort", row->previous));
	snprintf(text, sizeof(text), "%u-%u", row->ports.first, row->ports.last);
	return json_put_text(o, "ports", text);
}

static bool put_said(json_t *o, const char *name, const char *text)
{
	return !text || !*text || json_put_text(o, name, text);
}

/* A message may quote the file, and is cut where it is too long. */
static bool put_message(json_t *o, const char *name, const char *text)
{
	char whole[ERR_TEXT_SIZE];

	snprintf(whole, sizeof(whole), "%s", text ? text : "");
	utf8_repair(whole);
	return put_said(o, name, whole);
}

static json_t *row_json(const struct report_row *row, const struct err *why)
{
	json_t *o = json_object();

	if (o && json_put_int(o, "line", row->line) && put_said(o, "row", row->place) &&
	    json_put_text(o, "action", row_fate_name(row->fate)) &&
	    json_put_text(o, "record", record_name(row->kind)) &&
	    put_said(o, "projectName", row->project) && put_said(o, "serviceName", row->service) &&
	    (!row->instance || json_put_int(o, "instance", row->instance)) &&
	    put_said(o, "environment", row->environment) && put_said(o, "host", row->host) &&
	    put_ports(o, row) && put_message(o, "message", why ? why->text : row->message) &&
	    (!why ||
	     (json_put_text(o, "code", err_name(why->code)) && put_message(o, "hint", why->hint))))
		return o;
	json_decref(o);
	return NULL;
}

static bool list_row(struct import_report *r, const struct report_row *row, const struct err *why,
		     struct err *err)
{
	if (!r->rows)
		r->rows = json_array();
	if (!r->rows)
		return fail_memory(err);
	/* What is refused finds room after everything else. */
	if (!why && json_array_size(r->rows) >= IMPORT_ROWS_MAX) {
		r->omitted++;
		return true;
	}
	return json_append(r->rows, row_json(row, why)) || fail_memory(err);
}

bool report_add(struct import_report *r, const struct report_row *row, bool lists, struct err *err)
{
	bool changes = row->fate != ROW_UNCHANGED && row->fate != ROW_SKIPPED;

	r->ports[row->fate] += row->kind == RECORD_ALLOCATION;
	r->records[row->kind] += changes;
	return !lists || list_row(r, row, NULL, err);
}

bool report_refuse(struct import_report *r, const struct report_row *row, const struct err *why,
		   struct err *err)
{
	struct report_row refused = *row;

	if (!is_about_the_row(why->code)) {
		*err = *why;
		return false;
	}
	refused.fate = ROW_REFUSED;
	if (!r->refused++ || row->line < r->first_line) {
		r->first = *why;
		r->first_line = row->line;
		snprintf(r->first_place, sizeof(r->first_place), "%s",
			 row->place ? row->place : "");
	}
	r->any_taken |= why->code == ERR_TAKEN;
	if (!list_row(r, &refused, why, err))
		return false;
	return r->refused < IMPORT_REFUSED_MAX;
}

struct listed {
	json_int_t line;
	size_t at;
	json_t *row;
};

/* Rows of one line stay as they were told. */
static int by_line(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

/* Give the rows to `to`, which has them from then on. */
static bool append_sorted(struct listed *rows, size_t count, json_t *to)
{
	qsort(rows, count, sizeof(*rows), by_line);
	for (size_t i = 0; i < count; i++)
		if (!json_append(to, json_incref(rows[i].row)))
			return false;
	return true;
}

bool report_sort(struct import_report *r, struct err *err)
{
	size_t count = json_array_size(r->rows);
	struct listed *rows = calloc(count + 1, sizeof(*rows));
	json_t *sorted = json_array();
	bool ok;

	for (size_t i = 0; rows && i < count; i++) {
		json_t *row = json_array_get(r->rows, i);

		rows[i] = (struct listed){ json_int_of(row, "line", 0), i, row };
	}
	ok = rows && sorted && append_sorted(rows, count, sorted);
	free(rows);
	if (!ok) {
		json_decref(sorted);
		return fail_memory(err);
	}
	json_decref(r->rows);
	r->rows = sorted;
	return true;
}

static bool put_records(const struct import_report *r, json_t *answer)
{
	json_t *records = json_object();

	for (unsigned kind = 0; records && kind < RECORD_KIND_COUNT; kind++)
		if (r->records[kind] &&
		    !json_put_int(records, record_name((enum record_kind)kind), r->records[kind])) {
			json_decref(records);
			return false;
		}
	return json_put(answer, "records", records);
}

bool report_put(const struct import_report *r, json_t *answer, struct err *err)
{
	json_t *rows = r->rows ? json_incref(r->rows) : json_array();

	for (unsigned fate = 0; fate < ROW_REFUSED; fate++)
		if (!json_put_int(answer, row_fate_name((enum row_fate)fate), r->ports[fate])) {
			json_decref(rows);
			return fail_memory(err);
		}
	return (json_put(answer, "rows", rows) && json_put_int(answer, "refused", r->refused) &&
		json_put_int(answer, "rowsOmitted", r->omitted) && put_records(r, answer)) ||
	       fail_memory(err);
}

bool report_fail(const struct import_report *r, const char *file, struct err *err)
{
	enum err_code code = r->any_taken ? ERR_TAKEN : r->first.code;
	char more[64] = "", place[80];

	if (r->refused > 1)
		snprintf(more, sizeof(more), " (and %u more row%s)", r->refused - 1,
			 r->refused == 2 ? "" : "s");
	if (r->first_place[0])
		snprintf(place, sizeof(place), " %s", r->first_place);
	else
		snprintf(place, sizeof(place), "%u", r->first_line);
	fail(err, code, "%.200s:%s: %.600s%s; nothing was entered", file, place, r->first.text,
	     more);
	if (r->first.hint[0])
		(void)fail_hint(err, "%s", r->first.hint);
	memcpy(err->holder, r->first.holder, sizeof(err->holder));
	return false;
}

void report_release(struct import_report *r)
{
	json_decref(r->rows);
	r->rows = NULL;
}
