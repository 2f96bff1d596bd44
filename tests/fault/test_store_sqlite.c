/* A book in a SQLite file when memory runs out: an error, nothing lost, nothing half done. */
#include "lib/check.h"
#include "lib/fault.h"
#include "lib/folder.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/copy.h"
#include "store/sqlite/sqlite.h"

#define ID "018f0000-0000-7000-8000-000000000001"

static const struct policy_range range = { .name = "dev" };
static const struct port_set nothing;

/* Instead of libc's: thousands of books are made here, and no power fails meanwhile. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fildes)
{
	(void)fildes;
	return 0;
}

static bool count_one(const struct entry *e, void *arg)
{
	(void)e;
	++*(unsigned *)arg;
	return true;
}

static bool claim_one(struct store *s, struct err *err)
{
	const struct entry e = {
		.id = ID,
		.project_id = ID,
		.instance = 1,
		.environment = "dev",
		.service = "web",
		.primary = true,
		.host = "localhost",
		.allocated_at_ms = 1,
	};
	struct choice choice = { .range = &range, .reserved = &nothing, .strangers = &nothing };
	struct plan plan;
	struct pick pick;

	CHECK(candidates_add(&choice.candidates, (struct port_range){ 8000, 8999 }));
	plan_make(&choice, &plan);
	return s->ops->claim(s, &plan, &e, &pick, err);
}

static bool change(struct store *s, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn txn = { s };
	const struct project p = { .id = ID, .name = "shop", .number = 1, .created_at_ms = 1 };
	const struct block b = { .host = "localhost", .ports = { 1, 9 }, .project_id = ID };
	const struct stored_range r = { .name = "dev", .ports = { 1, 9 }, .rule = "{}" };
	const struct event e = { .at_ms = 1, .op = "allocate", .project_id = ID, .after = "{}" };

	return store_begin(s, true, err) && s->ops->project_put(s, &p, err) &&
	       s->ops->block_add(s, &b, err) && s->ops->ranges_put(s, &r, 1, err) &&
	       claim_one(s, err) && s->ops->event_add(s, &e, err) && store_commit(s, err);
}

static bool look(struct store *s, struct arena *a, unsigned *ret_count, struct err *err)
{
	const struct entry_filter f = { .protocol = -1, .status = -1, .search = "web" };
	struct project p;
	bool found;

	*ret_count = 0;
	return s->ops->project_find(s, PROJECT_BY_NAME("shop"), a, &p, &found, err) && found &&
	       s->ops->entry_each(s, &f, count_one, ret_count, err);
}

/* All of it with `allocations`; false with an err when they were too few. */
static bool use_book(const char *path, long allocations, bool *ret_changed, struct err *err)
{
	struct store *s = NULL;
	struct arena a = { 0 };
	unsigned count = 0;
	bool ok;

	allocations_left = allocations;
	ok = store_sqlite_open(path, true, &s, err);
	*ret_changed = ok && change(s, err);
	ok = *ret_changed && look(s, &a, &count, err);
	store_free(s);
	allocations_left = ALLOCATIONS_UNLIMITED;
	arena_release(&a);
	CHECK(!ok || count == 1);
	return ok;
}

static unsigned entries_in(const char *path)
{
	struct store *s;
	unsigned count = 0;
	const struct entry_filter f = ENTRY_FILTER_ALL;
	struct err err = { 0 };

	CHECK(store_sqlite_open(path, true, &s, &err), "%s", err.text);
	CHECK(s->ops->entry_each(s, &f, count_one, &count, &err), "%s", err.text);
	store_free(s);
	return count;
}

static void test_sqlite__makes_a_book_whole_or_not_at_all(void **state)
{
	bool ok = false;

	(void)state;
	for (long n = 0; !ok; n = fault_next(n)) {
		CLEANUP(folder_cleanup) struct folder f = folder_make();
		const char *path = folder_path(&f, "book.db");
		struct store *s = NULL;
		struct err err = { 0 };

		allocations_left = n;
		ok = store_sqlite_open(path, true, &s, &err);
		store_free(s);
		allocations_left = ALLOCATIONS_UNLIMITED;
		CHECK(ok || err.code == ERR_MEMORY, "allocation %ld: %s: %s", n, err_name(err.code),
		      err.text);
		CHECK(entries_in(path) == 0);
	}
}

