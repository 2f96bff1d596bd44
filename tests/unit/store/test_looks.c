/*
 * What a look at many entries writes into a book in a SQLite file, in pages of its log.  What it
 * means is the contract's: contract_entries_verified__... in tests/contract/store_entries.c.
 */
#include "lib/check.h"
#include "lib/folder.h"

#include <sqlite3.h>

#include "store/sqlite/db.h"
#include "store/sqlite/sqlite.h"

#define MUST(call) CHECK((call), "%s: %s", err_name(err.code), err.text)

#define ENTRIES 500
#define PROJECT "018f0000-0000-7000-8000-000000000001"

struct book {
	struct folder folder;
	struct store *store;
	const char *ids[ENTRIES];
	char id_texts[ENTRIES][sizeof(PROJECT)];
};

static void book_cleanup(struct book *b)
{
	store_free(b->store);
	folder_cleanup(&b->folder);
}

static void enter(struct book *b, unsigned n)
{
	const struct entry e = {
		.id = b->ids[n],
		.project_id = PROJECT,
		.instance = 1,
		.environment = "dev",
		.service = b->ids[n],
		.primary = true,
		.host = "localhost",
		.port = (uint16_t)(20000 + n),
		.description =
			"as long as what is written of a service, and of where it comes from",
		.allocated_at_ms = 1,
	};
	struct err err = { 0 };

	MUST(b->store->ops->entry_put(b->store, &e, &err));
}

static void book_make(struct book *b)
{
	const struct project p = { .id = PROJECT, .name = "shop", .created_at_ms = 1 };
	struct err err = { 0 };

	b->folder = folder_make();
	MUST(store_sqlite_open(folder_path(&b->folder, "book.db"), true, &b->store, &err));
	MUST(store_begin(b->store, true, &err));
	MUST(b->store->ops->project_put(b->store, &p, &err));
	for (unsigned i = 0; i < ENTRIES; i++) {
		snprintf(b->id_texts[i], sizeof(b->id_texts[i]), "018f0000-0000-7000-8000-%012u",
			 100 + i);
		b->ids[i] = b->id_texts[i];
		enter(b, i);
	}
	MUST(store_commit(b->store, &err));
}

/* How many pages the look wrote. */
static int look(struct book *b, unsigned first, unsigned count, int64_t at_ms)
{
	struct session *s = session_of(b->store);
	struct err err = { 0 };
	int before;

	MUST(b->store->ops->setting_put(b->store, "mark", "the log has one commit more", &err));
	before = s->log_frames;
	MUST(b->store->ops->entries_verified(b->store, "localhost", b->ids + first, count, at_ms,
					     &err));
	return s->log_frames - before;
}

static void test_look__writes_entries_only_when_they_come_or_go(void **state)
{
	CLEANUP(book_cleanup) struct book b = { 0 };
	int pages;

	(void)state;
	book_make(&b);
	pages = look(&b, 0, ENTRIES, 1000);
	CHECK(pages > 20, "%d: the entries are in so many pages", pages);
	CHECK(look(&b, 0, ENTRIES, 2000) == 1, "the time of the look");
	CHECK(look(&b, 0, ENTRIES - 1, 3000) == 2, "and the one that is gone");
	CHECK(look(&b, 0, ENTRIES, 4000) == 2, "and the one that has come");
}

static void test_look__at_a_few_writes_those_and_not_the_rest(void **state)
{
	CLEANUP(book_cleanup) struct book b = { 0 };

	(void)state;
	book_make(&b);
	look(&b, 0, ENTRIES, 1000);
	CHECK(look(&b, 100, 5, 2000) <= 2);
	CHECK(look(&b, 0, ENTRIES, 3000) <= 3);
	CHECK(look(&b, 0, 0, 4000) == 0);
}

/* The time of each is in a place of its own: by itself, or with its host. */
static int64_t verified_at(struct book *b, unsigned n)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry got;
	struct err err = { 0 };
	bool found;

	f.id = b->ids[n];
	MUST(store_entry_find(b->store, &f, &a, &got, &found, &err) && found);
	return got.last_verified_at_ms;
}

static void test_look__is_undone_as_a_whole(void **state)
{
	CLEANUP(book_cleanup) struct book b = { 0 };
	struct err err = { 0 };

	(void)state;
	book_make(&b);
	look(&b, 0, ENTRIES, 1000);
	MUST(store_begin(b.store, true, &err));
	MUST(b.store->ops->entries_verified(b.store, "localhost", b.ids, 3, 2000, &err));
	MUST(b.store->ops->entries_verified(b.store, "localhost", b.ids, ENTRIES - 1, 3000, &err));
	store_rollback(b.store);
	CHECK(verified_at(&b, 0) == 1000 && verified_at(&b, 3) == 1000 &&
	      verified_at(&b, ENTRIES - 1) == 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look__writes_entries_only_when_they_come_or_go),
		cmocka_unit_test(test_look__at_a_few_writes_those_and_not_the_rest),
		cmocka_unit_test(test_look__is_undone_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
