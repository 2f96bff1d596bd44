/* What a book in a SQLite file promises beside the contract of all stores: about the file. */
#include "lib/check.h"
#include "lib/folder.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/sqlite/db.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/sqlite.h"

#define MUST(call) CHECK((call), "%s: %s", err_name(err.code), err.text)

#define PATH_SIZE ((size_t)2 * PATH_MAX)

/* folder_path, for as long as `buffer` lives. */
static const char *path_in(char buffer[static PATH_SIZE], const struct folder *f, const char *name)
{
	snprintf(buffer, PATH_SIZE, "%s/%s", f->path, name);
	return buffer;
}

static void store_cleanup(struct store **s)
{
	store_free(*s);
}

/* A book with a few rows in `path`; nobody has it open afterwards. */
static void make_book(const char *path)
{
	struct store *s;
	struct err err = { 0 };

	MUST(store_sqlite_open(path, true, &s, &err));
	for (int i = 0; i < 40; i++) {
		char name[32];

		snprintf(name, sizeof(name), "name%d", i);
		MUST(s->ops->setting_put(s, name, name, &err));
	}
	store_free(s);
}

/* As another program would, that knows SQLite and nothing of us. */
static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static int ask_sql(const char *path, const char *sql)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int answer;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
	CHECK(sqlite3_step(stmt) == SQLITE_ROW);
	answer = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return answer;
}

