/*
 * operations/import.c - what a file says, into the book: all of it, or nothing.
 *
 * A file of the whole book (json, csv) goes through import_whole.c, one of
 * another tool through import_claims.c.  Both tell of each row what became of
 * it; where one is refused, the transaction is undone, and all that are refused
 * are named.
 */
#include <stdlib.h>
#include <string.h>

#include "operations/importing.h"
#include "operations/operations.h"
#include "operations/schemas.h"

/* Rationale: the first rows of any format. */
#define HEAD_SIZE 65536

static bool fail_unknown_format(const struct importing *x, const char *head, size_t len,
				struct err *err)
{
	static const char book[] = "SQLite format 3";
	CLEANUP(text_release) struct text known = { 0 };

	if (len >= sizeof(book) && !memcmp(head, book, sizeof(book))) {
		fail(err, ERR_INVALID, "'%.200s' is a book itself, not the export of one",
		     x->source->name);
		return fail_hint(err,
				 "look into it: portbook --book FILE list; or export it first");
	}
	file_formats_add(&known, true);
	fail(err, ERR_INVALID, "'%.200s' does not show which format it has", x->source->name);
	return fail_hint(err, "say it: --format %s", text_str(&known));
}

/* False: the source failed. */
static bool guess_format(struct importing *x, struct err *err)
{
	char *head = malloc(HEAD_SIZE);
	size_t len = 0;
	bool ok;

	if (!head)
		return fail_memory(err);
	ok = x->source->read(x->source, 0, head, HEAD_SIZE, &len, err);
	if (ok)
		x->format = file_format_guess(head, len, x->source->name);
	ok = ok && (x->format || fail_unknown_format(x, head, len, err));
	free(head);
	return ok;
}

static bool choose_format(struct importing *x, struct err *err)
{
	const char *name = json_text_of(x->input, "format");
	CLEANUP(text_release) struct text known = { 0 };

	if (!name)
		return guess_format(x, err);
	x->format = file_format_named(name);
	if (x->format && (x->format->whole || x->format->claims))
		return true;
	file_formats_add(&known, true);
	fail(err, ERR_INVALID, "'%.40s' is no format that can be imported", name);
	return fail_hint(err, "those are: %s", text_str(&known));
}

static bool has_changed(const struct import_report *r)
{
	for (unsigned kind = 0; kind < RECORD_KIND_COUNT; kind++)
		if (r->records[kind])
			return true;
	return false;
}

/* A book that is put back keeps the history that it had. */
static bool record_import(struct importing *x, struct err *err)
{
	const unsigned *ports = x->report.ports;
	struct change c = { .op = "import", .subject = x->source->name };

	if (x->replaced || !has_changed(&x->report))
		return true;
	c.after = json_pack("{s:s, s:i, s:i, s:i}", "format", x->format->name, "entered",
			    (int)ports[ROW_ENTERED], "moved", (int)ports[ROW_MOVED], "updated",
			    (int)ports[ROW_UPDATED]);
	return c.after ? registry_record(x->call->registry, &c, err) : fail_memory(err);
}

static bool put_answer(const struct importing *x, json_t *answer, struct err *err)
{
	return ((json_put_text(answer, "fileName", x->source->name) &&
		 json_put_text(answer, "format", x->format->name) &&
		 json_put_bool(answer, "formatGuessed", !json_text_of(x->input, "format")) &&
		 json_put_bool(answer, "dryRun", x->dry_run) &&
		 json_put_bool(answer, "replaced", x->replaced)) ||
		fail_memory(err)) &&
	       report_put(&x->report, answer, err);
}

/* Only what was refused: nothing else of it is true. */
static bool put_refusal(const struct importing *x, json_t *refusal)
{
	return json_put_text(refusal, "fileName", x->source->name) &&
	       json_put_text(refusal, "format", x->format->name) &&
	       json_put_int(refusal, "refused", x->report.refused);
}

static bool refuse(struct importing *x, struct err *err)
{
	CLEANUP(json_cleanup) json_t *refusal = json_object();
	CLEANUP(json_cleanup) json_t *refused = json_array();
	json_t *row;
	size_t i;

	json_array_foreach(x->report.rows, i, row)
		if (json_object_get(row, "code") && !json_append(refused, json_incref(row)))
			break;
	if (refusal && put_refusal(x, refusal) && json_put(refusal, "rows", json_incref(refused)))
		x->call->refusal = json_incref(refusal);
	return report_fail(&x->report, x->source->name, err);
}

static bool import_all(struct importing *x, json_t *answer, struct err *err)
{
	if (!choose_format(x, err) ||
	    !(x->format->whole ? import_whole(x, err) : import_claims(x, err)))
		return false;
	if (!report_sort(&x->report, err))
		return false;
	if (x->report.refused && !x->dry_run)
		return refuse(x, err);
	return record_import(x, err) && put_answer(x, answer, err);
}

static bool import_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const char *content = json_text_of(input, "content"),
		   *name = json_text_of(input, "fileName");
	struct bytes_source bytes = bytes_source(content, content ? strlen(content) : 0,
						 name ? name : "content");
	struct importing x = { .call = c,
			       .input = input,
			       .source = c->io.from ? c->io.from : &bytes.source,
			       .dry_run = json_bool_of(input, "dryRun") };
	bool ok;

	if (!content && !c->io.from)
		return fail(err, ERR_INVALID, "'import' needs 'content'");
	ok = import_all(&x, answer, err);
	report_release(&x.report);
	return ok;
}

const struct operation op_import = {
	.schema = &schema_import,
	.access = ACCESS_WRITE,
	.run = import_run,
};
