#include "lib/check.h"
#include "lib/random.h"

#include "ports/port_set.h"

static const struct port_range all = { 1, UINT16_MAX };

static void test_port_set__starts_empty(void **state)
{
	const struct port_set s = { 0 };

	for (unsigned port = 0; port <= UINT16_MAX; port++)
		CHECK(!port_set_has(&s, (uint16_t)port));
	CHECK(port_set_count(&s, all) == 0);
}

static void test_port_set__keeps_each_port_by_itself(void **state)
{
	for (unsigned port = 1; port <= UINT16_MAX; port += port < 200 || port > 65400 ? 1 : 61) {
		struct port_set s = { 0 };

		port_set_add(&s, (uint16_t)port);
		port_set_add(&s, (uint16_t)port);
		CHECK(port_set_has(&s, (uint16_t)port));
		CHECK(port_set_count(&s, all) == 1, "%u", port);
		port_set_remove(&s, (uint16_t)port);
		port_set_remove(&s, (uint16_t)port);
		CHECK(port_set_count(&s, all) == 0, "%u", port);
	}
}

static void test_port_set__has_both_ends_of_a_range(void **state)
{
	struct port_set s = { 0 };

	port_set_add_range(&s, (struct port_range){ 63, 65 });
	port_set_add_range(&s, (struct port_range){ 65534, 65535 });
	CHECK(!port_set_has(&s, 62) && port_set_has(&s, 63) && port_set_has(&s, 65));
	CHECK(!port_set_has(&s, 66) && port_set_has(&s, 65534) && port_set_has(&s, 65535));
	CHECK(port_set_count(&s, all) == 5);
	port_set_add_range(&s, all);
	CHECK(port_set_count(&s, all) == UINT16_MAX);
}

static void test_port_set__agrees_with_an_array_of_bools(void **state)
{
	static bool model[65536];
	struct port_set s = { 0 };
	uint64_t seed = 5;

	for (unsigned step = 0; step < 300; step++) {
		unsigned first = 1 + random_below(&seed, 65535);
		unsigned last = first + random_below(&seed, 65536 - first);
		struct port_range r = { (uint16_t)first, (uint16_t)last };
		bool add = random_one_in(&seed, 2);
		unsigned count = 0;

		if (random_one_in(&seed, 4))
			r.last = r.first;
		if (add)
			port_set_add_range(&s, r);
		for (unsigned port = r.first; port <= r.last; port++) {
			if (!add)
				port_set_remove(&s, (uint16_t)port);
			model[port] = add;
		}
		for (unsigned port = 1; port <= UINT16_MAX; port++)
			count += model[port];
		CHECK(port_set_count(&s, all) == count, "step %u", step);
	}
	for (unsigned port = 0; port <= UINT16_MAX; port++)
		CHECK(port_set_has(&s, (uint16_t)port) == model[port], "%u", port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_port_set__starts_empty),
		cmocka_unit_test(test_port_set__keeps_each_port_by_itself),
		cmocka_unit_test(test_port_set__has_both_ends_of_a_range),
		cmocka_unit_test(test_port_set__agrees_with_an_array_of_bools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
