/*
 * The rules of DESIGN section 3, "Choosing a port", each by name; then all of
 * them together against lib/naive_plan.h.
 */
#include "lib/check.h"
#include "lib/naive_plan.h"
#include "lib/random.h"

#define FIRST	3000
#define OUTSIDE 4000

static struct policy_range range;
static struct port_set taken, reserved, strangers;
static struct plan plan;
static struct pick pick;

static int reset(void **state)
{
	range = (struct policy_range){ .ports = { FIRST, FIRST + 3 } };
	taken = reserved = strangers = (struct port_set){ 0 };
	return 0;
}

/* All of 3000-3003, lowest first. */
static struct choice choice(void)
{
	return (struct choice){
		.range = &range,
		.candidates = { .span = { range.ports }, .count = 1 },
		.reserved = &reserved,
		.strangers = &strangers,
	};
}

static void choose(struct choice c)
{
	plan_make(&c, &plan);
	plan_choose(&plan, &taken, &pick);
}

#define CHECK_PICK(want_port, want_why)                                                          \
	CHECK(pick.port == (want_port) && pick.why == (want_why), "%u, %s", (unsigned)pick.port, \
	      plan_why_text(pick.why))

static void test_plan__rule_2_gives_back_the_port_it_had_before(void **state)
{
	struct choice c = choice();

	c.before = 3002;
	choose(c);
	CHECK_PICK(3002, WHY_BEFORE);
}

static void test_plan__rule_2_goes_before_a_preference_and_a_role(void **state)
{
	struct choice c = choice();

	c.before = 3002;
	c.preferred = 3001;
	c.role = 3003;
	c.twin = 3000;
	choose(c);
	CHECK_PICK(3002, WHY_BEFORE);
}

static void test_plan__rule_2_needs_the_port_to_be_free_and_inside_todays_candidates(void **state)
{
	struct choice c = choice();

	c.before = OUTSIDE;
	choose(c);
	CHECK_PICK(3000, WHY_FREE);
	c.before = 3002;
	port_set_add(&taken, 3002);
	choose(c);
	CHECK_PICK(3000, WHY_FREE);
	port_set_remove(&taken, 3002);
	port_set_add(&reserved, 3002);
	choose(c);
	CHECK_PICK(3000, WHY_FREE);
	CHECK(pick.n_passed == 0);
	port_set_remove(&reserved, 3002);
	port_set_add(&strangers, 3002);
	choose(c);
	CHECK_PICK(3000, WHY_FREE);
	CHECK(pick.n_passed == 1 && pick.passed[0] == 3002);
}

static void test_plan__rule_2_does_not_mind_that_the_port_cools_or_is_avoided(void **state)
{
	static const uint16_t cooling[] = { 3002 };
	struct choice c = choice();

	range.avoid[range.n_avoid++] = 3002;
	c.cooling = cooling;
	c.n_cooling = 1;
	c.before = 3002;
	choose(c);
	CHECK_PICK(3002, WHY_BEFORE);
}

static void test_plan__rule_3_gives_the_preferred_port(void **state)
{
	struct choice c = choice();

	c.preferred = 3001;
	c.role = 3003;
	choose(c);
	CHECK_PICK(3001, WHY_PREFERRED);
}

static void test_plan__rule_3_prefer_falls_back(void **state)
{
	struct choice c = choice();

	c.preferred = 3001;
	port_set_add(&taken, 3001);
	choose(c);
	CHECK_PICK(3000, WHY_FREE);
	c.role = 3003;
	choose(c);
	CHECK_PICK(3003, WHY_ROLE);
	c.preferred = OUTSIDE;
	choose(c);
	CHECK_PICK(3003, WHY_ROLE);
}

static void test_plan__rule_3_only_that_port_or_none(void **state)
{
	struct choice c = choice();

	c.before = 3002;
	c.role = 3003;
	c.preferred = 3001;
	c.only_preferred = true;
	choose(c);
	CHECK_PICK(3001, WHY_PREFERRED);
	port_set_add(&taken, 3001);
	choose(c);
	CHECK_PICK(0, WHY_NONE);
}

