#include "lib/check.h"

#include "registry/listening.h"

/* A machine of which nothing can be seen, and a book that cannot be read. */

static bool cannot_see(void *ctx, const struct look *what, struct arena *a,
		       struct listener_list *ret, struct err *err)
{
	return fail(err, ERR_IO, "the kernel is silent");
}

static bool cannot_walk(struct store *s, const char *project_id, instance_fn *fn, void *arg,
			struct err *err)
{
	return fail(err, ERR_BUSY, "others hold the book");
}

static const struct listeners_ops blind = { .look = cannot_see };
static const struct listeners blind_machine = { .ops = &blind };
static const struct store_ops closed = { .instance_each = cannot_walk };

static const struct project shop = { .id = "1", .name = "shop", .path = "/srv/shop" };

static void test_listener_is_own__passes_the_errors_of_the_book_on(void **state)
{
	struct store store = { .ops = &closed };
	struct registry r = { .store = &store };
	struct process p = { .cwd = "/elsewhere" };
	struct listener l = { .processes = &p, .n_processes = 1 };
	struct err err = { 0 };
	bool own = true;

	CHECK(!listener_is_own(&r, &shop, 1, &l, &own, &err));
	CHECK(err.code == ERR_BUSY, "%s", err.text);
	CHECK(own, "the result is left alone");
}

static void test_listener_is_own__below_the_projects_path_needs_no_book(void **state)
{
	struct store store = { .ops = &closed };
	struct registry r = { .store = &store };
	struct process p = { .cwd = "/srv/shop/api" };
	struct listener l = { .processes = &p, .n_processes = 1 };
	struct err err = { 0 };
	bool own = false;

	CHECK(listener_is_own(&r, &shop, 1, &l, &own, &err), "%s", err.text);
	CHECK(own);
}

static void test_listener_on__says_that_it_cannot_see(void **state)
{
	struct registry r = { .listeners = &blind_machine, .host = HOST_DEFAULT };
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct listener l;

	CHECK(!listener_on(&r, HOST_DEFAULT, PROTO_TCP, 3100, &arena, &l));
	CHECK(json_array_size(r.notices) == 1);
	CHECK_TEXT(json_string_value(json_array_get(r.notices, 0)),
		   "cannot see what listens on port 3100: the kernel is silent");
	registry_release(&r);
}

static void test_listener_on__of_another_host_is_nobody(void **state)
{
	struct registry r = { .listeners = &blind_machine, .host = HOST_DEFAULT };
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct listener l;

	CHECK(!listener_on(&r, "build1", PROTO_TCP, 3100, &arena, &l));
	CHECK(!r.notices);
}

static void test_listener_text__names_the_user_where_no_process_can_be_seen(void **state)
{
	CLEANUP(arena_release) struct arena arena = { 0 };

	CHECK_TEXT(listener_text(&arena, &(struct listener){ .uid = 0, .user = "root" }),
		   "a process of the user root");
	CHECK_TEXT(listener_text(&arena, &(struct listener){ .uid = 3999999999 }),
		   "a process of uid 3999999999");
}

static void test_process_text__of_a_user_without_a_name_is_its_number(void **state)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct process p = { .pid = 1234, .uid = 61001, .program = "node", .cwd = "/srv/horizon" };

	CHECK_TEXT(process_text(&arena, &p), "node (pid 1234, uid 61001, cwd /srv/horizon)");
	p.user = "deploy";
	CHECK_TEXT(process_text(&arena, &p), "node (pid 1234, user deploy, cwd /srv/horizon)");
	p = (struct process){ .uid = 999, .container = "shop-db-1" };
	CHECK_TEXT(process_text(&arena, &p), "container shop-db-1 (uid 999)");
	p.user = "eva";
	CHECK_TEXT(process_text(&arena, &p), "container shop-db-1 (user eva)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listener_is_own__passes_the_errors_of_the_book_on),
		cmocka_unit_test(test_listener_is_own__below_the_projects_path_needs_no_book),
		cmocka_unit_test(test_listener_on__says_that_it_cannot_see),
		cmocka_unit_test(test_listener_on__of_another_host_is_nobody),
		cmocka_unit_test(test_listener_text__names_the_user_where_no_process_can_be_seen),
		cmocka_unit_test(test_process_text__of_a_user_without_a_name_is_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
