#include "lib/fault.h"

#include "lib/books.h"
#include "lib/contract.h"

#include "registry/transfer.h"

static bool transfer(struct store *from, struct store *to, long n, bool only_one, struct err *err)
{
	struct registry of_from = registry_of(from), of_to = registry_of(to);
	struct transfer t = { .from = &of_from, .to = &of_to, .host = "build1" };
	CLEANUP(txn_cleanup) struct txn reading = { from };
	CLEANUP(txn_cleanup) struct txn writing = { to };
	bool ok;

	one_allocation_fails = only_one;
	allocations_left = n;
	ok = store_begin(to, true, err) && store_begin(from, false, err) &&
	     registry_transfer(&t, err) && store_commit(to, err);
	allocations_left = ALLOCATIONS_UNLIMITED;
	one_allocation_fails = false;
	transfer_release(&t);
	registry_release(&of_from);
	registry_release(&of_to);
	return ok;
}

static bool is_unused(struct store *s)
{
	struct registry r = registry_of(s);
	struct err err = { 0 };
	bool unused;

	MUST(registry_is_unused(&r, &unused, &err));
	registry_release(&r);
	return unused;
}

static void check_all(bool only_one)
{
	struct store *from = memory_book(), *to = memory_book();
	long failures = 0;

	fill_book(from);
	for (long n = 0;; n = fault_next(n)) {
		struct err err = { 0 };

		if (transfer(from, to, n, only_one, &err))
			break;
		CHECK(err.code == ERR_MEMORY || err.code == ERR_BOOK, "%ld: %s", n, err.text);
		CHECK(is_unused(to), "%ld", n);
		failures++;
	}
	CHECK(failures > 100, "%ld", failures);
	CHECK(!is_unused(to));
	store_free(from);
	store_free(to);
}

static void test_transfer__without_memory_leaves_nothing(void **state)
{
	check_all(false);
}

static void test_transfer__missing_one_allocation_leaves_nothing(void **state)
{
	check_all(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transfer__without_memory_leaves_nothing),
		cmocka_unit_test(test_transfer__missing_one_allocation_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