static void test_plan__rule_3_only_that_port_may_lie_anywhere(void **state)
{
	struct choice c = choice();

	c.preferred = OUTSIDE;
	c.only_preferred = true;
	choose(c);
	CHECK_PICK(OUTSIDE, WHY_PREFERRED);
	port_set_add(&reserved, OUTSIDE);
	choose(c);
	CHECK_PICK(0, WHY_NONE);
}

static void test_plan__rule_3_gives_an_avoided_port_that_is_asked_for(void **state)
{
	struct choice c = choice();

	range.avoid[range.n_avoid++] = 3001;
	c.preferred = 3001;
	choose(c);
	CHECK_PICK(3001, WHY_PREFERRED);
}

static void test_plan__rule_4_gives_the_port_of_the_role(void **state)
{
	struct choice c = choice();

	c.role = 3003;
	c.twin = 3001;
	choose(c);
	CHECK_PICK(3003, WHY_ROLE);
}

static void test_plan__rule_4_held_role_goes_on_to_the_highest_free_offset(void **state)
{
	struct choice c = choice();

	c.role = 3000;
	c.downwards = true;
	port_set_add(&taken, 3000);
	choose(c);
	CHECK_PICK(3003, WHY_FREE);
	port_set_add(&taken, 3003);
	choose(c);
	CHECK_PICK(3002, WHY_FREE);
}

static void test_plan__twin_stands_where_instance_1_stands(void **state)
{
	struct choice c = choice();

	c.twin = 3002;
	choose(c);
	CHECK_PICK(3002, WHY_TWIN);
	port_set_add(&taken, 3002);
	choose(c);
	CHECK_PICK(3000, WHY_FREE);
}

static void test_plan__rule_5_gives_the_first_free_port(void **state)
{
	port_set_add(&taken, 3000);
	port_set_add(&reserved, 3001);
	choose(choice());
	CHECK_PICK(3002, WHY_FREE);
}

static void test_plan__rule_5_goes_through_the_spans_in_their_order(void **state)
{
	struct choice c = choice();

	c.candidates = (struct candidates){ { { 3500, 3501 }, { 3100, 3101 } }, 2 };
	choose(c);
	CHECK_PICK(3500, WHY_FREE);
	port_set_add_range(&taken, (struct port_range){ 3500, 3501 });
	choose(c);
	CHECK_PICK(3100, WHY_FREE);
	c.downwards = true;
	choose(c);
	CHECK_PICK(3101, WHY_FREE);
}

static void test_plan__rule_5_reaches_both_ends_of_all_ports(void **state)
{
	struct choice c = choice();

	c.candidates.span[0] = (struct port_range){ 1, UINT16_MAX };
	choose(c);
	CHECK_PICK(1, WHY_FREE);
	c.downwards = true;
	choose(c);
	CHECK_PICK(UINT16_MAX, WHY_FREE);
	port_set_add_range(&taken, (struct port_range){ 1, UINT16_MAX - 1 });
	c.downwards = false;
	choose(c);
	CHECK_PICK(UINT16_MAX, WHY_FREE);
}

static void test_plan__rule_5_random_gives_each_free_port_by_some_seed(void **state)
{
	struct choice c = choice();
	struct port_set seen = { 0 };

	range.strategy = STRATEGY_RANDOM;
	port_set_add(&taken, 3001);
	for (c.seed = 0; c.seed < 3; c.seed++) {
		choose(c);
		CHECK(pick.why == WHY_FREE && !port_set_has(&taken, pick.port));
		port_set_add(&seen, pick.port);
	}
	CHECK(port_set_count(&seen, range.ports) == 3);
	c.seed = UINT64_MAX;
	choose(c);
	CHECK(port_set_has(&seen, pick.port));
}

static void test_plan__passes_over_strangers(void **state)
{
	port_set_add(&strangers, 3000);
	port_set_add(&strangers, 3001);
	port_set_add(&strangers, 3003);
	choose(choice());
	CHECK_PICK(3002, WHY_FREE);
	CHECK(pick.n_passed == 2 && pick.passed[0] == 3000 && pick.passed[1] == 3001);
}

static void test_plan__names_no_stranger_on_a_port_that_was_not_to_be_had(void **state)
{
	port_set_add(&strangers, 3000);
	port_set_add(&taken, 3000);
	port_set_add(&strangers, 3001);
	port_set_add(&reserved, 3001);
	choose(choice());
	CHECK_PICK(3002, WHY_FREE);
	CHECK(pick.n_passed == 0);
}

