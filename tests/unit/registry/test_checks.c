/*
 * What was seen of entries, summed up as it grows old.  Times are in minutes before `now`.
 */
#include "lib/check.h"

#include <string.h>

#include "base/text.h"
#include "registry/checks.h"
#include "store/memory/memory.h"

#define MINUTE INT64_C(60000)
#define HOUR   INT64_C(60)
#define DAY    (24 * HOUR)

/* A Monday at midnight, UTC, so that stretches are easy to count. */
static const int64_t now = INT64_C(1763942400000);

struct book {
	struct store *store;
	struct registry registry;
};

static void book_cleanup(struct book *b)
{
	registry_release(&b->registry);
	store_free(b->store);
}

static void book_open(struct book *b)
{
	struct err err = { 0 };

	CHECK(store_memory_open(&b->store, &err), "%s", err.text);
	b->registry.store = b->store;
}

static void put(struct book *b, const char *entry_id, int64_t minutes_ago, const char *state)
{
	const struct health_check c = { 0, entry_id, now - minutes_ago * MINUTE, state, 100, NULL };
	struct err err = { 0 };

	CHECK(b->store->ops->check_add(b->store, &c, &err), "%s", err.text);
}

static void thin(struct book *b, int64_t at_ms)
{
	struct err err = { 0 };

	CHECK(store_begin(b->store, true, &err), "%s", err.text);
	CHECK(checks_thin(&b->registry, at_ms, &err), "%s", err.text);
	CHECK(store_commit(b->store, &err), "%s", err.text);
}

/* "web in_use 3/4 ": of whom, the state, and of how many looks it was up. */
static bool add_row(const struct health_check *c, void *arg)
{
	struct looks looks = looks_of(c);

	text_addf(arg, "%s %s %u/%u ", c->entry_id, c->status, looks.up, looks.count);
	return true;
}

static void check_rows(struct book *b, const char *want)
{
	CLEANUP(text_release) struct text list = { 0 };
	struct err err = { 0 };

	CHECK(b->store->ops->check_of(b->store, &(struct check_filter){ 0 }, add_row, &list, &err),
	      "%s", err.text);
	CHECK_TEXT(text_str(&list), want);
}

