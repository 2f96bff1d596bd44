#include "lib/check.h"

#include <string.h>

#include "registry/changes.h"
#include "store/memory/memory.h"

static struct store *make_store(void)
{
	struct store *s = NULL;
	struct err err = { 0 };

	CHECK(store_memory_open(&s, &err), "%s", err.text);
	return s;
}

static void add(struct store *s, struct event e)
{
	struct err err = { 0 };

	e.at_ms = e.at_ms ? e.at_ms : 1000;
	e.actor = e.actor ? e.actor : "eva";
	e.op = e.op ? e.op : "release";
	CHECK(s->ops->event_add(s, &e, &err), "%s", err.text);
}

static void begin(struct store *s)
{
	struct err err = { 0 };

	CHECK(store_begin(s, true, &err), "%s", err.text);
}

static void commit(struct store *s)
{
	struct err err = { 0 };

	CHECK(store_commit(s, &err), "%s", err.text);
}

/* The subjects of the last change, the newest first: "c b a". */
static void check_last(struct store *s, const char *want)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct registry r = { .store = s };
	struct change_events last;
	struct err err = { 0 };
	char got[64] = "";

	CHECK(change_last(&r, &arena, &last, &err), "%s", err.text);
	for (unsigned i = 0; i < last.count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			 last.items[i].subject);
	CHECK_TEXT(got, want);
}

static void test_change_last__of_a_book_without_history_is_none(void **state)
{
	struct store *s = make_store();

	check_last(s, "");
	store_free(s);
}

static void test_change_last__is_all_of_the_last_transaction(void **state)
{
	struct store *s = make_store();

	begin(s);
	add(s, (struct event){ .subject = "a" });
	add(s, (struct event){ .subject = "b" });
	commit(s);
	check_last(s, "b a");
	begin(s);
	add(s, (struct event){ .subject = "c" });
	add(s, (struct event){ .subject = "d" });
	commit(s);
	check_last(s, "d c");
	add(s, (struct event){ .subject = "e" });
	check_last(s, "e");
	store_free(s);
}

/* What a portbook of before wrote has numbers without gaps. */
static void test_change_last__without_gaps_goes_by_time_and_actor(void **state)
{
	struct store *s = make_store();

	add(s, (struct event){ .seq = 1, .subject = "a" });
	add(s, (struct event){ .seq = 2, .subject = "b" });
	check_last(s, "b a");
	add(s, (struct event){ .seq = 3, .subject = "c", .actor = "bob" });
	check_last(s, "c");
	add(s, (struct event){ .seq = 4, .subject = "d", .actor = "bob", .at_ms = 1001 });
	check_last(s, "d");
	store_free(s);
}

static void test_change_last__passes_over_what_was_undone_and_the_undoings(void **state)
{
	struct store *s = make_store();

	add(s, (struct event){ .seq = 10, .subject = "a" });
	add(s, (struct event){ .seq = 19, .subject = "b" });
	add(s, (struct event){ .seq = 20, .subject = "c" });
	add(s, (struct event){ .seq = 30, .op = "undo", .subject = "c" });
	add(s,
	    (struct event){ .seq = 31, .op = "undo", .subject = "x", .after = "{\"undone\":20}" });
	check_last(s, "a");
	add(s,
	    (struct event){ .seq = 40, .op = "undo", .subject = "y", .after = "{\"undone\":10}" });
	check_last(s, "");
	add(s, (struct event){ .seq = 50, .subject = "d" });
	check_last(s, "d");
	store_free(s);
}

static void test_change_last__is_one_though_its_event_was_of_a_long_list(void **state)
{
	struct store *s = make_store();

	begin(s);
	for (unsigned i = 0; i < 100; i++)
		add(s, (struct event){ .subject = "a" });
	commit(s);
	add(s, (struct event){ .subject = "b" });
	add(s, (struct event){ .op = "undo", .subject = "b", .after = "{\"undone\":102}" });
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct registry r = { .store = s };
	struct change_events last;
	struct err err = { 0 };

	CHECK(change_last(&r, &arena, &last, &err), "%s", err.text);
	CHECK(last.count == 100 && last.items[0].seq == 100 && last.items[99].seq == 1);
	store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change_last__of_a_book_without_history_is_none),
		cmocka_unit_test(test_change_last__is_all_of_the_last_transaction),
		cmocka_unit_test(test_change_last__without_gaps_goes_by_time_and_actor),
		cmocka_unit_test(test_change_last__passes_over_what_was_undone_and_the_undoings),
		cmocka_unit_test(test_change_last__is_one_though_its_event_was_of_a_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
