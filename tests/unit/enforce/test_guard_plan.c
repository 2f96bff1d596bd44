#include "lib/check.h"

#include "enforce/guard_plan.h"

/* Sockets are numbers here: nothing is opened. */

static void test_guard_plan__holds_what_its_owner_can_get_back(void **state)
{
	static const struct {
		struct guarded of;
		enum spot_why want;
	} row[] = {
		{ { PROTO_TCP, 3100, "shop/web", "run", "eva" }, WHY_NONE },
		{ { PROTO_UDP, 3100, "shop/dns", "yield", "eva" }, WHY_NONE },
		{ { PROTO_TCP, 3101, "shop/api", NULL, "eva" }, WHY_NO_WAY_BACK },
		{ { PROTO_TCP, 3102, "shop/db", "run", "eva via root" }, WHY_NONE },
		{ { PROTO_TCP, 3103, "shop/log", "run", "evarist" }, WHY_OF_ANOTHER },
		{ { PROTO_TCP, 3104, "shop/old", "run", NULL }, WHY_NONE }, /* of an import */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(arena_release) struct arena a = { 0 };
		struct guard_wishes w = {
			.ports = &row[i].of, .count = 1, .user = "eva", .limit = 10
		};
		struct spots s;

		CHECK(guard_plan(&w, 5, &a, &s) && s.count == 1);
		CHECK(s.items[0].why == row[i].want, "row %zu: %d", i, s.items[0].why);
		CHECK(s.items[0].state == (row[i].want ? SPOT_LEFT : SPOT_OPEN), "row %zu", i);
		CHECK(s.items[0].fd == -1 && s.items[0].since_ms == 5, "row %zu", i);
	}
}

static void test_guard_plan__unasked_ports_are_nobodys(void **state)
{
	static const struct guarded ports[] = {
		{ PROTO_TCP, 3000, "shop/web", NULL, "eva" },
		{ PROTO_UDP, 5000, "shop/dns", "run", "eva" },
	};
	static const uint16_t unasked[] = { 8080, 3000, 5000, 8080 };
	const struct guard_wishes w = { ports, 2, unasked, 4, "eva", 10 };
	CLEANUP(arena_release) struct arena a = { 0 };
	struct spots s;

	CHECK(guard_plan(&w, 1, &a, &s));
	CHECK(s.count == 4, "%u", s.count); /* the entries, 5000/tcp and 8080 once */
	CHECK(spot_of(&s, PROTO_TCP, 3000)->why == WHY_NO_WAY_BACK); /* it is entered */
	CHECK(spot_of(&s, PROTO_TCP, 5000)->state == SPOT_OPEN);
	CHECK(!*spot_of(&s, PROTO_TCP, 8080)->name);
	CHECK(!spot_of(&s, PROTO_UDP, 8080));
}

static void test_guard_plan__a_limit_leaves_entries_before_unasked_ones(void **state)
{
	static const struct guarded ports[] = {
		{ PROTO_TCP, 3100, "a/a", "run", NULL },
		{ PROTO_TCP, 3101, "a/b", NULL, NULL }, /* takes no place */
		{ PROTO_TCP, 3102, "a/c", "run", NULL },
		{ PROTO_TCP, 3103, "a/d", "run", NULL },
	};
	static const uint16_t unasked[] = { 3000 };
	static const struct {
		unsigned limit;
		unsigned held;
		bool unasked;
	} row[] = { { 0, 0, false }, { 2, 2, false }, { 3, 3, false }, { 4, 3, true } };

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct guard_wishes w = { ports, 4, unasked, 1, "eva", row[i].limit };
		CLEANUP(arena_release) struct arena a = { 0 };
		unsigned held = 0;
		struct spots s;

		CHECK(guard_plan(&w, 1, &a, &s));
		for (unsigned k = 0; k < s.count; k++)
			held += *s.items[k].name && s.items[k].state == SPOT_OPEN;
		CHECK(held == row[i].held, "row %zu: %u", i, held);
		CHECK((spot_of(&s, PROTO_TCP, 3000)->why == WHY_NONE) == row[i].unasked, "row %zu",
		      i);
	}
}

