#include "lib/check.h"

#include "ports/port_range.h"

static void test_port_parse__takes_one_port_and_nothing_else(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint16_t want;
	} row[] = {
		{ "1", true, 1 },	 { "3000", true, 3000 }, { "65535", true, 65535 },
		{ "03000", true, 3000 }, { "0", false },	 { "65536", false },
		{ "4294970296", false }, /* 3000 modulo 2^32 */
		{ "-1", false },	 { "+1", false },	 { "3000x", false },
		{ " 3000", false }, /* no silent trimming */
		{ "3000 ", false },	 { "3000-3000", false }, { "0x50", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint16_t got = 7;
		struct err err = { 0 };

		CHECK(port_parse(row[i].text, &got, &err) == row[i].ok, "'%s'", row[i].text);
		CHECK(got == (row[i].ok ? row[i].want : 7), "'%s'", row[i].text);
		CHECK(row[i].ok || (err.code == ERR_INVALID && strstr(err.text, row[i].text)));
	}
}

static void test_port_range_parse__takes_a_port_or_two_ends(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		struct port_range want;
	} row[] = {
		{ "3000-3999", true, { 3000, 3999 } },
		{ "3000", true, { 3000, 3000 } },
		{ "1-65535", true, { 1, 65535 } },
		{ "3000-3000", true, { 3000, 3000 } },
		{ "3999-3000", false }, /* backwards */
		{ "0-10", false },
		{ "10-65536", false },
		{ "10-", false },
		{ "-10", false },
		{ "10--20", false },
		{ "10 - 20", false },
		{ "10-20-30", false },
		{ "10..20", false },
		{ "10,20", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct port_range got = { 7, 7 };
		struct err err = { 0 };

		CHECK(port_range_parse(row[i].text, &got, &err) == row[i].ok, "'%s'", row[i].text);
		CHECK(got.first == (row[i].ok ? row[i].want.first : 7), "'%s'", row[i].text);
		CHECK(got.last == (row[i].ok ? row[i].want.last : 7), "'%s'", row[i].text);
		CHECK(row[i].ok || err.code == ERR_INVALID, "'%s'", row[i].text);
	}
}

static void test_port_list_parse__takes_ports_and_ranges_in_order(void **state)
{
	struct port_range got[PORT_LIST_MAX];
	struct err err = { 0 };
	unsigned count = 0;

	CHECK(port_list_parse("3000,4000-4099,5", got, &count, &err), "%s", err.text);
	CHECK(count == 3);
	CHECK(got[0].first == 3000 && got[0].last == 3000);
	CHECK(got[1].first == 4000 && got[1].last == 4099);
	CHECK(got[2].first == 5 && got[2].last == 5);
	CHECK(port_list_parse("80", got, &count, &err) && count == 1 && got[0].first == 80);
}

static void test_port_list_parse__touches_nothing_when_it_refuses(void **state)
{
	static const char *const bad[] = { "",		 ",",	       "3000,",	    ",3000",
					   "3000,,3001", "3000, 3001", "3000;3001", "3000,0",
					   "3000,9-8",	 "3000,x",     "3000-" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct port_range got[PORT_LIST_MAX] = { { 7, 8 } };
		struct err err = { 0 };
		unsigned count = 77;

		CHECK(!port_list_parse(bad[i], got, &count, &err), "'%s'", bad[i]);
		CHECK(err.code == ERR_INVALID && count == 77, "'%s'", bad[i]);
		CHECK(got[0].first == 7 && got[0].last == 8, "'%s'", bad[i]);
	}
}

static void test_port_list_parse__takes_as_many_as_fit(void **state)
{
	struct port_range got[PORT_LIST_MAX];
	char text[PORT_LIST_MAX * 4 + 8] = "";
	struct err err = { 0 };
	unsigned count;

	for (unsigned i = 0; i < PORT_LIST_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s9", i ? "," : "");
	CHECK(port_list_parse(text, got, &count, &err) && count == PORT_LIST_MAX);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), ",9");
	CHECK(!port_list_parse(text, got, &count, &err) && err.code == ERR_INVALID);
}

static void test_port_range__relations_hold_for_all_small_ranges(void **state)
{
	for (unsigned n = 0; n < 6 * 6 * 6 * 6; n++) {
		struct port_range a = { (uint16_t)(1 + n % 6), (uint16_t)(1 + n / 6 % 6) };
		struct port_range b = { (uint16_t)(1 + n / 36 % 6), (uint16_t)(1 + n / 216) };
		unsigned size = 0, both = 0, only_b = 0;

		if (a.first > a.last || b.first > b.last)
			continue;
		for (uint16_t port = 1; port <= 6; port++) {
			bool in_a = port >= a.first && port <= a.last;
			bool in_b = port >= b.first && port <= b.last;

			CHECK(port_range_has(a, port) == in_a);
			size += in_a;
			both += in_a && in_b;
			only_b += in_b && !in_a;
		}
		CHECK(port_range_size(a) == size);
		CHECK(port_range_overlaps(a, b) == (both > 0));
		CHECK(port_range_contains(a, b) == (only_b == 0));
	}
	CHECK(port_range_size((struct port_range){ 1, 65535 }) == 65535);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_port_parse__takes_one_port_and_nothing_else),
		cmocka_unit_test(test_port_range_parse__takes_a_port_or_two_ends),
		cmocka_unit_test(test_port_list_parse__takes_ports_and_ranges_in_order),
		cmocka_unit_test(test_port_list_parse__touches_nothing_when_it_refuses),
		cmocka_unit_test(test_port_list_parse__takes_as_many_as_fit),
		cmocka_unit_test(test_port_range__relations_hold_for_all_small_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
