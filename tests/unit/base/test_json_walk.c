#include "lib/check.h"

#include "base/json_walk.h"

/* Each member as "line:key=value;", an array's without key; "!" and the error. */
static void walk(const char *text, struct text *said)
{
	struct json_piece whole;
	struct json_walk w;
	struct err err = { 0 };
	bool more = true;

	if (!json_piece_of(text, strlen(text), "f", &whole, &err)) {
		text_addf(said, "!%s", err.text);
		return;
	}
	w = json_walk_of(&whole);
	for (;;) {
		if (!json_walk_next(&w, &more, &err)) {
			text_addf(said, "!%s", err.text);
			return;
		}
		if (!more)
			return;
		text_addf(said, "%u:", w.value.line);
		if (w.key.len)
			text_addf(said, "%.*s=", (int)w.key.len, w.key.at);
		text_addf(said, "%.*s;", (int)w.value.len, w.value.at);
	}
}

static void test_json_walk__steps_through_one_level(void **state)
{
	static const struct {
		const char *text, *want;
	} row[] = {
		{ "[]", "" },
		{ " { } ", "" },
		{ "[1, \"a]\" ,\n[2,{}],null]", "1:1;1:\"a]\";2:[2,{}];2:null;" },
		{ "{\"a\": 1,\r\n\"b\\\"\":\n{\"c\": \"}\"}}",
		  "1:\"a\"=1;3:\"b\\\"\"={\"c\": \"}\"};" },
		{ "[\r1,\r\r2]", "2:1;4:2;" },
		{ "", "!f:1: not JSON: it ends too early" },
		{ "[\n[", "!f:2: not JSON: it ends too early" },
		{ "[1]\n]", "!f:2: not JSON: something follows its end" },
		{ "[}", "!f:1: not JSON: a bracket is closed by another one" },
		{ "[\"a\n", "!f:1: not JSON: a string has no end" },
		{ "[\"a\\", "!f:1: not JSON: a string has no end" },
		{ "[1 2]", "1:1;!f:1: not JSON: ',' was expected" },
		{ "[1,]", "1:1;!f:1: not JSON: a value was expected" },
		{ "[,1]", "!f:1: not JSON: a value was expected" },
		{ "{\"a\" 1}", "!f:1: not JSON: ':' was expected" },
		{ "{\"a\":}", "!f:1: not JSON: a value was expected" },
		{ "{1:2}", "!f:1: not JSON: a name in quotes was expected" },
		{ "{\"a\":1,}", "1:\"a\"=1;!f:1: not JSON: a name in quotes was expected" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text said = { 0 };

		walk(row[i].text, &said);
		CHECK(!strcmp(text_str(&said), row[i].want), "row %zu: '%s' is not '%s'", i,
		      text_str(&said), row[i].want);
	}
}

static void test_json_walk__picks_members_by_name(void **state)
{
	static const char *const names[] = { "a", "b" };
	static const char text[] = "{\"b\": 1, \"x\": {\"a\": 2}}",
			  twice[] = "{\"a\": 1,\n\"a\": 2}";
	struct json_piece whole, picked[2];
	struct err err = { 0 };

	CHECK(json_piece_of(text, strlen(text), "f", &whole, &err));
	CHECK(json_walk_pick(&whole, names, 2, picked, &err), "%s", err.text);
	CHECK(!picked[0].len && picked[1].len == 1 && *picked[1].at == '1');
	CHECK(json_piece_of("[1]", 3, "f", &whole, &err));
	CHECK(json_walk_pick(&whole, names, 2, picked, &err) && !picked[0].len && !picked[1].len);
	CHECK(json_piece_of(twice, strlen(twice), "f", &whole, &err));
	CHECK(!json_walk_pick(&whole, names, 2, picked, &err));
	CHECK_TEXT(err.text, "f:2: 'a' is there twice");
}

static void test_json_piece__is_a_value_with_its_line(void **state)
{
	CLEANUP(json_cleanup) json_t *value = NULL;
	static const char bad[] = "\n\n[1,\n2x]";
	struct json_piece piece;
	struct err err = { 0 };

	CHECK(json_piece_of(" {\"a\": 1}", 9, "f", &piece, &err));
	CHECK(json_piece_parse(&piece, &value, &err) && json_int_of(value, "a", 0) == 1);
	CHECK(json_piece_of(bad, strlen(bad), "f", &piece, &err), "%s", err.text);
	CHECK(!json_piece_parse(&piece, &value, &err) && err.code == ERR_INVALID);
	CHECK(!strncmp(err.text, "f:3: not JSON: line 4, column 2", 31), "%s", err.text);
}

static void test_json_piece__is_not_longer_than_a_row(void **state)
{
	static char text[JSON_PIECE_MAX + 2];
	CLEANUP(json_cleanup) json_t *value = NULL;
	struct json_piece piece;
	struct err err = { 0 };

	memset(text, 'a', sizeof(text));
	text[0] = text[sizeof(text) - 1] = '"';
	CHECK(json_piece_of(text, sizeof(text), "f", &piece, &err), "%s", err.text);
	CHECK(!json_piece_parse(&piece, &value, &err));
	CHECK_TEXT(err.text, "f:1: a value that is longer than 1048576 bytes");
}

static void test_json_piece_letters__say_where_each_stands(void **state)
{
	static const struct {
		const char *piece, *letters;
		size_t last;
	} row[] = {
		{ "\"\"", "", 0 },
		{ "\"ab\"", "ab", 2 },
		{ "\"a\\\"b\"", "a\"b", 4 },
		{ "\"\\\\n\"", "\\n", 3 },
		{ "\"a\\nb\\u0041c\"", "a b?c", 11 },
		{ "\"a\\u00\"", "a?", 2 }, /* not JSON: nothing behind it is read */
		{ "\"a\\\"", "a\\", 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct json_piece p = { .at = row[i].piece, .len = strlen(row[i].piece) };
		char letters[16];
		size_t places[16] = { 0 };
		size_t n = json_piece_letters(&p, letters, places), last = places[n ? n - 1 : 0];

		CHECK(n == strlen(row[i].letters) && !memcmp(letters, row[i].letters, n), "row %zu",
		      i);
		CHECK(last == row[i].last, "row %zu: %zu", i, last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_walk__steps_through_one_level),
		cmocka_unit_test(test_json_walk__picks_members_by_name),
		cmocka_unit_test(test_json_piece__is_a_value_with_its_line),
		cmocka_unit_test(test_json_piece__is_not_longer_than_a_row),
		cmocka_unit_test(test_json_piece_letters__say_where_each_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
