/* A book as a whole: copied out, examined and put into another's place (store/sqlite/copy.h). */
#include "lib/check.h"
#include "lib/folder.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/copy.h"
#include "store/sqlite/sqlite.h"

#define MUST(call) CHECK((call), "%s: %s", err_name(err.code), err.text)

/* Rationale: more than one step's worth of pages. */
#define SETTINGS 1500

struct books {
	struct folder folder;
	char live[2 * PATH_MAX], file[2 * PATH_MAX], kept[2 * PATH_MAX];
};

static void store_cleanup(struct store **s)
{
	store_free(*s);
}

/* A book whose settings all say `word`. */
static void make_book(const char *path, const char *word)
{
	CLEANUP(store_cleanup) struct store *s = NULL;
	char value[1024];
	struct err err = { 0 };

	snprintf(value, sizeof(value), "%s%01000d", word, 0);
	MUST(store_sqlite_open(path, true, &s, &err));
	MUST(store_begin(s, true, &err));
	for (int i = 0; i < SETTINGS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "name%d", i);
		MUST(s->ops->setting_put(s, name, value, &err));
	}
	MUST(store_commit(s, &err));
}

/* All of one kind: "a", or "b". */
static const char *word_of(struct store *s)
{
	static char word[2];
	struct err err = { 0 };

	for (int i = 0; i < SETTINGS; i++) {
		CLEANUP(arena_release) struct arena a = { 0 };
		const char *value;
		char name[32];

		snprintf(name, sizeof(name), "name%d", i);
		MUST(s->ops->setting_get(s, name, &a, &value, &err));
		CHECK(value != NULL);
		if (i == 0)
			word[0] = value[0];
		CHECK(value[0] == word[0], "two books in one, at %d", i);
	}
	return word;
}

static const char *word_in(const char *path)
{
	CLEANUP(store_cleanup) struct store *s = NULL;
	struct err err = { 0 };

	MUST(store_sqlite_open(path, false, &s, &err));
	return word_of(s);
}

