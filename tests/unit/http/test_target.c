#include "lib/check.h"

#include "http/target.h"

static bool parse(const char *text, struct arena *a, struct target *ret, struct err *err)
{
	*err = (struct err){ 0 };
	return target_parse(text, a, ret, err);
}

static void test_target_parse__takes_paths_apart(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		const char *segments[4];
	} row[] = {
		{ "/", true },
		{ "/healthz", true, { "healthz" } },
		{ "/api/v1/projects", true, { "api", "v1", "projects" } },
		{ "/a%2Fb/%41", true, { "a/b", "A" } },
		{ "/a+b", true, { "a+b" } }, /* a blank in queries only */
		{ "/a?b/c", true, { "a" } }, /* the query has a slash */
		{ "/%c3%a4", true, { "\xc3\xa4" } },
		{ "", false },
		{ "a", false },
		{ "*", false },
		{ "http://localhost/", false },
		{ "//", false },
		{ "//a", false },
		{ "/a/", false },
		{ "/a//b", false },
		{ "/%", false },
		{ "/%4", false },
		{ "/%4g", false },
		{ "/%00", false },
		{ "/%ff", false },
		{ "/1/2/3/4/5/6/7/8/9/10/11/12/13", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(arena_release) struct arena a = { 0 };
		CLEANUP(target_release) struct target t = { 0 };
		struct err err;
		unsigned n = 0;

		CHECK(parse(row[i].text, &a, &t, &err) == row[i].ok, "row %zu: '%s'", i,
		      row[i].text);
		for (; row[i].segments[n]; n++)
			CHECK_TEXT(t.segments[n], row[i].segments[n]);
		CHECK(t.count == n, "row %zu: %u", i, t.count);
		CHECK(row[i].ok || err.code == ERR_INVALID, "row %zu", i);
	}
}

static void test_target_parse__takes_queries_apart(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} row[] = {
		{ "/?", "{}" },
		{ "/?a=1&b=x+y", "{\"a\":\"1\",\"b\":\"x y\"}" },
		{ "/?a", "{\"a\":\"true\"}" },
		{ "/?a=", "{\"a\":\"\"}" },
		{ "/?&&a=b=c&", "{\"a\":\"b=c\"}" },
		{ "/?a%3D=%26", "{\"a=\":\"&\"}" },
		{ "/?a=?", "{\"a\":\"?\"}" },
		{ "/?a=1&a=2", NULL },
		{ "/?=1", NULL },
		{ "/?a=%", NULL },
		{ "/?a=%00", NULL },
		{ "/?%ff=1", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(arena_release) struct arena a = { 0 };
		CLEANUP(target_release) struct target t = { 0 };
		CLEANUP(text_release) struct text got = { 0 };
		struct err err;

		CHECK(parse(row[i].text, &a, &t, &err) == (row[i].want != NULL), "row %zu: '%s'", i,
		      row[i].text);
		if (!row[i].want)
			continue;
		text_add_json(&got, t.query, JSON_COMPACT);
		CHECK_TEXT(text_str(&got), row[i].want);
	}
}

static void test_target_parse__refuses_what_is_too_long(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	CLEANUP(target_release) struct target t = { 0 };
	char text[TARGET_MAX + 3];
	struct err err;

	memset(text, 'a', sizeof(text));
	text[0] = '/';
	text[TARGET_MAX + 1] = '\0';
	CHECK(!parse(text, &a, &t, &err));
	text[TARGET_MAX] = '\0';
	CHECK(parse(text, &a, &t, &err), "%s", err.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target_parse__takes_paths_apart),
		cmocka_unit_test(test_target_parse__takes_queries_apart),
		cmocka_unit_test(test_target_parse__refuses_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