static void test_sqlite__changes_a_book_all_or_not_at_all(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char path[2 * PATH_MAX];
	bool ok = false, changed = false;
	unsigned books = 1;

	(void)state;
	snprintf(path, sizeof(path), "%s/book.db", f.path);
	CHECK(entries_in(path) == 0);
	for (long n = 0; !ok; n = fault_next(n)) {
		struct err err = { 0 };

		/* Changed, and then not to be looked at: the next one needs an unchanged book. */
		if (changed) {
			snprintf(path, sizeof(path), "%s/book%u.db", f.path, books++);
			CHECK(entries_in(path) == 0);
		}
		ok = use_book(path, n, &changed, &err);
		CHECK(ok || err.code == ERR_MEMORY, "allocation %ld: %s: %s", n, err_name(err.code),
		      err.text);
		CHECK(entries_in(path) == changed, "allocation %ld", n);
	}
}

/* Backup and restore with `allocations`; false with an err when they were too few. */
static bool copy_book(const char *path, const struct folder *f, long allocations, struct err *err)
{
	struct store *live = NULL, *copy = NULL;
	char file[2 * PATH_MAX], kept[2 * PATH_MAX];
	struct err why = { 0 };
	int version;
	bool ok;

	snprintf(file, sizeof(file), "%s/file.db", f->path);
	snprintf(kept, sizeof(kept), "%s/kept.db", f->path);
	unlink(file);
	unlink(kept);
	CHECK(store_sqlite_open(path, false, &live, &why) && store_begin(live, false, &why), "%s",
	      why.text);
	allocations_left = allocations;
	ok = store_sqlite_backup(live, file, 0600, false, NULL, err);
	store_rollback(live);
	ok = ok && store_sqlite_examine(file, NULL, &copy, &version, err) &&
	     store_sqlite_replace(live, copy, kept, NULL, err);
	store_free(copy);
	store_free(live);
	allocations_left = ALLOCATIONS_UNLIMITED;
	CHECK(ok == (access(kept, F_OK) == 0), "the replaced book is kept, if it was replaced");
	return ok;
}

static void test_sqlite__copies_a_book_all_or_not_at_all(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char path[2 * PATH_MAX];
	bool ok = false, changed;
	struct err why = { 0 };

	(void)state;
	snprintf(path, sizeof(path), "%s/book.db", f.path);
	CHECK(use_book(path, ALLOCATIONS_UNLIMITED, &changed, &why), "%s", why.text);
	for (long n = 0; !ok; n = fault_next(n)) {
		struct err err = { 0 };

		ok = copy_book(path, &f, n, &err);
		CHECK(ok || err.code == ERR_MEMORY, "allocation %ld: %s: %s", n, err_name(err.code),
		      err.text);
		CHECK(entries_in(path) == 1, "allocation %ld", n);
	}
}

/* The log is written back, and gone, as other programs leave a book. */
static void close_as_others_do(const char *path)
{
	sqlite3 *db;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, "PRAGMA wal_checkpoint", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

#define ROOT   0
#define NOBODY 65534

/* Root may write in every folder. */
static void become(uid_t uid)
{
	CHECK(getuid() != ROOT || seteuid(uid) == 0);
}

static bool read_alone(const char *path, long allocations, struct err *err)
{
	struct store *s = NULL;
	struct arena a = { 0 };
	unsigned count = 0;
	bool ok;

	become(NOBODY);
	allocations_left = allocations;
	ok = store_sqlite_look(path, &s, err) && look(s, &a, &count, err);
	store_free(s);
	allocations_left = ALLOCATIONS_UNLIMITED;
	become(ROOT);
	arena_release(&a);
	CHECK(!ok || count == 1);
	return ok;
}

static void test_sqlite__reads_a_book_without_its_log_or_says_why_not(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char path[2 * PATH_MAX], log[2 * PATH_MAX + 8];
	bool ok = false, changed;
	struct err why = { 0 };

	(void)state;
	snprintf(path, sizeof(path), "%s/book.db", f.path);
	snprintf(log, sizeof(log), "%s-wal", path);
	CHECK(use_book(path, ALLOCATIONS_UNLIMITED, &changed, &why), "%s", why.text);
	close_as_others_do(path);
	CHECK(chmod(path, 0644) == 0 && chmod(f.path, 0555) == 0);
	for (long n = 0; !ok; n = fault_next(n)) {
		struct err err = { 0 };

		ok = read_alone(path, n, &err);
		CHECK(ok || err.code == ERR_MEMORY, "allocation %ld: %s: %s", n, err_name(err.code),
		      err.text);
	}
	CHECK(access(log, F_OK) < 0, "it was read in the usual way");
	CHECK(chmod(f.path, 0755) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sqlite__makes_a_book_whole_or_not_at_all),
		cmocka_unit_test(test_sqlite__changes_a_book_all_or_not_at_all),
		cmocka_unit_test(test_sqlite__copies_a_book_all_or_not_at_all),
		cmocka_unit_test(test_sqlite__reads_a_book_without_its_log_or_says_why_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
