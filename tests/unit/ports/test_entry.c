#include "lib/check.h"

#include "ports/entry.h"

static void test_protocol__has_one_name_each_way(void **state)
{
	for (int i = 0; i < PROTO_COUNT; i++) {
		enum protocol p;

		CHECK(protocol_from_name(protocol_name((enum protocol)i), &p) && (int)p == i);
	}
	CHECK_TEXT(protocol_name(PROTO_TCP), "tcp");
	CHECK_TEXT(protocol_name(PROTO_UDP), "udp");
}

static void test_entry_status__has_one_name_each_way(void **state)
{
	static const char *const names[STATUS_COUNT] = {
		[STATUS_ALLOCATED] = "allocated",
		[STATUS_RESERVED] = "reserved",
		[STATUS_LEGACY] = "legacy",
		[STATUS_RELEASED] = "released",
	};

	for (int i = 0; i < STATUS_COUNT; i++) {
		enum entry_status s;

		CHECK_TEXT(entry_status_name((enum entry_status)i), names[i]);
		CHECK(entry_status_from_name(names[i], &s) && (int)s == i);
	}
}

static void test_names__that_are_none_leave_ret_alone(void **state)
{
	static const char *const bad[] = { "", "TCP", "tcp ", "tc", "in_use", "none" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum protocol p = PROTO_UDP;
		enum entry_status s = STATUS_LEGACY;

		CHECK(!protocol_from_name(bad[i], &p) && p == PROTO_UDP, "'%s'", bad[i]);
		CHECK(!entry_status_from_name(bad[i], &s) && s == STATUS_LEGACY, "'%s'", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protocol__has_one_name_each_way),
		cmocka_unit_test(test_entry_status__has_one_name_each_way),
		cmocka_unit_test(test_names__that_are_none_leave_ret_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
