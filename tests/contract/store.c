/*
 * contract/store.c - what registry/store.h promises, held against every store.
 *
 * Each contract gets a store with an empty book.  Those of `session_contracts`
 * get two sessions of one book, where the store can do that.
 */
#include "lib/check.h"
#include "lib/folder.h"
#include "lib/stores.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "ports/plan.h"

/* CHECK_IDS and its like: a filter starts from ENTRY_FILTER_ALL's values and overrides them. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* Ids in order of age: each is greater than those of smaller numbers. */
#define ID(two_digits) "018f0000-0000-7000-8000-0000000000" two_digits
#define BLOG ID("01")
#define SHOP ID("02")
#define SHARED ID("03")

/* Text that has broken programs before. */
#define UNUSUAL "it's \"50%\" _ \\ {} \n\t€ \xf0\x9f\x9a\xa2 ' OR 1=1; -- $1 ?"

static char long_text[60001], long_metadata[60032];

static const struct port_range anywhere = { 1, UINT16_MAX };

/* ---- the book that most contracts start with ---- */

#define MUST(call) CHECK((call), "%s: %s", err_name(err.code), err.text)

static struct project project_of(const char *id, const char *name, int number)
{
	return (struct project){
		.id = id, .name = name, .number = number, .created_at_ms = 1000,
	};
}

static struct entry entry_of(const char *id, const char *service, uint16_t port)
{
	return (struct entry){
		.id = id,
		.project_id = SHOP,
		.instance = 1,
		.environment = "dev",
		.service = service,
		.primary = true,
		.host = "localhost",
		.protocol = PROTO_TCP,
		.port = port,
		.status = STATUS_ALLOCATED,
		.allocated_at_ms = 1000,
	};
}

static struct entry released(struct entry e, int64_t at_ms)
{
	e.status = STATUS_RELEASED;
	e.released_at_ms = at_ms;
	return e;
}

static void put_project(struct store *s, const char *id, const char *name, int number)
{
	const struct project p = project_of(id, name, number);
	struct err err = { 0 };

	MUST(s->ops->project_put(s, &p, &err));
}

static void put_entry(struct store *s, struct entry e)
{
	struct err err = { 0 };

	MUST(s->ops->entry_put(s, &e, &err));
}

static void put_instance(struct store *s, struct instance i)
{
	struct err err = { 0 };

	MUST(s->ops->instance_put(s, &i, &err));
}

static void put_block(struct store *s, struct block b)
{
	struct err err = { 0 };

	MUST(s->ops->block_add(s, &b, &err));
}

static void put_reserved(struct store *s, struct reserved r)
{
	struct err err = { 0 };

	MUST(s->ops->reserved_put(s, &r, &err));
}

static void put_event(struct store *s, struct event e)
{
	struct err err = { 0 };

	MUST(s->ops->event_add(s, &e, &err));
}

static void put_projects(struct store *s)
{
	put_project(s, SHOP, "shop", 2);
	put_project(s, BLOG, "blog", 1);
}

static void refuse_entry(struct store *s, struct entry e)
{
	struct err err = { 0 };

	CHECK(!s->ops->entry_put(s, &e, &err), "port %u", (unsigned)e.port);
	CHECK(err.code == ERR_TAKEN, "%s: %s", err_name(err.code), err.text);
	CHECK(err.text[0]);
}

/* ---- what is in the book, as text ---- */

static bool add_port(const struct entry *e, void *arg)
{
	text_addf(arg, "%s%u", text_str(arg)[0] ? " " : "", (unsigned)e->port);
	return true;
}

/* The ports the filter lets through, in its order: "3000 3001". */
static void check_ports_at(struct store *s, struct entry_filter f, const char *want, int line)
{
	CLEANUP(text_release) struct text ports = { 0 };
	struct err err = { 0 };

	MUST(s->ops->entry_each(s, &f, add_port, &ports, &err));
	check_that(!strcmp(text_str(&ports), want), "the ports", __FILE__, line,
		   " are '%s', not '%s'", text_str(&ports), want);
}
#define CHECK_PORTS(s, want, ...)                                                                  \
	check_ports_at(s, (struct entry_filter){ .protocol = -1, .status = -1, __VA_ARGS__ },      \
		       want, __LINE__)

static void check_taken_at(struct store *s, const char *host, enum protocol protocol,
			   struct port_range r, const char *want, int line)
{
	CLEANUP(text_release) struct text ports = { 0 };
	struct port_set taken = { 0 };
	struct err err = { 0 };

	MUST(s->ops->taken(s, host, protocol, r, &taken, &err));
	for (unsigned port = 1; port <= UINT16_MAX; port++)
		if (port_set_has(&taken, (uint16_t)port))
			text_addf(&ports, "%s%u", ports.len ? " " : "", port);
	check_that(!strcmp(text_str(&ports), want), "the taken ports", __FILE__, line,
		   " are '%s', not '%s'", text_str(&ports), want);
}
#define CHECK_TAKEN(...) check_taken_at(__VA_ARGS__, __LINE__)

static bool add_project(const struct project *p, void *arg)
{
	text_addf(arg, "%s%s %d", text_str(arg)[0] ? ", " : "", p->name, p->number);
	return true;
}

static bool add_instance(const struct instance *i, void *arg)
{
	text_addf(arg, "%s%s@%u", text_str(arg)[0] ? ", " : "", i->project, i->number);
	return true;
}

static bool add_block(const struct block *b, void *arg)
{
	text_addf(arg, "%s%s %u-%u", text_str(arg)[0] ? ", " : "", b->host, b->ports.first,
		  b->ports.last);
	return true;
}

static bool add_reserved(const struct reserved *r, void *arg)
{
	text_addf(arg, "%s%s %u-%u", text_str(arg)[0] ? ", " : "", r->host, r->ports.first,
		  r->ports.last);
	return true;
}

static bool add_event(const struct event *e, void *arg)
{
	text_addf(arg, "%s%s", text_str(arg)[0] ? " " : "", e->subject);
	return true;
}

#define CHECK_LIST(want, call)                                                                     \
	do {                                                                                       \
		CLEANUP(text_release) struct text list = { 0 };                                    \
		struct err why = { 0 };                                                            \
                                                                                                   \
		CHECK((call), "%s", why.text);                                                     \
		CHECK_TEXT(text_str(&list), want);                                                 \
	} while (0)
#define CHECK_PROJECTS(s, want) CHECK_LIST(want, (s)->ops->project_each(s, add_project, &list, &why))
#define CHECK_INSTANCES(s, project_id, want)                                                       \
	CHECK_LIST(want, (s)->ops->instance_each(s, project_id, add_instance, &list, &why))
#define CHECK_BLOCKS(s, host, project_id, want)                                                    \
	CHECK_LIST(want, (s)->ops->block_each(s, host, project_id, add_block, &list, &why))
#define CHECK_RESERVED(s, want) CHECK_LIST(want, (s)->ops->reserved_each(s, add_reserved, &list, &why))
#define CHECK_EVENTS(s, want, ...)                                                                 \
	CHECK_LIST(want, (s)->ops->event_each(s, &(struct event_filter){ __VA_ARGS__ }, add_event, \
					      &list, &why))

static void check_setting_at(struct store *s, const char *name, const char *want, int line)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const char *got = "untouched";
	struct err err = { 0 };

	MUST(s->ops->setting_get(s, name, &a, &got, &err));
	check_text(got, want, name, __FILE__, line);
}
#define CHECK_SETTING(s, name, want) check_setting_at(s, name, want, __LINE__)

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* Is it the same JSON?  A store may write it in another way. */
static bool same_json(const char *a, const char *b)
{
	CLEANUP(json_cleanup) json_t *x = json_loads(a && *a ? a : "{}", 0, NULL);
	CLEANUP(json_cleanup) json_t *y = json_loads(b && *b ? b : "{}", 0, NULL);

	return json_equal(x, y);
}

static void check_entry(const struct entry *got, const struct entry *want)
{
	CHECK_TEXT(got->id, want->id);
	CHECK(same_text(got->project_id, want->project_id));
	CHECK(same_text(got->project, want->project), "'%s'", got->project);
	CHECK(got->project_number == want->project_number, "%d", got->project_number);
	CHECK(got->instance == want->instance);
	CHECK(same_text(got->environment, want->environment));
	CHECK(same_text(got->service, want->service));
	CHECK(got->primary == want->primary);
	CHECK(same_text(got->type, want->type));
	CHECK(same_text(got->role, want->role));
	CHECK(same_text(got->range, want->range));
	CHECK(same_text(got->host, want->host));
	CHECK(got->protocol == want->protocol);
	CHECK(got->port == want->port, "%u", (unsigned)got->port);
	CHECK(got->status == want->status, "%s", entry_status_name(got->status));
	CHECK(same_text(got->description, want->description));
	CHECK(same_text(got->notes, want->notes));
	CHECK(same_text(got->unit, want->unit));
	CHECK(same_text(got->tunnel_hostname, want->tunnel_hostname));
	CHECK(same_text(got->tunnel_id, want->tunnel_id));
	CHECK(same_json(got->metadata, want->metadata), "%.80s", got->metadata);
	CHECK(same_text(got->allocated_by, want->allocated_by));
	CHECK(same_text(got->worktree, want->worktree), "'%s'", got->worktree);
	CHECK(got->allocated_at_ms == want->allocated_at_ms);
	CHECK(got->last_used_at_ms == want->last_used_at_ms);
	CHECK(got->last_verified_at_ms == want->last_verified_at_ms);
	CHECK(got->released_at_ms == want->released_at_ms);
	CHECK(got->expires_at_ms == want->expires_at_ms);
}

