/*
 * operations/export.c - the book as a file: all of it, or what another tool can read.
 */
#include <string.h>

#include "operations/call.h"
#include "operations/claims_of_book.h"
#include "operations/file_formats.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/projects.h"
#include "registry/whole.h"

struct exporting {
	struct call *call;
	const struct file_format *format;
	const struct project *only; /* NULL: the whole book */
	struct sink *sink;
	uint64_t ports;

	struct book_writer writer;
};

/* The whole book. */

static bool write_row(const struct record *r, void *arg, struct err *err)
{
	struct exporting *x = arg;
	CLEANUP(json_cleanup) json_t *row = record_json(r);

	if (!row)
		return fail_memory(err);
	x->ports += r->kind == RECORD_ALLOCATION && r->allocation.status != STATUS_RELEASED;
	return progress_step(x->call->io.progress, "writing", x->writer.rows, 0, err) &&
	       book_writer_row(&x->writer, r->kind, row, err);
}

static bool write_whole(struct exporting *x, struct err *err)
{
	struct book_file_head head = { .version = BOOK_FILE_VERSION, .schema = BOOK_SCHEMA };
	bool ok;

	if (x->only)
		memcpy(head.project, x->only->name, strlen(x->only->name) + 1);
	ok = book_writer_open(&x->writer, x->format->whole, x->sink, record_columns(), &head,
			      err) &&
	     registry_walk(x->call->registry, x->only, write_row, x, err) &&
	     book_writer_end(&x->writer, err);
	book_writer_release(&x->writer);
	return ok;
}

/* For another tool. */

static bool write_claims(struct exporting *x, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct claim_list list;

	if (!claims_of_book(x->call, x->only, &list, err) ||
	    !x->format->write(list.items, list.count, registry_now(x->call->registry), &text, err))
		return false;
	x->ports = list.ports;
	return (text_ok(&text) || fail_memory(err)) &&
	       x->sink->write(x->sink, text_str(&text), text.len, err);
}

static bool choose_format(struct exporting *x, const json_t *input, struct err *err)
{
	const char *name = json_text_of(input, "format");
	CLEANUP(text_release) struct text known = { 0 };

	x->format = file_format_named(name ? name : "json");
	if (x->format && (x->format->whole || x->format->write))
		return true;
	file_formats_add(&known, false);
	fail(err, ERR_INVALID, "'%.40s' is no format that can be exported", name ? name : "");
	return fail_hint(err, "those are: %s", text_str(&known));
}

static bool put_answer(const struct exporting *x, const struct text *content, json_t *answer,
		       struct err *err)
{
	return (json_put_text(answer, "format", x->format->name) &&
		json_put_int(answer, "ports", (int64_t)x->ports) &&
		(x->call->io.to ||
		 json_put(answer, "content", json_stringn(text_str(content), content->len)))) ||
	       fail_memory(err);
}

static bool export_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	CLEANUP(text_release) struct text content = { 0 };
	struct text_sink own = text_sink(&content);
	struct exporting x = { .call = c, .sink = c->io.to ? c->io.to : &own.sink };
	const char *name = json_text_of(input, "projectName");
	struct project only;

	if (!choose_format(&x, input, err) ||
	    (name && !project_need(c->registry, name, &c->arena, &only, err)))
		return false;
	x.only = name ? &only : NULL;
	return (x.format->whole ? write_whole(&x, err) : write_claims(&x, err)) &&
	       put_answer(&x, &content, answer, err);
}

const struct operation op_export = {
	.schema = &schema_export,
	.access = ACCESS_READ,
	.run = export_run,
};
