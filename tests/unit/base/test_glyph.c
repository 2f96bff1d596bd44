#include "lib/check.h"

#include "base/glyph.h"

static void test_text_columns__counts_columns_not_bytes(void **state)
{
	static const struct {
		const char *text;
		unsigned want;
	} row[] = {
		{ "", 0 },
		{ "web", 3 },
		{ "B\xc3\xbcro", 4 },		   /* two bytes, one column */
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4 }, /* two characters that are wide */
		{ "e\xcc\x81", 1 },		   /* a letter and its accent */
		{ "\xf0\x9f\x9a\x80", 2 },	   /* an emoji */
		{ "\xff", 1 },			   /* a replacement takes one */
		{ "\xc3", 1 },			   /* cut in the middle */
		{ "\xc0\x80", 2 },		   /* overlong */
		{ "\xed\xa0\x80", 3 },		   /* a surrogate */
		{ "a\033[31mb", 7 },		   /* shown as a?[31mb */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(text_columns(row[i].text) == row[i].want, "row %zu: %u", i,
		      text_columns(row[i].text));
}

static void test_glyph__harmful_and_blank_ones_are_known(void **state)
{
	static const struct {
		uint32_t c;
		bool harmful, blank;
	} row[] = {
		{ 'a', false, false },	  { ' ', false, true },	     { '\t', true, true },
		{ 0x1b, true, false },	  { 0x9b, true, false },     { 0x202e, true, false },
		{ 0x4e00, false, false }, { 0x1f680, false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(glyph_is_harmful(row[i].c) == row[i].harmful &&
			      glyph_is_blank(row[i].c) == row[i].blank,
		      "row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_columns__counts_columns_not_bytes),
		cmocka_unit_test(test_glyph__harmful_and_blank_ones_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