/* The one entry with this id, live or not. */
static void get_entry(struct store *s, const char *id, struct arena *a, struct entry *ret)
{
	const struct entry_filter f = {
		.id = id, .protocol = -1, .status = -1, .life = LIVE_AND_RELEASED,
	};
	struct err err = { 0 };
	bool found = false;

	MUST(store_entry_find(s, &f, a, ret, &found, &err));
	CHECK(found, "entry %s", id);
}

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
		.id = SHOP, .number = 7, .name = "shop", .path = "/srv/" UNUSUAL,
		.owner = UNUSUAL, .description = long_text, .status = PROJECT_LEGACY,
		.metadata = long_metadata, .created_at_ms = INT64_C(1774000000123),
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

static void refuse_project(struct store *s, const char *id, const char *name, int number)
{
	const struct project p = project_of(id, name, number);
	struct err err = { 0 };

	CHECK(!s->ops->project_put(s, &p, &err));
	CHECK(err.code == ERR_TAKEN, "%s: %s", err_name(err.code), err.text);
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
	put_instance(s, (struct instance){
		.project_id = project_id, .number = 2, .host = "localhost", .slice = 0 });
	put_block(s, (struct block){ "localhost", { first, (uint16_t)(first + 99) }, "main",
				     project_id, 1 });
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

static void contract_project_remove__refuses_while_entries_name_it(struct store *s)
{
	put_projects(s);
	put_instance_and_block_of(s, SHOP, 3200);
	put_entry(s, entry_of(ID("20"), "web", 3200));
	refuse_project_remove(s);
	put_entry(s, released(entry_of(ID("20"), "web", 3200), 2000));
	refuse_project_remove(s);
}

static void contract_project_remove__keeps_its_events(struct store *s)
{
	struct err err = { 0 };

	put_projects(s);
	put_event(s, (struct event){ .at_ms = 1, .actor = "me", .op = "project-add",
				     .project_id = SHOP, .subject = "shop" });
	MUST(s->ops->project_remove(s, SHOP, &err));
	CHECK_EVENTS(s, "shop", .project_id = SHOP);
}

/* ---- instances ---- */

static struct instance instance_of(const char *project_id, unsigned number, const char *worktree)
{
	return (struct instance){ .project_id = project_id, .number = number, .host = "localhost",
				  .worktree = worktree, .slice = -1, .created_at_ms = 1000 };
}

static struct instance on_host(struct instance i, const char *host)
{
	i.host = host;
	return i;
}

static struct instance out_of_use(struct instance i)
{
	i.released_at_ms = 2000;
	return i;
}

/* "shop@2", or "" when no instance in use has that path there. */
static void check_instance_at(struct store *s, const char *host, const char *worktree,
			      const char *want, int line)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct instance i = { .project = "untouched", .number = 0 };
	char got[128] = "";
	struct err err = { 0 };
	bool found;

	MUST(s->ops->instance_find(s, host, worktree, &a, &i, &found, &err));
	if (found)
		snprintf(got, sizeof(got), "%s@%u", i.project, i.number);
	else
		CHECK_TEXT(i.project, "untouched");
	check_text(got, want, worktree, __FILE__, line);
}
#define CHECK_INSTANCE(s, host, worktree, want)                                                    \
	check_instance_at(s, host, worktree, want, __LINE__)

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
		.project_id = SHOP, .number = 3, .host = "build-2", .purpose = "feature",
		.branch = "feature/" UNUSUAL, .status = "active", .worktree = "/home/" UNUSUAL,
		.slice = 5, .created_at_ms = INT64_C(1774000000123),
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

static struct block block_of(const char *host, uint16_t first, uint16_t last, int64_t at_ms)
{
	return (struct block){ host, { first, last }, "main", SHOP, at_ms };
}

static void refuse_block(struct store *s, struct block b)
{
	struct err err = { 0 };

	CHECK(!s->ops->block_add(s, &b, &err), "%u-%u", b.ports.first, b.ports.last);
	CHECK(err.code == ERR_TAKEN, "%s: %s", err_name(err.code), err.text);
}

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
		{ "main", UNUSUAL, { 3000, 64999 }, 100, 10, "{\"block\":100}" },
		{ "shared", NULL, { 9000, 9999 }, 0, 0, "{}" },
	};
	struct err err = { 0 };

	MUST(s->ops->ranges_put(s, two, 2, &err));
	MUST(s->ops->ranges_put(s, two, 2, &err));
	MUST(s->ops->ranges_put(s, two + 1, 1, &err));
	MUST(s->ops->ranges_put(s, NULL, 0, &err));
}

/* ---- entries: writing ---- */

static struct entry full_entry(void)
{
	return (struct entry){
		.id = ID("20"), .project_id = SHOP, .project = "shop", .project_number = 2,
		.instance = 4, .environment = "production", .service = "web", .primary = true,
		.type = "web", .role = "frontend", .range = "main", .host = "build-2",
		.protocol = PROTO_UDP, .port = UINT16_MAX, .status = STATUS_LEGACY,
		.description = UNUSUAL, .notes = long_text, .unit = "shop@4.service",
		.tunnel_hostname = "shop.example.org", .tunnel_id = UNUSUAL,
		.metadata = long_metadata, .allocated_by = "alice via root",
		.worktree = "/srv/shop", .allocated_at_ms = INT64_C(1774000000001),
		.last_used_at_ms = INT64_C(1774000000002),
		.last_verified_at_ms = INT64_C(1774000000003),
		.expires_at_ms = INT64_C(1774000000004),
	};
}

static void contract_entry_put__keeps_every_field(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const struct entry e = full_entry();
	struct entry got;

	put_projects(s);
	put_instance(s, on_host(instance_of(SHOP, 4, "/srv/shop"), "build-2"));
	put_entry(s, e);
	get_entry(s, e.id, &a, &got);
	check_entry(&got, &e);
}

static void contract_entry_put__updates_every_field_by_id(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const struct entry e = full_entry();
	struct entry got, bare = entry_of(ID("20"), "db", 3000);

	put_projects(s);
	put_instance(s, on_host(instance_of(SHOP, 4, "/srv/shop"), "build-2"));
	bare.primary = false;
	put_entry(s, bare);
	put_entry(s, e);
	get_entry(s, e.id, &a, &got);
	check_entry(&got, &e);
	bare.project_id = BLOG;
	put_entry(s, bare);
	get_entry(s, e.id, &a, &got);
	bare.project = "blog";
	bare.project_number = 1;
	check_entry(&got, &bare);
	CHECK_PORTS(s, "3000", .life = LIVE_AND_RELEASED);
}

static void contract_entry_put__keeps_what_was_released(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const struct entry e = released(entry_of(ID("20"), "web", 3000), INT64_C(1774000000005));
	struct entry got;

	put_projects(s);
	put_entry(s, e);
	get_entry(s, e.id, &a, &got);
	CHECK(got.status == STATUS_RELEASED && got.released_at_ms == e.released_at_ms);
}

static void contract_entry_put__refuses_a_port_twice(struct store *s)
{
	struct entry other = entry_of(ID("21"), "api", 3000);

	put_projects(s);
	put_entry(s, entry_of(ID("20"), "web", 3000));
	refuse_entry(s, other);
	other.project_id = BLOG;
	other.environment = "test";
	other.status = STATUS_RESERVED;
	refuse_entry(s, other);
	CHECK_PORTS(s, "3000", .life = LIVE_AND_RELEASED);
}

static void contract_entry_put__lets_other_protocols_and_hosts_have_the_port(struct store *s)
{
	struct entry e = entry_of(ID("20"), "web", 3000);

	put_projects(s);
	put_entry(s, e);
	e.id = ID("21");
	e.protocol = PROTO_UDP;
	put_entry(s, e);
	e.id = ID("22");
	e.host = "build-2";
	put_entry(s, e);
	CHECK_PORTS(s, "3000 3000 3000", );
}