static void test_plan__names_no_stranger_that_chance_walked_by(void **state)
{
	struct choice c = choice();

	range.strategy = STRATEGY_RANDOM;
	port_set_add(&strangers, 3000);
	c.seed = 2;
	choose(c);
	CHECK_PICK(3003, WHY_FREE);
	CHECK(pick.n_passed == 0);
}

static void test_plan__names_a_stranger_once_and_no_more_than_fit(void **state)
{
	struct choice c = choice();

	c.candidates.span[0] = (struct port_range){ 3000, 3099 };
	c.before = c.preferred = c.role = 3000;
	port_set_add_range(&strangers, (struct port_range){ 3000, 3050 });
	choose(c);
	CHECK_PICK(3051, WHY_FREE);
	CHECK(pick.n_passed == PLAN_MAX_PASSED);
	for (unsigned i = 0; i < PLAN_MAX_PASSED; i++)
		CHECK(pick.passed[i] == 3000 + i, "%u", (unsigned)pick.passed[i]);
}

static void test_plan__gives_avoided_ports_after_all_others(void **state)
{
	range.avoid[range.n_avoid++] = 3000;
	range.avoid[range.n_avoid++] = 3001;
	choose(choice());
	CHECK_PICK(3002, WHY_FREE);
	port_set_add(&taken, 3002);
	port_set_add(&taken, 3003);
	choose(choice());
	CHECK_PICK(3000, WHY_AVOIDED);
	port_set_add(&taken, 3000);
	choose(choice());
	CHECK_PICK(3001, WHY_AVOIDED);
}

static void test_plan__gives_cooling_ports_last_and_the_oldest_release_first(void **state)
{
	static const uint16_t cooling[] = { 3003, OUTSIDE, 3000, 3001 };
	struct choice c = choice();

	range.avoid[range.n_avoid++] = 3002;
	c.cooling = cooling;
	c.n_cooling = ARRAY_LEN(cooling);
	choose(c);
	CHECK_PICK(3002, WHY_AVOIDED);
	port_set_add(&taken, 3002);
	choose(c);
	CHECK_PICK(3003, WHY_COOLING);
	port_set_add(&taken, 3003);
	choose(c);
	CHECK_PICK(3000, WHY_COOLING);
	port_set_add(&taken, 3000);
	choose(c);
	CHECK_PICK(3001, WHY_COOLING);
	port_set_add(&taken, 3001);
	choose(c);
	CHECK_PICK(0, WHY_NONE);
}

static void test_plan__names_no_stranger_on_a_cooling_port_that_was_not_next(void **state)
{
	static const uint16_t cooling[] = { 3001, 3000 };
	struct choice c = choice();

	c.cooling = cooling;
	c.n_cooling = 2;
	range.avoid[range.n_avoid++] = 3002;
	port_set_add(&taken, 3003);
	port_set_add(&strangers, 3000);
	choose(c);
	CHECK_PICK(3002, WHY_AVOIDED);
	CHECK(pick.n_passed == 0);
	port_set_add(&taken, 3002);
	choose(c);
	CHECK_PICK(3001, WHY_COOLING);
	CHECK(pick.n_passed == 0);
	port_set_add(&taken, 3001);
	choose(c);
	CHECK_PICK(0, WHY_NONE);
	CHECK(pick.n_passed == 1 && pick.passed[0] == 3000);
}

static void test_plan__rule_6_says_that_none_is_left(void **state)
{
	port_set_add_range(&taken, range.ports);
	choose(choice());
	CHECK_PICK(0, WHY_NONE);
	CHECK(pick.n_passed == 0);
}

static void test_plan__ends_soon_also_when_a_whole_range_cools(void **state)
{
	static uint16_t cooling[60000];
	struct choice c = choice();

	for (unsigned i = 0; i < ARRAY_LEN(cooling); i++)
		cooling[i] = (uint16_t)(61000 - i);
	c.candidates.span[0] = (struct port_range){ 1024, 61000 };
	c.cooling = cooling;
	c.n_cooling = ARRAY_LEN(cooling);
	port_set_add_range(&taken, (struct port_range){ 1025, 61000 });
	choose(c);
	CHECK_PICK(1024, WHY_COOLING);
}

