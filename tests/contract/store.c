/*
 * contract/store.c - what registry/store.h promises, held against every store.
 *
 * Here: settings, projects, instances, blocks, reserved ports and events; the
 * rest of the contract is in store_entries.c, store_claim.c, store_transaction.c
 * and, at random against a model, in store_random.c.
 */
#include "lib/contract.h"

/* ---- settings ---- */

static void contract_setting__is_null_until_it_is_put(struct store *s)
{
	CHECK_SETTING(s, "policy", NULL);
}

static void contract_setting__keeps_the_latest_value(struct store *s)
{
	struct err err = { 0 };

	MUST(s->ops->setting_put(s, "policy", "blocks", &err));
	MUST(s->ops->setting_put(s, "other", "x", &err));
	MUST(s->ops->setting_put(s, "policy", "types", &err));
	CHECK_SETTING(s, "policy", "types");
	CHECK_SETTING(s, "other", "x");
}

static void contract_setting__keeps_long_and_unusual_text(struct store *s)
{
	struct err err = { 0 };

	MUST(s->ops->setting_put(s, "long", long_text, &err));
	MUST(s->ops->setting_put(s, UNUSUAL, UNUSUAL, &err));
	CHECK_SETTING(s, "long", long_text);
	CHECK_SETTING(s, UNUSUAL, UNUSUAL);
}

static void contract_setting_each__goes_by_name(struct store *s)
{
	struct err err = { 0 };

	CHECK_SETTINGS(s, "");
	MUST(s->ops->setting_put(s, "policy", "blocks", &err));
	MUST(s->ops->setting_put(s, "environment", "dev", &err));
	CHECK_SETTINGS(s, "environment=dev policy=blocks");
}

/* ---- projects ---- */

static bool finds_project(struct store *s, const struct project_key *key, const char *name)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct project p = { .number = 12345 };
	struct err err = { 0 };
	bool found = true;

	MUST(s->ops->project_find(s, key, &a, &p, &found, &err));
	if (!found)
		CHECK(p.number == 12345, "`ret` was touched");
	return found && (!name || same_text(p.name, name));
}

static void contract_project_find__finds_by_each_key(struct store *s)
{
	struct project p = project_of(SHOP, "shop", 0);
	struct err err = { 0 };

	p.path = "/srv/shop";
	put_project(s, BLOG, "blog", 1);
	MUST(s->ops->project_put(s, &p, &err));
	CHECK(finds_project(s, PROJECT_BY_ID(SHOP), "shop"));
	CHECK(finds_project(s, PROJECT_BY_NAME("shop"), "shop"));
	CHECK(finds_project(s, PROJECT_BY_PATH("/srv/shop"), "shop"));
	CHECK(finds_project(s, PROJECT_BY_NUMBER(0), "shop"));
	CHECK(finds_project(s, PROJECT_BY_NUMBER(1), "blog"));
}

static void contract_project_find__gives_a_path_to_the_older_of_two(struct store *s)
{
	struct project p = project_of(SHOP, "shop", 1);
	struct err err = { 0 };

	p.path = "/srv/shop";
	MUST(s->ops->project_put(s, &p, &err));
	p.id = BLOG;
	p.name = "blog";
	p.number = 2;
	p.created_at_ms = 999;
	MUST(s->ops->project_put(s, &p, &err));
	CHECK(finds_project(s, PROJECT_BY_PATH("/srv/shop"), "blog"));
	p.created_at_ms = 1001;
	MUST(s->ops->project_put(s, &p, &err));
	CHECK(finds_project(s, PROJECT_BY_PATH("/srv/shop"), "shop"));
}

static void contract_project_find__leaves_ret_alone_when_there_is_none(struct store *s)
{
	put_projects(s);
	CHECK(!finds_project(s, PROJECT_BY_ID(ID("99")), NULL));
	CHECK(!finds_project(s, PROJECT_BY_NAME("sho"), NULL));
	CHECK(!finds_project(s, PROJECT_BY_NAME("s%"), NULL));
	CHECK(!finds_project(s, PROJECT_BY_PATH("/srv/shop"), NULL));
	CHECK(!finds_project(s, PROJECT_BY_NUMBER(0), NULL));
}

static void contract_project_put__keeps_every_field(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const struct project p = {
		.id = SHOP,
		.number = 7,
		.name = "shop",
		.path = "/srv/" UNUSUAL,
		.owner = UNUSUAL,
		.description = long_text,
		.status = PROJECT_LEGACY,
		.metadata = long_metadata,
		.created_at_ms = INT64_C(1774000000123),
	};
	struct project got;
	struct err err = { 0 };
	bool found;

	MUST(s->ops->project_put(s, &p, &err));
	MUST(s->ops->project_find(s, PROJECT_BY_ID(SHOP), &a, &got, &found, &err));
	CHECK(found);
	CHECK_TEXT(got.id, p.id);
	CHECK(got.number == 7);
	CHECK_TEXT(got.name, p.name);
	CHECK_TEXT(got.path, p.path);
	CHECK_TEXT(got.owner, p.owner);
	CHECK_TEXT(got.description, p.description);
	CHECK(got.status == PROJECT_LEGACY);
	CHECK(same_json(got.metadata, p.metadata));
	CHECK(got.created_at_ms == p.created_at_ms);
}

