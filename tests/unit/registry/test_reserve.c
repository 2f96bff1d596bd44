#include "lib/check.h"

#include <string.h>

#include "registry/reserve.h"
#include "store/memory/memory.h"

/* A store that calls it done and keeps the row, as a database's rules on its rows may have it. */
static bool keep_reserved(struct store *s, const char *host, uint16_t first, struct err *err)
{
	(void)s;
	(void)host;
	(void)first;
	(void)err;
	return true;
}

static void test_unreserve__of_what_the_book_keeps_is_refused_and_ends(void **state)
{
	const struct port_range asked = { 7000, 7009 }, some = { 7000, 7001 };
	const struct reserve_request request = {
		.ports = &asked, .count = 1, .host = "*", .reason = "printers"
	};
	struct registry r = { .clock = &clock_of_machine, .host = HOST_DEFAULT, .actor = "eva" };
	struct store_ops deaf;
	struct err err = { 0 };

	(void)state;
	CHECK(store_memory_open(&r.store, &err), "%s", err.text);
	CHECK(store_begin(r.store, true, &err), "%s", err.text);
	CHECK(registry_reserve(&r, &request, &err), "%s", err.text);
	deaf = *r.store->ops;
	deaf.reserved_remove = keep_reserved;
	r.store->ops = &deaf;

	CHECK(!registry_unreserve(&r, &asked, 1, "*", &err));
	CHECK(err.code == ERR_NOT_PERMITTED && strstr(err.text, "7000 to 7009"), "%s", err.text);
	CHECK(!registry_unreserve(&r, &some, 1, "*", &err));

	store_rollback(r.store);
	registry_release(&r);
	store_free(r.store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unreserve__of_what_the_book_keeps_is_refused_and_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