static void test_looks_stretch_ms__grows_with_the_age(void **state)
{
	static const struct {
		int64_t age_minutes, stretch_minutes;
	} row[] = {
		{ -5, 0 }, /* the clock was set back */
		{ 0, 0 },	   { HOUR, 0 },		 { HOUR + 1, 15 },
		{ DAY + 1, HOUR }, { 7 * DAY + 1, DAY }, { 90 * DAY + 1, 7 * DAY },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(looks_stretch_ms(row[i].age_minutes * MINUTE) ==
			      row[i].stretch_minutes * MINUTE,
		      "row %zu", i);
	CHECK(looks_stretch_ms(401 * DAY * MINUTE) < 0);
}

static void test_checks_thin__keeps_every_look_of_the_last_hour(void **state)
{
	CLEANUP(book_cleanup) struct book b = { 0 };

	book_open(&b);
	put(&b, "web", 60, "in_use");
	put(&b, "web", 1, "down");
	put(&b, "web", 0, "in_use");
	thin(&b, now);
	check_rows(&b, "web in_use 1/1 web down 0/1 web in_use 1/1 ");
}

static void test_checks_thin__makes_one_row_of_a_quarter_and_keeps_its_counts(void **state)
{
	CLEANUP(book_cleanup) struct book b = { 0 };

	book_open(&b);
	put(&b, "web", 120, "in_use");
	put(&b, "web", 119, "down");
	put(&b, "web", 118, "unknown");
	put(&b, "web", 105, "in_use"); /* the next quarter */
	thin(&b, now);
	check_rows(&b, "web down 2/3 web in_use 1/1 ");
}

static void test_checks_thin__keeps_entries_apart(void **state)
{
	CLEANUP(book_cleanup) struct book b = { 0 };

	book_open(&b);
	put(&b, "web", 120, "in_use");
	put(&b, "api", 120, "down");
	put(&b, "web", 119, "in_use");
	thin(&b, now);
	check_rows(&b, "api down 0/1 web in_use 2/2 ");
}

static void test_checks_thin__sums_up_what_was_summed_up_before(void **state)
{
	CLEANUP(book_cleanup) struct book b = { 0 };

	book_open(&b);
	for (unsigned quarter = 0; quarter < 4; quarter++) {
		put(&b, "web", 120 - 15 * quarter, "in_use");
		put(&b, "web", 119 - 15 * quarter, quarter == 2 ? "squatted" : "in_use");
	}
	thin(&b, now + 60 * MINUTE);
	check_rows(&b, "web in_use 2/2 web in_use 2/2 web squatted 1/2 web in_use 2/2 ");
	thin(&b, now + 2 * DAY * MINUTE);
	check_rows(&b, "web squatted 7/8 ");
	thin(&b, now + 3 * DAY * MINUTE);
	check_rows(&b, "web squatted 7/8 ");
}

static void test_checks_thin__forgets_after_400_days(void **state)
{
	CLEANUP(book_cleanup) struct book b = { 0 };

	book_open(&b);
	put(&b, "web", 401 * DAY, "in_use");
	put(&b, "web", 399 * DAY, "down");
	thin(&b, now);
	check_rows(&b, "web down 0/1 ");
}

static void test_checks_thin__waits_an_hour_and_not_for_a_clock_that_was_set_back(void **state)
{
	CLEANUP(book_cleanup) struct book b = { 0 };

	book_open(&b);
	thin(&b, now);
	put(&b, "web", 120, "in_use");
	put(&b, "web", 119, "in_use");
	thin(&b, now + 59 * MINUTE);
	check_rows(&b, "web in_use 1/1 web in_use 1/1 ");
	thin(&b, now - 10 * MINUTE);
	check_rows(&b, "web in_use 2/2 ");
}

static void test_checks_thin__keeps_the_table_bounded_however_often_one_looks(void **state)
{
	CLEANUP(book_cleanup) struct book b = { 0 };
	CLEANUP(text_release) struct text list = { 0 };
	struct err err = { 0 };
	unsigned rows = 0;

	book_open(&b);
	for (int64_t ago = 410 * DAY; ago > 0; ago -= 71)
		put(&b, "web", ago, "in_use");
	thin(&b, now);
	CHECK(b.store->ops->check_of(b.store, &(struct check_filter){ 0 }, add_row, &list, &err),
	      "%s", err.text);
	for (const char *at = text_str(&list); (at = strstr(at, "web ")); at++)
		rows++;
	CHECK(rows < 380, "%u rows", rows);
}

static void test_looks_of__takes_what_it_cannot_read_for_one_look(void **state)
{
	static const char *const details[] = { NULL,
					       "",
					       "x",
					       "[]",
					       "{\"looks\":0}",
					       "{\"looks\":-1,\"up\":-1}",
					       "{\"looks\":2,\"up\":3}",
					       "{\"actual\":\"node\"}" };

	for (size_t i = 0; i < ARRAY_LEN(details); i++) {
		const struct health_check c = { 1, "web", 5, "in_use", 0, details[i] };
		struct looks looks = looks_of(&c);

		CHECK(looks.count == 1 && looks.up == 1 && looks.until_ms == 5, "row %zu", i);
	}
}

static void test_looks_of__what_was_told_is_none(void **state)
{
	const struct entry web = { .id = "web" };
	const struct look_result up = { .entry = &web, .state = STATE_IN_USE };
	struct look_results told = {
		.items = &up, .count = 1, .host = "h", .at_ms = now - 200 * MINUTE, .is_told = true
	};
	CLEANUP(book_cleanup) struct book b = { 0 };
	struct err err = { 0 };

	book_open(&b);
	put(&b, "web", 201, "down");
	CHECK(store_begin(b.store, true, &err), "%s", err.text);
	CHECK(checks_add(&b.registry, &told, &err), "%s", err.text);
	CHECK(store_commit(b.store, &err), "%s", err.text);
	check_rows(&b, "web down 0/1 web in_use 0/0 ");
	thin(&b, now); /* and none it is when it was summed up */
	check_rows(&b, "web down 0/1 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_looks_stretch_ms__grows_with_the_age),
		cmocka_unit_test(test_checks_thin__keeps_every_look_of_the_last_hour),
		cmocka_unit_test(test_checks_thin__makes_one_row_of_a_quarter_and_keeps_its_counts),
		cmocka_unit_test(test_checks_thin__keeps_entries_apart),
		cmocka_unit_test(test_checks_thin__sums_up_what_was_summed_up_before),
		cmocka_unit_test(test_checks_thin__forgets_after_400_days),
		cmocka_unit_test(
			test_checks_thin__waits_an_hour_and_not_for_a_clock_that_was_set_back),
		cmocka_unit_test(test_checks_thin__keeps_the_table_bounded_however_often_one_looks),
		cmocka_unit_test(test_looks_of__takes_what_it_cannot_read_for_one_look),
		cmocka_unit_test(test_looks_of__what_was_told_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
