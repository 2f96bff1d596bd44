/*
 * libportbook when memory runs out: an error that says so, no leak (built with
 * ASan), and nothing entered that the caller was not told of.
 */
#include "lib/check.h"
#include "lib/fault.h"

#include <portbook.h>
#include <stdlib.h>

static struct portbook_error error;

static const struct portbook_fact facts[] = { { "colour", "blue" }, { "size", "12" } };

/* One function of portbook.h and what it is asked. */
struct step {
	const char *name;
	const void *(*ask)(struct portbook *book);
	/* Makes it possible again; NULL: it always is. */
	const void *(*undo)(struct portbook *book);
};

static struct portbook_request shop(const char *service)
{
	struct portbook_request r = portbook_service("shop", service);

	r.path = "/";
	return r;
}

static const void *get(struct portbook *book)
{
	struct portbook_request r = shop("db");

	r.description = "d";
	r.metadata = (struct portbook_facts){ ARRAY_LEN(facts), facts };
	return portbook_get(book, &r, &error);
}

static const void *get_known(struct portbook *book)
{
	struct portbook_request r = shop("web");

	return portbook_get(book, &r, &error);
}

static const void *allocate(struct portbook *book)
{
	struct portbook_request r = shop("db");

	return portbook_allocate(book, &r, &error);
}

static const void *allocate_once(struct portbook *book)
{
	static unsigned changes;
	struct portbook_request r = shop("db");
	char name[32];

	snprintf(name, sizeof(name), "change-%u", changes++);
	r.once = name;
	return portbook_allocate(book, &r, &error);
}

static const void *allocate_again(struct portbook *book)
{
	struct portbook_request r = shop("db");

	r.once = "again";
	return portbook_allocate(book, &r, &error);
}

static const void *replace(struct portbook *book)
{
	struct portbook_request r = shop("web");

	r.replace = true;
	return portbook_allocate(book, &r, &error);
}

static const void *release(struct portbook *book)
{
	struct portbook_request r = shop("db");

	return portbook_release(book, &r, &error);
}

static const void *release_web(struct portbook *book)
{
	struct portbook_request r = shop("web");

	return portbook_release(book, &r, &error);
}

static const void *update(struct portbook *book)
{
	struct portbook_request r = shop("web");

	r.notes = "n";
	return portbook_update(book, &r, &error);
}

static const void *forget(struct portbook *book)
{
	struct portbook_request r = shop("web");

	r.notes = "";
	return portbook_update(book, &r, &error);
}

static const void *list(struct portbook *book)
{
	return portbook_list(book, NULL, &error);
}

static const void *summary(struct portbook *book)
{
	return portbook_summary(book, NULL, &error);
}

static const void *verify(struct portbook *book)
{
	return portbook_verify(book, NULL, &error);
}

static const struct step steps[] = {
	{ "get", get, release },
	{ "get what there is", get_known, NULL },
	{ "allocate", allocate, release },
	{ "allocate once", allocate_once, release },
	{ "allocate what was", allocate_again, NULL },
	{ "allocate with replace", replace, NULL },
	{ "release", release_web, get_known },
	{ "update", update, forget },
	{ "list", list, NULL },
	{ "summary", summary, NULL },
	{ "verify", verify, NULL },
};

static struct portbook *open_book(void)
{
	struct portbook_options options = portbook_at("memory:");

	options.isolated = true;
	return portbook_open(&options, &error);
}

/* What is entered, as one text: the entries' ports, ids and notes. */
static void picture(struct portbook *book, char *ret, size_t size)
{
	struct portbook_entries *all = portbook_list(book, NULL, &error);
	size_t len = 0;

	CHECK(all, "%s", error.message);
	ret[0] = '\0';
	for (size_t i = 0; i < all->count && len < size; i++)
		len += (size_t)snprintf(ret + len, size - len, "%u %s %s\n", all->items[i]->port,
					all->items[i]->id, all->items[i]->notes);
	CHECK(len < size);
	portbook_free(all);
}

/* With so many allocations; false when one failed, and then nothing has changed. */
static bool ask_with(struct portbook *book, const struct step *step, long allocations)
{
	char before[4096], after[4096];
	const void *answer;
	bool some_failed;

	picture(book, before, sizeof(before));
	allocations_left = allocations;
	answer = step->ask(book);
	some_failed = allocations_left <= 0;
	allocations_left = ALLOCATIONS_UNLIMITED;
	if (!answer) {
		CHECK(some_failed && error.code == PORTBOOK_MEMORY, "%s, allocation %ld: %d: %s",
		      step->name, allocations, (int)error.code, error.message);
		picture(book, after, sizeof(after));
		CHECK_TEXT(after, before);
	}
	portbook_free(answer);
	if (answer && step->undo) {
		portbook_free(step->undo(book));
		CHECK(error.code == PORTBOOK_OK, "%s: %s", step->name, error.message);
	}
	return !some_failed;
}

static void fail_each_allocation(bool only_one)
{
	struct portbook *book = open_book();
	struct portbook_request r = shop("web");

	CHECK(book, "%s", error.message);
	r.create = true;
	portbook_free(portbook_get(book, &r, &error));
	portbook_free(allocate_again(book));
	portbook_free(release(book));
	one_allocation_fails = only_one;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		for (long n = only_one; !ask_with(book, &steps[i], n); n = fault_next(n))
			;
	one_allocation_fails = false;
	portbook_close(book);
}

static void test_library__without_memory_says_so_and_enters_nothing(void **state)
{
	fail_each_allocation(false);
}

static void test_library__missing_one_allocation_says_so_or_does_without(void **state)
{
	fail_each_allocation(true);
}

static void test_open__without_memory_says_so(void **state)
{
	bool failed = true;

	for (long n = 0; failed; n = fault_next(n)) {
		struct portbook *book;

		allocations_left = n;
		book = open_book();
		failed = allocations_left <= 0;
		allocations_left = ALLOCATIONS_UNLIMITED;
		CHECK(book || (failed && error.code == PORTBOOK_MEMORY), "allocation %ld: %s", n,
		      error.message);
		portbook_close(book);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_library__without_memory_says_so_and_enters_nothing),
		cmocka_unit_test(test_library__missing_one_allocation_says_so_or_does_without),
		cmocka_unit_test(test_open__without_memory_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
