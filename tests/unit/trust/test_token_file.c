#include "lib/check.h"

#include "trust/token_file.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES  "1111111111111111111111111111111111111111111111111111111111111111"

static bool parse(const char *text, struct arena *a, struct token_list *ret, struct err *err)
{
	return token_file_parse("f", text, strlen(text), a, ret, err);
}

static void test_parse__takes_what_a_line_says(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct token_list list;
	struct err err = { 0 };

	CHECK(parse("# whose\n\n  CI\tsha256:" ZEROS
		    "  project:Shop project:bank added:2026-11-21\r\n"
		    "look sha256:" ONES " read-only",
		    &a, &list, &err),
	      "%s", err.text);
	CHECK(list.count == 2);
	CHECK_TEXT(list.items[0].name, "ci");
	CHECK_TEXT(list.items[0].projects[0], "shop");
	CHECK_TEXT(list.items[0].projects[1], "bank");
	CHECK(!list.items[0].projects[2] && !list.items[0].only_reads && list.items[0].line == 3);
	CHECK_TEXT(list.items[0].added, "2026-11-21");
	CHECK(list.items[1].only_reads && !list.items[1].projects && list.items[1].line == 4);
	CHECK(list.items[1].digest[31] == 0x11);
}

static void test_parse__refuses_a_line_that_it_does_not_understand(void **state)
{
	static const struct {
		const char *text, *message;
	} row[] = {
		{ "ci", "f:1: no sha256:" },
		{ "ci sha256:00", "f:1: no sha256:" },
		{ "ci sha512:" ZEROS, "f:1: no sha256:" },
		{ "ci sha256:" ZEROS "0", "f:1: no sha256:" },
		{ "ci sha256:g" ZEROS, "f:1: no sha256:" },
		{ "\n\nc/i sha256:" ZEROS, "f:3: " },
		{ "ci sha256:" ZEROS " readonly", "f:1: a word that means nothing here" },
		{ "ci sha256:" ZEROS " project:", "f:1: " },
		{ "ci sha256:" ZEROS " project:a/b", "f:1: " },
		/* The rest of a line is no comment: whom it should bind would go free. */
		{ "ci sha256:" ZEROS " # project:shop", "f:1: a word that means nothing here" },
		{ "ci sha256:" ZEROS "\nci sha256:" ONES, "f:2: a name that is there already" },
		{ "ci sha256:" ZEROS "\nother sha256:" ZEROS,
		  "f:2: a token that is there already" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(arena_release) struct arena a = { 0 };
		struct token_list list = { .count = 7 };
		struct err err = { 0 };

		CHECK(!parse(row[i].text, &a, &list, &err), "row %zu", i);
		CHECK(err.code == ERR_INVALID &&
			      !strncmp(err.text, row[i].message, strlen(row[i].message)),
		      "row %zu: %s", i, err.text);
		CHECK(list.count == 7 && err.hint[0], "row %zu", i);
	}
}

static void test_parse__refuses_a_nul(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct token_list list;
	struct err err = { 0 };

	CHECK(!token_file_parse("f", "#\0", 2, &a, &list, &err));
	CHECK_TEXT(err.text, "f:1: a NUL");
}

static void test_add_and_without__leave_all_else_as_it_is(void **state)
{
	static const char before[] = "# kept\nci sha256:" ZEROS "\n# kept, too";
	static const char *const projects[] = { "shop", NULL };
	CLEANUP(arena_release) struct arena a = { 0 };
	CLEANUP(text_release) struct text more = { 0 }, less = { 0 };
	struct token t = {
		.name = "look", .only_reads = true, .projects = projects, .added = "2026-11-21"
	};
	struct token_list list;
	struct err err = { 0 };

	t.digest[0] = 0xab;
	token_file_add(before, strlen(before), &t, &more);
	CHECK(!strncmp(text_str(&more), before, strlen(before)));
	CHECK(parse(text_str(&more), &a, &list, &err) && list.count == 2, "%s", err.text);
	CHECK(list.items[1].digest[0] == 0xab && list.items[1].only_reads);
	CHECK_TEXT(list.items[1].projects[0], "shop");
	token_file_without(text_str(&more), more.len, list.items[1].line, &less);
	CHECK_TEXT(text_str(&less), "# kept\nci sha256:" ZEROS "\n# kept, too\n");
	text_clear(&less);
	token_file_without(before, strlen(before), 2, &less);
	CHECK_TEXT(text_str(&less), "# kept\n# kept, too");
	text_clear(&less);
	token_file_without("ci sha256:" ZEROS, strlen("ci sha256:" ZEROS), 1, &less);
	CHECK_TEXT(text_str(&less), "");
}

static void test_digest__is_sha_256(void **state)
{
	/* Source: FIPS 180-4, the example "abc". */
	static const unsigned char of_abc[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea };
	unsigned char got[DIGEST_SIZE], other[DIGEST_SIZE];
	struct err err = { 0 };

	CHECK(digest_of("abc", 3, got, &err), "%s", err.text);
	CHECK(!memcmp(got, of_abc, sizeof(of_abc)));
	memcpy(other, got, sizeof(other));
	CHECK(digest_same(got, other));
	other[DIGEST_SIZE - 1] ^= 1;
	CHECK(!digest_same(got, other));
}

static void test_token__is_another_each_time(void **state)
{
	char one[TOKEN_SIZE], two[TOKEN_SIZE];
	struct err err = { 0 };

	CHECK(token_make(one, &err) && token_make(two, &err));
	CHECK(strlen(one) == TOKEN_SIZE - 1 && !strncmp(one, TOKEN_PREFIX, strlen(TOKEN_PREFIX)));
	CHECK(strcmp(one, two) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse__takes_what_a_line_says),
		cmocka_unit_test(test_parse__refuses_a_line_that_it_does_not_understand),
		cmocka_unit_test(test_parse__refuses_a_nul),
		cmocka_unit_test(test_add_and_without__leave_all_else_as_it_is),
		cmocka_unit_test(test_digest__is_sha_256),
		cmocka_unit_test(test_token__is_another_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