static bool is_whole(const char *path)
{
	return ask_sql(path, "SELECT count(*) = 40 FROM settings");
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	CHECK(stat(path, &st) == 0, "%s", path);
	return st.st_mode & 07777;
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

static void check_refused(const char *path, bool create, enum err_code code, const char *word)
{
	struct store *s = NULL;
	struct err err = { 0 };

	CHECK(!store_sqlite_open(path, create, &s, &err));
	CHECK(!s);
	CHECK(err.code == code, "%s: %s", err_name(err.code), err.text);
	CHECK(strstr(err.text, word), "'%s' in: %s", word, err.text);
}

static void check_opens(const char *path)
{
	CLEANUP(store_cleanup) struct store *s = NULL;
	struct err err = { 0 };

	MUST(store_sqlite_open(path, true, &s, &err));
	MUST(s->ops->setting_put(s, "policy", "{}", &err));
}

/* ---- making ---- */

static void test_new_book__is_its_makers_alone(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	const mode_t masks[] = { 0, 022, 0277 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(masks); i++) {
		char path[PATH_MAX + 32];
		mode_t old;

		snprintf(path, sizeof(path), "%s/%u", f.path, i);
		CHECK(mkdir(path, 0700) == 0);
		snprintf(path, sizeof(path), "%s/%u/book.db", f.path, i);
		old = umask(masks[i]);
		check_opens(path);
		umask(old);
		CHECK(mode_of(path) == 0600, "%o with %o", mode_of(path), masks[i]);
		snprintf(path, sizeof(path), "%s/%u/book.db-queue", f.path, i);
		CHECK(mode_of(path) == 0600, "%o with %o", mode_of(path), masks[i]);
	}
}

static void test_new_book__makes_its_folders_for_its_maker_alone(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	(void)state;
	check_opens(folder_path(&f, "a/b/book.db"));
	CHECK(mode_of(folder_path(&f, "a")) == 0700);
	CHECK(mode_of(folder_path(&f, "a/b")) == 0700);
}

static void test_new_book__has_at_most_24_schema_objects(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");
	int objects;

	(void)state;
	make_book(path);
	objects = ask_sql(path, "SELECT count(*) FROM sqlite_schema");
	CHECK(objects <= 24, "%d", objects);
	CHECK(ask_sql(path, "PRAGMA user_version") == migrations_latest());
	CHECK(ask_sql(path, "PRAGMA application_id") == BOOK_APPLICATION_ID);
}

static void test_new_book__is_made_only_when_asked_for(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	(void)state;
	check_refused(folder_path(&f, "none.db"), false, ERR_NOT_FOUND, "no book");
	check_refused(folder_path(&f, "no/folder/none.db"), false, ERR_NOT_FOUND, "no book");
	CHECK(access(folder_path(&f, "none.db"), F_OK) < 0);
	folder_write(&f, "empty.db", "");
	check_refused(folder_path(&f, "empty.db"), false, ERR_NOT_FOUND, "no book");
}

static void test_new_book__may_be_an_empty_file(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	(void)state;
	folder_write(&f, "empty.db", "");
	make_book(folder_path(&f, "empty.db"));
	CHECK(is_whole(folder_path(&f, "empty.db")));
}

static void test_new_book__is_completed_by_the_next_to_open_it(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");

	(void)state;
	/* An empty database; one that is whole but for the write-ahead log. */
	run_sql(path, "PRAGMA page_size = 4096; VACUUM");
	make_book(path);
	CHECK(is_whole(path));
	run_sql(path, "PRAGMA journal_mode = DELETE");
	check_opens(path);
	CHECK(ask_sql(path, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"));
	CHECK(ask_sql(path, "SELECT count(*) FROM settings") == 41);
}

static int open_and_write(const char *path, int number)
{
	CLEANUP(store_cleanup) struct store *s = NULL;
	struct err err = { 0 };
	char name[16];

	snprintf(name, sizeof(name), "n%d", number);
	if (store_sqlite_open(path, true, &s, &err) && s->ops->setting_put(s, name, "x", &err))
		return 0;
	print_error("%s: %s\n", err_name(err.code), err.text);
	return 1;
}

static void test_new_book__is_made_once_by_64_at_a_time(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "new/book.db");
	int gate[2], status;
	char c;

	(void)state;
	CHECK(pipe(gate) == 0);
	for (int i = 0; i < 64; i++)
		if (fork() == 0) {
			close(gate[1]);
			_exit(read(gate[0], &c, 1) || open_and_write(path, i));
		}
	close(gate[1]);
	for (int i = 0; i < 64; i++) {
		wait(&status);
		CHECK(status == 0);
	}
	close(gate[0]);
	CHECK(ask_sql(path, "SELECT count(*) FROM settings") == 64);
}

static void test_new_book__survives_a_kill_while_it_is_made(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++) {
		CLEANUP(folder_cleanup) struct folder f = folder_make();
		char buffer[PATH_SIZE];
		const char *path = path_in(buffer, &f, "book.db");
		pid_t pid = fork();

		if (pid == 0)
			_exit(open_and_write(path, 1));
		usleep((useconds_t)i * 50);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		make_book(path);
		CHECK(is_whole(path) || ask_sql(path, "SELECT count(*) FROM settings") == 41);
	}
}

/* ---- what is no book, or not ours ---- */

static void test_open__refuses_what_is_not_a_database(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	(void)state;
	folder_write(&f, "short.db", "hello");
	check_refused(folder_path(&f, "short.db"), true, ERR_BOOK, "not a database");
	folder_write(&f, "text.db",
		     "SQLite is not what this is, though its first line may well be long enough to "
		     "be taken for the header of a database by someone who only looks at sizes.");
	check_refused(folder_path(&f, "text.db"), true, ERR_BOOK, "not a database");
	check_refused(f.path, true, ERR_BOOK, "directory");
}

static void test_open__refuses_the_database_of_another_program(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	(void)state;
	run_sql(folder_path(&f, "a.db"), "CREATE TABLE bookmarks(x)");
	check_refused(folder_path(&f, "a.db"), true, ERR_BOOK, "another program");
	run_sql(folder_path(&f, "b.db"), "PRAGMA application_id = 7; PRAGMA user_version = 1");
	check_refused(folder_path(&f, "b.db"), true, ERR_BOOK, "another program");
}

static bool can_look(const char *path, enum err_code *ret_why)
{
	CLEANUP(store_cleanup) struct store *s = NULL;
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct err err = { 0 };
	const char *text;
	bool ok = store_sqlite_look(path, &s, &err) &&
		  s->ops->setting_get(s, "policy", &arena, &text, &err);

	*ret_why = err.code;
	return ok;
}

static void test_look__leaves_everything_as_it_is(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE], command[64];
	const char *path = path_in(buffer, &f, "book.db");
	enum err_code why;

	(void)state;
	CHECK(!can_look(path, &why) && why == ERR_NOT_FOUND);
	CHECK(access(path, F_OK) < 0);
	make_book(path);
	CHECK(can_look(path, &why));

	/* Its maker was killed before it had a log. */
	run_sql(path, "PRAGMA journal_mode = delete");
	CHECK(can_look(path, &why));
	CHECK(access(path_in(buffer, &f, "book.db-wal"), F_OK) < 0);
	path = path_in(buffer, &f, "book.db");

	snprintf(command, sizeof(command), "PRAGMA user_version = %d", migrations_latest() - 1);
	run_sql(path, command);
	CHECK(!can_look(path, &why) && why == ERR_NOT_FOUND);
	CHECK(ask_sql(path, "PRAGMA user_version") == migrations_latest() - 1);

	CHECK(truncate(path, 0) == 0);
	CHECK(!can_look(path, &why) && why == ERR_NOT_FOUND);
}

