#include "lib/check.h"

#include <unistd.h>

#include "base/fd.h"
#include "formats/mustache.h"

static json_t *values_of(const char *text)
{
	json_t *values = json_loads(text, JSON_DECODE_ANY, NULL);

	CHECK(values != NULL, "%s", text);
	return values;
}

/* One of the specification's cases. */
static void check_case(const json_t *one)
{
	CLEANUP(text_release) struct text got = { 0 };
	const char *template = json_text_of(one, "template");
	struct err err = { 0 };

	CHECK(mustache_render(template, strlen(template), "t", json_object_get(one, "data"), &got,
			      &err),
	      "%s: %s", json_text_of(one, "name"), err.text);
	CHECK(!strcmp(text_str(&got), json_text_of(one, "expected")), "%s: '%s'",
	      json_text_of(one, "name"), text_str(&got));
}

/* The cases are no part of this project: where they are not there, they are left out. */
static void check_official(const char *name, size_t at_least)
{
	CLEANUP(text_release) struct text bytes = { 0 };
	CLEANUP(json_cleanup) json_t *file = NULL;
	const json_t *tests, *one;
	char path[512];
	size_t i;

	snprintf(path, sizeof(path), MUSTACHE_CASES "/%s.json", name);
	if (access(path, F_OK) != 0) {
		print_message("no %s: the official cases of Mustache are left out\n", path);
		skip();
	}
	CHECK(file_read(path, 1 << 20, &bytes, NULL));
	file = values_of(text_str(&bytes));
	tests = json_object_get(file, "tests");
	CHECK(json_array_size(tests) >= at_least);
	json_array_foreach(tests, i, one)
		if (!json_object_get(one, "partials"))
			check_case(one);
}

static void test_official_cases__of_comments(void **state)
{
	check_official("comments", 12);
}

static void test_official_cases__of_interpolation(void **state)
{
	check_official("interpolation", 42);
}

static void test_official_cases__of_sections(void **state)
{
	check_official("sections", 34);
}

static void test_official_cases__of_inverted_sections(void **state)
{
	check_official("inverted", 22);
}

static void test_official_cases__of_delimiters_without_partials(void **state)
{
	check_official("delimiters", 14);
}

static void test_mustache__changes_its_delimiters(void **state)
{
	static const struct {
		const char *template, *want;
	} row[] = {
		{ "{{=<% %>=}}(<%text%>)", "(Hey)" },
		{ "({{=[ ]=}}[text])", "(Hey)" },
		{ "{{= | | =}}|#list|[|.|]|/list|", "[1][2]" },
		{ "{{#list}}{{=$ $=}}<$.$>$={{ }}=${{/list}}", "<1><2>" },
		{ "Begin.\r\n{{=@ @=}}\r\nEnd.", "Begin.\r\nEnd." },
	};
	CLEANUP(json_cleanup) json_t *values = values_of("{\"text\":\"Hey\",\"list\":[1,2]}");

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text got = { 0 };
		struct err err = { 0 };

		CHECK(mustache_render(row[i].template, strlen(row[i].template), "t", values, &got,
				      &err),
		      "row %zu: %s", i, err.text);
		CHECK_TEXT(text_str(&got), row[i].want);
	}
}

static void test_mustache__says_where_a_template_is_wrong(void **state)
{
	static const struct {
		const char *template, *text;
	} row[] = {
		{ "a\n{{b", "t:2: a tag without its '}}'" },
		{ "{{{b}}", "t:1: a tag without its '}}}'" },
		{ "{{ }}", "t:1: a tag without a name" },
		{ "{{#a}}\n{{#b}}\n{{/a}}",
		  "t:3: the section 'a' ends here, and is not the one that is open" },
		{ "\n{{/a}}", "t:2: the section 'a' ends here, and is not the one that is open" },
		{ "{{#a}}", "t:1: a section starts here, and does not end" },
		{ "{{=a=}}", "t:1: no two delimiters, as in {{=<% %>=}}" },
		{ "\n\n{{>other}}", "t:3: a partial: a template is one file here" },
	};
	CLEANUP(json_cleanup) json_t *values = values_of("{}");

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text got = { 0 };
		struct err err = { 0 };

		CHECK(!mustache_render(row[i].template, strlen(row[i].template), "t", values, &got,
				       &err),
		      "row %zu", i);
		CHECK(err.code == ERR_INVALID, "row %zu", i);
		CHECK_TEXT(err.text, row[i].text);
	}
}

static void test_mustache__ends_however_often_sections_are_repeated(void **state)
{
	CLEANUP(json_cleanup) json_t *values = values_of("{\"a\":[1,1,1,1,1,1,1,1,1,1]}");
	CLEANUP(text_release) struct text template = { 0 }, got = { 0 };
	struct err err = { 0 };

	for (unsigned i = 0; i < MUSTACHE_MAX_DEPTH; i++)
		text_add(&template, "{{#a}}");
	for (unsigned i = 0; i < MUSTACHE_MAX_DEPTH; i++)
		text_add(&template, "{{/a}}");
	CHECK(!mustache_render(template.s, template.len, "t", values, &got, &err));
	CHECK_TEXT(err.text, "t:1: its sections are repeated too often");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_official_cases__of_comments),
		cmocka_unit_test(test_official_cases__of_interpolation),
		cmocka_unit_test(test_official_cases__of_sections),
		cmocka_unit_test(test_official_cases__of_inverted_sections),
		cmocka_unit_test(test_official_cases__of_delimiters_without_partials),
		cmocka_unit_test(test_mustache__changes_its_delimiters),
		cmocka_unit_test(test_mustache__says_where_a_template_is_wrong),
		cmocka_unit_test(test_mustache__ends_however_often_sections_are_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