static void contract_project_put__needs_no_more_than_id_and_name(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct project got;
	struct err err = { 0 };
	bool found;

	put_project(s, SHOP, "shop", -1);
	MUST(s->ops->project_find(s, PROJECT_BY_NAME("shop"), &a, &got, &found, &err));
	CHECK(found && got.number == -1 && got.status == PROJECT_ACTIVE);
	CHECK(same_text(got.path, NULL) && same_text(got.owner, NULL));
	CHECK(same_text(got.description, NULL) && same_json(got.metadata, "{}"));
}

static void contract_project_put__keeps_every_status(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct err err = { 0 };

	for (int i = 0; i < PROJECT_STATUS_COUNT; i++) {
		struct project p = project_of(SHOP, "shop", 1), got;
		bool found;

		p.status = (enum project_status)i;
		MUST(s->ops->project_put(s, &p, &err));
		MUST(s->ops->project_find(s, PROJECT_BY_ID(SHOP), &a, &got, &found, &err));
		CHECK(found && got.status == p.status);
	}
}

static void contract_project_put__updates_by_id(struct store *s)
{
	put_projects(s);
	put_project(s, SHOP, "store", 9);
	CHECK_PROJECTS(s, "blog 1, store 9");
	CHECK(!finds_project(s, PROJECT_BY_NAME("shop"), NULL));
	put_project(s, SHOP, "store", -1);
	CHECK(!finds_project(s, PROJECT_BY_NUMBER(9), NULL));
}

static void contract_project_put__refuses_a_name_or_number_twice(struct store *s)
{
	put_projects(s);
	refuse_project(s, SHARED, "shop", 3);
	refuse_project(s, SHARED, "other", 2);
	refuse_project(s, BLOG, "shop", 1);
	refuse_project(s, BLOG, "blog", 2);
	CHECK_PROJECTS(s, "blog 1, shop 2");
}

static void contract_project_put__lets_many_have_no_number(struct store *s)
{
	put_project(s, SHOP, "shop", -1);
	put_project(s, BLOG, "blog", -1);
	put_project(s, SHARED, "shared-services", 0);
	CHECK_PROJECTS(s, "blog -1, shop -1, shared-services 0");
}

static void contract_project_each__goes_by_number_then_name(struct store *s)
{
	put_project(s, ID("13"), "a", 10);
	put_project(s, ID("12"), "z", 2);
	put_project(s, ID("11"), "y", -1);
	put_project(s, ID("10"), "x", -1);
	CHECK_PROJECTS(s, "x -1, y -1, z 2, a 10");
}

static bool stop_at_once(const struct project *p, void *arg)
{
	(void)p;
	++*(int *)arg;
	return false;
}

static void contract_project_each__stops_when_told(struct store *s)
{
	struct err err = { 0 };
	int count = 0;

	put_projects(s);
	MUST(s->ops->project_each(s, stop_at_once, &count, &err));
	CHECK(count == 1);
	CHECK_PROJECTS(s, "blog 1, shop 2");
}

static void put_instance_and_block_of(struct store *s, const char *project_id, uint16_t first)
{
	put_instance(s, (struct instance){ .project_id = project_id,
					   .number = 2,
					   .host = "localhost",
					   .slice = 0 });
	put_block(s,
		  (struct block){
			  "localhost", { first, (uint16_t)(first + 99) }, "main", project_id, 1 });
}

static void contract_project_remove__takes_instances_and_blocks(struct store *s)
{
	struct err err = { 0 };

	put_projects(s);
	put_instance_and_block_of(s, SHOP, 3200);
	put_instance_and_block_of(s, BLOG, 3100);
	MUST(s->ops->project_remove(s, SHOP, &err));
	CHECK_PROJECTS(s, "blog 1");
	CHECK_INSTANCES(s, NULL, "blog@2");
	CHECK_BLOCKS(s, NULL, NULL, "localhost 3100-3199");
	put_project(s, SHOP, "shop", 2);
	put_instance_and_block_of(s, SHOP, 3200);
}

static void refuse_project_remove(struct store *s)
{
	struct err err = { 0 };

	CHECK(!s->ops->project_remove(s, SHOP, &err));
	CHECK(err.code == ERR_TAKEN, "%s: %s", err_name(err.code), err.text);
	CHECK_PROJECTS(s, "blog 1, shop 2");
	CHECK_INSTANCES(s, NULL, "shop@2");
	CHECK_BLOCKS(s, NULL, NULL, "localhost 3200-3299");
}