/* ---- against the naive one ---- */

static void print_set(const char *name, const struct port_set *s)
{
	print_error("%s:", name);
	for (unsigned port = 0; port <= UINT16_MAX; port++)
		if (port_set_has(s, (uint16_t)port))
			print_error(" %u", port);
	print_error("\n");
}

static bool same_pick(const struct pick *a, const struct pick *b)
{
	return a->port == b->port && a->why == b->why && a->n_passed == b->n_passed &&
	       !memcmp(a->passed, b->passed, a->n_passed * sizeof(*a->passed));
}

/* `plan` is that of `c`. */
static void compare_with_naive(const struct choice *c)
{
	struct pick naive;

	plan_choose(&plan, &taken, &pick);
	naive_choose(c, &taken, &naive);
	if (same_pick(&pick, &naive))
		return;
	print_set("taken", &taken);
	print_set("reserved", &reserved);
	print_set("strangers", &strangers);
	CHECK(false,
	      "before %u preferred %u role %u twin %u only %d down %d seed %llu: %u (%s, %u passed), "
	      "naive %u (%s, %u passed)",
	      c->before, c->preferred, c->role, c->twin, c->only_preferred, c->downwards,
	      (unsigned long long)c->seed, pick.port, plan_why_text(pick.why), pick.n_passed,
	      naive.port, plan_why_text(naive.why), naive.n_passed);
}

/* The ports of a subset of 3000-3003. */
static void set_bits(struct port_set *s, unsigned bits)
{
	for (unsigned i = 0; i < 4; i++)
		if (bits >> i & 1)
			port_set_add(s, (uint16_t)(FIRST + i));
		else
			port_set_remove(s, (uint16_t)(FIRST + i));
}

/* 0: none; 1-4: one of the range; 5: outside. */
static uint16_t nth_port(unsigned n)
{
	return (uint16_t)(n == 0 ? 0 : n == 5 ? OUTSIDE : FIRST + n - 1);
}

static void compare_all_taken(struct choice c)
{
	plan_make(&c, &plan);
	for (unsigned bits = 0; bits < 16; bits++) {
		set_bits(&taken, bits);
		compare_with_naive(&c);
	}
}

static void compare_all_wishes(struct choice c)
{
	for (unsigned wish = 0; wish < 6 * 6 * 6; wish++) {
		c.before = nth_port(wish % 6);
		c.preferred = nth_port(wish / 6 % 6);
		c.role = nth_port(wish / 36);
		compare_all_taken(c);
	}
}

static void test_plan__agrees_on_every_wish_in_every_range_of_four(void **state)
{
	for (unsigned bits = 0; bits < 256; bits++) {
		set_bits(&reserved, bits & 15);
		set_bits(&strangers, bits >> 4);
		compare_all_wishes(choice());
	}
}

static void test_plan__agrees_on_every_single_port(void **state)
{
	for (unsigned bits = 0; bits < 256; bits++)
		for (unsigned wish = 1; wish < 36; wish++) {
			struct choice c = choice();

			set_bits(&reserved, bits & 15);
			set_bits(&strangers, bits >> 4);
			c.preferred = nth_port(1 + wish % 5);
			c.before = nth_port(wish / 6);
			c.only_preferred = true;
			compare_all_taken(c);
		}
}

/* The nth way of taking some of four ports one after the other; how many. */
static unsigned nth_arrangement(unsigned n, uint16_t ret[static 4])
{
	unsigned count = n % 5;

	n /= 5;
	for (unsigned i = 0; i < count; i++) {
		ret[i] = (uint16_t)(FIRST + n % 4);
		n /= 4;
		for (unsigned j = 0; j < i; j++)
			if (ret[j] == ret[i])
				return i;
	}
	return count;
}

static void compare_late(unsigned avoid, unsigned arrangement, unsigned how)
{
	struct choice c = choice();
	uint16_t cooling[4];

	range.n_avoid = 0;
	for (unsigned i = 0; i < 4; i++)
		if (avoid >> i & 1)
			range.avoid[range.n_avoid++] = (uint16_t)(FIRST + i);
	range.strategy = how & 1 ? STRATEGY_RANDOM : STRATEGY_SEQUENTIAL;
	c.downwards = how >> 1 & 1;
	c.seed = avoid + arrangement;
	c.cooling = cooling;
	c.n_cooling = nth_arrangement(arrangement, cooling);
	compare_all_taken(c);
}

