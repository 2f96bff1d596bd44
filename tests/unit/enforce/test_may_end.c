/*
 * Who is never ended.  The one who asks is 100, of uid 1000, started by 50, that
 * by 40, that by 1.
 */
#include "lib/check.h"

#include "enforce/may_end.h"

static const pid_t above[] = { 50, 40, 1 };
static const struct asker eva = { 100, 1000, above, 3 };
static const struct asker root = { 100, 0, above, 3 };

static bool allows(const struct asker *a, const struct process *items, unsigned count,
		   struct err *err)
{
	const struct holders h = { .port = 3000, .items = items, .count = count };

	return may_end(a, &h, err);
}

#define NODE(number, user_id, ...)                                                             \
	{                                                                                      \
		.pid = (number), .uid = (user_id), .socket = 7, .program = "node", __VA_ARGS__ \
	}

static void test_may_end__refuses_whom_nobody_should_end(void **state)
{
	static const struct {
		struct process process;
		const char *names; /* NULL: it may be ended */
	} row[] = {
		{ NODE(200, 1000), NULL },
		{ NODE(1, 1000), "pid 1, which is never ended" },
		{ NODE(0, 1000),
		  "never ended" }, /* no such process, and a signal to it means all */
		{ NODE(100, 1000), "this very command (pid 100)" },
		{ NODE(50, 1000), "'node' (pid 50), from which this command was started" },
		{ NODE(40, 1000), "'node' (pid 40), from which" },
		{ NODE(200, 1001, .user = "deploy"), "a process of the user deploy" },
		{ NODE(200, 1001), "a process of uid 1001" },
		{ NODE(200, 0, .user = "root"), "a process of the user root" },
		{ NODE(200, 1000, .is_proxy = true, .container = "shop-db-1"), "shop-db-1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct err err = { 0 };
		bool ok = allows(&eva, &row[i].process, 1, &err);

		CHECK(ok == !row[i].names, "row %zu: %s", i, err.text);
		if (!row[i].names)
			continue;
		CHECK(err.code == ERR_NOT_PERMITTED, "row %zu", i);
		CHECK(strstr(err.text, row[i].names), "row %zu: %s", i, err.text);
		CHECK(err.hint[0], "row %zu", i);
	}
}

static void test_may_end__knows_the_way_to_end_another_users(void **state)
{
	const struct process p = NODE(200, 1001, .user = "deploy");
	struct err err = { 0 };

	CHECK(!allows(&root, &p, 1, &err));
	CHECK_TEXT(err.hint, "as that user: sudo -u deploy portbook free 3000");
}

static void test_may_end__refuses_all_where_one_is_never_ended(void **state)
{
	const struct process both[] = { NODE(200, 1000), NODE(50, 1000) };
	struct err err = { 0 };

	CHECK(!allows(&eva, both, 2, &err));
	CHECK(strstr(err.text, "pid 50"), "%s", err.text);
}

static void test_may_end__takes_a_worker_for_its_parents(void **state)
{
	const struct process nginx[] = { NODE(200, 0), NODE(201, 33, .parent = 200) };
	const struct process other[] = { NODE(200, 0), NODE(201, 33, .parent = 150) };
	struct process elsewhere[] = { NODE(200, 0), NODE(201, 33, .parent = 200) };
	struct err err = { 0 };

	CHECK(allows(&root, nginx, 2, &err), "%s", err.text);
	CHECK(!allows(&root, other, 2, &err));
	/* A child that has a socket of its own is no worker. */
	elsewhere[1].socket = 8;
	CHECK(!allows(&root, elsewhere, 2, &err));
	/* And nobody becomes root's by having a parent of root's. */
	CHECK(!allows(&eva, nginx, 2, &err));
}

static void test_may_end__refuses_what_cannot_be_seen(void **state)
{
	const struct process p = NODE(200, 1000);
	const struct holders none = {
		.port = 3000, .uid = 0, .user = "root", .partly_known = true
	};
	const struct holders some = {
		.port = 3000, .items = &p, .count = 1, .uid = 1001, .partly_known = true
	};
	const struct holders own = { .port = 3000, .uid = 1000, .user = "eva" };
	struct err err = { 0 };

	CHECK(!may_end(&eva, &none, &err));
	CHECK(strstr(err.text, "of the user root that cannot be seen"), "%s", err.text);
	CHECK_TEXT(err.hint, "as root: sudo portbook free 3000");
	CHECK(!may_end(&eva, &some, &err));
	CHECK_TEXT(err.hint, "as that user: sudo -u '#1001' portbook free 3000");
	CHECK(!may_end(&eva, &own, &err));
	CHECK_TEXT(err.hint, "root may see it: sudo portbook listeners --port 3000");
	CHECK(!may_end(&root, &none, &err));
	CHECK(strstr(err.hint, "container"), "%s", err.hint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_may_end__refuses_whom_nobody_should_end),
		cmocka_unit_test(test_may_end__knows_the_way_to_end_another_users),
		cmocka_unit_test(test_may_end__refuses_all_where_one_is_never_ended),
		cmocka_unit_test(test_may_end__takes_a_worker_for_its_parents),
		cmocka_unit_test(test_may_end__refuses_what_cannot_be_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
