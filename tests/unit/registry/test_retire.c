#include "lib/check.h"

#include "registry/retire.h"
#include "store/memory/memory.h"

/* Somebody listens on 3201. */
static bool look_there(void *ctx, const struct look *what, struct arena *a,
		       struct listener_list *ret, struct err *err)
{
	static struct process node = { .pid = 1234, .program = "node", .cwd = "/srv/fix" };
	static struct listener one = { .port = 3201, .processes = &node, .n_processes = 1 };

	(void)ctx;
	(void)a;
	(void)err;
	*ret = (struct listener_list){ .items = &one, .count = what->ports.first == 3201 };
	return true;
}

static const struct listeners_ops eyes = { .look = look_there };
static const struct listeners machine = { .ops = &eyes };

static const struct project shop = { .id = "p1", .name = "shop", .number = 1 };

static void put_entry(struct store *s, struct entry e)
{
	struct err err = { 0 };

	e.project_id = shop.id;
	e.host = e.host ? e.host : HOST_DEFAULT;
	e.environment = e.environment ? e.environment : "dev";
	e.status = STATUS_ALLOCATED;
	e.primary = true;
	e.allocated_at_ms = 1;
	CHECK(s->ops->entry_put(s, &e, &err), "%s", err.text);
}

static void put_instance(struct store *s, unsigned number, const char *worktree)
{
	const struct instance i = {
		.project_id = shop.id,
		.number = number,
		.host = HOST_DEFAULT,
		.worktree = worktree,
		.slice = (int)number,
		.created_at_ms = 1,
	};
	struct err err = { 0 };

	CHECK(s->ops->instance_put(s, &i, &err), "%s", err.text);
}

/* shop: instance 1 with web, 2 in /srv/fix with web, api and a port elsewhere, 3 with web. */
static struct store *make_book(void)
{
	struct store *s = NULL;
	struct err err = { 0 };

	CHECK(store_memory_open(&s, &err), "%s", err.text);
	CHECK(s->ops->project_put(s, &shop, &err), "%s", err.text);
	put_instance(s, 1, NULL);
	put_instance(s, 2, "/srv/fix");
	put_instance(s, 3, "/srv/other");
	put_entry(s, (struct entry){ .id = "e1", .instance = 1, .service = "web", .port = 3100 });
	put_entry(s, (struct entry){ .id = "e2", .instance = 2, .service = "web", .port = 3190 });
	put_entry(s, (struct entry){ .id = "e3",
				     .instance = 2,
				     .service = "api",
				     .environment = "test",
				     .port = 3191 });
	put_entry(s, (struct entry){ .id = "e4",
				     .instance = 2,
				     .service = "web",
				     .host = "box2",
				     .port = 3190 });
	put_entry(s, (struct entry){ .id = "e5", .instance = 3, .service = "web", .port = 3180 });
	return s;
}

static struct registry registry_of(struct store *s)
{
	return (struct registry){
		.store = s,
		.listeners = &machine,
		.clock = &clock_of_machine,
		.host = HOST_DEFAULT,
		.actor = "eva",
	};
}

static unsigned count_live(struct store *s, unsigned instance)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct err err = { 0 };
	unsigned n = 0;

	f.instance = instance;
	CHECK(s->ops->entry_count(s, &f, &n, &err), "%s", err.text);
	return n;
}

static void test_instance_retire__takes_its_ports_everywhere_and_its_worktree(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct store *s = make_book();
	struct registry r = registry_of(s);
	struct retired gone;
	struct instance i;
	struct err err = { 0 };
	bool found = true;

	(void)state;
	CHECK(instance_retire(&r, &shop, 2, &a, &gone, &err), "%s", err.text);
	CHECK(gone.entries.count == 3 && gone.instance.number == 2);
	CHECK(gone.entries.items[0].status == STATUS_RELEASED);
	CHECK(count_live(s, 2) == 0);
	CHECK(s->ops->instance_find(s, HOST_DEFAULT, "/srv/fix", &a, &i, &found, &err));
	CHECK(!found);
	registry_release(&r);
	store_free(s);
}

static void test_instance_retire__leaves_the_others_alone(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct store *s = make_book();
	struct registry r = registry_of(s);
	struct retired gone;
	struct instance i;
	struct err err = { 0 };
	bool found = false;

	(void)state;
	CHECK(instance_retire(&r, &shop, 2, &a, &gone, &err), "%s", err.text);
	CHECK(count_live(s, 1) == 1 && count_live(s, 3) == 1);
	CHECK(s->ops->instance_find(s, HOST_DEFAULT, "/srv/other", &a, &i, &found, &err));
	CHECK(found && i.number == 3 && i.slice == 3);
	registry_release(&r);
	store_free(s);
}

static void test_instance_retire__refuses_instance_1_with_its_ports_untouched(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct store *s = make_book();
	struct registry r = registry_of(s);
	struct retired gone;
	struct err err = { 0 };

	(void)state;
	CHECK(!instance_retire(&r, &shop, 1, &a, &gone, &err));
	CHECK(err.code == ERR_INVALID, "%s", err.text);
	CHECK(count_live(s, 1) == 1);
	registry_release(&r);
	store_free(s);
}

static void test_instance_retire__twice_says_that_there_is_nothing(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct store *s = make_book();
	struct registry r = registry_of(s);
	struct retired gone;
	struct err err = { 0 };

	(void)state;
	CHECK(instance_retire(&r, &shop, 2, &a, &gone, &err), "%s", err.text);
	CHECK(!instance_retire(&r, &shop, 2, &a, &gone, &err));
	CHECK(err.code == ERR_NOTHING, "%s", err.text);
	registry_release(&r);
	store_free(s);
}

static void test_retire_obstacle__is_a_listener_a_hostname_or_production(void **state)
{
	static const struct {
		struct entry entry;
		const char *want;
	} row[] = {
		{ { .port = 3200 }, NULL },
		{ { .port = 3201 },
		  "node (pid 1234, cwd /srv/fix) listens on port 3201 of 'shop@4/web'" },
		{ { .port = 3201, .host = "box2" }, NULL }, /* another machine's: nothing is seen */
		{ { .port = 3202, .environment = "production" },
		  "port 3202 is that of 'shop@4/web' in production" },
		{ { .port = 3203, .tunnel_hostname = "shop.example.org" },
		  "'shop.example.org' leads to port 3203 of 'shop@4/web'" },
		{ { .port = 3204, .tunnel_hostname = "" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(arena_release) struct arena a = { 0 };
		struct store *s = make_book();
		struct registry r = registry_of(s);
		struct entry e = row[i].entry;
		const char *got = "untouched";
		struct err err = { 0 };

		e.id = "e9";
		e.instance = 4;
		e.service = "web";
		put_instance(s, 4, "/srv/four");
		put_entry(s, e);
		CHECK(retire_obstacle(&r, &shop, 4, &a, &got, &err), "%s", err.text);
		CHECK_TEXT(got, row[i].want);
		registry_release(&r);
		store_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instance_retire__takes_its_ports_everywhere_and_its_worktree),
		cmocka_unit_test(test_instance_retire__leaves_the_others_alone),
		cmocka_unit_test(test_instance_retire__refuses_instance_1_with_its_ports_untouched),
		cmocka_unit_test(test_instance_retire__twice_says_that_there_is_nothing),
		cmocka_unit_test(test_retire_obstacle__is_a_listener_a_hostname_or_production),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