static void test_plan__agrees_on_what_is_avoided_and_what_cools(void **state)
{
	for (unsigned bits = 0; bits < 16; bits += 3) {
		set_bits(&strangers, bits);
		for (unsigned avoid = 0; avoid < 16; avoid++)
			for (unsigned a = 0; a < 5 * 256; a += a < 320 ? 1 : 7)
				compare_late(avoid, a, (a + avoid) % 4);
	}
}

static void fill_at_random(struct port_set *s, uint64_t *seed)
{
	unsigned one_in = 1 + random_below(seed, 6);

	*s = (struct port_set){ 0 };
	for (unsigned port = 3000; port < 3060; port++)
		if (random_one_in(seed, one_in))
			port_set_add(s, (uint16_t)port);
}

static uint16_t port_at_random(uint64_t *seed)
{
	return (uint16_t)(random_one_in(seed, 2) ? 0 : 3000 + random_below(seed, 70));
}

static struct candidates candidates_at_random(uint64_t *seed)
{
	struct candidates c = { .count = 0 };
	unsigned first = 3000;

	while (c.count < 4 && first < 3060) {
		unsigned last = first + random_below(seed, 12);

		c.span[c.count++] = (struct port_range){ (uint16_t)first, (uint16_t)last };
		first = last + 1 + random_below(seed, 5);
	}
	if (random_one_in(seed, 2)) { /* an extra block may lie below the first */
		struct port_range swap = c.span[0];

		c.span[0] = c.span[c.count - 1];
		c.span[c.count - 1] = swap;
	}
	return c;
}

static void compare_at_random(uint64_t seed)
{
	struct choice c = choice();
	uint16_t cooling[10];

	fill_at_random(&taken, &seed);
	fill_at_random(&reserved, &seed);
	fill_at_random(&strangers, &seed);
	c.candidates = candidates_at_random(&seed);
	c.before = port_at_random(&seed);
	c.preferred = port_at_random(&seed);
	c.role = port_at_random(&seed);
	c.twin = port_at_random(&seed);
	c.only_preferred = c.preferred && random_one_in(&seed, 8);
	c.downwards = random_one_in(&seed, 3);
	c.seed = random_next(&seed);
	range.strategy = random_one_in(&seed, 3) ? STRATEGY_RANDOM : STRATEGY_SEQUENTIAL;
	for (range.n_avoid = 0; range.n_avoid < 8; range.n_avoid++)
		range.avoid[range.n_avoid] = (uint16_t)(3000 + random_below(&seed, 60));
	for (c.n_cooling = 0; c.n_cooling < ARRAY_LEN(cooling); c.n_cooling++)
		cooling[c.n_cooling] = (uint16_t)(3000 + random_below(&seed, 60));
	c.cooling = cooling;
	plan_make(&c, &plan);
	compare_with_naive(&c);
}

static void test_plan__agrees_at_random(void **state)
{
	for (uint64_t seed = 1; seed <= 20000; seed++)
		compare_at_random(seed);
}

/* ---- candidates ---- */

static void test_candidates__has_what_was_added_and_not_taken_away(void **state)
{
	uint64_t seed = 7;

	for (unsigned round = 0; round < 200; round++) {
		struct candidates c = { .count = 0 };
		struct port_set model = { 0 };

		for (unsigned first = 100; first < 160; first += 20) {
			struct port_range r = { (uint16_t)first, (uint16_t)(first + 12) };

			CHECK(candidates_add(&c, r));
			port_set_add_range(&model, r);
		}
		for (unsigned i = 0; i < 4; i++) {
			unsigned first = 90 + random_below(&seed, 70);
			struct port_range r = { (uint16_t)first,
						(uint16_t)(first + random_below(&seed, 20)) };

			CHECK(candidates_remove(&c, r));
			for (unsigned port = r.first; port <= r.last; port++)
				port_set_remove(&model, (uint16_t)port);
		}
		for (unsigned port = 80; port < 200; port++)
			CHECK(candidates_has(&c, (uint16_t)port) ==
				      port_set_has(&model, (uint16_t)port),
			      "round %u port %u", round, port);
		CHECK(candidates_size(&c) ==
		      port_set_count(&model, (struct port_range){ 1, UINT16_MAX }));
	}
}

