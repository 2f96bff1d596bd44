/* What two processes tell each other of a look (sandbox/looks.h) comes back as it was. */
#include "lib/check.h"

#include "sandbox/looks.h"

static const struct ancestor ancestors[] = { { 7, "bash", "/home/eva" }, { 8, NULL, NULL } };

static const struct process node = {
	.pid = 4711,
	.uid = (uid_t)-2,
	.socket = (ino_t)1 << 40,
	.fd = 19,
	.address = "::",
	.start = UINT64_C(1) << 60,
	.started_at_ms = 1700000000123,
	.parent = 7,
	.user = "eva",
	.program = "node",
	.command = "node server.js \"x\"",
	.cwd = "/home/eva/shop",
	.cgroup = "/system.slice/shop.service",
	.unit = "shop.service",
	.container = "shop-db-1",
	.container_id = "abc",
	.container_folder = "/srv/shop",
	.container_service = "db",
	.is_proxy = true,
	.ancestors = ancestors,
	.n_ancestors = 2,
};

static void check_maybe(const char *got, const char *want)
{
	CHECK(!got == !want);
	if (got)
		CHECK_TEXT(got, want);
}

static void check_process(const struct process *got)
{
	CHECK(got->pid == node.pid && got->uid == node.uid && got->socket == node.socket);
	CHECK(got->fd == node.fd && got->start == node.start && got->parent == node.parent);
	CHECK(got->started_at_ms == node.started_at_ms && got->is_proxy);
	check_maybe(got->address, node.address);
	check_maybe(got->user, node.user);
	check_maybe(got->program, node.program);
	check_maybe(got->command, node.command);
	check_maybe(got->cwd, node.cwd);
	check_maybe(got->cgroup, node.cgroup);
	check_maybe(got->unit, node.unit);
	check_maybe(got->container, node.container);
	check_maybe(got->container_id, node.container_id);
	check_maybe(got->container_folder, node.container_folder);
	check_maybe(got->container_service, node.container_service);
	CHECK(got->n_ancestors == 2);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(got->ancestors[i].pid == ancestors[i].pid);
		check_maybe(got->ancestors[i].program, ancestors[i].program);
		check_maybe(got->ancestors[i].cwd, ancestors[i].cwd);
	}
}

static void test_look__comes_back_as_it_was(void **state)
{
	const struct look what = {
		.protocol = -1, .ports = { 1, 65535 }, .learn = LEARN_ALL, .one_holder = true
	};
	CLEANUP(json_cleanup) json_t *json = look_to_json(&what);
	struct look got = LOOK_ALL;

	(void)state;
	look_from_json(json, &got);
	CHECK(got.protocol == -1 && got.ports.first == 1 && got.ports.last == 65535);
	CHECK(got.learn == LEARN_ALL && got.one_holder && !got.recalls);
}

static void test_listeners__come_back_as_they_were(void **state)
{
	static const char *const addresses[] = { "0.0.0.0", "::" };
	struct process one = node;
	struct listener items[] = {
		{ .protocol = PROTO_UDP,
		  .port = 65535,
		  .uid = 1000,
		  .user = "eva",
		  .inode = 99,
		  .addresses = addresses,
		  .n_addresses = 2,
		  .ipv4 = true,
		  .processes = &one,
		  .n_processes = 1,
		  .partly_known = true },
		{ .port = 1, .ipv6 = true, .loopback_only = true },
	};
	const struct listener_list list = {
		.items = items, .count = 2, .notice = "so", .took_us = 12, .learned = LEARN_ALL
	};
	CLEANUP(arena_release) struct arena a = { 0 };
	CLEANUP(json_cleanup) json_t *json = listeners_to_json(&list);
	struct listener_list got;
	struct err err = { 0 };

	(void)state;
	CHECK(listeners_from_json(json, &a, &got, &err), "%s", err.text);
	CHECK(got.count == 2 && got.took_us == 12 && got.learned == LEARN_ALL);
	check_maybe(got.notice, "so");
	CHECK(got.items[0].protocol == PROTO_UDP && got.items[0].port == 65535);
	CHECK(got.items[0].uid == 1000 && got.items[0].inode == 99 &&
	      got.items[0].n_addresses == 2);
	check_maybe(got.items[0].user, "eva");
	check_maybe(got.items[0].addresses[1], "::");
	CHECK(got.items[0].ipv4 && !got.items[0].ipv6 && !got.items[0].loopback_only);
	CHECK(got.items[0].partly_known && got.items[0].n_processes == 1);
	check_process(&got.items[0].processes[0]);
	CHECK(got.items[1].port == 1 && got.items[1].ipv6 && got.items[1].loopback_only);
	CHECK(got.items[1].n_processes == 0 && got.items[1].n_addresses == 0);
}

static void test_containers__come_back_as_they_were(void **state)
{
	static const struct published ports[] = { { PROTO_TCP, 8080, "127.0.0.1" } };
	static const struct container items[] = {
		{ .id = "abc", .name = "db", .folder = "/srv", .ports = ports, .n_ports = 1 },
	};
	const struct container_list list = { items, 1, "docker is slow", true };
	CLEANUP(arena_release) struct arena a = { 0 };
	CLEANUP(json_cleanup) json_t *json = containers_to_json(&list);
	struct container_list got;
	struct err err = { 0 };

	(void)state;
	CHECK(containers_from_json(json, &a, &got, &err), "%s", err.text);
	CHECK(got.count == 1 && got.was_slow);
	check_maybe(got.notice, "docker is slow");
	check_maybe(got.items[0].id, "abc");
	check_maybe(got.items[0].service, NULL);
	CHECK(got.items[0].n_ports == 1 && got.items[0].ports[0].port == 8080);
	check_maybe(got.items[0].ports[0].address, "127.0.0.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look__comes_back_as_it_was),
		cmocka_unit_test(test_listeners__come_back_as_they_were),
		cmocka_unit_test(test_containers__come_back_as_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
