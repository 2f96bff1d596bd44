/* What an event says is believed of its own project's rows alone. */
#include "lib/check.h"

#include <string.h>

#include "registry/edit.h"
#include "registry/entry_json.h"
#include "registry/undo.h"
#include "store/memory/memory.h"

#define SHOP_ID "00000000-0000-4000-8000-000000000001"
#define BLOG_ID "00000000-0000-4000-8000-000000000002"

static const struct entry shop_web = {
	.id = "00000000-0000-4000-8000-000000000011",
	.project_id = SHOP_ID,
	.project = "shop",
	.project_number = -1,
	.instance = 1,
	.environment = "development",
	.service = "web",
	.primary = true,
	.host = HOST_DEFAULT,
	.port = 3100,
	.allocated_at_ms = 1000,
};
static const struct entry blog_web = {
	.id = "00000000-0000-4000-8000-000000000012",
	.project_id = BLOG_ID,
	.project = "blog",
	.project_number = -1,
	.instance = 1,
	.environment = "development",
	.service = "web",
	.primary = true,
	.host = HOST_DEFAULT,
	.port = 3200,
	.allocated_at_ms = 1000,
};
static const struct reserved printers = { .host = "*",
					  .ports = { 7000, 7009 },
					  .reason = "printers" };

static void put_project(struct registry *r, const char *id, const char *name)
{
	const struct project p = { .id = id, .name = name, .number = -1 };
	const struct instance i = { .project_id = id, .number = 1, .slice = -1 };
	struct err err = { 0 };

	CHECK(r->store->ops->project_put(r->store, &p, &err), "%s", err.text);
	CHECK(r->store->ops->instance_put(r->store, &i, &err), "%s", err.text);
}

/* A book with shop/web on 3100, blog/web on 3200 and blog's block around it. */
static void make_book(struct registry *r)
{
	const struct block b = { .project_id = BLOG_ID,
				 .host = HOST_DEFAULT,
				 .ports = { 3200, 3299 } };
	struct err err = { 0 };

	*r = (struct registry){ .clock = &clock_of_machine, .host = HOST_DEFAULT, .actor = "eva" };
	CHECK(store_memory_open(&r->store, &err), "%s", err.text);
	CHECK(store_begin(r->store, true, &err), "%s", err.text);
	put_project(r, SHOP_ID, "shop");
	put_project(r, BLOG_ID, "blog");
	CHECK(r->store->ops->block_add(r->store, &b, &err), "%s", err.text);
	CHECK(r->store->ops->entry_put(r->store, &shop_web, &err), "%s", err.text);
	CHECK(r->store->ops->entry_put(r->store, &blog_web, &err), "%s", err.text);
	CHECK(r->store->ops->reserved_put(r->store, &printers, &err), "%s", err.text);
}

static void tell(struct registry *r, const char *op, const char *project_id, json_t *before,
		 json_t *after)
{
	struct change c = { .op = op,
			    .project_id = project_id,
			    .subject = "shop/front",
			    .service = "front",
			    .port = 1,
			    .before = before,
			    .after = after };
	struct err err = { 0 };

	CHECK(registry_record(r, &c, &err), "%s", err.text);
}

/* The change has been told; `why` NULL: it is undone. */
static struct event check_undo(struct registry *r, struct arena *a, const char *why)
{
	struct undone done = { 0 };
	struct err err = { 0 };

	CHECK(store_commit(r->store, &err), "%s", err.text);
	CHECK(store_begin(r->store, true, &err), "%s", err.text);
	CHECK(registry_undo(r, 0, a, &done, &err) == !why, "%s", err.text);
	if (why)
		CHECK(strstr(err.text, why), "%s", err.text);
	store_rollback(r->store);
	registry_release(r);
	store_free(r->store);
	if (why)
		return (struct event){ 0 };
	return done.of.items[0];
}

static void check_one(const char *op, const char *project_id, json_t *before, json_t *after,
		      const char *why)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct registry r;

	make_book(&r);
	tell(&r, op, project_id, before, after);
	check_undo(&r, &arena, why);
}

#define FOREIGN(whose) \
	"the history does not fit the book: what it says of 'shop/front' is about '" whose "'"