static void contract_project_remove__refuses_while_it_holds_a_port(struct store *s)
{
	put_projects(s);
	put_instance_and_block_of(s, SHOP, 3200);
	put_entry(s, entry_of(ID("20"), "web", 3200));
	refuse_project_remove(s);
}

static void contract_project_remove__takes_released_entries(struct store *s)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct err err = { 0 };
	unsigned left;

	f.life = RELEASED_ONLY;
	put_projects(s);
	put_entry(s, released(entry_of(ID("20"), "web", 3200), 2000));
	MUST(s->ops->project_remove(s, SHOP, &err));
	MUST(s->ops->entry_count(s, &f, &left, &err));
	CHECK(left == 0);
}

static void contract_project_remove__keeps_its_events(struct store *s)
{
	struct err err = { 0 };

	put_projects(s);
	put_event(s, (struct event){ .at_ms = 1,
				     .actor = "me",
				     .op = "project-add",
				     .project_id = SHOP,
				     .subject = "shop" });
	MUST(s->ops->project_remove(s, SHOP, &err));
	CHECK_EVENTS(s, "shop", .project_id = SHOP);
}

/* ---- instances ---- */

static void refuse_instance(struct store *s, struct instance i)
{
	struct err err = { 0 };

	CHECK(!s->ops->instance_put(s, &i, &err));
	CHECK(err.code == ERR_TAKEN, "%s: %s", err_name(err.code), err.text);
}

static void contract_instance_put__keeps_every_field(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const struct instance i = {
		.project_id = SHOP,
		.number = 3,
		.host = "build-2",
		.purpose = "feature",
		.branch = "feature/" UNUSUAL,
		.status = "active",
		.worktree = "/home/" UNUSUAL,
		.slice = 5,
		.created_at_ms = INT64_C(1774000000123),
	};
	struct instance got;
	struct err err = { 0 };
	bool found;

	put_projects(s);
	put_instance(s, i);
	MUST(s->ops->instance_find(s, i.host, i.worktree, &a, &got, &found, &err));
	CHECK(found);
	CHECK_TEXT(got.project_id, SHOP);
	CHECK_TEXT(got.project, "shop");
	CHECK(got.number == 3 && got.slice == 5 && got.released_at_ms == 0);
	CHECK_TEXT(got.host, i.host);
	CHECK_TEXT(got.purpose, i.purpose);
	CHECK_TEXT(got.branch, i.branch);
	CHECK_TEXT(got.status, i.status);
	CHECK_TEXT(got.worktree, i.worktree);
	CHECK(got.created_at_ms == i.created_at_ms);
}

static bool is_bare(const struct instance *i, void *arg)
{
	*(bool *)arg = same_text(i->purpose, NULL) && same_text(i->branch, NULL) &&
		       same_text(i->worktree, NULL) && i->slice == -1;
	return true;
}

static void contract_instance_put__needs_no_words(struct store *s)
{
	struct err err = { 0 };
	bool bare = false;

	put_projects(s);
	put_instance(s, instance_of(SHOP, 1, NULL));
	MUST(s->ops->instance_each(s, SHOP, is_bare, &bare, &err));
	CHECK(bare);
}

static void contract_instance_put__updates_by_project_and_number(struct store *s)
{
	put_projects(s);
	put_instance(s, instance_of(SHOP, 1, "/a"));
	put_instance(s, instance_of(SHOP, 1, "/b"));
	put_instance(s, on_host(instance_of(SHOP, 1, "/b"), "build-2"));
	CHECK_INSTANCES(s, SHOP, "shop@1");
	CHECK_INSTANCE(s, "localhost", "/a", "");
	CHECK_INSTANCE(s, "localhost", "/b", "");
	CHECK_INSTANCE(s, "build-2", "/b", "shop@1");
}

static void contract_instance_put__refuses_a_worktree_twice_on_a_host(struct store *s)
{
	put_projects(s);
	put_instance(s, instance_of(SHOP, 1, "/a"));
	put_instance(s, instance_of(SHOP, 2, "/b"));
	refuse_instance(s, instance_of(BLOG, 1, "/a"));
	refuse_instance(s, instance_of(SHOP, 2, "/a"));
	CHECK_INSTANCES(s, NULL, "shop@1, shop@2");
	CHECK_INSTANCE(s, "localhost", "/a", "shop@1");
	CHECK_INSTANCE(s, "localhost", "/b", "shop@2");
}

static void contract_instance_put__lets_another_host_have_the_worktree(struct store *s)
{
	put_projects(s);
	put_instance(s, instance_of(SHOP, 1, "/a"));
	put_instance(s, on_host(instance_of(SHOP, 2, "/a"), "build-2"));
	CHECK_INSTANCE(s, "localhost", "/a", "shop@1");
	CHECK_INSTANCE(s, "build-2", "/a", "shop@2");
	CHECK_INSTANCE(s, "build-3", "/a", "");
}