static void contract_entry_put__lets_a_released_port_be_taken(struct store *s)
{
	put_projects(s);
	put_entry(s, entry_of(ID("20"), "web", 3000));
	put_entry(s, released(entry_of(ID("20"), "web", 3000), 2000));
	put_entry(s, entry_of(ID("21"), "api", 3000));
	put_entry(s, released(entry_of(ID("22"), "api", 3000), 2000));
	refuse_entry(s, entry_of(ID("20"), "web", 3000));
	CHECK_PORTS(s, "3000", );
	CHECK_PORTS(s, "3000 3000 3000", .life = LIVE_AND_RELEASED);
}

static void contract_entry_put__refuses_to_move_onto_a_held_port(struct store *s)
{
	put_projects(s);
	put_entry(s, entry_of(ID("20"), "web", 3000));
	put_entry(s, entry_of(ID("21"), "api", 3001));
	refuse_entry(s, entry_of(ID("21"), "api", 3000));
	CHECK_PORTS(s, "3000 3001", );
	put_entry(s, entry_of(ID("21"), "api", 3002));
	CHECK_PORTS(s, "3000 3002", );
}

static struct entry with_tunnel(struct entry e, const char *hostname)
{
	e.tunnel_hostname = hostname;
	return e;
}

static void contract_entry_put__refuses_a_tunnel_hostname_twice(struct store *s)
{
	struct entry other = with_tunnel(entry_of(ID("21"), "api", 3001), "shop.example.org");

	put_projects(s);
	put_entry(s, with_tunnel(entry_of(ID("20"), "web", 3000), "shop.example.org"));
	refuse_entry(s, other);
	other.host = "build-2";
	refuse_entry(s, other);
	put_entry(s, released(other, 2000));
	put_entry(s, released(entry_of(ID("20"), "web", 3000), 2000));
	put_entry(s, other);
}

static void contract_entry_put__lets_many_have_no_tunnel_hostname(struct store *s)
{
	put_projects(s);
	put_entry(s, with_tunnel(entry_of(ID("20"), "a", 3000), NULL));
	put_entry(s, with_tunnel(entry_of(ID("21"), "b", 3001), NULL));
	put_entry(s, with_tunnel(entry_of(ID("22"), "c", 3002), ""));
	put_entry(s, with_tunnel(entry_of(ID("23"), "d", 3003), ""));
	CHECK_PORTS(s, "3000 3001 3002 3003", );
}

static void contract_entry_put__refuses_a_second_primary(struct store *s)
{
	struct entry e = entry_of(ID("21"), "web", 3001);

	put_projects(s);
	put_entry(s, entry_of(ID("20"), "web", 3000));
	refuse_entry(s, e);
	e.primary = false;
	put_entry(s, e);
	e.id = ID("22");
	e.port = 3002;
	put_entry(s, e);
	CHECK_PORTS(s, "3000 3001 3002", );
	CHECK_PORTS(s, "3000", .primary_only = true);
}

static void contract_entry_put__has_a_primary_for_each_key_of_a_service(struct store *s)
{
	struct entry e[6];
	static const char *const ids[] = { ID("21"), ID("22"), ID("23"),
					   ID("24"), ID("25"), ID("26") };

	put_projects(s);
	put_entry(s, entry_of(ID("20"), "web", 3000));
	for (unsigned i = 0; i < ARRAY_LEN(e); i++)
		e[i] = entry_of(ids[i], "web", (uint16_t)(3001 + i));
	e[0].project_id = BLOG;
	e[1].service = "api";
	e[2].environment = "test";
	e[3].instance = 2;
	e[4].host = "build-2";
	e[5].protocol = PROTO_UDP;
	for (unsigned i = 0; i < ARRAY_LEN(e); i++)
		put_entry(s, e[i]);
	CHECK_PORTS(s, "3000 3001 3002 3003 3004 3005 3006", .primary_only = true);
}

static void contract_entry_put__lets_the_next_be_primary_after_a_release(struct store *s)
{
	struct entry next = entry_of(ID("21"), "web", 3001);

	put_projects(s);
	put_entry(s, entry_of(ID("20"), "web", 3000));
	next.primary = false;
	put_entry(s, next);
	next.primary = true;
	refuse_entry(s, next);
	put_entry(s, released(entry_of(ID("20"), "web", 3000), 2000));
	put_entry(s, next);
	CHECK_PORTS(s, "3001", .primary_only = true);
	refuse_entry(s, entry_of(ID("20"), "web", 3000));
}

static void contract_entry_put__refused_changes_nothing(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct entry e = entry_of(ID("21"), "api", 3001), got;

	put_projects(s);
	put_entry(s, entry_of(ID("20"), "web", 3000));
	put_entry(s, e);
	e.port = 3000;
	e.description = "changed";
	refuse_entry(s, e);
	get_entry(s, ID("21"), &a, &got);
	CHECK(got.port == 3001 && same_text(got.description, NULL));
}

static void contract_entry_each__follows_a_project_that_is_renamed(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct entry got;

	put_projects(s);
	put_entry(s, entry_of(ID("20"), "web", 3000));
	put_instance(s, instance_of(SHOP, 1, "/a"));
	put_project(s, SHOP, "store", 7);
	put_instance(s, instance_of(SHOP, 1, "/b"));
	get_entry(s, ID("20"), &a, &got);
	CHECK_TEXT(got.project, "store");
	CHECK(got.project_number == 7);
	CHECK_TEXT(got.worktree, "/b");
	CHECK_INSTANCES(s, NULL, "store@1");
}

/* ---- entries: reading ---- */