static void test_undo__of_another_projects_port_is_refused(void **state)
{
	static const char *const ops[] = { "allocate", "release",  "update", "move",
					   "promote",  "register", "import" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		check_one(ops[i], SHOP_ID, NULL, entry_json(&blog_web), FOREIGN("blog/web"));
	check_one("allocate", NULL, NULL, entry_json(&blog_web), FOREIGN("blog/web"));
}

static void test_undo__makes_no_row_another(void **state)
{
	struct entry other = shop_web;

	(void)state;
	other.id = blog_web.id;
	check_one("update", SHOP_ID, entry_json(&other), entry_json(&shop_web),
		  FOREIGN("00000000-0000-4000-8000-000000000012"));
}

static void test_undo__brings_no_port_into_anothers_block(void **state)
{
	struct entry was = shop_web;

	(void)state;
	was.port = 3250;
	check_one("update", SHOP_ID, entry_json(&was), entry_json(&shop_web),
		  "port 3250 lies in the block of 'blog'");
	was.port = 3350;
	check_one("update", SHOP_ID, entry_json(&was), entry_json(&shop_web), NULL);
}

static void test_undo__of_a_move_is_told_by_both_projects(void **state)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct entry was = shop_web;
	struct registry r;

	(void)state;
	was.project_id = BLOG_ID;
	was.project = "blog";
	was.service = "front";
	check_one("move", SHOP_ID, entry_json(&was), entry_json(&shop_web), FOREIGN("blog"));
	make_book(&r);
	tell(&r, MOVE_AWAY_OP, BLOG_ID, entry_json(&was), entry_json(&shop_web));
	tell(&r, "move", SHOP_ID, entry_json(&was), entry_json(&shop_web));
	check_undo(&r, &arena, NULL);
}

static void test_undo__of_a_reservation_is_told_by_no_project(void **state)
{
	(void)state;
	check_one("reserve", SHOP_ID, NULL, reserved_json(&printers), FOREIGN("7000-7009"));
	check_one("unreserve", SHOP_ID, reserved_json(&printers), NULL, FOREIGN("7000-7009"));
	check_one("reserve", NULL, NULL, reserved_json(&printers), NULL);
}

static void test_undo__of_a_block_is_of_the_events_project(void **state)
{
	json_t *block = json_pack("{s:i, s:i}", "rangeStart", 3200, "rangeEnd", 3299);

	(void)state;
	check_one("add-block", SHOP_ID, NULL, json_incref(block), "no longer as the change");
	check_one("add-block", NULL, NULL, block, "is no longer in the book");
}

static void test_undo__of_an_instance_or_project_is_of_the_events_project(void **state)
{
	const struct instance two = {
		.project = "shop", .number = 2, .host = HOST_DEFAULT, .slice = -1
	};
	const struct project blog = { .id = BLOG_ID, .name = "blog", .number = -1 };

	(void)state;
	check_one("instance-set", SHOP_ID, instance_json(&two), json_pack("{s:i}", "instance", 1),
		  FOREIGN("shop@2"));
	check_one("project-set", SHOP_ID, project_json(&blog), project_json(&blog),
		  "no longer as the change");
}

static void test_undo__says_what_the_row_is_and_not_what_the_event_calls_it(void **state)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct registry r;
	struct event e;

	(void)state;
	make_book(&r);
	tell(&r, "allocate", SHOP_ID, NULL, entry_json(&shop_web));
	e = check_undo(&r, &arena, NULL);
	CHECK_TEXT(e.subject, "shop/web");
	CHECK(e.port == 3100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_undo__of_another_projects_port_is_refused),
		cmocka_unit_test(test_undo__makes_no_row_another),
		cmocka_unit_test(test_undo__brings_no_port_into_anothers_block),
		cmocka_unit_test(test_undo__of_a_move_is_told_by_both_projects),
		cmocka_unit_test(test_undo__of_a_reservation_is_told_by_no_project),
		cmocka_unit_test(test_undo__of_a_block_is_of_the_events_project),
		cmocka_unit_test(test_undo__of_an_instance_or_project_is_of_the_events_project),
		cmocka_unit_test(test_undo__says_what_the_row_is_and_not_what_the_event_calls_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