static void test_candidates__takes_away_the_first_and_the_last_port_of_all(void **state)
{
	struct candidates c = { .span = { { 1, UINT16_MAX } }, .count = 1 };

	CHECK(candidates_remove(&c, (struct port_range){ 1, 1 }));
	CHECK(candidates_remove(&c, (struct port_range){ UINT16_MAX, UINT16_MAX }));
	CHECK(candidates_size(&c) == 65533);
	CHECK(!candidates_has(&c, 1) && candidates_has(&c, 2) && candidates_has(&c, 65534));
	CHECK(candidates_remove(&c, (struct port_range){ 1, UINT16_MAX }));
	CHECK(c.count == 0 && candidates_size(&c) == 0);
}

static void test_candidates__say_when_there_is_no_room(void **state)
{
	struct candidates c = { .count = 0 };

	for (unsigned i = 0; i < PLAN_MAX_SPANS; i++)
		CHECK(candidates_add(&c, (struct port_range){ (uint16_t)(1000 + 10 * i),
							      (uint16_t)(1005 + 10 * i) }));
	CHECK(!candidates_add(&c, (struct port_range){ 9000, 9000 }));
	CHECK(!candidates_remove(&c, (struct port_range){ 1001, 1002 }));
	CHECK(candidates_size(&c) == 6 * PLAN_MAX_SPANS && candidates_has(&c, 1001));
	CHECK(candidates_remove(&c, (struct port_range){ 1000, 1005 }));
	CHECK(candidates_remove(&c, (struct port_range){ 1011, 1012 }));
	CHECK(!candidates_has(&c, 1011) && candidates_has(&c, 1010) && candidates_has(&c, 1013));
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plan__rule_2_gives_back_the_port_it_had_before),
		TEST(test_plan__rule_2_goes_before_a_preference_and_a_role),
		TEST(test_plan__rule_2_needs_the_port_to_be_free_and_inside_todays_candidates),
		TEST(test_plan__rule_2_does_not_mind_that_the_port_cools_or_is_avoided),
		TEST(test_plan__rule_3_gives_the_preferred_port),
		TEST(test_plan__rule_3_prefer_falls_back),
		TEST(test_plan__rule_3_only_that_port_or_none),
		TEST(test_plan__rule_3_only_that_port_may_lie_anywhere),
		TEST(test_plan__rule_3_gives_an_avoided_port_that_is_asked_for),
		TEST(test_plan__rule_4_gives_the_port_of_the_role),
		TEST(test_plan__rule_4_held_role_goes_on_to_the_highest_free_offset),
		TEST(test_plan__twin_stands_where_instance_1_stands),
		TEST(test_plan__rule_5_gives_the_first_free_port),
		TEST(test_plan__rule_5_goes_through_the_spans_in_their_order),
		TEST(test_plan__rule_5_reaches_both_ends_of_all_ports),
		TEST(test_plan__rule_5_random_gives_each_free_port_by_some_seed),
		TEST(test_plan__passes_over_strangers),
		TEST(test_plan__names_no_stranger_on_a_port_that_was_not_to_be_had),
		TEST(test_plan__names_no_stranger_that_chance_walked_by),
		TEST(test_plan__names_a_stranger_once_and_no_more_than_fit),
		TEST(test_plan__gives_avoided_ports_after_all_others),
		TEST(test_plan__gives_cooling_ports_last_and_the_oldest_release_first),
		TEST(test_plan__names_no_stranger_on_a_cooling_port_that_was_not_next),
		TEST(test_plan__rule_6_says_that_none_is_left),
		TEST(test_plan__ends_soon_also_when_a_whole_range_cools),
		TEST(test_plan__agrees_on_every_wish_in_every_range_of_four),
		TEST(test_plan__agrees_on_every_single_port),
		TEST(test_plan__agrees_on_what_is_avoided_and_what_cools),
		TEST(test_plan__agrees_at_random),
		TEST(test_candidates__has_what_was_added_and_not_taken_away),
		TEST(test_candidates__takes_away_the_first_and_the_last_port_of_all),
		TEST(test_candidates__say_when_there_is_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
