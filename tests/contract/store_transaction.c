/*
 * contract/store_transaction.c - begin, commit, rollback, free: see store.c.
 */
#include "lib/contract.h"

/* ---- one session ---- */

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
	const struct health_check c = { .entry_id = ID("30"), .at_ms = 7, .status = "up" };
	struct err err = { 0 };

	put_event(s, event_of("new", SHOP, "web", 3000));
	MUST(s->ops->check_add(s, &c, &err));
}

static void write_ranges(struct store *s)
{
	const struct stored_range one = { NULL, "other", NULL, { 1024, 2047 }, 0, 0, "{}" };
	struct err err = { 0 };

	MUST(s->ops->ranges_put(s, &one, 1, &err));
}

typedef void write_fn(struct store *s);
static write_fn *const writes[] = {
	write_setting, write_projects, write_instances, write_blocks, write_reserved,
	write_entries, write_claims,   write_events,	write_ranges,
};

static void write_all(struct store *s)
{
	for (size_t i = 0; i < ARRAY_LEN(writes); i++)
		writes[i](s);
}

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
	MUST(s->ops->setting_each(s, add_setting, t, &err));
	MUST(s->ops->range_each(s, add_range, t, &err));
	MUST(s->ops->check_each(s, add_check, t, &err));
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

static void contract_rollback__undoes_a_clear(struct store *s)
{
	CLEANUP(text_release) struct text before = { 0 }, after = { 0 };
	struct err err = { 0 };

	put_old_book(s);
	write_ranges(s);
	write_events(s);
	dump(s, &before);
	MUST(store_begin(s, true, &err));
	MUST(s->ops->clear(s, &err));
	put_event(s, event_of("alone", NULL, NULL, 0));
	store_rollback(s);
	dump(s, &after);
	CHECK_TEXT(text_str(&after), text_str(&before));
}

static void contract_rollback__undoes_all_writes_together(struct store *s)
{
	CLEANUP(text_release) struct text before = { 0 }, after = { 0 };
	struct err err = { 0 };

	put_old_book(s);
	dump(s, &before);
	MUST(store_begin(s, true, &err));
	write_all(s);
	store_rollback(s);
	dump(s, &after);
	CHECK_TEXT(text_str(&after), text_str(&before));
	write_all(s);
}

