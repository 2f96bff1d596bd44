/*
 * contract/store_batch.c - transactions that become durable together: see store.c.
 */
#include "lib/contract.h"

static void begin_batch(struct store *s)
{
	struct err err = { 0 };

	MUST(store_batch_begin(s, &err));
}

static void end_batch(struct store *s)
{
	struct err err = { 0 };

	MUST(store_batch_end(s, &err));
}

/* A transaction of its own, or a part of the batch. */
static void put_in_transaction(struct store *s, const char *id, const char *name, int number)
{
	struct err err = { 0 };

	MUST(store_begin(s, true, &err));
	put_project(s, id, name, number);
	put_event(s, event_of(name, id, NULL, 0));
	MUST(store_commit(s, &err));
}

static void contract_batch__has_what_each_transaction_did(struct store *s)
{
	begin_batch(s);
	put_in_transaction(s, BLOG, "blog", 1);
	put_in_transaction(s, SHOP, "shop", 2);
	end_batch(s);
	CHECK_PROJECTS(s, "blog 1, shop 2");
	put_in_transaction(s, SHARED, "later", 3);
	CHECK_PROJECTS(s, "blog 1, shop 2, later 3");
}

static void contract_batch__what_is_rolled_back_in_it_leaves_the_rest(struct store *s)
{
	struct err err = { 0 };

	begin_batch(s);
	put_in_transaction(s, BLOG, "blog", 1);
	MUST(store_begin(s, true, &err));
	put_project(s, SHOP, "shop", 2);
	refuse_project(s, SHARED, "blog", 3);
	store_rollback(s);
	CHECK_PROJECTS(s, "blog 1");
	put_in_transaction(s, SHARED, "later", 2);
	end_batch(s);
	CHECK_PROJECTS(s, "blog 1, later 2");
}

static void contract_batch__reads_what_was_done_in_it(struct store *s)
{
	struct err err = { 0 };

	begin_batch(s);
	put_in_transaction(s, BLOG, "blog", 1);
	MUST(store_begin(s, false, &err));
	CHECK_PROJECTS(s, "blog 1");
	MUST(store_commit(s, &err));
	end_batch(s);
}

static void contract_batch__undone_leaves_nothing(struct store *s)
{
	put_in_transaction(s, BLOG, "blog", 1);
	begin_batch(s);
	put_in_transaction(s, SHOP, "shop", 2);
	store_batch_undo(s);
	CHECK_PROJECTS(s, "blog 1");
	store_batch_undo(s);
	put_in_transaction(s, SHOP, "shop", 2);
	CHECK_PROJECTS(s, "blog 1, shop 2");
}

/* How far each event's number is from that of the one before: " +2" is another change. */
static bool add_gap(const struct event *e, void *arg)
{
	static int64_t before;
	struct text *t = arg;

	if (strcmp(e->subject, "blog") != 0)
		text_addf(t, "%s+%lld", t->len ? " " : "", (long long)(e->seq - before));
	before = e->seq;
	return true;
}

static void contract_batch__has_the_blocks_as_they_are_written_and_undone(struct store *s)
{
	struct err err = { 0 };

	put_in_transaction(s, SHOP, "shop", 1);
	begin_batch(s);
	CHECK_BLOCKS(s, "localhost", SHOP, "");
	put_block(s, block_of("localhost", 3100, 3199, 1));
	CHECK_BLOCKS(s, "localhost", SHOP, "localhost 3100-3199");
	CHECK_BLOCKS(s, "build-2", NULL, "");
	MUST(store_begin(s, true, &err));
	put_block(s, block_of("build-2", 3200, 3299, 2));
	CHECK_BLOCKS(s, NULL, SHOP, "localhost 3100-3199, build-2 3200-3299");
	store_rollback(s);
	CHECK_BLOCKS(s, NULL, NULL, "localhost 3100-3199");
	MUST(s->ops->block_remove(s, "localhost", 3100, &err));
	CHECK_BLOCKS(s, NULL, NULL, "");
	put_block(s, block_of("localhost", 3200, 3299, 3));
	CHECK_BLOCKS(s, NULL, SHOP, "localhost 3200-3299");
	CHECK_BLOCKS(s, NULL, BLOG, "");
	MUST(s->ops->project_remove(s, SHOP, &err));
	CHECK_BLOCKS(s, NULL, NULL, "");
	end_batch(s);
	CHECK_BLOCKS(s, NULL, NULL, "");
}

static void session_batch__has_blocks_that_others_wrote_before(struct store *one, struct store *two)
{
	put_in_transaction(one, SHOP, "shop", 1);
	begin_batch(one);
	CHECK_BLOCKS(one, NULL, NULL, "");
	end_batch(one);
	put_block(two, block_of("localhost", 3100, 3199, 1));
	begin_batch(one);
	CHECK_BLOCKS(one, NULL, NULL, "localhost 3100-3199");
	end_batch(one);
}

static void contract_batch__transactions_are_changes_of_their_own(struct store *s)
{
	begin_batch(s);
	put_in_transaction(s, BLOG, "blog", 1);
	put_in_transaction(s, SHOP, "shop", 2);
	end_batch(s);
	put_in_transaction(s, SHARED, "later", 3);
	CHECK_LIST("+2 +2",
		   s->ops->event_each(s, &(struct event_filter){ 0 }, add_gap, &list, &why));
}

static void session_batch__is_seen_by_others_as_a_whole(struct store *one, struct store *two)
{
	begin_batch(one);
	put_in_transaction(one, BLOG, "blog", 1);
	CHECK_PROJECTS(two, "");
	put_in_transaction(one, SHOP, "shop", 2);
	CHECK_PROJECTS(two, "");
	end_batch(one);
	CHECK_PROJECTS(two, "blog 1, shop 2");
}

int main(void)
{
	static const struct contract contracts[] = {
		CONTRACT(batch__has_what_each_transaction_did),
		CONTRACT(batch__what_is_rolled_back_in_it_leaves_the_rest),
		CONTRACT(batch__reads_what_was_done_in_it),
		CONTRACT(batch__undone_leaves_nothing),
		CONTRACT(batch__has_the_blocks_as_they_are_written_and_undone),
		CONTRACT(batch__transactions_are_changes_of_their_own),
		SESSIONS(batch__has_blocks_that_others_wrote_before),
		SESSIONS(batch__is_seen_by_others_as_a_whole),
	};

	return contracts_run(contracts, ARRAY_LEN(contracts));
}
