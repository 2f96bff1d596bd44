#include "lib/check.h"

#include "base/utf8.h"

static void test_utf8_is_valid__knows_rfc_3629(void **state)
{
	static const struct {
		const char *bytes;
		bool valid, printable;
	} row[] = {
		{ "", true, true },
		{ "plain ASCII", true, true },
		{ "\x7f", true, false },
		{ "a\nb", true, false },
		{ "\x1b[31m", true, false }, /* would colour the terminal */
		{ "\xc2\x9b", true, false }, /* C1: CSI */
		{ "\xc2\xa0", true, true },
		{ "\xc3\xa9", true, true },
		{ "\xe2\x82\xac", true, true },
		{ "\xf0\x9f\x9a\xa2", true, true },
		{ "\xf4\x8f\xbf\xbf", true, true }, /* U+10FFFF */
		{ "\xef\xbf\xbf", true, true },
		{ "\xed\x9f\xbf", true, true }, /* U+D7FF */
		{ "\xee\x80\x80", true, true }, /* U+E000 */
		{ "\xc0\x80", false, false },	/* overlong */
		{ "\xc1\xbf", false, false },
		{ "\xe0\x9f\xbf", false, false },
		{ "\xf0\x8f\xbf\xbf", false, false },
		{ "\xed\xa0\x80", false, false }, /* a surrogate */
		{ "\xed\xbf\xbf", false, false },
		{ "\xf4\x90\x80\x80", false, false }, /* above U+10FFFF */
		{ "\xf5\x80\x80\x80", false, false },
		{ "\xff", false, false },
		{ "\x80", false, false }, /* no lead */
		{ "\xc3", false, false }, /* cut short */
		{ "\xe2\x82", false, false },
		{ "\xf0\x9f\x9a", false, false },
		{ "\xe2\x28\xa1", false, false },
		{ "ok\xc3\x28", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		size_t len = strlen(row[i].bytes);

		CHECK(utf8_is_valid(row[i].bytes, len) == row[i].valid, "row %zu", i);
		CHECK(utf8_is_printable(row[i].bytes, len) == row[i].printable, "row %zu", i);
	}
}

static void test_utf8__refuses_nul(void **state)
{
	CHECK(!utf8_is_valid("a\0b", 3));
	CHECK(!utf8_is_printable("\0", 1));
}

/* Source: RFC 3629 section 3. */
static size_t encode(uint32_t c, char *ret)
{
	if (c < 0x80)
		return ret[0] = (char)c, 1;
	if (c < 0x800)
		return ret[0] = (char)(0xc0 | c >> 6), ret[1] = (char)(0x80 | (c & 63)), 2;
	if (c < 0x10000)
		return ret[0] = (char)(0xe0 | c >> 12), ret[1] = (char)(0x80 | (c >> 6 & 63)),
		       ret[2] = (char)(0x80 | (c & 63)), 3;
	return ret[0] = (char)(0xf0 | c >> 18), ret[1] = (char)(0x80 | (c >> 12 & 63)),
	       ret[2] = (char)(0x80 | (c >> 6 & 63)), ret[3] = (char)(0x80 | (c & 63)), 4;
}

static void test_utf8__decides_on_every_character(void **state)
{
	for (uint32_t c = 1; c < 0x200000; c++) {
		char bytes[4];
		size_t len = encode(c, bytes);
		bool valid = c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
		bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);

		if (utf8_is_valid(bytes, len) != valid ||
		    utf8_is_printable(bytes, len) != (valid && !control))
			CHECK(false, "U+%X", (unsigned)c);
	}
}

static void test_utf8_repair__replaces_only_what_is_no_character(void **state)
{
	static const struct {
		const char *text, *want;
	} row[] = {
		{ "", "" },	      { "web \xc3\xb6", "web \xc3\xb6" },
		{ "\xff\xfe", "??" }, { "a\xc3", "a?" }, /* cut inside of a character */
		{ "\xe6\x97", "??" }, { "\xc3\xc3\xb6", "?\xc3\xb6" }, /* the next one is whole */
		{ "\xc0\xaf", "??" },				       /* overlong */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char text[16];

		snprintf(text, sizeof(text), "%s", row[i].text);
		utf8_repair(text);
		CHECK(!strcmp(text, row[i].want), "row %zu: '%s'", i, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8_repair__replaces_only_what_is_no_character),
		cmocka_unit_test(test_utf8_is_valid__knows_rfc_3629),
		cmocka_unit_test(test_utf8__refuses_nul),
		cmocka_unit_test(test_utf8__decides_on_every_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