/* Six entries, of which no field's value is that of all, and one that was released. */
static void put_various(struct store *s)
{
	const struct entry rows[] = {
		{ .id = ID("30"), .project_id = SHOP, .instance = 1, .environment = "dev",
		  .service = "web", .primary = true, .type = "web", .range = "main",
		  .host = "localhost", .port = 3000, .allocated_at_ms = 5000,
		  .description = "the front page", .tunnel_hostname = "shop.example.org" },
		{ .id = ID("31"), .project_id = SHOP, .instance = 1, .environment = "dev",
		  .service = "web", .primary = false, .type = "web", .range = "main",
		  .host = "localhost", .port = 3001, .allocated_at_ms = 4000,
		  .status = STATUS_RESERVED },
		{ .id = ID("32"), .project_id = SHOP, .instance = 2, .environment = "test",
		  .service = "api", .primary = true, .type = "api", .range = "main",
		  .host = "localhost", .port = 3002, .allocated_at_ms = 3000,
		  .notes = "50% of all_traffic" },
		{ .id = ID("33"), .project_id = BLOG, .instance = 1, .environment = "dev",
		  .service = "web", .primary = true, .type = "web", .range = "other",
		  .host = "build-2", .port = 3000, .allocated_at_ms = 3000,
		  .status = STATUS_LEGACY },
		{ .id = ID("34"), .project_id = BLOG, .instance = 1, .environment = "dev",
		  .service = "dns", .primary = true, .host = "localhost", .protocol = PROTO_UDP,
		  .port = 3000, .allocated_at_ms = 1000 },
		{ .id = ID("35"), .project_id = BLOG, .instance = 1, .environment = "dev",
		  .service = "api", .primary = true, .type = "api", .host = "localhost",
		  .port = 12000, .allocated_at_ms = 2000, .description = "50 of alltraffic" },
		{ .id = ID("36"), .project_id = SHOP, .instance = 1, .environment = "dev",
		  .service = "old", .primary = true, .type = "web", .range = "main",
		  .host = "localhost", .port = 3000, .allocated_at_ms = 500,
		  .status = STATUS_RELEASED, .released_at_ms = 9000 },
	};

	put_projects(s);
	put_instance(s, instance_of(SHOP, 1, "/srv/shop"));
	put_instance(s, instance_of(SHOP, 2, "/srv/shop-2"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		put_entry(s, rows[i]);
}

static bool add_id(const struct entry *e, void *arg)
{
	text_addf(arg, "%s%s", text_str(arg)[0] ? " " : "", e->id + strlen(e->id) - 2);
	return true;
}

/* The last two digits of the ids, in order. */
static void check_ids_at(struct store *s, struct entry_filter f, const char *want, int line)
{
	CLEANUP(text_release) struct text ids = { 0 };
	struct err err = { 0 };

	MUST(s->ops->entry_each(s, &f, add_id, &ids, &err));
	check_that(!strcmp(text_str(&ids), want), "the ids", __FILE__, line,
		   " are '%s', not '%s'", text_str(&ids), want);
}
#define CHECK_IDS(s, want, ...)                                                                    \
	check_ids_at(s, (struct entry_filter){ .protocol = -1, .status = -1, __VA_ARGS__ }, want,  \
		     __LINE__)

static void contract_entry_each__gives_all_live_ones_by_port(struct store *s)
{
	CHECK_IDS(s, "", );
	put_various(s);
	CHECK_IDS(s, "33 30 34 31 32 35", );
}

static void contract_entry_each__filters_by_each_field(struct store *s)
{
	put_various(s);
	CHECK_IDS(s, "32", .id = ID("32"));
	CHECK_IDS(s, "30 31 32", .project_id = SHOP);
	CHECK_IDS(s, "32", .instance = 2);
	CHECK_IDS(s, "32", .environment = "test");
	CHECK_IDS(s, "33 30 31", .service = "web");
	CHECK_IDS(s, "32 35", .type = "api");
	CHECK_IDS(s, "33", .range = "other");
	CHECK_IDS(s, "33", .host = "build-2");
	CHECK_IDS(s, "34", .protocol = PROTO_UDP);
	CHECK_IDS(s, "33 30 31 32 35", .protocol = PROTO_TCP);
	CHECK_IDS(s, "31", .status = STATUS_RESERVED);
	CHECK_IDS(s, "33", .status = STATUS_LEGACY);
	CHECK_IDS(s, "30 34 32 35", .status = STATUS_ALLOCATED);
	CHECK_IDS(s, "30", .tunnel_hostname = "shop.example.org");
	CHECK_IDS(s, "32", .worktree = "/srv/shop-2");
	CHECK_IDS(s, "30 31", .worktree = "/srv/shop");
	CHECK_IDS(s, "31 32", .ports = { 3001, 11999 });
	CHECK_IDS(s, "33 30 34", .ports = { 3000, 3000 });
	CHECK_IDS(s, "33 30 34 32 35", .primary_only = true);
}

static void contract_entry_each__wants_whole_words(struct store *s)
{
	put_various(s);
	CHECK_IDS(s, "", .service = "we");
	CHECK_IDS(s, "", .service = "WEB");
	CHECK_IDS(s, "", .service = "w%");
	CHECK_IDS(s, "", .service = "w_b");
	CHECK_IDS(s, "", .host = "build");
	CHECK_IDS(s, "", .worktree = "/srv/sho");
	CHECK_IDS(s, "", .tunnel_hostname = "example.org");
	CHECK_IDS(s, "", .project_id = "shop");
}

static void contract_entry_each__filters_by_life(struct store *s)
{
	put_various(s);
	CHECK_IDS(s, "36", .life = RELEASED_ONLY);
	CHECK_IDS(s, "33 30 36 34 31 32 35", .life = LIVE_AND_RELEASED);
	CHECK_IDS(s, "36", .life = LIVE_AND_RELEASED, .status = STATUS_RELEASED);
	CHECK_IDS(s, "", .life = RELEASED_ONLY, .service = "web");
}

static void contract_entry_each__filters_by_many_fields_at_once(struct store *s)
{
	put_various(s);
	CHECK_IDS(s, "30", .project_id = SHOP, .service = "web", .instance = 1,
		  .environment = "dev", .host = "localhost", .protocol = PROTO_TCP,
		  .primary_only = true);
	CHECK_IDS(s, "", .project_id = SHOP, .host = "build-2");
	CHECK_IDS(s, "31", .project_id = SHOP, .service = "web", .status = STATUS_RESERVED);
	CHECK_IDS(s, "30 31", .project_id = SHOP, .ports = { 3000, 3001 });
	CHECK_IDS(s, "35", .project_id = BLOG, .type = "api", .search = "traffic");
	CHECK_IDS(s, "30", .life = LIVE_AND_RELEASED, .project_id = SHOP, .type = "web",
		  .range = "main", .ports = { 3000, 3000 }, .status = STATUS_ALLOCATED);
	CHECK_IDS(s, "30", .worktree = "/srv/shop", .primary_only = true);
}

static void contract_entry_each__orders_by_port_then_host_protocol_and_id(struct store *s)
{
	put_projects(s);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const ids[] = { ID("45"), ID("43"), ID("44") };

		put_entry(s, released(entry_of(ids[i], "web", 3000), 2000 + (int64_t)i));
	}
	put_entry(s, entry_of(ID("42"), "web", 3000));
	CHECK_IDS(s, "42 43 44 45", .life = LIVE_AND_RELEASED);
}

static void contract_entry_each__orders_by_age_and_by_release(struct store *s)
{
	put_various(s);
	CHECK_IDS(s, "34 35 32 33 31 30", .order = BY_AGE);
	put_entry(s, released(entry_of(ID("37"), "a", 4000), 9500));
	put_entry(s, released(entry_of(ID("38"), "b", 4001), 8000));
	put_entry(s, released(entry_of(ID("39"), "c", 4002), 9000));
	CHECK_IDS(s, "37 36 39 38", .life = RELEASED_ONLY, .order = BY_RELEASE);
	CHECK_IDS(s, "37 36", .life = RELEASED_ONLY, .order = BY_RELEASE, .limit = 2);
}

static void contract_entry_each__limits_and_goes_on_after_a_port(struct store *s)
{
	put_various(s);
	CHECK_IDS(s, "33", .limit = 1);
	CHECK_IDS(s, "33 30 34", .limit = 3);
	CHECK_IDS(s, "33 30 34 31 32 35", .limit = 100);
	CHECK_IDS(s, "31 32 35", .after_port = 3000);
	CHECK_IDS(s, "31", .after_port = 3000, .limit = 1);
	CHECK_IDS(s, "35", .after_port = 3002);
	CHECK_IDS(s, "", .after_port = 12000);
	CHECK_IDS(s, "", .after_port = UINT16_MAX);
	CHECK_IDS(s, "34 35", .order = BY_AGE, .limit = 2);
	CHECK_IDS(s, "32", .after_port = 3001, .project_id = SHOP);
}

static void contract_entry_each__searches_in_every_word_that_people_see(struct store *s)
{
	put_various(s);
	CHECK_IDS(s, "33 34 35", .search = "blog");
	CHECK_IDS(s, "34", .search = "dn");
	CHECK_IDS(s, "30", .search = "front p");
	CHECK_IDS(s, "32 35", .search = "traffic");
	CHECK_IDS(s, "30", .search = "example.org");
	CHECK_IDS(s, "33", .search = "build-");
	CHECK_IDS(s, "35", .search = "1200");
	CHECK_IDS(s, "33 30 34 31 32", .search = "300");
	CHECK_IDS(s, "", .search = "nowhere");
	CHECK_IDS(s, "36", .search = "old", .life = RELEASED_ONLY);
}

static void contract_entry_each__searches_for_signs_as_they_are(struct store *s)
{
	put_various(s);
	CHECK_IDS(s, "32", .search = "%");
	CHECK_IDS(s, "32", .search = "_");
	CHECK_IDS(s, "32", .search = "50% of all_");
	CHECK_IDS(s, "", .search = "w_b");
	CHECK_IDS(s, "", .search = "w%b");
	CHECK_IDS(s, "", .search = "\\");
	CHECK_IDS(s, "", .search = "'");
	CHECK_IDS(s, "", .search = "[a-z]");
	CHECK_IDS(s, "", .search = "*");
}

static void contract_entry_each__searches_in_any_case(struct store *s)
{
	put_various(s);
	CHECK_IDS(s, "33 34 35", .search = "BLOG");
	CHECK_IDS(s, "30", .search = "The Front");
}

static void contract_entry_each__finds_unusual_text(struct store *s)
{
	struct entry e = entry_of(ID("20"), "web", 3000);

	put_projects(s);
	e.notes = UNUSUAL;
	put_entry(s, e);
	CHECK_IDS(s, "20", .search = UNUSUAL);
	CHECK_IDS(s, "20", .search = "\xf0\x9f\x9a\xa2");
	CHECK_IDS(s, "20", .search = "\\");
	CHECK_IDS(s, "20", .search = "\n");
	CHECK_IDS(s, "20", .search = "' OR 1=1");
}

static bool stop_after_two(const struct entry *e, void *arg)
{
	(void)e;
	return ++*(int *)arg < 2;
}

static void contract_entry_each__stops_when_told(struct store *s)
{
	const struct entry_filter all = ENTRY_FILTER_ALL;
	struct err err = { 0 };
	int count = 0;

	put_various(s);
	MUST(s->ops->entry_each(s, &all, stop_after_two, &count, &err));
	CHECK(count == 2);
	CHECK_IDS(s, "33 30 34 31 32 35", );
}

struct nested {
	struct store *store;
	struct text list;
};

static bool add_services(const struct project *p, void *arg)
{
	struct nested *n = arg;
	const struct entry_filter f = { .project_id = p->id, .protocol = -1, .status = -1 };
	struct err err = { 0 };
	unsigned count;

	MUST(n->store->ops->entry_count(n->store, &f, &count, &err));
	text_addf(&n->list, "%s %u: ", p->name, count);
	MUST(n->store->ops->entry_each(n->store, &f, add_port, &n->list, &err));
	text_add(&n->list, "; ");
	return true;
}

static void contract_walks__may_look_into_the_book_on_the_way(struct store *s)
{
	struct nested n = { .store = s };
	struct err err = { 0 };

	put_various(s);
	MUST(s->ops->project_each(s, add_services, &n, &err));
	CHECK_TEXT(text_str(&n.list), "blog 2:  3000 3000 12000; shop 3:  3000 3001 3002; ");
	text_release(&n.list);
}

static unsigned count_of(struct store *s, struct entry_filter f)
{
	struct err err = { 0 };
	unsigned count = 12345;

	MUST(s->ops->entry_count(s, &f, &count, &err));
	return count;
}
#define COUNT(s, ...)                                                                              \
	count_of(s, (struct entry_filter){ .protocol = -1, .status = -1, __VA_ARGS__ })

static void contract_entry_count__counts_port_numbers_once(struct store *s)
{
	CHECK(COUNT(s, ) == 0);
	put_various(s);
	CHECK(COUNT(s, ) == 4);
	CHECK(COUNT(s, .host = "localhost") == 4);
	CHECK(COUNT(s, .ports = { 3000, 3000 }) == 1);
	CHECK(COUNT(s, .project_id = SHOP) == 3);
	CHECK(COUNT(s, .project_id = SHOP, .life = LIVE_AND_RELEASED) == 3);
	CHECK(COUNT(s, .life = RELEASED_ONLY) == 1);
	CHECK(COUNT(s, .search = "traffic") == 2);
	CHECK(COUNT(s, .worktree = "/srv/shop") == 2);
	CHECK(COUNT(s, .service = "none") == 0);
}

static void contract_entry_find__gives_the_first(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const struct entry_filter oldest = { .protocol = -1, .status = -1, .order = BY_AGE };
	const struct entry_filter none = { .service = "none", .protocol = -1, .status = -1 };
	struct entry got = { .port = 1 };
	struct err err = { 0 };
	bool found = true;

	put_various(s);
	MUST(store_entry_find(s, &none, &a, &got, &found, &err));
	CHECK(!found && got.port == 1);
	MUST(store_entry_find(s, &oldest, &a, &got, &found, &err));
	CHECK(found && same_text(got.id, ID("34")));
}

static void contract_taken__is_what_live_entries_hold(struct store *s)
{
	CHECK_TAKEN(s, "localhost", PROTO_TCP, anywhere, "");
	put_various(s);
	CHECK_TAKEN(s, "localhost", PROTO_TCP, anywhere, "3000 3001 3002 12000");
	CHECK_TAKEN(s, "localhost", PROTO_UDP, anywhere, "3000");
	CHECK_TAKEN(s, "build-2", PROTO_TCP, anywhere, "3000");
	CHECK_TAKEN(s, "build-2", PROTO_UDP, anywhere, "");
	CHECK_TAKEN(s, "localhost", PROTO_TCP, ((struct port_range){ 3001, 3002 }), "3001 3002");
	CHECK_TAKEN(s, "localhost", PROTO_TCP, ((struct port_range){ 3003, 11999 }), "");
}

static void contract_taken__forgets_what_was_released(struct store *s)
{
	put_projects(s);
	put_entry(s, entry_of(ID("20"), "web", 3000));
	put_entry(s, entry_of(ID("21"), "api", UINT16_MAX));
	CHECK_TAKEN(s, "localhost", PROTO_TCP, anywhere, "3000 65535");
	put_entry(s, released(entry_of(ID("20"), "web", 3000), 2000));
	CHECK_TAKEN(s, "localhost", PROTO_TCP, anywhere, "65535");
}

static void contract_taken__keeps_bits_that_are_set(struct store *s)
{
	struct port_set into = { 0 };
	struct err err = { 0 };

	put_projects(s);
	put_entry(s, entry_of(ID("20"), "web", 3000));
	port_set_add(&into, 7);
	port_set_add(&into, 3001);
	MUST(s->ops->taken(s, "localhost", PROTO_TCP, anywhere, &into, &err));
	CHECK(port_set_count(&into, anywhere) == 3);
	CHECK(port_set_has(&into, 7) && port_set_has(&into, 3000) && port_set_has(&into, 3001));
}

/* ---- claim ---- */

static const struct policy_range plain_range = { .ports = { 3000, 3003 } };
static const struct policy_range random_range = { .ports = { 3000, 3003 },
						  .strategy = STRATEGY_RANDOM };
static const struct port_set no_ports;

/* Everything free in 3000-3003, lowest first. */
static struct choice choice_of(const struct policy_range *range)
{
	return (struct choice){
		.range = range,
		.candidates = { .span = { range->ports }, .count = 1 },
		.reserved = &no_ports,
		.strangers = &no_ports,
	};
}

static bool try_claim(struct store *s, struct choice c, struct entry e, struct pick *ret,
		      struct err *err)
{
	struct plan plan;

	plan_make(&c, &plan);
	e.port = 1;	/* the store sets it */
	return s->ops->claim(s, &plan, &e, ret, err);
}

static uint16_t claim(struct store *s, struct choice c, struct entry e)
{
	struct pick pick = { .port = 9 };
	struct err err = { 0 };

	MUST(try_claim(s, c, e, &pick, &err));
	return pick.port;
}

static void refuse_claim(struct store *s, struct entry e)
{
	struct pick pick;
	struct err err = { 0 };

	CHECK(!try_claim(s, choice_of(&plain_range), e, &pick, &err));
	CHECK(err.code == ERR_TAKEN, "%s: %s", err_name(err.code), err.text);
}

static void contract_claim__enters_the_first_free_port(struct store *s)
{
	put_projects(s);
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("20"), "a", 0)) == 3000);
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("21"), "b", 0)) == 3001);
	CHECK_PORTS(s, "3000 3001", );
	CHECK_TAKEN(s, "localhost", PROTO_TCP, anywhere, "3000 3001");
}

