#include "lib/check.h"

#include "formats/yaml.h"

static bool open_text(struct yaml *y, const char *text, struct err *err)
{
	return yaml_open(y, text, strlen(text), "a.yaml", err);
}

static void test_yaml__shows_each_piece_with_its_place(void **state)
{
	static const struct {
		enum yaml_kind kind;
		const char *text;
		unsigned line, column;
	} want[] = {
		{ YAML_MAP, "", 1, 1 },	      { YAML_SCALAR, "a", 1, 1 },
		{ YAML_LIST, "", 1, 1 },      { YAML_SCALAR, "1", 1, 5 },
		{ YAML_SCALAR, "x y", 2, 3 }, { YAML_LIST_END, "", 2, 3 },
		{ YAML_SCALAR, "b", 3, 1 },   { YAML_SCALAR, "", 3, 1 },
		{ YAML_SCALAR, "c", 4, 1 },   { YAML_ALIAS, "", 4, 4 },
		{ YAML_MAP_END, "", 4, 4 },   { YAML_END, "", 4, 4 },
	};
	CLEANUP(yaml_release) struct yaml y = { 0 };
	struct err err = { 0 };

	CHECK(open_text(&y, "a: [1,\n  'x y']\nb:\nc: *x\n", &err), "%s", err.text);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		CHECK(y.kind == want[i].kind, "row %zu: %d", i, y.kind);
		CHECK_TEXT(text_str(&y.text), want[i].text);
		if (y.kind != YAML_LIST)
			CHECK(y.line == want[i].line && y.column == want[i].column,
			      "row %zu: %u:%u", i, y.line, y.column);
		CHECK(yaml_next(&y, &err), "%s", err.text);
	}
	CHECK(y.kind == YAML_END);
}

static void test_yaml__knows_quotes_anchors_and_tags(void **state)
{
	CLEANUP(yaml_release) struct yaml y = { 0 };

	CHECK(open_text(&y, "[a, 'a', &x a, !!str a]", NULL));
	CHECK(yaml_next(&y, NULL) && !y.is_quoted && !y.has_anchor && !y.has_tag);
	CHECK(yaml_next(&y, NULL) && y.is_quoted && !y.has_anchor && !y.has_tag);
	CHECK(yaml_next(&y, NULL) && !y.is_quoted && y.has_anchor && !y.has_tag);
	CHECK(yaml_next(&y, NULL) && !y.is_quoted && !y.has_anchor && y.has_tag);
}