static void contract_instance_put__lets_many_have_no_worktree(struct store *s)
{
	put_projects(s);
	put_instance(s, instance_of(SHOP, 1, NULL));
	put_instance(s, instance_of(SHOP, 2, NULL));
	put_instance(s, instance_of(SHOP, 3, ""));
	put_instance(s, instance_of(SHOP, 4, ""));
	CHECK_INSTANCES(s, NULL, "shop@1, shop@2, shop@3, shop@4");
}

static void contract_instance_put__gives_on_the_worktree_of_a_released_one(struct store *s)
{
	put_projects(s);
	put_instance(s, out_of_use(instance_of(SHOP, 1, "/a")));
	CHECK_INSTANCE(s, "localhost", "/a", "");
	put_instance(s, instance_of(SHOP, 2, "/a"));
	CHECK_INSTANCE(s, "localhost", "/a", "shop@2");
	refuse_instance(s, instance_of(SHOP, 1, "/a"));
	put_instance(s, out_of_use(instance_of(SHOP, 2, "/a")));
	put_instance(s, instance_of(SHOP, 1, "/a"));
	CHECK_INSTANCE(s, "localhost", "/a", "shop@1");
}

static void contract_instance_each__goes_by_project_then_number(struct store *s)
{
	put_projects(s);
	put_instance(s, instance_of(SHOP, 10, NULL));
	put_instance(s, instance_of(BLOG, 3, NULL));
	put_instance(s, out_of_use(instance_of(SHOP, 2, NULL)));
	CHECK_INSTANCES(s, NULL, "blog@3, shop@2, shop@10");
	CHECK_INSTANCES(s, SHOP, "shop@2, shop@10");
	CHECK_INSTANCES(s, ID("99"), "");
}

/* ---- blocks ---- */

static void contract_block_add__refuses_what_overlaps_on_that_host(struct store *s)
{
	put_projects(s);
	put_block(s, block_of("localhost", 3100, 3199, 1));
	refuse_block(s, block_of("localhost", 3100, 3199, 2));
	refuse_block(s, block_of("localhost", 3000, 3100, 2));
	refuse_block(s, block_of("localhost", 3199, 3300, 2));
	refuse_block(s, block_of("localhost", 3110, 3120, 2));
	refuse_block(s, block_of("localhost", 3000, 3999, 2));
	refuse_block(s, block_of("localhost", 3150, 3150, 2));
	put_block(s, block_of("localhost", 3200, 3299, 3));
	put_block(s, block_of("localhost", 3000, 3099, 4));
	put_block(s, block_of("build-2", 3150, 3249, 5));
	CHECK_BLOCKS(s, NULL, NULL,
		     "localhost 3100-3199, localhost 3200-3299, localhost 3000-3099, "
		     "build-2 3150-3249");
}

static void contract_block_add__refuses_another_projects_ports_too(struct store *s)
{
	struct block b = block_of("localhost", 3100, 3199, 1);

	put_projects(s);
	put_block(s, b);
	b.project_id = BLOG;
	refuse_block(s, b);
}

static bool is_kept_block(const struct block *b, void *arg)
{
	*(bool *)arg = same_text(b->range, "main") && same_text(b->project_id, SHOP) &&
		       b->created_at_ms == INT64_C(1774000000123) && b->ports.last == UINT16_MAX;
	return true;
}

static void contract_block_add__keeps_every_field(struct store *s)
{
	struct err err = { 0 };
	bool kept = false;

	put_projects(s);
	put_block(s, block_of("localhost", 65500, UINT16_MAX, INT64_C(1774000000123)));
	MUST(s->ops->block_each(s, NULL, NULL, is_kept_block, &kept, &err));
	CHECK(kept);
}

static void contract_block_remove__takes_one_block_of_one_host(struct store *s)
{
	struct err err = { 0 };

	put_projects(s);
	put_block(s, block_of("localhost", 3100, 3199, 1));
	put_block(s, block_of("localhost", 3200, 3299, 2));
	put_block(s, block_of("build-2", 3100, 3199, 3));
	MUST(s->ops->block_remove(s, "localhost", 3100, &err));
	CHECK_BLOCKS(s, NULL, NULL, "localhost 3200-3299, build-2 3100-3199");
	put_block(s, block_of("localhost", 3150, 3199, 4));
}