static void contract_claim__enters_every_field(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct entry e = full_entry(), got;

	put_projects(s);
	put_instance(s, on_host(instance_of(SHOP, 4, "/srv/shop"), "build-2"));
	CHECK(claim(s, choice_of(&plain_range), e) == 3000);
	get_entry(s, e.id, &a, &got);
	e.port = 3000;
	check_entry(&got, &e);
}

static void contract_claim__passes_over_what_is_entered(struct store *s)
{
	struct entry other = entry_of(ID("23"), "z", 3002);

	put_projects(s);
	put_entry(s, entry_of(ID("20"), "x", 3000));
	put_entry(s, released(entry_of(ID("21"), "y", 3001), 2000));
	put_entry(s, entry_of(ID("22"), "y", 3001));
	other.status = STATUS_RESERVED;
	put_entry(s, other);
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("24"), "web", 0)) == 3003);
}

static void contract_claim__does_not_mind_other_hosts_and_protocols(struct store *s)
{
	struct entry e = entry_of(ID("20"), "x", 3000);

	put_projects(s);
	e.host = "build-2";
	put_entry(s, e);
	e = entry_of(ID("21"), "x", 3000);
	e.protocol = PROTO_UDP;
	put_entry(s, e);
	put_entry(s, released(entry_of(ID("22"), "x", 3000), 2000));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("23"), "web", 0)) == 3000);
}

static void contract_claim__says_what_plan_choose_says(struct store *s)
{
	struct port_set reserved = { 0 }, strangers = { 0 };
	struct choice c = choice_of(&plain_range);
	struct err err = { 0 };
	struct pick pick;

	put_projects(s);
	port_set_add(&reserved, 3000);
	port_set_add(&strangers, 3001);
	c.reserved = &reserved;
	c.strangers = &strangers;
	MUST(try_claim(s, c, entry_of(ID("20"), "a", 0), &pick, &err));
	CHECK(pick.port == 3002 && pick.why == WHY_FREE);
	CHECK(pick.n_passed == 1 && pick.passed[0] == 3001);
	c.before = 3003;
	MUST(try_claim(s, c, entry_of(ID("21"), "b", 0), &pick, &err));
	CHECK(pick.port == 3003 && pick.why == WHY_BEFORE);
}

static void contract_claim__follows_every_kind_of_plan(struct store *s)
{
	struct choice preferred = choice_of(&plain_range), top = choice_of(&plain_range);
	struct choice random = choice_of(&random_range), only = choice_of(&plain_range);

	put_projects(s);
	preferred.preferred = 3001;
	top.downwards = true;
	random.seed = 5;
	only.preferred = 9999;
	only.only_preferred = true;
	CHECK(claim(s, preferred, entry_of(ID("20"), "a", 0)) == 3001);
	CHECK(claim(s, top, entry_of(ID("21"), "b", 0)) == 3003);
	CHECK(claim(s, random, entry_of(ID("22"), "c", 0)) == 3002);
	CHECK(claim(s, only, entry_of(ID("23"), "d", 0)) == 9999);
	CHECK(claim(s, only, entry_of(ID("24"), "e", 0)) == 0);
	CHECK(claim(s, preferred, entry_of(ID("25"), "f", 0)) == 3000);
}