static void test_yaml__gives_the_text_that_is_meant(void **state)
{
	static const struct {
		const char *yaml, *want;
	} row[] = {
		{ "plain words # c", "plain words" },
		{ "'it''s'", "it's" },
		{ "''''''''''''''''''''''''''''", "'''''''''''''" },
		{ "\"a\\tb\\u00e9\\\"\"", "a\tb\xc3\xa9\"" },
		{ "\"\\x41\\U0001F600\\/\\\\\\e\\_\"", "A\xf0\x9f\x98\x80/\\\x1b\xc2\xa0" },
		/* What goes over lines is not read. */
		{ "|\n  a\n\n  b\n", "" },
		{ ">\n  a\n  b\n", "" },
		{ "\"a\n  b\"", "" },
		{ "a\n b", "" },
		{ "''", "" },
		{ "~", "~" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(yaml_release) struct yaml y = { 0 };
		struct err err = { 0 };

		CHECK(open_text(&y, row[i].yaml, &err), "row %zu: %s", i, err.text);
		CHECK(y.kind == YAML_SCALAR, "row %zu", i);
		CHECK_TEXT(text_str(&y.text), row[i].want);
		CHECK(y.is_long == (strchr(row[i].yaml, '\n') != NULL), "row %zu", i);
	}
}

static void test_yaml__skips_a_value_with_all_that_is_in_it(void **state)
{
	CLEANUP(yaml_release) struct yaml y = { 0 };

	CHECK(open_text(&y, "a: [1, {b: [2]}, [[3]]]\nc: 4\n", NULL));
	CHECK(yaml_next(&y, NULL) && yaml_next(&y, NULL) && y.kind == YAML_LIST);
	CHECK(yaml_skip(&y, NULL));
	CHECK_TEXT(text_str(&y.text), "c");
	CHECK(yaml_skip(&y, NULL));
	CHECK_TEXT(text_str(&y.text), "4");
}

static void test_yaml__is_at_the_end_where_nothing_is(void **state)
{
	static const char *const texts[] = { "", "\n", "# only a comment\n" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CLEANUP(yaml_release) struct yaml y = { 0 };

		CHECK(open_text(&y, texts[i], NULL), "row %zu", i);
		CHECK(y.kind == YAML_END, "row %zu", i);
		CHECK(yaml_next(&y, NULL) && y.kind == YAML_END, "row %zu", i);
	}
}

/* Read to the end or to an error. */
static bool read_all(const char *bytes, size_t len, struct err *err)
{
	CLEANUP(yaml_release) struct yaml y = { 0 };

	if (!yaml_open(&y, bytes, len, "a.yaml", err))
		return false;
	while (y.kind != YAML_END)
		if (!yaml_next(&y, err))
			return false;
	return true;
}

static void test_yaml__takes_a_key_again_where_it_is_another_s(void **state)
{
	static const char *const texts[] = {
		"a: {x: 1}\nb: {x: 1, y: x, x2: x}\n", /* of another map, or a value */
		"- a: 1\n- a: 1\n",
		"a: &a\n  x: 1\nb:\n  <<: *a\n  <<: *a\n  x: 2\n",
		"? [a, a]\n: a\na: 1\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = { 0 };

		CHECK(read_all(texts[i], strlen(texts[i]), &err), "row %zu: %s", i, err.text);
	}
}

static void test_yaml__says_where_it_is_broken(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *want;
	} row[] = {
		{ "a: [1\nb: 2\n", 11, "a.yaml:3:1: flow sequence" },
		{ "a:\n\t- b\n", 8, "a.yaml:2:" },
		{ "a: 1\n---\nb: 2\n", 14, "a.yaml:1:" },
		{ "a: 1\nb: \xff\n", 10, "a.yaml:2:1: bytes that are not UTF-8" },
		{ "a: 1\nb: \0\n", 10, "a.yaml:2:1: bytes that are not UTF-8" },
		{ "a: \"\\0\"\n", 8, "a.yaml:1:4: a '\\' that stands for no character" },
		{ "a: \"\\ud800\"", 12, "a.yaml:1:" },
		{ "s:\n  web: 1\n  api: 2\n  'web': 3\n", 32,
		  "a.yaml:4:3: 'web' stands twice in a map" },
		{ "- {a: {x: 1, x: 2}}\n", 20, "a.yaml:1:14: 'x' stands twice in a map" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct err err = { 0 };

		CHECK(!read_all(row[i].text, row[i].len, &err), "row %zu", i);
		CHECK(err.code == ERR_INVALID, "row %zu", i);
		CHECK(!strncmp(err.text, row[i].want, strlen(row[i].want)), "row %zu: %s", i,
		      err.text);
	}
}

static void test_yaml__costs_no_stack_where_a_file_goes_deep(void **state)
{
	enum { DEPTH = 100000 };
	static char deep[2 * DEPTH];
	struct err err = { 0 };

	memset(deep, '[', DEPTH);
	memset(deep + DEPTH, ']', DEPTH);
	CHECK(read_all(deep, sizeof(deep), &err), "%s", err.text);
}

static void test_yaml__refuses_a_file_that_is_too_long(void **state)
{
	static char spaces[YAML_MAX_BYTES + 1];
	struct err err = { 0 };

	memset(spaces, '\n', sizeof(spaces));
	CHECK(!read_all(spaces, sizeof(spaces), &err) && err.code == ERR_INVALID);
	CHECK(read_all(spaces, sizeof(spaces) - 1, &err), "%s", err.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml__shows_each_piece_with_its_place),
		cmocka_unit_test(test_yaml__knows_quotes_anchors_and_tags),
		cmocka_unit_test(test_yaml__gives_the_text_that_is_meant),
		cmocka_unit_test(test_yaml__skips_a_value_with_all_that_is_in_it),
		cmocka_unit_test(test_yaml__is_at_the_end_where_nothing_is),
		cmocka_unit_test(test_yaml__takes_a_key_again_where_it_is_another_s),
		cmocka_unit_test(test_yaml__says_where_it_is_broken),
		cmocka_unit_test(test_yaml__costs_no_stack_where_a_file_goes_deep),
		cmocka_unit_test(test_yaml__refuses_a_file_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