static void test_open__refuses_a_newer_book_and_names_both_versions(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");
	char knows[32];

	(void)state;
	make_book(path);
	run_sql(path, "PRAGMA user_version = 4711");
	check_refused(path, true, ERR_BOOK, "version 4711");
	snprintf(knows, sizeof(knows), "up to %d", migrations_latest());
	check_refused(path, false, ERR_BOOK, knows);
}

static void test_open__takes_odd_paths_literally(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	const char *const names[] = { ":memory:", "file:x?mode=memory", "a b%20c#d?e" };
	char was[PATH_MAX];

	(void)state;
	CHECK(getcwd(was, sizeof(was)) && chdir(f.path) == 0);
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		check_opens(names[i]);
		CHECK(access(folder_path(&f, names[i]), F_OK) == 0, "%s", names[i]);
	}
	CHECK(chdir(was) == 0);
}

/* ---- damage ---- */

/* Everything a book can be asked: true when all of it was answered. */
static bool read_all(const char *path, struct err *err)
{
	CLEANUP(store_cleanup) struct store *s = NULL;
	struct arena a = { 0 };
	bool ok = store_sqlite_open(path, false, &s, err);

	for (int i = 0; ok && i < 40; i++) {
		const char *value;
		char name[32];

		snprintf(name, sizeof(name), "name%d", i);
		ok = s->ops->setting_get(s, name, &a, &value, err);
		CHECK(!ok || value, "what was in the book is said not to be");
	}
	arena_release(&a);
	return ok;
}

static void test_truncated_book__is_an_error_and_never_an_empty_answer(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");
	off_t whole;

	(void)state;
	make_book(path);
	run_sql(path, "PRAGMA wal_checkpoint(TRUNCATE)");
	whole = size_of(path);
	for (off_t size = whole - 1; size > 0; size -= size > 4096 ? 4096 : 512) {
		struct err err = { 0 };

		CHECK(truncate(path, size) == 0);
		CHECK(!read_all(path, &err) || size > whole - 4096, "%ld of %ld", (long)size,
		      (long)whole);
		CHECK(err.code == ERR_BOOK || size > whole - 4096, "%s", err.text);
	}
}

static void test_emptied_book_with_a_log__is_not_taken_for_a_new_one(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(store_cleanup) struct store *s = NULL;
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");
	struct err err = { 0 };

	(void)state;
	make_book(path);
	MUST(store_sqlite_open(path, false, &s, &err));
	MUST(s->ops->setting_put(s, "a", "b", &err));
	CHECK(truncate(path, 0) == 0);
	check_refused(path, true, ERR_BOOK, "damaged");
}

/* ---- others, limits and permissions ---- */