static void contract_claim__gives_the_cooling_port_that_was_released_first(struct store *s)
{
	static const uint16_t cooling[] = { 3002, 3000 };
	struct policy_range range = { .ports = { 3000, 3003 }, .avoid = { 3003 }, .n_avoid = 1 };
	struct choice c = choice_of(&range);

	put_projects(s);
	c.cooling = cooling;
	c.n_cooling = 2;
	CHECK(claim(s, c, entry_of(ID("20"), "a", 0)) == 3001);
	CHECK(claim(s, c, entry_of(ID("21"), "b", 0)) == 3003);
	CHECK(claim(s, c, entry_of(ID("22"), "c", 0)) == 3002);
	CHECK(claim(s, c, entry_of(ID("23"), "d", 0)) == 3000);
	CHECK(claim(s, c, entry_of(ID("24"), "e", 0)) == 0);
}

static void contract_claim__enters_nothing_when_nothing_is_free(struct store *s)
{
	static const char *const ids[] = { ID("20"), ID("21"), ID("22"), ID("23") };
	static const char *const names[] = { "a", "b", "c", "d" };
	struct err err = { 0 };
	struct pick pick;

	put_projects(s);
	for (unsigned i = 0; i < 4; i++)
		claim(s, choice_of(&plain_range), entry_of(ids[i], names[i], 0));
	MUST(try_claim(s, choice_of(&plain_range), entry_of(ID("24"), "e", 0), &pick, &err));
	CHECK(pick.port == 0 && pick.why == WHY_NONE);
	CHECK_PORTS(s, "3000 3001 3002 3003", .life = LIVE_AND_RELEASED);
	put_entry(s, released(entry_of(ID("22"), "c", 3002), 2000));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("24"), "e", 0)) == 3002);
}

static void contract_claim__refuses_a_second_primary(struct store *s)
{
	struct entry e = entry_of(ID("21"), "web", 0);

	put_projects(s);
	claim(s, choice_of(&plain_range), entry_of(ID("20"), "web", 0));
	refuse_claim(s, e);
	CHECK_PORTS(s, "3000", .life = LIVE_AND_RELEASED);
	e.primary = false;
	CHECK(claim(s, choice_of(&plain_range), e) == 3001);
}

static void contract_claim__refuses_a_tunnel_hostname_that_is_held(struct store *s)
{
	put_projects(s);
	claim(s, choice_of(&plain_range), with_tunnel(entry_of(ID("20"), "a", 0), "x.example.org"));
	refuse_claim(s, with_tunnel(entry_of(ID("21"), "b", 0), "x.example.org"));
	CHECK_PORTS(s, "3000", .life = LIVE_AND_RELEASED);
	CHECK_TAKEN(s, "localhost", PROTO_TCP, anywhere, "3000");
}

static void contract_claim__leaves_the_port_free_when_it_is_refused(struct store *s)
{
	put_projects(s);
	claim(s, choice_of(&plain_range), entry_of(ID("20"), "web", 0));
	for (int i = 0; i < 10; i++)
		refuse_claim(s, entry_of(ID("21"), "web", 0));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("22"), "b", 0)) == 3001);
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("23"), "c", 0)) == 3002);
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("24"), "d", 0)) == 3003);
}

static void contract_claim__finds_a_port_that_was_moved_or_released(struct store *s)
{
	put_projects(s);
	claim(s, choice_of(&plain_range), entry_of(ID("20"), "a", 0));
	claim(s, choice_of(&plain_range), entry_of(ID("21"), "b", 0));
	put_entry(s, entry_of(ID("20"), "a", 4000));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("22"), "c", 0)) == 3000);
	put_entry(s, released(entry_of(ID("21"), "b", 3001), 2000));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("23"), "d", 0)) == 3001);
	put_entry(s, entry_of(ID("24"), "e", 3002));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("25"), "f", 0)) == 3003);
}

/* ---- events ---- */

static struct event event_of(const char *subject, const char *project_id, const char *service,
			     uint16_t port)
{
	return (struct event){ .at_ms = 1000, .actor = "alice", .op = "allocate",
			       .project_id = project_id, .subject = subject, .service = service,
			       .port = port };
}

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
	e.seq = 1;	/* ignored */
	put_event(s, e);
	MUST(s->ops->event_each(s, &(struct event_filter){ 0 }, add_seq, &q, &err));
	CHECK(q.count == 6 && q.seq[0] > 0);
	for (unsigned i = 1; i < q.count; i++)
		CHECK(q.seq[i - 1] < q.seq[i]);
	CHECK_EVENTS(s, "d e f", .after_seq = q.seq[2]);
	CHECK_EVENTS(s, "f e d", .after_seq = q.seq[2], .newest_first = true);
	CHECK_EVENTS(s, "d", .after_seq = q.seq[2], .limit = 1);
	CHECK_EVENTS(s, "", .after_seq = q.seq[5]);
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
		{ .at_ms = INT64_C(1774000000123), .actor = UNUSUAL, .op = "update",
		  .project_id = SHOP, .subject = UNUSUAL, .service = "web", .port = UINT16_MAX,
		  .before = "{\"a\":\"\\u20ac\"}", .after = long_metadata },
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

/* ---- transactions ---- */

static void write_setting(struct store *s)
{
	struct err err = { 0 };

	MUST(s->ops->setting_put(s, "new", "x", &err));
	MUST(s->ops->setting_put(s, "old", "changed", &err));
}

static void write_projects(struct store *s)
{
	struct err err = { 0 };

	put_project(s, ID("50"), "new", 50);
	put_project(s, SHOP, "renamed", 51);
	MUST(s->ops->project_remove(s, SHARED, &err));
}

static void write_instances(struct store *s)
{
	put_instance(s, instance_of(SHOP, 5, "/new"));
	put_instance(s, out_of_use(instance_of(SHOP, 1, "/srv/shop")));
}

static void write_blocks(struct store *s)
{
	struct err err = { 0 };

	MUST(s->ops->block_remove(s, "localhost", 3200, &err));
	put_block(s, block_of("localhost", 3150, 3249, 9));
}

static void write_reserved(struct store *s)
{
	struct err err = { 0 };

	put_reserved(s, (struct reserved){ "*", { 5000, 5000 }, "new", NULL, 0, false });
	put_reserved(s, (struct reserved){ "*", { 5432, 5499 }, "wider", NULL, 0, false });
	MUST(s->ops->reserved_remove(s, "*", 8080, &err));
}

static void write_entries(struct store *s)
{
	put_entry(s, released(entry_of(ID("30"), "web", 3000), 5000));
	put_entry(s, entry_of(ID("60"), "new", 3000));
	put_entry(s, entry_of(ID("61"), "more", 3050));
	put_entry(s, entry_of(ID("60"), "new", 3051));
}

static void write_claims(struct store *s)
{
	claim(s, choice_of(&plain_range), entry_of(ID("62"), "claimed", 0));
	put_entry(s, released(entry_of(ID("62"), "claimed", 3003), 5000));
	claim(s, choice_of(&plain_range), entry_of(ID("63"), "again", 0));
}

static void write_events(struct store *s)
{
	put_event(s, event_of("new", SHOP, "web", 3000));
}

static void write_ranges(struct store *s)
{
	const struct stored_range one = { "other", NULL, { 1024, 2047 }, 0, 0, "{}" };
	struct err err = { 0 };

	MUST(s->ops->ranges_put(s, &one, 1, &err));
}

typedef void write_fn(struct store *s);
static write_fn *const writes[] = {
	write_setting, write_projects, write_instances, write_blocks, write_reserved,
	write_entries, write_claims,   write_events,	write_ranges,
};

static void put_old_book(struct store *s)
{
	struct err err = { 0 };

	put_various(s);
	put_project(s, SHARED, "shared-services", -1);
	MUST(s->ops->setting_put(s, "old", "value", &err));
	put_block(s, block_of("localhost", 3200, 3299, 1));
	put_block(s, block_of("localhost", 3300, 3399, 2));
	put_reserved(s, (struct reserved){ "*", { 5432, 5432 }, "x", NULL, 0, true });
	put_reserved(s, (struct reserved){ "*", { 8080, 8080 }, "x", NULL, 0, true });
	put_event(s, event_of("old", SHOP, "web", 3000));
}

static bool add_whole_entry(const struct entry *e, void *arg)
{
	text_addf(arg, "%s %s@%u/%s %s:%u %s %d\n", e->id, e->project, e->instance, e->service,
		  e->host, (unsigned)e->port, entry_status_name(e->status), e->primary);
	return true;
}