static void contract_block_each__gives_those_of_a_host_or_project_oldest_first(struct store *s)
{
	struct block b = block_of("localhost", 3400, 3499, 2);

	put_projects(s);
	put_block(s, block_of("localhost", 3100, 3199, 5));
	put_block(s, block_of("localhost", 3200, 3299, 3));
	put_block(s, block_of("build-2", 3300, 3399, 4));
	b.project_id = BLOG;
	put_block(s, b);
	CHECK_BLOCKS(s, NULL, SHOP, "localhost 3200-3299, build-2 3300-3399, localhost 3100-3199");
	CHECK_BLOCKS(s, "localhost", NULL,
		     "localhost 3400-3499, localhost 3200-3299, localhost 3100-3199");
	CHECK_BLOCKS(s, "localhost", SHOP, "localhost 3200-3299, localhost 3100-3199");
	CHECK_BLOCKS(s, "build-2", BLOG, "");
}

/* ---- reserved ports and ranges ---- */

struct reserved_want {
	const struct reserved *want;
	bool same;
};

static bool is_same_reserved(const struct reserved *r, void *arg)
{
	struct reserved_want *w = arg;

	w->same = same_text(r->host, w->want->host) && same_text(r->reason, w->want->reason) &&
		  same_text(r->project, w->want->project) && r->until_ms == w->want->until_ms &&
		  r->from_policy == w->want->from_policy &&
		  r->ports.first == w->want->ports.first && r->ports.last == w->want->ports.last;
	return true;
}

static void contract_reserved_put__keeps_every_field_and_updates(struct store *s)
{
	const struct reserved rows[] = {
		{ "*", { 5432, 5432 }, "PostgreSQL", NULL, 0, true },
		{ "*", { 5432, 5440 }, UNUSUAL, "shop", INT64_C(1774000000123), false },
		{ "*", { 5432, 5432 }, long_text, NULL, 0, true },
	};
	struct err err = { 0 };

	put_projects(s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct reserved_want w = { &rows[i], false };

		put_reserved(s, rows[i]);
		MUST(s->ops->reserved_each(s, is_same_reserved, &w, &err));
		CHECK(w.same, "row %zu", i);
	}
	CHECK_RESERVED(s, "* 5432-5432");
}

static void contract_reserved_each__goes_by_port_then_host(struct store *s)
{
	put_reserved(s, (struct reserved){ "localhost", { 8080, 8080 }, "x", NULL, 0, false });
	put_reserved(s, (struct reserved){ "localhost", { 5432, 5432 }, "x", NULL, 0, false });
	put_reserved(s, (struct reserved){ "*", { 8080, 8090 }, "x", NULL, 0, false });
	put_reserved(s, (struct reserved){ "*", { 10000, 10000 }, "x", NULL, 0, false });
	CHECK_RESERVED(s, "localhost 5432-5432, * 8080-8090, localhost 8080-8080, * 10000-10000");
}

static void contract_reserved_remove__takes_one_of_one_host(struct store *s)
{
	struct err err = { 0 };

	put_reserved(s, (struct reserved){ "*", { 8080, 8080 }, "x", NULL, 0, false });
	put_reserved(s, (struct reserved){ "localhost", { 8080, 8080 }, "x", NULL, 0, false });
	MUST(s->ops->reserved_remove(s, "*", 8080, &err));
	CHECK_RESERVED(s, "localhost 8080-8080");
}

static void contract_ranges_put__replaces_all(struct store *s)
{
	const struct stored_range two[] = {
		{ NULL, "main", UNUSUAL, { 3000, 64999 }, 100, 10, "{\"block\":100}" },
		{ NULL, "shared", NULL, { 9000, 9999 }, 0, 0, "{}" },
	};
	struct err err = { 0 };

	MUST(s->ops->ranges_put(s, two, 2, &err));
	MUST(s->ops->ranges_put(s, two, 2, &err));
	CHECK_RANGES(s, "main 3000-64999/100/10 {\"block\":100} shared 9000-9999/0/0 {}");
	MUST(s->ops->ranges_put(s, two + 1, 1, &err));
	CHECK_RANGES(s, "shared 9000-9999/0/0 {}");
	MUST(s->ops->ranges_put(s, NULL, 0, &err));
	CHECK_RANGES(s, "");
}

static bool is_as_given(const struct stored_range *r, void *arg)
{
	*(bool *)arg = same_text(r->id, ID("70")) && same_text(r->description, UNUSUAL);
	return true;
}

static void contract_ranges_put__keeps_an_id_that_is_given(struct store *s)
{
	const struct stored_range r = { ID("70"), "main", UNUSUAL, { 3000, 3999 }, 0, 0, "{}" };
	struct err err = { 0 };
	bool same = false;

	MUST(s->ops->ranges_put(s, &r, 1, &err));
	MUST(s->ops->range_each(s, is_as_given, &same, &err));
	CHECK(same);
}

/* ---- checks ---- */

static bool is_full_check(const struct health_check *c, void *arg)
{
	*(bool *)arg = c->id == 7 && same_text(c->entry_id, ID("30")) && c->at_ms == 1000 &&
		       same_text(c->status, "up") && c->response_us == 250 &&
		       same_text(c->details, UNUSUAL);
	return true;
}