static void test_begin__gives_up_when_others_hold_the_book_too_long(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(store_cleanup) struct store *a = NULL;
	CLEANUP(store_cleanup) struct store *b = NULL;
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");
	struct err err = { 0 };

	(void)state;
	MUST(store_sqlite_open(path, true, &a, &err));
	MUST(store_sqlite_open(path, true, &b, &err));
	session_of(b)->patience_ms = 50;
	MUST(store_begin(a, true, &err));
	CHECK(!store_begin(b, true, &err));
	CHECK(err.code == ERR_BUSY, "%s", err.text);
	MUST(store_commit(a, &err));
	MUST(store_begin(b, true, &err));
	MUST(store_commit(b, &err));
}

/* The store is as it was, and says what is wrong. */
static int write_beyond_limit(const char *path)
{
	struct rlimit limit = { 300000, 300000 };
	struct store *s;
	struct err err = { 0 };
	char name[32];

	signal(SIGXFSZ, SIG_IGN);
	if (!store_sqlite_open(path, true, &s, &err) || setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return 1;
	if (!store_begin(s, true, &err))
		return 2;
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "more%d", i);
		if (!s->ops->setting_put(s, name, name, &err))
			break;
	}
	if (!err.code && store_commit(s, &err))
		return 3;
	if (err.code != ERR_IO)
		return 4;
	store_rollback(s);
	store_free(s);
	return 0;
}

