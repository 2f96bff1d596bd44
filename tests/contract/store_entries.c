/*
 * contract/store_entries.c - entry_put, entry_each, entry_count, taken: see store.c.
 */
#include "lib/contract.h"
#include "lib/random.h"

/* ---- writing ---- */

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

static void contract_entries_verified__changes_the_time_and_nothing_else(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct entry e = full_entry(), got;
	struct err err = { 0 };

	put_projects(s);
	put_instance(s, on_host(instance_of(SHOP, 4, "/srv/shop"), "build-2"));
	put_entry(s, e);
	MUST(s->ops->entries_verified(s, e.host, (const char *[]){ ID("99"), e.id }, 2, 77, &err));
	get_entry(s, e.id, &a, &got);
	e.last_verified_at_ms = 77;
	check_entry(&got, &e);
	MUST(s->ops->entries_verified(s, "another", (const char *[]){ e.id }, 1, 78, &err));
	MUST(s->ops->entries_verified(s, e.host, (const char *[]){ e.id }, 0, 79, &err));
	get_entry(s, e.id, &a, &got);
	check_entry(&got, &e);
	CHECK_PORTS(s, "65535", .life = LIVE_AND_RELEASED);
}

/* Twelve entries of two projects, the last four of another host, and when each was seen as the test has it. */
#define LOOKED_AT 12

struct looked_at {
	struct store *store;
	struct entry entries[LOOKED_AT];
	char ids[LOOKED_AT][sizeof(ID("00"))];
};

static void enter_all(struct looked_at *l)
{
	for (unsigned i = 0; i < LOOKED_AT; i++) {
		static char names[LOOKED_AT][8];

		/* Not in the order of their ports. */
		snprintf(l->ids[i], sizeof(l->ids[i]), ID("%02u"), 10 + i * 5 % LOOKED_AT);
		snprintf(names[i], sizeof(names[i]), "s%u", i);
		l->entries[i] = entry_of(l->ids[i], names[i], (uint16_t)(3000 + i));
		l->entries[i].host = i < 8 ? "localhost" : "build-2";
		l->entries[i].project_id = i % 3 ? SHOP : BLOG;
		put_entry(l->store, l->entries[i]);
	}
}

static void check_times(const struct looked_at *l, int64_t at_ms)
{
	for (unsigned i = 0; i < LOOKED_AT; i++) {
		CLEANUP(arena_release) struct arena a = { 0 };
		struct entry got;

		get_entry(l->store, l->ids[i], &a, &got);
		CHECK(got.last_verified_at_ms == l->entries[i].last_verified_at_ms,
		      "look %lld, entry %u: %lld, not %lld", (long long)at_ms, i,
		      (long long)got.last_verified_at_ms,
		      (long long)l->entries[i].last_verified_at_ms);
	}
}

/* Of all that are named, those of the host and not released count. */
static void look_at(struct looked_at *l, const char *host, unsigned seen, int64_t at_ms)
{
	const char *ids[LOOKED_AT];
	struct err err = { 0 };
	unsigned count = 0;

	for (unsigned i = 0; i < LOOKED_AT; i++) {
		struct entry *e = &l->entries[i];

		if (!(seen >> i & 1))
			continue;
		ids[count++] = e->id;
		if (!strcmp(e->host, host) && !e->released_at_ms)
			e->last_verified_at_ms = at_ms;
	}
	MUST(l->store->ops->entries_verified(l->store, host, ids, count, at_ms, &err));
	check_times(l, at_ms);
}

static void put_again(struct looked_at *l, unsigned i, struct entry e)
{
	l->entries[i] = e;
	put_entry(l->store, e);
}

static void contract_entries_verified__keeps_the_time_of_each_entry(struct store *s)
{
	struct looked_at l = { .store = s };
	uint64_t dice = 7;

	put_projects(s);
	enter_all(&l);
	look_at(&l, "localhost", 0xfff, 100);
	look_at(&l, "localhost", 0xfff, 200); /* the same */
	look_at(&l, "build-2", 0xfff, 250);
	look_at(&l, "localhost", 0xffe, 300); /* one is down */
	look_at(&l, "localhost", 0xffe, 310);
	look_at(&l, "localhost", 0x003, 400); /* a few were looked at, and one is up again */
	look_at(&l, "localhost", 0xfff, 500);
	look_at(&l, "localhost", 0, 600);
	put_again(&l, 3, released(l.entries[3], 650));
	l.entries[4].notes = "changed";
	put_again(&l, 4, l.entries[4]);
	check_times(&l, 650);
	look_at(&l, "localhost", 0xfff, 700);
	look_at(&l, "localhost", 0xfff, 90); /* the clock was set back */
	for (int64_t at_ms = 1000; at_ms < 1060; at_ms++) {
		const char *host = random_below(&dice, 3) ? "localhost" : "build-2";
		unsigned some = random_below(&dice, 0x1000), others = random_below(&dice, 0x1000);

		look_at(&l, host, some | others, at_ms);
	}
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

static void contract_entry_put__lets_a_primary_follow_ports_that_are_not(struct store *s)
{
	struct entry first = entry_of(ID("20"), "web", 3000);

	put_projects(s);
	first.primary = false;
	put_entry(s, first);
	put_entry(s, entry_of(ID("21"), "web", 3001));
	CHECK_PORTS(s, "3000 3001", );
	CHECK_PORTS(s, "3001", .primary_only = true);
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

/* ---- reading ---- */

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

static bool mark_id(const struct entry *e, void *arg)
{
	*(unsigned *)arg |= 1U << (e->port - 3000);
	return true;
}

static void contract_entry_each__gives_each_once_in_any_order(struct store *s)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct err err = { 0 };
	unsigned seen = 0;

	put_projects(s);
	put_entry(s, entry_of(ID("38"), "a", 3002));
	put_entry(s, entry_of(ID("36"), "b", 3000));
	put_entry(s, released(entry_of(ID("39"), "c", 3003), 9));
	put_entry(s, entry_of(ID("37"), "d", 3001));
	f.host = "localhost";
	f.order = AS_READ;
	MUST(s->ops->entry_each(s, &f, mark_id, &seen, &err));
	CHECK(seen == 7, "%u", seen);
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

static const struct contract contracts[] = {
	CONTRACT(entry_put__keeps_every_field),
	CONTRACT(entry_put__updates_every_field_by_id),
	CONTRACT(entry_put__keeps_what_was_released),
	CONTRACT(entries_verified__changes_the_time_and_nothing_else),
	CONTRACT(entries_verified__keeps_the_time_of_each_entry),
	CONTRACT(entry_each__gives_each_once_in_any_order),
	CONTRACT(entry_put__refuses_a_port_twice),
	CONTRACT(entry_put__lets_other_protocols_and_hosts_have_the_port),
	CONTRACT(entry_put__lets_a_released_port_be_taken),
	CONTRACT(entry_put__refuses_to_move_onto_a_held_port),
	CONTRACT(entry_put__refuses_a_tunnel_hostname_twice),
	CONTRACT(entry_put__lets_many_have_no_tunnel_hostname),
	CONTRACT(entry_put__refuses_a_second_primary),
	CONTRACT(entry_put__lets_a_primary_follow_ports_that_are_not),
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
};

int main(void)
{
	return contracts_run(contracts, ARRAY_LEN(contracts));
}
