/*
 * What is not on every machine: containers, units of systemd, processes that cannot be seen.
 * What listens is made up here, the book is one in memory; programs that really listen are in
 * tests/cli/test_adopt.py.
 */
#include "lib/check.h"

#include <stdlib.h>

#include "formats/policy_builtin.h"
#include "formats/policy_yaml.h"
#include "lib/folder.h"
#include "operations/call.h"
#include "operations/operation.h"
#include "registry/founding.h"
#include "store/memory/memory.h"

/* --- a machine */

struct machine {
	struct listener *items;
	unsigned count;
};

static bool look(void *ctx, const struct look *what, struct arena *a, struct listener_list *ret,
		 struct err *err)
{
	const struct machine *m = ctx;

	*ret = (struct listener_list){ .items = m->items, .count = m->count };
	return true;
}

static bool collect(void *ctx, enum protocol protocol, struct port_set *into, struct err *err)
{
	const struct machine *m = ctx;

	for (unsigned i = 0; i < m->count; i++)
		if (m->items[i].protocol == protocol)
			port_set_add(into, m->items[i].port);
	return true;
}

static bool learn(void *ctx, unsigned what, struct arena *a, struct process *p)
{
	return true;
}

static bool ephemeral(void *ctx, struct port_range *ret, struct err *err)
{
	*ret = (struct port_range){ 32768, 60999 };
	return true;
}

static const struct listeners_ops machine_ops = { collect, look, learn, ephemeral };

/* --- a book of its own for each adoption */

static void found(struct registry *r)
{
	const struct policy_file *file = policy_builtin(POLICY_DEFAULT);
	struct policy *policy = malloc(sizeof(*policy));
	struct err err = { 0 };

	CHECK(policy && policy_yaml_parse(file->text, file->len, file->name, policy, &err));
	CHECK(store_begin(r->store, true, &err) && registry_found(r, policy, file->text, &err) &&
		      store_commit(r->store, &err),
	      "%s", err.text);
	free(policy);
}

/* "3100 project/service entered; " of every port. */
static void say(const json_t *answer, struct text *ret)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(answer, "ports"), i, row) {
		const char *project = json_text_of(row, "projectName");

		text_addf(ret, "%d ", (int)json_int_of(row, "port", 0));
		if (project)
			text_addf(ret, "%s/%s ", project, json_text_of(row, "serviceName"));
		text_addf(ret, "%s; ", json_text_of(row, "action"));
	}
}

/* What becomes of these listeners, where the machine's files are in `root`. */
static void check(const struct folder *root, struct listener *items, unsigned count,
		  const char *want)
{
	CLEANUP(text_release) struct text said = { 0 };
	struct machine machine = { items, count };
	const struct listeners listeners = { &machine_ops, &machine };
	struct registry r = { .listeners = &listeners,
			      .clock = &clock_of_machine,
			      .host = HOST_DEFAULT,
			      .actor = "eva" };
	struct call call = { .registry = &r };
	json_t *input = json_pack("{s:s}", "root", root->path), *answer = NULL;
	struct err err = { 0 };

	CHECK(store_memory_open(&r.store, &err));
	found(&r);
	CHECK(operation_run(operation_named("adopt"), &call, input, &answer, &err), "%s", err.text);
	say(answer, &said);
	CHECK_TEXT(text_str(&said), want);
	json_decref(input);
	json_decref(answer);
	arena_release(&call.arena);
	registry_release(&r);
	store_free(r.store);
}

static struct listener on(uint16_t port, struct process *p)
{
	return (struct listener){ .port = port, .processes = p, .n_processes = p ? 1 : 0 };
}

static void make_checkout(const struct folder *f, const char *name)
{
	char head[64];

	snprintf(head, sizeof(head), "%s/.git/HEAD", name);
	folder_write(f, head, "ref: refs/heads/main\n");
}

/* --- */