static unsigned count_files(const struct folder *f)
{
	DIR *dir = opendir(f->path);
	unsigned count = 0;

	CHECK(dir != NULL);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static struct books books_make(void)
{
	struct books b = { .folder = folder_make() };

	snprintf(b.live, sizeof(b.live), "%s/live.db", b.folder.path);
	snprintf(b.file, sizeof(b.file), "%s/file.db", b.folder.path);
	snprintf(b.kept, sizeof(b.kept), "%s/kept.db", b.folder.path);
	make_book(b.live, "a");
	make_book(b.file, "b");
	return b;
}

static void books_cleanup(struct books *b)
{
	folder_cleanup(&b->folder);
}

/* Refuses to go on at step `left`. */
struct refusal {
	struct progress progress;
	long left;
};

static bool refuse(struct progress *p, const char *doing, uint64_t done, uint64_t total,
		   struct err *err)
{
	struct refusal *r = (struct refusal *)p;

	CHECK(doing && *doing);
	CHECK(!total || done <= total);
	return r->left-- > 0 || fail(err, ERR_INTERRUPTED, "enough");
}

static bool backup(struct store *s, const char *path, struct progress *p, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn txn = { s };

	return store_begin(s, false, err) && store_sqlite_backup(s, path, 0600, false, p, err);
}

static bool restore(struct store *live, const struct books *b, struct progress *p, struct err *err)
{
	CLEANUP(store_cleanup) struct store *copy = NULL;
	int version;

	return store_sqlite_examine(b->file, p, &copy, &version, err) &&
	       store_sqlite_replace(live, copy, b->kept, p, err);
}

static void check_can_be_written(struct store *s)
{
	struct err err = { 0 };

	MUST(s->ops->setting_put(s, "afterwards", "1", &err));
}

static void test_backup__refused_at_any_step_leaves_no_file(void **state)
{
	CLEANUP(books_cleanup) struct books b = books_make();
	CLEANUP(store_cleanup) struct store *s = NULL;
	struct err err = { 0 };
	unsigned files;
	long n = 0;

	(void)state;
	MUST(store_sqlite_open(b.live, false, &s, &err));
	check_can_be_written(s);
	files = count_files(&b.folder);
	for (;; n++) {
		struct refusal r = { { refuse }, n };

		if (backup(s, b.kept, &r.progress, &err))
			break;
		CHECK(err.code == ERR_INTERRUPTED, "%s", err.text);
		CHECK(!is_there(b.kept));
		CHECK(count_files(&b.folder) == files, "a file is left");
		check_can_be_written(s);
	}
	CHECK(n > 1, "it takes one step only");
	CHECK(!strcmp(word_in(b.kept), "a"));
}

static void test_restore__refused_at_any_step_leaves_the_book(void **state)
{
	CLEANUP(books_cleanup) struct books b = books_make();
	CLEANUP(store_cleanup) struct store *s = NULL;
	struct err err = { 0 };
	long n = 0;

	(void)state;
	MUST(store_sqlite_open(b.live, false, &s, &err));
	for (;; n++) {
		struct refusal r = { { refuse }, n };

		if (restore(s, &b, &r.progress, &err))
			break;
		CHECK(err.code == ERR_INTERRUPTED, "%s", err.text);
		CHECK(!is_there(b.kept), "after %ld steps", n);
		CHECK(!strcmp(word_of(s), "a"));
		check_can_be_written(s);
	}
	CHECK(n > 4, "%ld steps: some of the parts have none", n);
	CHECK(!strcmp(word_of(s), "b"));
	CHECK(!strcmp(word_in(b.kept), "a"));
	check_can_be_written(s);
}

static void test_restore__is_seen_by_a_session_that_was_there_before(void **state)
{
	CLEANUP(books_cleanup) struct books b = books_make();
	CLEANUP(store_cleanup) struct store *s = NULL;
	CLEANUP(store_cleanup) struct store *other = NULL;
	struct err err = { 0 };

	(void)state;
	MUST(store_sqlite_open(b.live, false, &s, &err));
	MUST(store_sqlite_open(b.live, false, &other, &err));
	CHECK(!strcmp(word_of(other), "a"));
	MUST(store_begin(other, false, &err));
	CHECK(!strcmp(word_of(other), "a"));
	MUST(restore(s, &b, NULL, &err));
	CHECK(!strcmp(word_of(other), "a"), "its transaction reads one state throughout");
	store_rollback(other);
	CHECK(!strcmp(word_of(other), "b"));
	check_can_be_written(other);
}

static void test_restore__never_goes_over_a_kept_book(void **state)
{
	CLEANUP(books_cleanup) struct books b = books_make();
	CLEANUP(store_cleanup) struct store *s = NULL;
	struct err err = { 0 };

	(void)state;
	MUST(store_sqlite_open(b.live, false, &s, &err));
	MUST(restore(s, &b, NULL, &err));
	CHECK(!restore(s, &b, NULL, &err));
	CHECK(err.code == ERR_TAKEN, "%s", err.text);
	CHECK(!strcmp(word_in(b.kept), "a"));
	CHECK(!strcmp(word_of(s), "b"));
}

static void test_check__of_a_sound_book_can_be_refused_at_any_step(void **state)
{
	CLEANUP(books_cleanup) struct books b = books_make();
	CLEANUP(store_cleanup) struct store *s = NULL;
	struct err err = { 0 };
	long n = 0;

	(void)state;
	MUST(store_sqlite_open(b.live, false, &s, &err));
	for (;; n++) {
		struct refusal r = { { refuse }, n };

		if (store_sqlite_check(s, &r.progress, &err))
			break;
		CHECK(err.code == ERR_INTERRUPTED, "%s", err.text);
		check_can_be_written(s);
	}
	CHECK(n > 0, "nobody is asked");
	check_can_be_written(s);
}

static void test_examine__leaves_the_file_as_it_is(void **state)
{
	CLEANUP(books_cleanup) struct books b = books_make();
	CLEANUP(store_cleanup) struct store *s = NULL;
	CLEANUP(store_cleanup) struct store *copy = NULL;
	struct err err = { 0 };
	struct stat before, after;
	int version;

	(void)state;
	MUST(store_sqlite_open(b.live, false, &s, &err));
	MUST(backup(s, b.kept, NULL, &err));
	CHECK(stat(b.kept, &before) == 0);
	MUST(store_sqlite_examine(b.kept, NULL, &copy, &version, &err));
	check_can_be_written(copy);
	CHECK(stat(b.kept, &after) == 0);
	CHECK(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_size == after.st_size);
	CHECK(!strcmp(word_of(copy), "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backup__refused_at_any_step_leaves_no_file),
		cmocka_unit_test(test_restore__refused_at_any_step_leaves_the_book),
		cmocka_unit_test(test_restore__is_seen_by_a_session_that_was_there_before),
		cmocka_unit_test(test_restore__never_goes_over_a_kept_book),
		cmocka_unit_test(test_check__of_a_sound_book_can_be_refused_at_any_step),
		cmocka_unit_test(test_examine__leaves_the_file_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
