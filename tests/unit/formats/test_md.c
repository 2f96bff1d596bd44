#include "lib/check.h"

#include "formats/md.h"

static void check_plain(const char *cell, const char *want, bool want_struck)
{
	CLEANUP(text_release) struct text plain = { 0 };
	bool struck;

	md_plain(cell, strlen(cell), &plain, &struck);
	CHECK(!strcmp(text_str(&plain), want) && struck == want_struck, "'%s' is '%s', not '%s'",
	      cell, text_str(&plain), want);
}

static void test_md_plain__is_what_a_reader_sees(void **state)
{
	static const struct {
		const char *cell, *want;
		bool struck;
	} row[] = {
		{ "", "" },
		{ " a b\t", "a b" },
		{ "**a**", "a" },
		{ "__a__", "a" },
		{ "***`a`***", "a" },
		{ "*a* b *c*", "*a* b *c*" },
		{ "_my_app_", "_my_app_" }, /* not sure what is meant: as it is */
		{ "my_app", "my_app" },
		{ "~~**a**~~", "a", true },
		{ "~~a~~ b", "~~a~~ b" },
		{ "[a](http://b)", "a" },
		{ "[a](b) [c](d)", "[a](b) [c](d)" },
		{ "[`a`](b)", "a" },
		{ "<http://a>", "http://a" },
		{ "<b>", "<b>" },
		{ "a<br>b<BR/>c<br />d", "a\nb\nc\nd" },
		{ "a \\| b", "a | b" },
		{ "`a \\| \\b`", "a | \\b" },
		{ "\\*a\\*", "*a*" },
		{ "\\a\\", "\\a\\" },
		{ "&lt;a&gt; &amp; &#124; &#x7C; &#8364;", "<a> & | | \u20ac" },
		{ "&unknown; & &#0; &#xd800; &#; &#1", "&unknown; & &#0; &#xd800; &#; &#1" },
		{ "**", "**" },
		{ "****", "****" },
		{ "**\\**", "****" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		check_plain(row[i].cell, row[i].want, row[i].struck);
}

static void test_md_add_cell__is_read_as_the_text_it_was(void **state)
{
	static const char *const texts[] = {
		"",	  "a",	   "-",		 "--",	     "\u2013",
		"\u2014", " a ",   "a|b",	 "\\",	     "\\|",
		"`a`",	  "**a**", "_a_",	 "my_app",   "_",
		"[a](b)", "<br>",  "<http://a>", "&amp;",    "&#124;",
		"~~a~~",  "a\nb",  "\ta\r",	 "\x01\x7f", "\u20ac \xf0\x9f\x9a\xa2",
		"| - |",  "a\\",   "~",		 "1-2",	     "\nhttp://a\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CLEANUP(text_release) struct text cell = { 0 };

		md_add_cell(&cell, texts[i]);
		check_plain(text_str(&cell), texts[i], false);
		CHECK(!strpbrk(text_str(&cell), "\n\r"), "row %zu", i);
	}
}

/* Each piece as "kind:line:" and its cells in brackets; a heading's text. */
static void test_md_next__tells_headings_and_tables(void **state)
{
	static const char text[] = "# A #\n"
				   "x | y\n"
				   "--|:-:\n"
				   "1 \\| 2 | 3 |\n"
				   "|||\n"
				   "\n"
				   "####### no heading\n"
				   "#no heading\n"
				   "###\n";
	static const char want[] =
		"heading1:1:A head:2:[x][y] row:4:[1 \\| 2][3] row:5:[][] heading3:9: ";
	struct md m = { .lines = { .rest = text, .left = sizeof(text) - 1 } };
	CLEANUP(text_release) struct text said = { 0 };

	while (md_next(&m)) {
		struct md_cells cells = md_cells_of(&m.line);
		const char *cell;
		size_t len;

		if (m.kind == MD_HEADING) {
			text_addf(&said, "heading%u:%u:%.*s ", m.level, m.line.number,
				  (int)m.line.len, m.line.at);
			continue;
		}
		text_addf(&said, "%s:%u:", m.kind == MD_HEAD ? "head" : "row", m.line.number);
		while (md_cell_next(&cells, &cell, &len))
			text_addf(&said, "[%.*s]", (int)len, cell);
		text_add(&said, " ");
	}
	CHECK_TEXT(text_str(&said), want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md_plain__is_what_a_reader_sees),
		cmocka_unit_test(test_md_add_cell__is_read_as_the_text_it_was),
		cmocka_unit_test(test_md_next__tells_headings_and_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
