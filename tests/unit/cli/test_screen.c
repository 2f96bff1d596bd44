#include "lib/check.h"

#include "cli/screen.h"

static void screen_add__never_lets_a_terminal_be_changed(void **state)
{
	/* Right-to-left override: as numbers, for it would trick the reader of this file, too. */
	static const char override[] = { 'a', (char)0xe2, (char)0x80, (char)0xae, 'b', '\0' };
	static const struct {
		const char *text, *want;
	} row[] = {
		{ "a\nb\tc\r", "a b c " },
		{ "\033[31mred\033[0m", "?[31mred?[0m" },
		{ "bell\a", "bell?" },
		{ "\x7f", "?" },
		{ "\xc2\x9b"
		  "31m",
		  "?31m" }, /* CSI as one character */
		{ override, "a?b" },
		{ "\xff!", "\xef\xbf\xbd!" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text t = { 0 };

		screen_add(&t, row[i].text, 0);
		CHECK(!strcmp(text_str(&t), row[i].want), "row %zu: '%s'", i, text_str(&t));
	}
}

static void screen_add__cuts_to_the_columns_it_may_take(void **state)
{
	static const struct {
		const char *text;
		unsigned most;
		const char *want;
		unsigned width;
	} row[] = {
		{ "frontend", 8, "frontend", 8 },
		{ "frontend", 7, "fronte\xe2\x80\xa6", 7 },
		{ "frontend", 1, "\xe2\x80\xa6", 1 },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 3, "\xe6\x97\xa5\xe2\x80\xa6", 3 },
		/* half of a wide character cannot be shown: one column stays unused */
		{ "\xe6\x97\xa5\xe6\x9c\xac", 2, "\xe2\x80\xa6", 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text t = { 0 };
		unsigned width = screen_add(&t, row[i].text, row[i].most);

		CHECK(!strcmp(text_str(&t), row[i].want), "row %zu: '%s'", i, text_str(&t));
		CHECK(width == row[i].width, "row %zu: %u", i, width);
	}
}

static void screen_add_ends__cuts_in_the_middle(void **state)
{
	static const struct {
		const char *text;
		unsigned most;
		const char *want;
		unsigned width;
	} row[] = {
		{ "shop/web", 8, "shop/web", 8 },
		{ "shop/web", 0, "shop/web", 8 },
		{ "shop/web", 7, "sho\xe2\x80\xa6web", 7 },
		{ "shop/web", 2,
		  "\xe2\x80\xa6"
		  "b",
		  2 },
		{ "shop/web", 1, "\xe2\x80\xa6", 1 },
		{ "\xe6\x97\xa5\xe6\x9c\xac/\xe6\x97\xa5", 6,
		  "\xe6\x97\xa5\xe2\x80\xa6/\xe6\x97\xa5", 6 },
		/* a wide character does not fit into what is left of a half */
		{ "aaaa\xe6\x97\xa5", 3, "a\xe2\x80\xa6", 2 },
		{ "\033[31mred and more", 6,
		  "?[\xe2\x80\xa6"
		  "ore",
		  6 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text t = { 0 };
		unsigned width = screen_add_ends(&t, row[i].text, row[i].most);

		CHECK(!strcmp(text_str(&t), row[i].want), "row %zu: '%s'", i, text_str(&t));
		CHECK(width == row[i].width, "row %zu: %u", i, width);
	}
}

static void screen_wrap__breaks_between_words_only(void **state)
{
	static const struct {
		const char *text;
		unsigned indent, width;
		const char *want;
	} row[] = {
		{ "one two three", 0, 9, "one two\nthree" },
		{ "one two three", 2, 9, "one two\n  three" },
		{ "unbreakable", 0, 4, "unbreakable" },
		{ "one\n\ntwo", 0, 20, "one\n\ntwo" },
		{ "", 0, 20, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text t = { 0 };

		screen_wrap(&t, row[i].text, row[i].indent, row[i].width);
		CHECK(!strcmp(text_str(&t), row[i].want), "row %zu: '%s'", i, text_str(&t));
	}
}

static void test_screen_add_file__keeps_every_byte_but_on_a_terminal(void **state)
{
	static const struct {
		const char *text;
		bool to_terminal;
		const char *want;
	} row[] = {
		{ "a:\tb\n\033[2Jc\n", false, "a:\tb\n\033[2Jc\n" },
		{ "a: b\n\n\033[2Jc\n", true, "a: b\n\n?[2Jc\n" },
		{ "no end", true, "no end" },
		{ "", true, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text t = { 0 };

		screen_add_file(&t, row[i].text, row[i].to_terminal);
		CHECK_TEXT(text_str(&t), row[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_screen_add_file__keeps_every_byte_but_on_a_terminal),
		cmocka_unit_test(screen_add__never_lets_a_terminal_be_changed),
		cmocka_unit_test(screen_add__cuts_to_the_columns_it_may_take),
		cmocka_unit_test(screen_add_ends__cuts_in_the_middle),
		cmocka_unit_test(screen_wrap__breaks_between_words_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