static void test_carry__goes_on_where_it_is_still_wanted(void **state)
{
	static const char visitor;
	static const struct {
		struct spot was, now;
		enum spot_state want;
		bool is_carried; /* its file, too */
	} row[] = {
		{ { .state = SPOT_HELD, .fd = 7 }, { .state = SPOT_OPEN }, SPOT_HELD, true },
		{ { .state = SPOT_HELD, .fd = 7 }, { .state = SPOT_LEFT }, SPOT_LEFT, false },
		{ { .state = SPOT_GIVEN, .fd = -1 }, { .state = SPOT_OPEN }, SPOT_GIVEN, true },
		{ { .state = SPOT_LEFT, .fd = -1 }, { .state = SPOT_OPEN }, SPOT_OPEN, true },
		/* Somebody is just getting it. */
		{ { .state = SPOT_HELD, .fd = 7, .holder = &visitor },
		  { .state = SPOT_LEFT },
		  SPOT_HELD,
		  true },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct spot was = row[i].was, now = row[i].now;
		struct spots old = { &was, 1 }, new = { &now, 1 };

		now.fd = -1;
		was.port = now.port = 3100;
		spots_carry(&old, &new);
		CHECK(now.state == row[i].want, "row %zu: %d", i, now.state);
		CHECK(was.fd == (row[i].is_carried ? -1 : 7), "row %zu", i);
		CHECK(now.holder == row[i].was.holder, "row %zu", i);
	}
}

static void test_look__leaves_what_is_held_to_who_takes_it_and_udp_to_us(void **state)
{
	struct spot taken = { .state = SPOT_HELD, .holder = &taken };
	struct spot udp = { .state = SPOT_HELD, .protocol = PROTO_UDP };

	CHECK(!spot_look(&taken, true, 100) && taken.state == SPOT_HELD);
	CHECK(!spot_look(&udp, true, 100) && udp.state == SPOT_HELD);
}

static void test_look__holds_what_nobody_has(void **state)
{
	static const struct {
		enum spot_state was;
		bool somebody_has_it;
		int64_t until_ms;
		bool want;
		enum spot_state becomes;
	} row[] = {
		{ SPOT_OPEN, false, 0, true, SPOT_OPEN },
		{ SPOT_OPEN, true, 0, false, SPOT_IN_USE },
		{ SPOT_IN_USE, false, 0, true, SPOT_IN_USE },
		{ SPOT_IN_USE, true, 0, false, SPOT_IN_USE },
		{ SPOT_HELD, true, 0, false, SPOT_IN_USE },
		{ SPOT_HELD, false, 0, false, SPOT_HELD },
		{ SPOT_LEFT, false, 0, false, SPOT_LEFT },
		{ SPOT_GIVEN, true, 0, false, SPOT_GIVEN },
		{ SPOT_GIVEN, false, 0, true, SPOT_GIVEN },
		{ SPOT_YIELDED, false, 101, false, SPOT_YIELDED },
		{ SPOT_YIELDED, true, 101, false, SPOT_IN_USE },
		{ SPOT_YIELDED, false, 100, true, SPOT_YIELDED }, /* nobody came */
		{ SPOT_YIELDED, true, 100, false, SPOT_IN_USE },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct spot s = { .state = row[i].was, .until_ms = row[i].until_ms };

		CHECK(spot_look(&s, row[i].somebody_has_it, 100) == row[i].want, "row %zu", i);
		CHECK(s.state == row[i].becomes, "row %zu: %d", i, s.state);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard_plan__holds_what_its_owner_can_get_back),
		cmocka_unit_test(test_guard_plan__unasked_ports_are_nobodys),
		cmocka_unit_test(test_guard_plan__a_limit_leaves_entries_before_unasked_ones),
		cmocka_unit_test(test_carry__goes_on_where_it_is_still_wanted),
		cmocka_unit_test(test_look__holds_what_nobody_has),
		cmocka_unit_test(test_look__leaves_what_is_held_to_who_takes_it_and_udp_to_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
