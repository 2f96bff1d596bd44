#include "lib/check.h"

#include <stdalign.h>

#include "base/arena.h"

static void test_arena_alloc__is_zeroed_aligned_and_its_own(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	unsigned char *last = NULL;

	for (size_t size = 1; size < 3000; size += 7) {
		unsigned char *p = arena_alloc(&a, size);

		CHECK(p && (uintptr_t)p % alignof(max_align_t) == 0);
		if (!p)
			break;
		for (size_t i = 0; i < size; i++)
			CHECK(p[i] == 0);
		memset(p, 0xff, size);
		CHECK(!last || *last == 0xff);
		last = p;
	}
}

static void test_arena_alloc__gives_pieces_larger_than_a_chunk(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	char *small = arena_copy(&a, "small");
	char *large = arena_alloc(&a, 100000);

	CHECK(large);
	memset(large, 'x', 100000);
	CHECK_TEXT(small, "small");
	CHECK_TEXT(arena_copy(&a, "after"), "after");
}

static void test_arena_alloc__refuses_what_no_memory_holds(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };

	CHECK(!arena_alloc(&a, SIZE_MAX));
	CHECK(!arena_alloc(&a, SIZE_MAX - 20));
	CHECK(!arena_alloc(&a, SIZE_MAX / 2 + 1));
	CHECK_TEXT(arena_copy(&a, "still works"), "still works");
}

static void test_arena_copy__of_nothing_is_nothing(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };

	CHECK(!arena_copy(&a, NULL));
	CHECK_TEXT(arena_copy(&a, ""), "");
}

static void test_arena_printf__formats_any_length(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	char *text = arena_printf(&a, "%s %020000d", "a", 7);

	CHECK(text && strlen(text) == 20002 && !strncmp(text, "a 000", 5));
	CHECK_TEXT(arena_printf(&a, "%d-%d", 3000, 3099), "3000-3099");
}

static void test_arena_release__leaves_it_ready_for_use(void **state)
{
	struct arena a = { 0 };

	arena_release(&a);
	CHECK(arena_copy(&a, "one"));
	arena_release(&a);
	CHECK(!a.chunks);
	CHECK_TEXT(arena_copy(&a, "two"), "two");
	arena_release(&a);
}

static void test_arena_adopt__keeps_what_both_hold(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct arena b = { 0 };
	const char *mine = arena_copy(&a, "mine"), *other = arena_copy(&b, "other");

	arena_adopt(&a, &b);
	CHECK(!b.chunks);
	CHECK_TEXT(mine, "mine");
	CHECK_TEXT(other, "other");
	arena_adopt(&a, &b);
	CHECK(arena_copy(&a, "more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena_adopt__keeps_what_both_hold),
		cmocka_unit_test(test_arena_alloc__is_zeroed_aligned_and_its_own),
		cmocka_unit_test(test_arena_alloc__gives_pieces_larger_than_a_chunk),
		cmocka_unit_test(test_arena_alloc__refuses_what_no_memory_holds),
		cmocka_unit_test(test_arena_copy__of_nothing_is_nothing),
		cmocka_unit_test(test_arena_printf__formats_any_length),
		cmocka_unit_test(test_arena_release__leaves_it_ready_for_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