static void test_adopt__a_container_belongs_where_compose_was_run(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char shop[PATH_MAX];
	struct process db = { .pid = 7,
			      .program = "docker-proxy",
			      .cwd = "/",
			      .is_proxy = true,
			      .container = "shop-db-1",
			      .container_folder = shop };
	struct process queue = { .pid = 8,
				 .program = "docker-proxy",
				 .cwd = "/",
				 .is_proxy = true,
				 .container = "shop_queue_2",
				 .container_folder = shop };
	struct listener items[] = { on(4000, &db), on(5433, &queue) };

	make_checkout(&f, "shop");
	snprintf(shop, sizeof(shop), "%s", folder_path(&f, "shop"));
	check(&f, items, 2, "4000 shop/db entered; 5433 shop/queue entered; ");
	/* A file that names the port knows better. */
	folder_write(&f, "shop/compose.yaml", "services: {postgres: {ports: ['4000:5432']}}\n");
	check(&f, items, 2, "4000 shop/postgres entered; 5433 shop/queue entered; ");
}

static void test_adopt__a_unit_gives_its_name_and_its_folder(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char shop[PATH_MAX], text[2 * PATH_MAX];
	struct process api = {
		.pid = 7, .program = "node", .cwd = shop, .unit = "shop-api.service"
	};
	struct process tool = { .pid = 8, .program = "node", .cwd = "/", .unit = "tool.service" };
	struct process mine = {
		.pid = 9, .program = "python3", .cwd = "/", .unit = "user@1000.service"
	};
	struct listener items[] = { on(4000, &api), on(4001, &tool), on(4002, &mine) };

	make_checkout(&f, "shop");
	snprintf(shop, sizeof(shop), "%s", folder_path(&f, "shop"));
	snprintf(text, sizeof(text), "WorkingDirectory=%s\nEnvironment=PORT=4000\n", shop);
	folder_write(&f, "etc/systemd/system/shop-api.service", text);
	folder_write(&f, "etc/systemd/system/tool.service", "Environment=PORT=4001\n");
	check(&f, items, 3,
	      "4000 shop/api entered; 4001 shared-services/tool entered; "
	      "4002 shared-services/python3-4002 entered; ");
	/* The same port by another unit is another claim. */
	folder_write(&f, "etc/systemd/system/other.service", "Environment=PORT=4000\n");
	check(&f, items, 1, "4000 conflict; 4001 shared-services/tool entered; ");
}

static void test_adopt__what_cannot_be_seen_is_named_by_files_alone(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	struct process proxy = {
		.pid = 7, .program = "docker-proxy", .cwd = "/", .is_proxy = true
	};
	struct listener items[] = { on(4000, NULL), on(4001, &proxy), on(4002, NULL),
				    on(5432, NULL), on(6379, &proxy) };

	folder_write(&f, "etc/nginx/nginx.conf", "upstream shop { server localhost:4002; }\n");
	check(&f, items, 5,
	      "4000 left; 4001 left; 4002 shared-services/shop entered; "
	      "5432 shared-services/postgresql entered; 6379 shared-services/redis entered; ");
}

static void test_adopt__ports_that_the_kernel_chose_are_left(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char shop[PATH_MAX];
	struct process daemon = {
		.pid = 7, .program = "containerd", .cwd = "/", .unit = "containerd.service"
	};
	struct process web = { .pid = 8, .program = "node", .cwd = shop };
	struct listener items[] = { on(40000, &daemon), on(40001, &web), on(40002, &web),
				    on(40003, &daemon) };

	make_checkout(&f, "shop");
	snprintf(shop, sizeof(shop), "%s", folder_path(&f, "shop"));
	items[2].protocol = PROTO_UDP;
	folder_write(&f, "etc/caddy/Caddyfile", "x.example.org\nreverse_proxy :40003\n");
	check(&f, items, 4,
	      "40000 left; 40001 shop/node-40001 entered; 40002 left; "
	      "40003 shared-services/containerd entered; ");
}

/* Nothing of this machine's user is read. */
static int leave_home(void **state)
{
	return setenv("HOME", "/nowhere", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adopt__a_container_belongs_where_compose_was_run),
		cmocka_unit_test(test_adopt__a_unit_gives_its_name_and_its_folder),
		cmocka_unit_test(test_adopt__what_cannot_be_seen_is_named_by_files_alone),
		cmocka_unit_test(test_adopt__ports_that_the_kernel_chose_are_left),
	};

	return cmocka_run_group_tests(tests, leave_home, NULL);
}
