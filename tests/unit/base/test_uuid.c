#include "lib/check.h"

#include "base/uuid.h"
#include "lib/random.h"

static void test_uuid7_format__is_the_example_of_rfc_9562(void **state)
{
	/* Appendix A.6: unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F. */
	static const unsigned char random[10] = { 0x0c, 0xc3, 0x18, 0xc4, 0xdc,
						  0x0c, 0x0c, 0x07, 0x39, 0x8f };
	char text[UUID_TEXT_SIZE];

	CHECK_TEXT(uuid7_format(INT64_C(0x017F22E279B0), random, text),
		   "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

static void test_uuid7_format__sets_version_and_variant_whatever_is_random(void **state)
{
	unsigned char random[10];
	char text[UUID_TEXT_SIZE];

	memset(random, 0xff, sizeof(random));
	CHECK_TEXT(uuid7_format(INT64_C(0xffffffffffff), random, text),
		   "ffffffff-ffff-7fff-bfff-ffffffffffff");
	memset(random, 0, sizeof(random));
	CHECK_TEXT(uuid7_format(0, random, text), "00000000-0000-7000-8000-000000000000");
}

static void test_uuid7_format__sorts_by_age(void **state)
{
	uint64_t seed = 9;
	char last[UUID_TEXT_SIZE] = "";

	for (int64_t ms = 1; ms < INT64_C(0xffffffffffff); ms += ms / 7 + 1) {
		char text[UUID_TEXT_SIZE];
		unsigned char random[10];

		for (size_t i = 0; i < sizeof(random); i++)
			random[i] = (unsigned char)random_next(&seed);
		uuid7_format(ms, random, text);
		CHECK(strcmp(last, text) < 0, "%s %s", last, text);
		CHECK(strlen(text) == UUID_TEXT_SIZE - 1);
		memcpy(last, text, sizeof(last));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uuid7_format__is_the_example_of_rfc_9562),
		cmocka_unit_test(test_uuid7_format__sets_version_and_variant_whatever_is_random),
		cmocka_unit_test(test_uuid7_format__sorts_by_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
