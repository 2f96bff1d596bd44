/*
 * contract/store_requests.c - what was answered to calls that had a key: see store.c.
 */
#include "lib/contract.h"

static const struct request asked = { "me", "key", "get 0123", UNUSUAL, 1000 };

static void put_request(struct store *s, const char *actor, const char *key, int64_t at_ms)
{
	const struct request r = { actor, key, "get", "{}", at_ms };
	struct err err = { 0 };

	MUST(s->ops->request_add(s, &r, &err));
}

static bool has_request(struct store *s, const char *actor, const char *key)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct err err = { 0 };
	struct request r;
	bool found;

	MUST(s->ops->request_find(s, actor, key, &a, &r, &found, &err));
	return found;
}

static void contract_request_find__gives_every_field(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct err err = { 0 };
	struct request r;
	bool found = false;

	MUST(s->ops->request_add(s, &asked, &err));
	MUST(s->ops->request_find(s, "me", "key", &a, &r, &found, &err));
	CHECK(found && r.at_ms == 1000);
	CHECK_TEXT(r.actor, "me");
	CHECK_TEXT(r.key, "key");
	CHECK_TEXT(r.op, "get 0123");
	CHECK_TEXT(r.answer, UNUSUAL);
}

static void contract_request_find__leaves_all_alone_where_there_is_none(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct err err = { 0 };
	struct request r = { .op = "as it was" };
	bool found = true;

	MUST(s->ops->request_find(s, "me", "key", &a, &r, &found, &err));
	CHECK(!found);
	CHECK_TEXT(r.op, "as it was");
}

static void contract_request_add__refuses_a_key_twice_of_one_who_asks(struct store *s)
{
	struct err err = { 0 };

	MUST(s->ops->request_add(s, &asked, &err));
	CHECK(!s->ops->request_add(s, &asked, &err) && err.code == ERR_TAKEN, "%s", err.text);
	put_request(s, "you", "key", 1000);
	put_request(s, "me", "Key", 1000);
	put_request(s, "", "", 1000);
	CHECK(has_request(s, "you", "key") && has_request(s, "me", "Key") &&
	      has_request(s, "", ""));
}

static void contract_request_add__refused_leaves_the_transaction_alone(struct store *s)
{
	struct err err = { 0 };

	MUST(s->ops->request_add(s, &asked, &err));
	MUST(store_begin(s, true, &err));
	put_request(s, "me", "other", 1000);
	CHECK(!s->ops->request_add(s, &asked, &err));
	put_request(s, "me", "third", 1000);
	MUST(store_commit(s, &err));
	CHECK(has_request(s, "me", "other") && has_request(s, "me", "third"));
}

static void contract_requests_remove__takes_those_before(struct store *s)
{
	struct err err = { 0 };

	put_request(s, "me", "old", 999);
	put_request(s, "me", "new", 1000);
	put_request(s, "you", "old", 1);
	MUST(s->ops->requests_remove(s, 1000, &err));
	CHECK(!has_request(s, "me", "old") && !has_request(s, "you", "old"));
	CHECK(has_request(s, "me", "new"));
}

static void contract_rollback__forgets_what_was_asked(struct store *s)
{
	struct err err = { 0 };

	put_request(s, "me", "old", 1);
	MUST(store_begin(s, true, &err));
	put_request(s, "me", "new", 1000);
	MUST(s->ops->requests_remove(s, 1000, &err));
	store_rollback(s);
	CHECK(has_request(s, "me", "old") && !has_request(s, "me", "new"));
}

static const struct contract contracts[] = {
	CONTRACT(request_find__gives_every_field),
	CONTRACT(request_find__leaves_all_alone_where_there_is_none),
	CONTRACT(request_add__refuses_a_key_twice_of_one_who_asks),
	CONTRACT(request_add__refused_leaves_the_transaction_alone),
	CONTRACT(requests_remove__takes_those_before),
	CONTRACT(rollback__forgets_what_was_asked),
};

int main(void)
{
	return contracts_run(contracts, ARRAY_LEN(contracts));
}
