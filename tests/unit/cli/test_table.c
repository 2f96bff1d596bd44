#include "lib/check.h"

#include <stdlib.h>

#include "base/glyph.h"
#include "cli/table.h"

/* clang-format off */
static const struct column columns[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER },
	{ .title = "SERVICE", .field = "service", .least = 8 },
	{ .title = "N", .field = "n", .kind = COLUMN_NUMBER, .importance = 1, .usual = "1" },
	{ .title = "USED", .field = "used", .kind = COLUMN_PERCENT, .importance = 1, .usual = "" },
	{ .title = "NOTE", .field = "note", .importance = 3, .least = 6, .usual = "" },
	{ .title = "SINCE", .field = "since", .kind = COLUMN_TIME, .importance = 2, .usual = "" },
	{ .title = "ID", .field = "id", .for_programs = true },
	{ 0 },
};
/* clang-format on */

static json_t *rows_of(const char *text)
{
	json_t *rows = json_loads(text, 0, NULL);

	CHECK(rows != NULL, "%s", text);
	return rows;
}

static char *written(const char *rows_text, enum table_format format, unsigned width, bool colour)
{
	CLEANUP(json_cleanup) json_t *rows = rows_of(rows_text);
	struct text t = { 0 };
	char *s;

	table_add(&t, &(struct table){ columns, rows, format, width, colour });
	s = text_take(&t);
	CHECK(s != NULL);
	return s;
}

static void check_written(const char *rows, enum table_format format, unsigned width,
			  const char *want)
{
	char *got = written(rows, format, width, false);

	CHECK(!strcmp(got, want), "got:\n%s\nwant:\n%s", got, want);
	free(got);
}

#define TWO                                                                             \
	"[{\"port\":80,\"service\":\"web\",\"n\":1,\"note\":\"the front page of all\"," \
	"\"since\":\"2026-11-21T08:45:41.123Z\",\"id\":\"x\"},"                         \
	"{\"port\":3100,\"service\":\"graphql-gateway\",\"n\":1,\"note\":null}]"

static void table__aligns_numbers_right_and_text_left(void **state)
{
	check_written(TWO, FORMAT_TABLE, 0,
		      "PORT  SERVICE          NOTE                   SINCE\n"
		      "  80  web              the front page of all  2026-11-21 08:45\n"
		      "3100  graphql-gateway\n");
}

static void table__leaves_out_columns_that_say_only_the_usual(void **state)
{
	check_written("[{\"port\":80,\"service\":\"a\",\"n\":1}]", FORMAT_TABLE, 0,
		      "PORT  SERVICE\n"
		      "  80  a\n");
	check_written("[{\"port\":80,\"service\":\"a\",\"n\":2}]", FORMAT_TABLE, 0,
		      "PORT  SERVICE  N\n"
		      "  80  a        2\n");
}

static void table__cuts_and_then_drops_the_least_important_first(void **state)
{
	check_written(TWO, FORMAT_TABLE, 52,
		      "PORT  SERVICE          NOTE         SINCE\n"
		      "  80  web              the front \xe2\x80\xa6  2026-11-21 08:45\n"
		      "3100  graphql-gateway\n");
	check_written(TWO, FORMAT_TABLE, 40,
		      "PORT  SERVICE          SINCE\n"
		      "  80  web              2026-11-21 08:45\n"
		      "3100  graphql-gateway\n");
	check_written(TWO, FORMAT_TABLE, 22,
		      "PORT  SERVICE\n"
		      "  80  web\n"
		      "3100  graphql-gateway\n");
	check_written(TWO, FORMAT_TABLE, 15,
		      "PORT  SERVICE\n"
		      "  80  web\n"
		      "3100  graphql-\xe2\x80\xa6\n");
}