static void contract_check_add__keeps_every_field(struct store *s)
{
	const struct health_check c = { 7, ID("30"), 1000, "up", 250, UNUSUAL };
	struct err err = { 0 };
	bool same = false;

	MUST(s->ops->check_add(s, &c, &err));
	MUST(s->ops->check_each(s, is_full_check, &same, &err));
	CHECK(same);
}

static void contract_check_add__numbers_them_or_keeps_their_number(struct store *s)
{
	struct health_check c = { 0, ID("30"), 1000, "up", -1, NULL };
	struct err err = { 0 };

	MUST(s->ops->check_add(s, &c, &err));
	c.id = 5;
	MUST(s->ops->check_add(s, &c, &err));
	CHECK(!s->ops->check_add(s, &c, &err) && err.code == ERR_TAKEN);
	c.id = 0;
	c.response_us = 0;
	MUST(s->ops->check_add(s, &c, &err));
	CHECK_CHECKS(s, "1 up@1000 -1us 5 up@1000 -1us 6 up@1000 0us");
}

static void put_check(struct store *s, int64_t id, const char *entry_id, int64_t at_ms)
{
	const struct health_check c = { id, entry_id, at_ms, "up", -1, NULL };
	struct err err = { 0 };

	MUST(s->ops->check_add(s, &c, &err));
}

static void contract_check_of__goes_by_entry_and_then_by_time(struct store *s)
{
	put_check(s, 1, ID("31"), 2000);
	put_check(s, 2, ID("30"), 3000);
	put_check(s, 3, ID("31"), 1000);
	put_check(s, 4, ID("30"), 3000);
	CHECK_CHECKS_OF(s, "2 up@3000 -1us 4 up@3000 -1us 3 up@1000 -1us 1 up@2000 -1us", 0);
	CHECK_CHECKS_OF(s, "3 up@1000 -1us 1 up@2000 -1us", .entry_id = ID("31"));
	CHECK_CHECKS_OF(s, "", .entry_id = ID("32"));
}

static void contract_check_of__gives_those_of_a_project(struct store *s)
{
	struct entry other = entry_of(ID("32"), "web", 3002);

	put_projects(s);
	other.project_id = BLOG;
	put_entry(s, entry_of(ID("30"), "web", 3000));
	put_entry(s, released(entry_of(ID("31"), "api", 3001), 9000));
	put_entry(s, other);
	put_check(s, 1, ID("31"), 1000);
	put_check(s, 2, ID("32"), 1000);
	put_check(s, 3, ID("30"), 1000);
	put_check(s, 4, ID("31"), 500);
	CHECK_CHECKS_OF(s, "3 up@1000 -1us 4 up@500 -1us 1 up@1000 -1us", .project_id = SHOP);
	CHECK_CHECKS_OF(s, "2 up@1000 -1us", .project_id = BLOG);
	CHECK_CHECKS_OF(s, "", .project_id = ID("99"));
}

static void contract_check_remove__takes_one_and_its_number_may_come_back(struct store *s)
{
	struct err err = { 0 };

	put_check(s, 1, ID("30"), 1000);
	put_check(s, 2, ID("30"), 2000);
	MUST(s->ops->check_remove(s, 1, &err));
	MUST(s->ops->check_remove(s, 9, &err));
	CHECK_CHECKS(s, "2 up@2000 -1us");
	put_check(s, 1, ID("30"), 500);
	CHECK_CHECKS(s, "1 up@500 -1us 2 up@2000 -1us");
}

/* ---- all of it ---- */

static void contract_clear__forgets_everything(struct store *s)
{
	const struct health_check c = { 0, ID("30"), 1000, "up", -1, NULL };
	const struct stored_range r = { NULL, "main", NULL, { 3000, 3999 }, 0, 0, "{}" };
	const struct request asked = { "me", "key", "get", "{}", 1000 };
	struct err err = { 0 };

	put_various(s);
	put_block(s, block_of("localhost", 3200, 3299, 1));
	put_reserved(s, (struct reserved){ "*", { 5432, 5432 }, "x", NULL, 0, true });
	put_event(s, event_of("old", SHOP, "web", 3000));
	MUST(s->ops->setting_put(s, "policy", "blocks", &err));
	MUST(s->ops->check_add(s, &c, &err));
	MUST(s->ops->ranges_put(s, &r, 1, &err));
	MUST(s->ops->request_add(s, &asked, &err));
	MUST(store_begin(s, true, &err));
	MUST(s->ops->clear(s, &err));
	MUST(store_commit(s, &err));
	CHECK_PROJECTS(s, "");
	CHECK_INSTANCES(s, NULL, "");
	CHECK_BLOCKS(s, NULL, NULL, "");
	CHECK_RESERVED(s, "");
	CHECK_RANGES(s, "");
	CHECK_CHECKS(s, "");
	CHECK_EVENTS(s, "", );
	CHECK_SETTINGS(s, "");
	CHECK_IDS(s, "", .life = LIVE_AND_RELEASED);
	MUST(s->ops->request_add(s, &asked, &err));
}