static void test_full_disk__is_an_error_and_leaves_the_book_as_it_was(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");
	int status;

	(void)state;
	make_book(path);
	if (fork() == 0)
		_exit(write_beyond_limit(path));
	wait(&status);
	CHECK(status == 0, "%d", WEXITSTATUS(status));
	CHECK(is_whole(path));
	CHECK(ask_sql(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
}

/* As a user who may only read; a number that says what went wrong, or 0. */
static int read_only_session(const char *path)
{
	struct store *s;
	struct arena a = { 0 };
	const char *value = NULL;
	struct err err = { 0 };

	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	if (!store_sqlite_open(path, true, &s, &err)) {
		print_error("%s\n", err.text);
		return 2;
	}
	if (!s->ops->setting_get(s, "name3", &a, &value, &err) || !value)
		return 3;
	if (store_begin(s, true, &err) || err.code != ERR_NOT_PERMITTED)
		return 4;
	if (!strstr(err.text, path) || !strstr(err.text, "belongs to"))
		return 5;
	arena_release(&a);
	store_free(s);
	return 0;
}

static void check_readable(const char *path)
{
	int status;

	if (fork() == 0)
		_exit(read_only_session(path));
	wait(&status);
	CHECK(status == 0, "%d", WEXITSTATUS(status));
}

static void test_read_only_book__is_read_and_not_written(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");

	(void)state;
	make_book(path);
	CHECK(chmod(path, 0444) == 0 && chmod(folder_path(&f, "book.db-wal"), 0444) == 0 &&
	      chmod(folder_path(&f, "book.db-shm"), 0444) == 0 && chmod(f.path, 0555) == 0);
	check_readable(path);
	CHECK(chmod(f.path, 0700) == 0);
}

static void test_archived_book__is_read_without_its_log(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "odd%3f?#.db");

	(void)state;
	make_book(path);
	run_sql(path, "PRAGMA wal_checkpoint(TRUNCATE)");
	CHECK(access(folder_path(&f, "odd%3f?#.db-shm"), F_OK) < 0);
	CHECK(chmod(path, 0444) == 0 && chmod(f.path, 0555) == 0);
	check_readable(path);
	CHECK(chmod(f.path, 0700) == 0);
}

/* ---- the log ---- */

static void test_log__is_written_back_while_a_session_goes_on(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(store_cleanup) struct store *s = NULL;
	const struct event e = { .at_ms = 1, .op = "test", .port = 1 };
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");
	struct err err = { 0 };

	(void)state;
	MUST(store_sqlite_open(path, true, &s, &err));
	for (int i = 0; i < 5000; i++)
		MUST(s->ops->event_add(s, &e, &err));
	/* 5000 commits of at least two pages; the limit is 4000 pages. */
	CHECK(size_of(folder_path(&f, "book.db-wal")) < 4100L * 4120);
	CHECK(size_of(path) > 100000);
}

static void test_log__is_short_after_many_short_sessions(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");

	(void)state;
	for (int i = 0; i < 200; i++)
		CHECK(open_and_write(path, i) == 0);
	CHECK(size_of(folder_path(&f, "book.db-wal")) < 80L * 4120);
}

/* What a killed process may leave of the log's index: `size` bytes of nonsense. */
static void leave_index(const char *index, size_t size, bool with_room)
{
	char nonsense[32768];
	int fd = open(index, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	memset(nonsense, 0xa5, sizeof(nonsense));
	CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	for (size_t at = 0; with_room && at < size; at += sizeof(nonsense))
		CHECK(pwrite(fd, nonsense, sizeof(nonsense), (off_t)at) == sizeof(nonsense));
	CHECK(close(fd) == 0);
}

static void test_index_of_the_log__is_never_believed_after_its_makers_end(void **state)
{
	static const struct {
		size_t size;
		bool with_room;
	} left[] = { { 32768, true }, { 65536, true }, { 32768, false }, { 0, false } };
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE], index_buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");
	const char *index = path_in(index_buffer, &f, "book.db-shm");

	(void)state;
	make_book(path);
	for (unsigned i = 0; i < ARRAY_LEN(left); i++) {
		leave_index(index, left[i].size, left[i].with_room);
		CHECK(open_and_write(path, (int)i) == 0, "%u: the log is written", i);
		leave_index(index, left[i].size, left[i].with_room);
		CHECK(ask_sql(path, "SELECT count(*) FROM settings") == 41 + (int)i,
		      "%u: all of it is read", i);
	}
}

static void test_index_of_the_log__has_room_on_the_disk_before_it_is_mapped(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE], index_buffer[PATH_SIZE];
	const char *path = path_in(buffer, &f, "book.db");
	const char *index = path_in(index_buffer, &f, "book.db-shm");
	struct stat st;

	(void)state;
	make_book(path);
	leave_index(index, 32768, false);
	CHECK(stat(index, &st) == 0 && st.st_blocks == 0, "this file system keeps no holes");
	CHECK(open_and_write(path, 1) == 0);
	CHECK(stat(index, &st) == 0 && st.st_blocks >= 64, "%ld", (long)st.st_blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_book__is_its_makers_alone),
		cmocka_unit_test(test_new_book__makes_its_folders_for_its_maker_alone),
		cmocka_unit_test(test_new_book__has_at_most_24_schema_objects),
		cmocka_unit_test(test_new_book__is_made_only_when_asked_for),
		cmocka_unit_test(test_new_book__may_be_an_empty_file),
		cmocka_unit_test(test_new_book__is_completed_by_the_next_to_open_it),
		cmocka_unit_test(test_new_book__is_made_once_by_64_at_a_time),
		cmocka_unit_test(test_new_book__survives_a_kill_while_it_is_made),
		cmocka_unit_test(test_open__refuses_what_is_not_a_database),
		cmocka_unit_test(test_open__refuses_the_database_of_another_program),
		cmocka_unit_test(test_look__leaves_everything_as_it_is),
		cmocka_unit_test(test_open__refuses_a_newer_book_and_names_both_versions),
		cmocka_unit_test(test_open__takes_odd_paths_literally),
		cmocka_unit_test(test_truncated_book__is_an_error_and_never_an_empty_answer),
		cmocka_unit_test(test_emptied_book_with_a_log__is_not_taken_for_a_new_one),
		cmocka_unit_test(test_begin__gives_up_when_others_hold_the_book_too_long),
		cmocka_unit_test(test_full_disk__is_an_error_and_leaves_the_book_as_it_was),
		cmocka_unit_test(test_read_only_book__is_read_and_not_written),
		cmocka_unit_test(test_archived_book__is_read_without_its_log),
		cmocka_unit_test(test_log__is_written_back_while_a_session_goes_on),
		cmocka_unit_test(test_log__is_short_after_many_short_sessions),
		cmocka_unit_test(test_index_of_the_log__is_never_believed_after_its_makers_end),
		cmocka_unit_test(test_index_of_the_log__has_room_on_the_disk_before_it_is_mapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