/* The whole book as text. */
static void dump(struct store *s, struct text *t)
{
	const struct entry_filter all = { .protocol = -1, .status = -1, .life = LIVE_AND_RELEASED };
	CLEANUP(arena_release) struct arena a = { 0 };
	const char *was = NULL, *new = NULL;
	struct err err = { 0 };

	MUST(s->ops->setting_get(s, "old", &a, &was, &err));
	MUST(s->ops->setting_get(s, "new", &a, &new, &err));
	text_addf(t, "%s %s\n", was ? was : "-", new ? new : "-");
	MUST(s->ops->project_each(s, add_project, t, &err));
	MUST(s->ops->instance_each(s, NULL, add_instance, t, &err));
	MUST(s->ops->block_each(s, NULL, NULL, add_block, t, &err));
	MUST(s->ops->reserved_each(s, add_reserved, t, &err));
	MUST(s->ops->event_each(s, &(struct event_filter){ 0 }, add_event, t, &err));
	MUST(s->ops->entry_each(s, &all, add_whole_entry, t, &err));
	for (unsigned port = 3000; port < 3060; port++) {
		struct port_set taken = { 0 };

		MUST(s->ops->taken(s, "localhost", PROTO_TCP, anywhere, &taken, &err));
		text_add(t, port_set_has(&taken, (uint16_t)port) ? "#" : ".");
	}
	CHECK(text_ok(t));
}

static void contract_rollback__undoes_every_kind_of_write(struct store *s)
{
	CLEANUP(text_release) struct text before = { 0 };
	struct err err = { 0 };

	put_old_book(s);
	dump(s, &before);
	for (size_t i = 0; i < ARRAY_LEN(writes); i++) {
		CLEANUP(text_release) struct text after = { 0 };

		MUST(store_begin(s, true, &err));
		writes[i](s);
		store_rollback(s);
		dump(s, &after);
		CHECK(!strcmp(text_str(&before), text_str(&after)), "write %zu\n%s\n%s", i,
		      text_str(&before), text_str(&after));
		CHECK_INSTANCE(s, "localhost", "/srv/shop", "shop@1");
	}
}

static void contract_rollback__undoes_all_writes_together(struct store *s)
{
	CLEANUP(text_release) struct text before = { 0 }, after = { 0 };
	struct err err = { 0 };

	put_old_book(s);
	dump(s, &before);
	MUST(store_begin(s, true, &err));
	for (size_t i = 0; i < ARRAY_LEN(writes); i++)
		writes[i](s);
	store_rollback(s);
	dump(s, &after);
	CHECK_TEXT(text_str(&after), text_str(&before));
	for (size_t i = 0; i < ARRAY_LEN(writes); i++)
		writes[i](s);
}

static void contract_commit__is_as_if_the_calls_were_made_one_by_one(struct store *s)
{
	struct err err = { 0 };

	put_old_book(s);
	MUST(store_begin(s, true, &err));
	for (size_t i = 0; i < ARRAY_LEN(writes); i++)
		writes[i](s);
	MUST(store_commit(s, &err));
	store_rollback(s);	/* nothing is open */
	CHECK_SETTING(s, "old", "changed");
	CHECK_PROJECTS(s, "blog 1, new 50, renamed 51");
	CHECK_INSTANCES(s, SHOP, "renamed@1, renamed@2, renamed@5");
	CHECK_BLOCKS(s, NULL, NULL, "localhost 3300-3399, localhost 3150-3249");
	CHECK_RESERVED(s, "* 5000-5000, * 5432-5499");
	CHECK_EVENTS(s, "old new", );
	CHECK_IDS(s, "33 63 34 31 32 61 60 35", );
}

static void contract_begin__may_follow_a_commit_or_a_rollback(struct store *s)
{
	struct err err = { 0 };

	put_projects(s);
	for (unsigned i = 0; i < 6; i++) {
		static const char *const ids[] = { ID("20"), ID("21"), ID("22"),
						   ID("23"), ID("24"), ID("25") };
		static const char *const names[] = { "a", "b", "c", "d", "e", "f" };

		MUST(store_begin(s, true, &err));
		put_entry(s, entry_of(ids[i], names[i], (uint16_t)(3000 + i)));
		if (i % 2)
			MUST(store_commit(s, &err));
		else
			store_rollback(s);
	}
	CHECK_PORTS(s, "3001 3003 3005", );
}

static void contract_begin__sees_its_own_writes(struct store *s)
{
	struct err err = { 0 };

	put_projects(s);
	MUST(store_begin(s, true, &err));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("20"), "a", 0)) == 3000);
	CHECK_PORTS(s, "3000", );
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("21"), "b", 0)) == 3001);
	refuse_entry(s, entry_of(ID("22"), "c", 3000));
	CHECK(COUNT(s, ) == 2);
	store_rollback(s);
	CHECK_PORTS(s, "", );
}

static void contract_begin__goes_on_after_a_refusal(struct store *s)
{
	struct err err = { 0 };

	put_projects(s);
	MUST(store_begin(s, true, &err));
	put_entry(s, entry_of(ID("20"), "web", 3000));
	refuse_entry(s, entry_of(ID("21"), "api", 3000));
	refuse_claim(s, entry_of(ID("22"), "web", 0));
	refuse_project(s, SHARED, "shop", 9);
	put_block(s, block_of("localhost", 3200, 3299, 1));
	refuse_block(s, block_of("localhost", 3200, 3299, 1));
	put_entry(s, entry_of(ID("23"), "api", 3001));
	MUST(store_commit(s, &err));
	CHECK_PORTS(s, "3000 3001", );
	CHECK_PROJECTS(s, "blog 1, shop 2");
	CHECK_BLOCKS(s, NULL, NULL, "localhost 3200-3299");
}

static void contract_begin__reads_without_writing(struct store *s)
{
	struct err err = { 0 };

	put_various(s);
	MUST(store_begin(s, false, &err));
	CHECK_IDS(s, "33 30 34 31 32 35", );
	CHECK(COUNT(s, ) == 4);
	MUST(store_commit(s, &err));
	MUST(store_begin(s, false, &err));
	store_rollback(s);
}

static void fail_half_way(struct store *s)
{
	struct err err = { 0 };

	MUST(store_begin(s, true, &err));
	CLEANUP(txn_cleanup) struct txn txn = { s };

	put_entry(s, entry_of(ID("20"), "web", 3000));
}

static void contract_txn__undoes_itself_unless_it_is_committed(struct store *s)
{
	put_projects(s);
	fail_half_way(s);
	CHECK_PORTS(s, "", );
	put_entry(s, entry_of(ID("20"), "web", 3000));
}

/* ---- two sessions of one book ---- */

static void session_commit__shows_the_other_what_was_written(struct store *one, struct store *two)
{
	struct err err = { 0 };

	put_projects(one);
	CHECK_PROJECTS(two, "blog 1, shop 2");
	MUST(store_begin(one, true, &err));
	put_entry(one, entry_of(ID("20"), "web", 3000));
	CHECK_PORTS(two, "", );
	MUST(store_commit(one, &err));
	CHECK_PORTS(two, "3000", );
	refuse_entry(two, entry_of(ID("21"), "api", 3000));
	CHECK(claim(two, choice_of(&plain_range), entry_of(ID("21"), "api", 0)) == 3001);
	CHECK_PORTS(one, "3000 3001", );
}

static void session_rollback__never_shows_the_other(struct store *one, struct store *two)
{
	struct err err = { 0 };

	put_projects(one);
	MUST(store_begin(one, true, &err));
	put_entry(one, entry_of(ID("20"), "web", 3000));
	CHECK_PORTS(two, "", );
	store_rollback(one);
	CHECK_PORTS(two, "", );
	CHECK(claim(two, choice_of(&plain_range), entry_of(ID("21"), "api", 0)) == 3000);
}

static void session_begin__reads_one_state_throughout(struct store *one, struct store *two)
{
	struct err err = { 0 };

	put_projects(one);
	MUST(store_begin(two, false, &err));
	CHECK_PORTS(two, "", );
	put_entry(one, entry_of(ID("20"), "web", 3000));
	CHECK_PORTS(two, "", );
	CHECK_PROJECTS(two, "blog 1, shop 2");
	MUST(store_commit(two, &err));
	CHECK_PORTS(two, "3000", );
}

static void session_begin__reads_the_latest_when_it_writes(struct store *one, struct store *two)
{
	struct err err = { 0 };

	put_projects(one);
	CHECK_PORTS(two, "", );
	put_entry(one, entry_of(ID("20"), "web", 3000));
	MUST(store_begin(two, true, &err));
	CHECK_PORTS(two, "3000", );
	CHECK(claim(two, choice_of(&plain_range), entry_of(ID("21"), "api", 0)) == 3001);
	MUST(store_commit(two, &err));
	MUST(store_begin(one, true, &err));
	CHECK_PORTS(one, "3000 3001", );
	store_rollback(one);
}