/* ---- events ---- */

static void put_events(struct store *s)
{
	put_projects(s);
	put_event(s, event_of("a", SHOP, "web", 3000));
	put_event(s, event_of("b", BLOG, "web", 3100));
	put_event(s, event_of("c", SHOP, "api", 3001));
	put_event(s, event_of("d", SHOP, "web", 3001));
	put_event(s, event_of("e", NULL, NULL, 0));
}

static void contract_event_each__gives_the_oldest_first(struct store *s)
{
	CHECK_EVENTS(s, "", );
	put_events(s);
	CHECK_EVENTS(s, "a b c d e", );
	CHECK_EVENTS(s, "e d c b a", .newest_first = true);
}

static void contract_event_each__filters_and_limits(struct store *s)
{
	put_events(s);
	CHECK_EVENTS(s, "a c d", .project_id = SHOP);
	CHECK_EVENTS(s, "a b d", .service = "web");
	CHECK_EVENTS(s, "c d", .port = 3001);
	CHECK_EVENTS(s, "d", .port = 3001, .service = "web", .project_id = SHOP);
	CHECK_EVENTS(s, "", .port = 3001, .project_id = BLOG);
	CHECK_EVENTS(s, "a b", .limit = 2);
	CHECK_EVENTS(s, "e d", .limit = 2, .newest_first = true);
	CHECK_EVENTS(s, "d c", .limit = 2, .newest_first = true, .project_id = SHOP);
	CHECK_EVENTS(s, "a b c d e", .limit = 50);
}

struct sequence {
	int64_t seq[8];
	unsigned count;
};

static bool add_seq(const struct event *e, void *arg)
{
	struct sequence *q = arg;

	q->seq[q->count++] = e->seq;
	return q->count < ARRAY_LEN(q->seq);
}

static void contract_event_add__numbers_them_upwards(struct store *s)
{
	struct sequence q = { 0 };
	struct event e = event_of("f", NULL, NULL, 0);
	struct err err = { 0 };

	put_events(s);
	put_event(s, e);
	MUST(s->ops->event_each(s, &(struct event_filter){ 0 }, add_seq, &q, &err));
	CHECK(q.count == 6 && q.seq[0] > 0);
	for (unsigned i = 1; i < q.count; i++)
		CHECK(q.seq[i - 1] < q.seq[i]);
	CHECK_EVENTS(s, "d e f", .after_seq = q.seq[2]);
	CHECK_EVENTS(s, "f e d", .after_seq = q.seq[2], .newest_first = true);
	CHECK_EVENTS(s, "d", .after_seq = q.seq[2], .limit = 1);
	CHECK_EVENTS(s, "", .after_seq = q.seq[5]);
	CHECK_EVENTS(s, "f e", .newest_first = true, .settled_only = true, .limit = 2);
}

static void contract_event_add__keeps_a_number_that_is_given(struct store *s)
{
	struct event e = event_of("b", NULL, NULL, 0);
	struct sequence q = { 0 };
	struct err err = { 0 };

	e.seq = 20;
	put_event(s, e);
	e.subject = "a";
	e.seq = 10;
	put_event(s, e);
	CHECK(!s->ops->event_add(s, &e, &err) && err.code == ERR_TAKEN);
	e.subject = "c";
	e.seq = 0;
	put_event(s, e);
	CHECK_EVENTS(s, "a b c", );
	MUST(s->ops->event_each(s, &(struct event_filter){ 0 }, add_seq, &q, &err));
	CHECK(q.seq[0] == 10 && q.seq[1] == 20 && q.seq[2] > 20);
}

static void put_in_one_transaction(struct store *s, const char *first, const char *second)
{
	struct err err = { 0 };

	MUST(store_begin(s, true, &err));
	put_event(s, event_of(first, NULL, NULL, 0));
	put_event(s, event_of(second, NULL, NULL, 0));
	MUST(store_commit(s, &err));
}

static void contract_event_add__leaves_a_number_out_between_two_transactions(struct store *s)
{
	struct sequence q = { 0 };
	struct err err = { 0 };

	put_in_one_transaction(s, "a", "b");
	put_in_one_transaction(s, "c", "d");
	put_event(s, event_of("e", NULL, NULL, 0));
	put_event(s, event_of("f", NULL, NULL, 0));
	MUST(s->ops->event_each(s, &(struct event_filter){ 0 }, add_seq, &q, &err));
	CHECK(q.count == 6);
	for (unsigned i = 1; i < q.count; i++) {
		bool is_one_change = i == 1 || i == 3;

		CHECK((q.seq[i] == q.seq[i - 1] + 1) == is_one_change, "event %u", i);
	}
}

