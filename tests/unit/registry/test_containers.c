/*
 * Which container listens.  Those that run:
 *
 *	shop-db-1	0.0.0.0:3101 and [::]:3101, tcp
 *	blog-web-1	127.0.0.1:3102, tcp; any:3104, tcp
 *	grid-web-1	127.0.0.2:3102, tcp; any:3104, tcp
 *	anonymous	any:3105, tcp; without a name
 */
#include "lib/check.h"

#include "registry/containers.h"

static const struct published of_shop[] = { { PROTO_TCP, 3101, "0.0.0.0" },
					    { PROTO_TCP, 3101, "::" } };
static const struct published of_blog[] = { { PROTO_TCP, 3102, "127.0.0.1" },
					    { PROTO_TCP, 3104, "0.0.0.0" } };
static const struct published of_grid[] = { { PROTO_TCP, 3102, "127.0.0.2" },
					    { PROTO_TCP, 3104, "0.0.0.0" } };
static const struct published of_none[] = { { PROTO_TCP, 3105, "0.0.0.0" } };
static const struct container containers[] = {
	{ "a1", "shop-db-1", "/srv/shop", "db", of_shop, ARRAY_LEN(of_shop) },
	{ "b2", "blog-web-1", NULL, NULL, of_blog, ARRAY_LEN(of_blog) },
	{ "c3", "grid-web-1", NULL, NULL, of_grid, ARRAY_LEN(of_grid) },
	{ "d4", NULL, NULL, NULL, of_none, ARRAY_LEN(of_none) },
};
static const struct container_list all = { .items = containers, .count = ARRAY_LEN(containers) };

static struct arena kept;

static int forget(void **state)
{
	arena_release(&kept);
	return 0;
}

static struct listener listener_with(enum protocol protocol, uint16_t port, struct process *p)
{
	return (struct listener){ .protocol = protocol,
				  .port = port,
				  .processes = p,
				  .n_processes = p ? 1 : 0,
				  .partly_known = !p };
}

static void test_container_of_process__goes_by_id_or_by_the_port_that_is_passed_on(void **state)
{
	static const struct {
		enum protocol protocol;
		uint16_t port;
		struct process process;
		const char *want;
	} row[] = {
		{ PROTO_TCP, 3101, { .is_proxy = true, .address = "0.0.0.0" }, "a1" },
		{ PROTO_TCP, 3101, { .is_proxy = true, .address = "::" }, "a1" },
		{ PROTO_TCP, 3101, { .is_proxy = true }, "a1" },
		{ PROTO_UDP, 3101, { .is_proxy = true, .address = "0.0.0.0" }, NULL },
		{ PROTO_TCP, 3103, { .is_proxy = true, .address = "0.0.0.0" }, NULL },
		/* One port on two addresses. */
		{ PROTO_TCP, 3102, { .is_proxy = true, .address = "127.0.0.1" }, "b2" },
		{ PROTO_TCP, 3102, { .is_proxy = true, .address = "127.0.0.2" }, "c3" },
		{ PROTO_TCP, 3102, { .is_proxy = true, .address = "127.0.0.3" }, NULL },
		{ PROTO_TCP, 3102, { .is_proxy = true }, NULL },
		{ PROTO_TCP, 3104, { .is_proxy = true, .address = "0.0.0.0" }, NULL },
		/* Not a proxy: whoever has the port of a container need not be it. */
		{ PROTO_TCP, 3101, { .address = "0.0.0.0" }, NULL },
		{ PROTO_TCP, 3101, { .container_id = "b2" }, "b2" },
		{ PROTO_TCP, 9999, { .container_id = "c3" }, "c3" },
		{ PROTO_TCP, 9999, { .container_id = "c" }, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct process p = row[i].process;
		const struct listener l = listener_with(row[i].protocol, row[i].port, &p);
		const struct container *got = container_of_process(&all, &l, &p);

		CHECK_TEXT(got ? got->id : NULL, row[i].want);
	}
}

static void test_listener_name_containers__fills_in_what_the_engine_tells(void **state)
{
	struct process p = { .pid = 7, .is_proxy = true, .address = "::" };
	struct listener l = listener_with(PROTO_TCP, 3101, &p);

	CHECK(listener_may_be_contained(&l));
	CHECK(listener_name_containers(&all, &kept, &l));
	CHECK_TEXT(p.container, "shop-db-1");
	CHECK_TEXT(p.container_id, "a1");
	CHECK_TEXT(p.container_folder, "/srv/shop");
	CHECK_TEXT(p.container_service, "db");
}

/* As rootlesskit has the ports of all containers: learned once, and copied. */
static void test_listener_name_containers__forgets_the_container_of_another_port(void **state)
{
	struct process p = { .pid = 7, .is_proxy = true, .address = "0.0.0.0" };
	struct listener l = listener_with(PROTO_TCP, 3101, &p);

	CHECK(listener_name_containers(&all, &kept, &l));
	l.port = 3103;
	CHECK(!listener_name_containers(&all, &kept, &l));
	CHECK(!p.container && !p.container_id && !p.container_folder && !p.container_service);
}

static void test_listener_name_containers__says_where_a_name_is_missing(void **state)
{
	static const struct {
		struct process process;
		bool want;
		const char *container;
	} row[] = {
		{ { .is_proxy = true, .address = "0.0.0.0" }, false, "d4" },
		{ { .container = "zz", .container_id = "zz" }, false, "zz" },
		{ { .container = "by its control group" }, true, "by its control group" },
		{ { .program = "node" }, true, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct process p = row[i].process;
		struct listener l = listener_with(PROTO_TCP, 3105, &p);

		CHECK(listener_name_containers(&all, &kept, &l) == row[i].want, "row %zu", i);
		CHECK_TEXT(p.container, row[i].container);
	}
}

static void test_listener_name_containers__adds_whom_only_the_engine_tells_of(void **state)
{
	static const char *const any[] = { "0.0.0.0", "::" }, *const one[] = { "127.0.0.2" };
	struct listener l = listener_with(PROTO_TCP, 3101, NULL);

	l.addresses = any;
	l.n_addresses = 2;
	CHECK(listener_may_be_contained(&l));
	CHECK(listener_name_containers(&all, &kept, &l));
	CHECK(l.n_processes == 1 && l.processes[0].pid == 0 && l.processes[0].is_proxy);
	CHECK(l.partly_known);
	CHECK_TEXT(l.processes[0].container, "shop-db-1");

	l = listener_with(PROTO_TCP, 3102, NULL);
	l.addresses = one;
	l.n_addresses = 1;
	CHECK(listener_name_containers(&all, &kept, &l));
	CHECK_TEXT(l.processes[0].container, "grid-web-1");

	/* It is not of an engine: another user's, as before. */
	l = listener_with(PROTO_TCP, 22, NULL);
	l.addresses = any;
	l.n_addresses = 2;
	CHECK(listener_name_containers(&all, &kept, &l));
	CHECK(l.n_processes == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_container_of_process__goes_by_id_or_by_the_port_that_is_passed_on),
		cmocka_unit_test(test_listener_name_containers__fills_in_what_the_engine_tells),
		cmocka_unit_test(
			test_listener_name_containers__forgets_the_container_of_another_port),
		cmocka_unit_test(test_listener_name_containers__says_where_a_name_is_missing),
		cmocka_unit_test_teardown(
			test_listener_name_containers__adds_whom_only_the_engine_tells_of, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