static void session_events__keep_one_order(struct store *one, struct store *two)
{
	put_event(one, event_of("a", NULL, NULL, 0));
	put_event(two, event_of("b", NULL, NULL, 0));
	put_event(one, event_of("c", NULL, NULL, 0));
	CHECK_EVENTS(one, "a b c", );
	CHECK_EVENTS(two, "a b c", );
}

/* ---- the run ---- */

typedef void contract_fn(struct store *s);
typedef void session_fn(struct store *one, struct store *two);

static const struct contract {
	const char *name;
	contract_fn *run;
	session_fn *run_two;
} contracts[] = {
#define CONTRACT(name) { "" #name, contract_##name, NULL }
#define SESSIONS(name) { "" #name, NULL, session_##name }
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
	CONTRACT(project_remove__refuses_while_entries_name_it),
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
	CONTRACT(entry_put__keeps_every_field),
	CONTRACT(entry_put__updates_every_field_by_id),
	CONTRACT(entry_put__keeps_what_was_released),
	CONTRACT(entry_put__refuses_a_port_twice),
	CONTRACT(entry_put__lets_other_protocols_and_hosts_have_the_port),
	CONTRACT(entry_put__lets_a_released_port_be_taken),
	CONTRACT(entry_put__refuses_to_move_onto_a_held_port),
	CONTRACT(entry_put__refuses_a_tunnel_hostname_twice),
	CONTRACT(entry_put__lets_many_have_no_tunnel_hostname),
	CONTRACT(entry_put__refuses_a_second_primary),
	CONTRACT(entry_put__has_a_primary_for_each_key_of_a_service),
	CONTRACT(entry_put__lets_the_next_be_primary_after_a_release),
	CONTRACT(entry_put__refused_changes_nothing),
	CONTRACT(entry_each__follows_a_project_that_is_renamed),
	CONTRACT(entry_each__gives_all_live_ones_by_port),
	CONTRACT(entry_each__filters_by_each_field),
	CONTRACT(entry_each__wants_whole_words),
	CONTRACT(entry_each__filters_by_life),
	CONTRACT(entry_each__filters_by_many_fields_at_once),
	CONTRACT(entry_each__orders_by_port_then_host_protocol_and_id),
	CONTRACT(entry_each__orders_by_age_and_by_release),
	CONTRACT(entry_each__limits_and_goes_on_after_a_port),
	CONTRACT(entry_each__searches_in_every_word_that_people_see),
	CONTRACT(entry_each__searches_for_signs_as_they_are),
	CONTRACT(entry_each__searches_in_any_case),
	CONTRACT(entry_each__finds_unusual_text),
	CONTRACT(entry_each__stops_when_told),
	CONTRACT(walks__may_look_into_the_book_on_the_way),
	CONTRACT(entry_count__counts_port_numbers_once),
	CONTRACT(entry_find__gives_the_first),
	CONTRACT(taken__is_what_live_entries_hold),
	CONTRACT(taken__forgets_what_was_released),
	CONTRACT(taken__keeps_bits_that_are_set),
	CONTRACT(claim__enters_the_first_free_port),
	CONTRACT(claim__enters_every_field),
	CONTRACT(claim__passes_over_what_is_entered),
	CONTRACT(claim__does_not_mind_other_hosts_and_protocols),
	CONTRACT(claim__says_what_plan_choose_says),
	CONTRACT(claim__follows_every_kind_of_plan),
	CONTRACT(claim__gives_the_cooling_port_that_was_released_first),
	CONTRACT(claim__enters_nothing_when_nothing_is_free),
	CONTRACT(claim__refuses_a_second_primary),
	CONTRACT(claim__refuses_a_tunnel_hostname_that_is_held),
	CONTRACT(claim__leaves_the_port_free_when_it_is_refused),
	CONTRACT(claim__finds_a_port_that_was_moved_or_released),
	CONTRACT(event_each__gives_the_oldest_first),
	CONTRACT(event_each__filters_and_limits),
	CONTRACT(event_add__numbers_them_upwards),
	CONTRACT(event_add__keeps_every_field),
	CONTRACT(rollback__undoes_every_kind_of_write),
	CONTRACT(rollback__undoes_all_writes_together),
	CONTRACT(commit__is_as_if_the_calls_were_made_one_by_one),
	CONTRACT(begin__may_follow_a_commit_or_a_rollback),
	CONTRACT(begin__sees_its_own_writes),
	CONTRACT(begin__goes_on_after_a_refusal),
	CONTRACT(begin__reads_without_writing),
	CONTRACT(txn__undoes_itself_unless_it_is_committed),
	SESSIONS(commit__shows_the_other_what_was_written),
	SESSIONS(rollback__never_shows_the_other),
	SESSIONS(begin__reads_one_state_throughout),
	SESSIONS(begin__reads_the_latest_when_it_writes),
	SESSIONS(events__keep_one_order),
};

/* One contract on one store. */
struct run {
	const struct store_kind *kind;
	const struct contract *contract;
	char name[160];
};

static void open_in(const struct folder *f, const struct run *r, bool create,
		    struct store **ret)
{
	struct err err = { 0 };

	MUST(r->kind->open(f->path, create, ret, &err));
}

static void run_contract(void **state)
{
	const struct run *r = *state;
	CLEANUP(folder_cleanup) struct folder folder = folder_make();
	struct store *one = NULL, *two = NULL;

	open_in(&folder, r, true, &one);
	if (r->contract->run) {
		r->contract->run(one);
	} else {
		open_in(&folder, r, false, &two);
		r->contract->run_two(one, two);
	}
	store_free(two);
	store_free(one);
}

/* A book that is closed in the middle of a transaction has nothing of it. */
static void run_reopen(void **state)
{
	const struct run *r = *state;
	CLEANUP(folder_cleanup) struct folder folder = folder_make();
	struct err err = { 0 };
	struct store *s = NULL;

	open_in(&folder, r, true, &s);
	put_old_book(s);
	MUST(store_begin(s, true, &err));
	for (size_t i = 0; i < ARRAY_LEN(writes); i++)
		writes[i](s);
	store_free(s);
	if (!r->kind->is_kept)
		return;
	open_in(&folder, r, false, &s);
	CHECK_IDS(s, "33 30 34 31 32 35", );
	CHECK_SETTING(s, "old", "value");
	CHECK_SETTING(s, "new", NULL);
	MUST(store_begin(s, true, &err));
	for (size_t i = 0; i < ARRAY_LEN(writes); i++)
		writes[i](s);
	MUST(store_commit(s, &err));
	store_free(s);
	open_in(&folder, r, false, &s);
	CHECK_IDS(s, "33 63 34 31 32 61 60 35", );
	CHECK_SETTING(s, "old", "changed");
	store_free(s);
}

/* "sqlite: claim refuses a second primary", out of claim__refuses_a_second_primary. */
static void name_run(struct run *r)
{
	const char *from = r->contract ? r->contract->name :
					 "free__rolls_back_and_the_book_keeps_the_rest";
	size_t len = (size_t)snprintf(r->name, sizeof(r->name), "%s: ", r->kind->name);

	for (; *from && len < sizeof(r->name) - 1; from++)
		if (*from != '_' || r->name[len - 1] != ' ')
			r->name[len++] = *from == '_' ? ' ' : *from;
	r->name[len] = '\0';
}

#define RUN_MAX (STORE_KIND_MAX * (ARRAY_LEN(contracts) + 1))

static void fill_long_texts(void)
{
	memset(long_text, 'x', sizeof(long_text) - 1);
	snprintf(long_metadata, sizeof(long_metadata), "{\"long\":\"%s\",\"n\":[1,2]}", long_text);
}

int main(void)
{
	static struct run runs[RUN_MAX];
	static struct CMUnitTest tests[RUN_MAX];
	size_t count = 0;

	fill_long_texts();
	for (unsigned k = 0; k < store_kind_count; k++)
		for (size_t i = 0; i <= ARRAY_LEN(contracts); i++) {
			const struct contract *c = i < ARRAY_LEN(contracts) ? &contracts[i] : NULL;

			if (c && c->run_two && !store_kinds[k].is_kept)
				continue;
			runs[count] = (struct run){ &store_kinds[k], c, "" };
			name_run(&runs[count]);
			tests[count] = (struct CMUnitTest){
				.name = runs[count].name,
				.test_func = c ? run_contract : run_reopen,
				.initial_state = &runs[count],
			};
			count++;
		}
	return _cmocka_run_group_tests("store", tests, count, NULL, NULL);
}