struct event_want {
	const struct event *want;
	bool same;
};

static bool is_same_event(const struct event *e, void *arg)
{
	struct event_want *w = arg;

	w->same = e->at_ms == w->want->at_ms && same_text(e->actor, w->want->actor) &&
		  same_text(e->op, w->want->op) && same_text(e->project_id, w->want->project_id) &&
		  same_text(e->subject, w->want->subject) &&
		  same_text(e->service, w->want->service) && e->port == w->want->port &&
		  same_json(e->before, w->want->before) && same_json(e->after, w->want->after);
	return true;
}

static void contract_event_add__keeps_every_field(struct store *s)
{
	const struct event rows[] = {
		{ .at_ms = INT64_C(1774000000123),
		  .actor = UNUSUAL,
		  .op = "update",
		  .project_id = SHOP,
		  .subject = UNUSUAL,
		  .service = "web",
		  .port = UINT16_MAX,
		  .before = "{\"a\":\"\\u20ac\"}",
		  .after = long_metadata },
		{ .at_ms = 1, .actor = "me", .op = "policy-set", .subject = "5432" },
	};
	struct err err = { 0 };

	put_projects(s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct event_filter newest = { .newest_first = true, .limit = 1 };
		struct event_want w = { &rows[i], false };

		put_event(s, rows[i]);
		MUST(s->ops->event_each(s, &newest, is_same_event, &w, &err));
		CHECK(w.same, "row %zu", i);
	}
}

static const struct contract contracts[] = {
	CONTRACT(setting__is_null_until_it_is_put),
	CONTRACT(setting__keeps_the_latest_value),
	CONTRACT(setting__keeps_long_and_unusual_text),
	CONTRACT(project_find__finds_by_each_key),
	CONTRACT(project_find__gives_a_path_to_the_older_of_two),
	CONTRACT(project_find__leaves_ret_alone_when_there_is_none),
	CONTRACT(project_put__keeps_every_field),
	CONTRACT(project_put__needs_no_more_than_id_and_name),
	CONTRACT(project_put__keeps_every_status),
	CONTRACT(project_put__updates_by_id),
	CONTRACT(project_put__refuses_a_name_or_number_twice),
	CONTRACT(project_put__lets_many_have_no_number),
	CONTRACT(project_each__goes_by_number_then_name),
	CONTRACT(project_each__stops_when_told),
	CONTRACT(project_remove__takes_instances_and_blocks),
	CONTRACT(project_remove__refuses_while_it_holds_a_port),
	CONTRACT(project_remove__takes_released_entries),
	CONTRACT(project_remove__keeps_its_events),
	CONTRACT(instance_put__keeps_every_field),
	CONTRACT(instance_put__needs_no_words),
	CONTRACT(instance_put__updates_by_project_and_number),
	CONTRACT(instance_put__refuses_a_worktree_twice_on_a_host),
	CONTRACT(instance_put__lets_another_host_have_the_worktree),
	CONTRACT(instance_put__lets_many_have_no_worktree),
	CONTRACT(instance_put__gives_on_the_worktree_of_a_released_one),
	CONTRACT(instance_each__goes_by_project_then_number),
	CONTRACT(block_add__refuses_what_overlaps_on_that_host),
	CONTRACT(block_add__refuses_another_projects_ports_too),
	CONTRACT(block_add__keeps_every_field),
	CONTRACT(block_remove__takes_one_block_of_one_host),
	CONTRACT(block_each__gives_those_of_a_host_or_project_oldest_first),
	CONTRACT(reserved_put__keeps_every_field_and_updates),
	CONTRACT(reserved_each__goes_by_port_then_host),
	CONTRACT(reserved_remove__takes_one_of_one_host),
	CONTRACT(ranges_put__replaces_all),
	CONTRACT(ranges_put__keeps_an_id_that_is_given),
	CONTRACT(check_add__keeps_every_field),
	CONTRACT(check_add__numbers_them_or_keeps_their_number),
	CONTRACT(check_of__goes_by_entry_and_then_by_time),
	CONTRACT(check_of__gives_those_of_a_project),
	CONTRACT(check_remove__takes_one_and_its_number_may_come_back),
	CONTRACT(clear__forgets_everything),
	CONTRACT(event_add__keeps_a_number_that_is_given),
	CONTRACT(event_add__leaves_a_number_out_between_two_transactions),
	CONTRACT(setting_each__goes_by_name),
	CONTRACT(event_each__gives_the_oldest_first),
	CONTRACT(event_each__filters_and_limits),
	CONTRACT(event_add__numbers_them_upwards),
	CONTRACT(event_add__keeps_every_field),
};

int main(void)
{
	return contracts_run(contracts, ARRAY_LEN(contracts));
}