/* Two names of 63 characters leave room for what tells their rows apart. */
static void table__cuts_long_names_before_it_drops_what_tells_rows_apart(void **state)
{
	static const struct column named[] = {
		{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER },
		{ .title = "PROJECT", .field = "project", .least = 12 },
		{ .title = "SERVICE", .field = "service", .least = 12 },
		{ .title = "ENV", .field = "env", .importance = 2, .least = 6 },
		{ .title = "HOST", .field = "host", .importance = 5, .least = 8 },
		{ .title = "BY", .field = "by", .importance = 11, .least = 6 },
		{ 0 },
	};
	CLEANUP(text_release) struct text t = { 0 };
	CLEANUP(json_cleanup)
	json_t *rows = rows_of(
		"[{\"port\":3100,\"env\":\"production\",\"host\":\"build1\",\"by\":\"somebody\","
		"\"project\":\"pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp1\","
		"\"service\":\"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss2\"}]");

	table_add(&t, &(struct table){ named, rows, FORMAT_TABLE, 80, false });
	CHECK_TEXT(
		text_str(&t),
		"PORT  PROJECT                     SERVICE                     ENV         HOST\n"
		"3100  ppppppppppppppppppppppppp\xe2\x80\xa6"
		"  sssssssssssssssssssssssss\xe2\x80\xa6  "
		"production  build1\n");
}

/* Whatever is in it, and however narrow the terminal: no line is wider, no column overflows. */
/* clang-format off */
static const struct column wrapping[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER },
	{ .title = "ACTUAL", .field = "actual", .least = 12, .wraps = true },
	{ .title = "UNIT", .field = "unit" },
	{ 0 },
};
/* clang-format on */

static void table__goes_on_below_where_a_cell_wraps(void **state)
{
	CLEANUP(json_cleanup)
	json_t *rows = rows_of(
		"[{\"port\":80,\"actual\":\"node (pid 7, cwd /srv/a-long-name-of-it),"
		" of  shop\",\"unit\":\"web\"},"
		"{\"port\":3100,\"actual\":\"nobody\",\"unit\":\"x\"}]");
	CLEANUP(text_release) struct text t = { 0 };

	table_add(&t, &(struct table){ wrapping, rows, FORMAT_TABLE, 28, false });
	CHECK(!strcmp(text_str(&t), "PORT  ACTUAL            UNIT\n"
				    "  80  node (pid 7, cwd  web\n"
				    "      /srv/a-long-name\n"
				    "      -of-it), of\n"
				    "      shop\n"
				    "3100  nobody            x\n"),
	      "%s", text_str(&t));
}

static void table__breaks_a_long_path_behind_a_folder(void **state)
{
	CLEANUP(json_cleanup)
	json_t *rows = rows_of("[{\"port\":80,\"actual\":\"/srv/projects/customer-portal\"}]");
	CLEANUP(text_release) struct text t = { 0 }, narrow = { 0 };

	table_add(&t, &(struct table){ wrapping, rows, FORMAT_TABLE, 28, false });
	CHECK(!strcmp(text_str(&t), "PORT  ACTUAL            UNIT\n"
				    "  80  /srv/projects/\n"
				    "      customer-portal\n"),
	      "%s", text_str(&t));
	/* Too narrow to be read in pieces: one line, cut. */
	table_add(&narrow, &(struct table){ wrapping, rows, FORMAT_TABLE, 15, false });
	CHECK(!strcmp(text_str(&narrow), "PORT  ACTUAL  \u2026\n"
					 "  80  /srv/\u2026\n"),
	      "%s", text_str(&narrow));
}

static void table__fits_every_width(void **state)
{
	for (unsigned width = 4; width < 100; width++) {
		char *got = written(TWO, FORMAT_TABLE, width, false), *rest = got, *line;

		while ((line = strsep(&rest, "\n")))
			CHECK(text_columns(line) <= width, "width %u: '%s'", width, line);
		free(got);
	}
}

