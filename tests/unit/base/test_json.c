#include "lib/check.h"

#include "base/json.h"

static void check_json(const json_t *json, const char *want)
{
	CLEANUP(json_text_cleanup) char *text = NULL;
	struct err err = { 0 };

	CHECK(json_format(json, &text, &err), "%s", err.text);
	CHECK_TEXT(text, want);
}

static void test_json_put__keeps_the_order_and_writes_nothing_as_null(void **state)
{
	CLEANUP(json_cleanup) json_t *o = json_object();

	CHECK(json_put_text(o, "z", "x"));
	CHECK(json_put_text(o, "none", NULL));
	CHECK(json_put_text(o, "empty", ""));
	CHECK(json_put_int(o, "n", INT64_MIN));
	CHECK(json_put_bool(o, "b", true));
	CHECK(json_put_time(o, "never", 0));
	CHECK(json_put_time(o, "at", INT64_C(951782400000)));
	CHECK(json_put(o, "a", json_array()));
	check_json(o, "{\"z\":\"x\",\"none\":null,\"empty\":null,\"n\":-9223372036854775808,"
		      "\"b\":true,\"never\":null,\"at\":\"2000-02-29T00:00:00.000Z\",\"a\":[]}");
}

static void test_json_put__says_when_there_is_no_value(void **state)
{
	CLEANUP(json_cleanup) json_t *o = json_object();
	CLEANUP(json_cleanup) json_t *a = json_array();

	CHECK(!json_put(o, "a", NULL));
	CHECK(!json_put_text(o, "a", "\xff")); /* not UTF-8 */
	CHECK(!json_append(a, NULL));
	CHECK(json_append(a, json_integer(1)));
	check_json(a, "[1]");
	check_json(o, "{}");
}

static void test_json_of__is_the_other_value_when_type_or_key_is_wrong(void **state)
{
	CLEANUP(json_cleanup) json_t *o = NULL;
	static const char text[] = "{\"t\":\"x\",\"n\":7,\"b\":true,\"null\":null,\"r\":1.5}";
	struct err err = { 0 };

	CHECK(json_parse(text, strlen(text), &o, &err), "%s", err.text);
	CHECK_TEXT(json_text_of(o, "t"), "x");
	CHECK(!json_text_of(o, "n") && !json_text_of(o, "null") && !json_text_of(o, "absent"));
	CHECK(json_int_of(o, "n", -1) == 7 && json_int_of(o, "t", -1) == -1);
	CHECK(json_int_of(o, "r", -1) == -1 && json_int_of(o, "null", -1) == -1);
	CHECK(json_bool_of(o, "b") && !json_bool_of(o, "n") && !json_bool_of(o, "absent"));
	CHECK(!json_text_of(NULL, "t") && json_int_of(NULL, "n", 3) == 3 &&
	      !json_bool_of(NULL, "b"));
}

static void test_json_parse__refuses_what_is_not_json(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"{",
		"{}x",
		"{} {}",
		"{\"a\":1,\"a\":2}",
		"\"\\u0000\"",
		"\"\xff\"",
		"\"\xed\xa0\x80\"",
		"{'a':1}",
		"[1,]",
		"nul",
		"01",
		"\"\\ud800\"",
		"NaN",
		"{\"a\\u0000b\":1}",
		"1e999",
		"99999999999999999999999",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		json_t *untouched = json_true(), *json = untouched;
		struct err err = { 0 };

		CHECK(!json_parse(bad[i], strlen(bad[i]), &json, &err), "row %zu", i);
		CHECK(err.code == ERR_INVALID && strstr(err.text, "line 1"), "%s", err.text);
		CHECK(json == untouched);
	}
}

static void test_json_parse__refuses_a_nul_byte(void **state)
{
	json_t *json = NULL;
	struct err err = { 0 };

	CHECK(!json_parse("\"a\0b\"", 5, &json, &err));
	CHECK(!json_parse("1\0", 2, &json, &err));
}

static void test_json_parse_file__says_where_in_the_file(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} row[] = {
		{ "{\n\t// ours\n}", 12, "f.json:2:2: not JSON: " },
		{ "", 0, "f.json:1:0: not JSON: " },
		{ "\"a\0b\"", 5, "f.json: not JSON: byte 3 is NUL" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		json_t *json = NULL;
		struct err err = { 0 };

		CHECK(!json_parse_file(row[i].bytes, row[i].len, "f.json", &json, &err));
		CHECK(!strncmp(err.text, row[i].text, strlen(row[i].text)), "%s", err.text);
	}
}

static void test_json_parse__takes_any_value(void **state)
{
	static const char *const good[] = {
		"null", "1", "\"x\"", " [ ] ", "{\"a\":{\"b\":[1]}}", "\"[[[[{{{{\\\"[[\""
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(json_cleanup) json_t *json = NULL;
		struct err err = { 0 };

		CHECK(json_parse(good[i], strlen(good[i]), &json, &err), "%s", err.text);
		CHECK(json);
	}
}

static bool parses_nested(unsigned depth)
{
	CLEANUP(json_cleanup) json_t *json = NULL;
	char text[400] = "";
	struct err err = { 0 };

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return json_parse(text, (size_t)2 * depth, &json, &err);
}

static void test_json_parse__stops_at_the_depth(void **state)
{
	CHECK(parses_nested(JSON_MAX_DEPTH));
	CHECK(!parses_nested(JSON_MAX_DEPTH + 1));
	CHECK(!parses_nested(200));
}

static void test_json_parse__reads_what_json_format_wrote(void **state)
{
	static const char text[] = "{\"b\":[1,2,{}],\"a\":\"\xe2\x82\xac \\\" \\n\",\"c\":null}";
	CLEANUP(json_cleanup) json_t *json = NULL;
	struct err err = { 0 };

	CHECK(json_parse(text, strlen(text), &json, &err), "%s", err.text);
	check_json(json, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_put__keeps_the_order_and_writes_nothing_as_null),
		cmocka_unit_test(test_json_put__says_when_there_is_no_value),
		cmocka_unit_test(test_json_of__is_the_other_value_when_type_or_key_is_wrong),
		cmocka_unit_test(test_json_parse__refuses_what_is_not_json),
		cmocka_unit_test(test_json_parse__refuses_a_nul_byte),
		cmocka_unit_test(test_json_parse_file__says_where_in_the_file),
		cmocka_unit_test(test_json_parse__takes_any_value),
		cmocka_unit_test(test_json_parse__stops_at_the_depth),
		cmocka_unit_test(test_json_parse__reads_what_json_format_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
