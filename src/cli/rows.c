#include "cli/rows.h"

#include <string.h>
#include <unistd.h>

#include "cli/screen.h"

const char *const format_choices[] = { "table", "json", "csv", "tsv", "md", NULL };

static enum table_format format_of(const struct run *r)
{
	static const struct {
		const char *word;
		enum table_format format;
	} formats[] = { { "csv", FORMAT_CSV }, { "tsv", FORMAT_TSV }, { "md", FORMAT_MD } };
	const char *word = run_text(r, "format");

	for (size_t i = 0; word && i < ARRAY_LEN(formats); i++)
		if (!strcmp(word, formats[i].word))
			return formats[i].format;
	return FORMAT_TABLE;
}

static void take_format(struct run *r)
{
	const char *word = run_text(r, "format");

	r->out.json = r->out.json || (word && !strcmp(word, "json"));
}

bool rows_run(struct run *r, struct err *err)
{
	take_format(r);
	return run_plain(r, err);
}

bool rows_answer(struct run *r, const json_t *answer, struct err *err)
{
	take_format(r);
	return run_show(r, answer, err);
}

bool rows_show(struct run *r, const json_t *rows, const struct column *columns, const char *none,
	       struct err *err)
{
	struct table table = {
		.columns = columns,
		.rows = rows,
		.format = format_of(r),
		.width = screen_columns(STDOUT_FILENO),
		.colour = output_has_colour(&r->out),
	};

	if (table.format == FORMAT_TABLE && !json_array_size(rows))
		output_note(&r->out, "%s", none);
	table_add(&r->out.text, &table);
	return text_ok(&r->out.text) || fail_memory(err);
}