static void table__shows_more_than_80_percent_in_colour(void **state)
{
	char *got = written("[{\"port\":1,\"service\":\"a\",\"used\":80.5},"
			    "{\"port\":2,\"service\":\"b\",\"used\":80}]",
			    FORMAT_TABLE, 0, true);

	CHECK(strstr(got, "\033[1;33m80.5%\033[0m") != NULL);
	CHECK(strstr(got, "  80%\n") != NULL);
	free(got);
}

static void table__of_nothing_is_nothing_but_records_keep_their_header(void **state)
{
	check_written("[]", FORMAT_TABLE, 0, "");
	check_written("[]", FORMAT_CSV, 0, "port,service,n,used,note,since,id\r\n");
	check_written("[]", FORMAT_TSV, 0, "port\tservice\tn\tused\tnote\tsince\tid\n");
}

static void csv__is_rfc_4180(void **state)
{
	check_written("[{\"port\":80,\"service\":\"a,b\",\"note\":\"say \\\"x\\\"\\nnow\","
		      "\"since\":\"2026-11-21T08:45:41.123Z\",\"id\":\"y\"}]",
		      FORMAT_CSV, 10,
		      "port,service,n,used,note,since,id\r\n"
		      "80,\"a,b\",,,\"say \"\"x\"\"\nnow\",2026-11-21T08:45:41.123Z,y\r\n");
}

static void tsv__escapes_what_would_be_a_column_or_a_row(void **state)
{
	check_written("[{\"port\":80,\"service\":\"a\\tb\",\"note\":\"c\\nd\\\\e\"}]", FORMAT_TSV,
		      10,
		      "port\tservice\tn\tused\tnote\tsince\tid\n"
		      "80\ta\\tb\t\t\tc\\nd\\\\e\t\t\n");
}

static void md__escapes_pipes_and_html(void **state)
{
	check_written("[{\"port\":80,\"service\":\"a|b\",\"note\":\"<b> \\\\|\\n.\"}]", FORMAT_MD,
		      10,
		      "| PORT | SERVICE | NOTE |\n"
		      "| ---: | --- | --- |\n"
		      "| 80 | a\\|b | \\<b> \\\\\\| . |\n");
}

static void table__is_safe_for_a_terminal(void **state)
{
	check_written("[{\"port\":80,\"service\":\"\\u001b[2Jx\",\"note\":\"a\\nb\"}]",
		      FORMAT_TABLE, 0,
		      "PORT  SERVICE  NOTE\n"
		      "  80  ?[2Jx    a b\n");
}

static void time__is_short_for_people_and_unknown_text_stays(void **state)
{
	static const struct {
		const char *text, *want;
	} row[] = {
		{ "2026-11-21T08:45:41.123Z", "2026-11-21 08:45" },
		{ "2026-11-21", "2026-11-21" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text t = { 0 };

		time_add_short(&t, row[i].text);
		CHECK(!strcmp(text_str(&t), row[i].want), "row %zu: '%s'", i, text_str(&t));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__aligns_numbers_right_and_text_left),
		cmocka_unit_test(table__leaves_out_columns_that_say_only_the_usual),
		cmocka_unit_test(table__cuts_and_then_drops_the_least_important_first),
		cmocka_unit_test(table__cuts_long_names_before_it_drops_what_tells_rows_apart),
		cmocka_unit_test(table__goes_on_below_where_a_cell_wraps),
		cmocka_unit_test(table__breaks_a_long_path_behind_a_folder),
		cmocka_unit_test(table__fits_every_width),
		cmocka_unit_test(table__shows_more_than_80_percent_in_colour),
		cmocka_unit_test(table__of_nothing_is_nothing_but_records_keep_their_header),
		cmocka_unit_test(csv__is_rfc_4180),
		cmocka_unit_test(tsv__escapes_what_would_be_a_column_or_a_row),
		cmocka_unit_test(md__escapes_pipes_and_html),
		cmocka_unit_test(table__is_safe_for_a_terminal),
		cmocka_unit_test(time__is_short_for_people_and_unknown_text_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