static void contract_commit__is_as_if_the_calls_were_made_one_by_one(struct store *s)
{
	struct err err = { 0 };

	put_old_book(s);
	MUST(store_begin(s, true, &err));
	write_all(s);
	MUST(store_commit(s, &err));
	store_rollback(s); /* nothing is open */
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

/* ---- more rows than an engine may want to have at once ---- */

#define MANY 1100

struct reading {
	struct store *store;
	int64_t last;
	unsigned count, stop_at;
};

/* Asks the store while it is being read. */
static bool read_one(const struct event *e, void *arg)
{
	struct reading *r = arg;

	CHECK(e->seq > r->last);
	r->last = e->seq;
	r->count++;
	if (r->count % 700 == 0)
		CHECK_SETTING(r->store, "old", "value");
	if (r->count == 1050)
		CHECK_EVENTS(r->store, "0", .limit = 1);
	return r->count != r->stop_at;
}

static void read_events(struct store *s, unsigned stop_at, unsigned want)
{
	struct reading r = { .store = s, .stop_at = stop_at };
	struct err err = { 0 };

	MUST(s->ops->event_each(s, &(struct event_filter){ 0 }, read_one, &r, &err));
	CHECK(r.count == want, "%u", r.count);
}

static void put_many_events(struct store *s)
{
	struct err err = { 0 };

	MUST(store_begin(s, true, &err));
	MUST(s->ops->setting_put(s, "old", "value", &err));
	for (unsigned i = 0; i < MANY; i++) {
		char subject[16];

		snprintf(subject, sizeof(subject), "%u", i);
		put_event(s, event_of(subject, NULL, NULL, 0));
	}
	MUST(store_commit(s, &err));
}

static void contract_each__gives_many_rows_to_who_asks_meanwhile(struct store *s)
{
	struct err err = { 0 };

	put_many_events(s);
	read_events(s, 0, MANY);
	MUST(store_begin(s, false, &err));
	read_events(s, 0, MANY);
	read_events(s, 1090, 1090);
	read_events(s, 3, 3);
	read_events(s, 1000, 1000);
	CHECK_SETTING(s, "old", "value");
	MUST(store_commit(s, &err));
	MUST(store_begin(s, true, &err));
	read_events(s, 1001, 1001);
	put_event(s, event_of("one more", NULL, NULL, 0));
	read_events(s, 0, MANY + 1);
	MUST(store_commit(s, &err));
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

static void contract_free__may_come_in_the_middle_of_a_transaction(struct store *s)
{
	struct err err = { 0 };

	put_old_book(s);
	MUST(store_begin(s, true, &err));
	write_all(s);
	/* The run frees it. */
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

/* ---- sessions one after the other ---- */

static void folder_free__rolls_back_and_the_book_keeps_the_rest(const struct store_kind *kind,
								const struct folder *folder)
{
	struct store *s = book_open(kind, folder, true);
	struct err err = { 0 };

	put_old_book(s);
	MUST(store_begin(s, true, &err));
	write_all(s);
	store_free(s);
	s = book_open(kind, folder, false);
	CHECK_IDS(s, "33 30 34 31 32 35", );
	CHECK_SETTING(s, "old", "value");
	CHECK_SETTING(s, "new", NULL);
	MUST(store_begin(s, true, &err));
	write_all(s);
	MUST(store_commit(s, &err));
	store_free(s);
	s = book_open(kind, folder, false);
	CHECK_IDS(s, "33 63 34 31 32 61 60 35", );
	CHECK_SETTING(s, "old", "changed");
	store_free(s);
}

/* Engines that can say it at all. */
static bool ask_state(struct store *s, struct book_state *ret)
{
	struct err err = { 0 };

	/* Nobody can say before the first transaction. */
	MUST(store_begin(s, false, &err));
	MUST(store_commit(s, &err));
	return s->ops->state && s->ops->state(s, ret);
}

static bool is_same(const struct book_state *a, const struct book_state *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void session_state__is_another_after_each_change_by_anybody(struct store *one,
								   struct store *two)
{
	struct book_state before, now;

	put_project(one, BLOG, "blog", 1);
	if (!ask_state(one, &before))
		return;
	CHECK(ask_state(one, &now) && is_same(&before, &now));
	CHECK(ask_state(two, &now) && is_same(&before, &now),
	      "it is the book's, not the session's");
	put_project(two, SHOP, "shop", 2);
	CHECK(ask_state(one, &now) && !is_same(&before, &now));
	before = now;
	put_project(one, SHARED, "later", 3);
	CHECK(ask_state(one, &now) && !is_same(&before, &now));
}

static void session_state__is_the_same_until_a_change_is_committed(struct store *one,
								   struct store *two)
{
	struct book_state before, now;
	struct err err = { 0 };

	put_project(one, BLOG, "blog", 1);
	if (!ask_state(two, &before))
		return;
	MUST(store_begin(one, true, &err));
	put_project(one, SHOP, "shop", 2);
	CHECK(ask_state(two, &now) && is_same(&before, &now));
	CHECK(!one->ops->state(one, &now), "in a transaction nobody can say");
	store_rollback(one);
	CHECK(ask_state(two, &now) && is_same(&before, &now));
}

static const struct contract contracts[] = {
	CONTRACT(rollback__undoes_every_kind_of_write),
	CONTRACT(rollback__undoes_a_clear),
	CONTRACT(rollback__undoes_all_writes_together),
	CONTRACT(commit__is_as_if_the_calls_were_made_one_by_one),
	CONTRACT(begin__may_follow_a_commit_or_a_rollback),
	CONTRACT(begin__sees_its_own_writes),
	CONTRACT(each__gives_many_rows_to_who_asks_meanwhile),
	CONTRACT(begin__goes_on_after_a_refusal),
	CONTRACT(begin__reads_without_writing),
	CONTRACT(txn__undoes_itself_unless_it_is_committed),
	SESSIONS(state__is_another_after_each_change_by_anybody),
	SESSIONS(state__is_the_same_until_a_change_is_committed),
	SESSIONS(commit__shows_the_other_what_was_written),
	SESSIONS(rollback__never_shows_the_other),
	SESSIONS(begin__reads_one_state_throughout),
	SESSIONS(begin__reads_the_latest_when_it_writes),
	SESSIONS(events__keep_one_order),
	CONTRACT(free__may_come_in_the_middle_of_a_transaction),
	FOLDER(free__rolls_back_and_the_book_keeps_the_rest),
};

int main(void)
{
	return contracts_run(contracts, ARRAY_LEN(contracts));
}
