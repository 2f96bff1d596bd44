/*
 * Who may only read a book while others write it: what SQLite says in the moments in which a
 * writer is at the index of the log.  The writer is played by a byte of that index.
 */
#include "lib/check.h"
#include "lib/folder.h"

#include <fcntl.h>
#include <grp.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/sqlite/db.h"
#include "store/sqlite/sqlite.h"

/* Source: https://sqlite.org/walformat.html section 2.1: two copies, 48 bytes each, that agree. */
#define SECOND_COPY 48

/* Source: the same, section 2.3.1: the first lock is the writers'. */
#define WRITERS_LOCK 0

/* The index of the log, open for writing since before this process became a reader. */
static struct {
	int fd;
	unsigned char whole;
	unsigned looks_left; /* until the writer has finished */
	sqlite3_io_methods methods;
	int (*lock)(sqlite3_file *file, int at, int n, int flags);
} log_index;

static bool log_index_set(unsigned char byte)
{
	return pwrite(log_index.fd, &byte, 1, SECOND_COPY) == 1;
}

static bool writer_begins(unsigned looks)
{
	log_index.looks_left = looks;
	return pread(log_index.fd, &log_index.whole, 1, SECOND_COPY) == 1 &&
	       log_index_set(log_index.whole ^ 0xff);
}

/* Between a reader's two questions, is the index whole? and, does somebody write?, the writer ends. */
static int shm_lock(sqlite3_file *file, int at, int n, int flags)
{
	int rc = log_index.lock(file, at, n, flags);
	bool is_question = at == WRITERS_LOCK && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_SHARED);

	if (is_question && log_index.looks_left && --log_index.looks_left == 0 &&
	    !log_index_set(log_index.whole))
		return SQLITE_IOERR;
	return rc;
}

static int (*really_open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);

static int open_with_lock(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
			  int *ret_flags)
{
	int rc = really_open(vfs, name, file, flags, ret_flags);

	if (rc == SQLITE_OK && flags & SQLITE_OPEN_MAIN_DB) {
		log_index.methods = *file->pMethods;
		log_index.lock = file->pMethods->xShmLock;
		log_index.methods.xShmLock = shm_lock;
		file->pMethods = &log_index.methods;
	}
	return rc;
}

/* In the reader's process only. */
static void watch_locks(void)
{
	static sqlite3_vfs vfs;

	vfs = *sqlite3_vfs_find(NULL);
	really_open = vfs.xOpen;
	vfs.zName = "watched";
	vfs.xOpen = open_with_lock;
	sqlite3_vfs_register(&vfs, 1);
}

static bool become_reader(void)
{
	watch_locks();
	return geteuid() != 0 ||
	       (setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
}

static bool reads(struct store *s, struct err *err)
{
	struct arena a = { 0 };
	const char *value = NULL;
	bool ok = s->ops->setting_get(s, "name", &a, &value, err) && value;

	arena_release(&a);
	return ok;
}

static int reader_opens(const char *path)
{
	struct store *s;
	struct err err = { 0 };

	if (!writer_begins(2))
		return 2;
	if (!store_sqlite_open(path, false, &s, &err)) {
		print_error("%s\n", err.text);
		return 3;
	}
	if (log_index.looks_left)
		return 4;
	return reads(s, &err) ? 0 : 5;
}

static int reader_goes_on(const char *path)
{
	struct store *s;
	struct err err = { 0 };

	if (!store_sqlite_open(path, false, &s, &err) || !reads(s, &err))
		return 2;
	for (unsigned looks = 1; looks <= 3; looks++) {
		if (!writer_begins(looks) || !store_begin(s, false, &err) || !reads(s, &err)) {
			print_error("%s\n", err.text);
			return 3;
		}
		store_rollback(s);
		if (log_index.looks_left)
			return 4;
	}
	return 0;
}

/* The writer was killed, and this one may not do its work. */
static int reader_gives_up(const char *path)
{
	struct store *s;
	struct err err = { 0 };

	if (!store_sqlite_open(path, false, &s, &err))
		return 2;
	session_of(s)->patience_ms = 20;
	if (!writer_begins(0))
		return 3;
	if (reads(s, &err) || err.code != ERR_NOT_PERMITTED)
		return 4;
	return strstr(err.text, "unfinished") && strstr(err.hint, "may write the book") ? 0 : 5;
}

/* ---- beside one who has the book open ---- */

typedef int reader_fn(const char *path);

/* SQLite knows in a child what its parent had open: so it begins before that, and waits. */
static void start_reader(reader_fn *reader, const char *path, int ready)
{
	char byte;

	if (fork() == 0)
		_exit(read(ready, &byte, 1) == 1 && become_reader() ? reader(path) : 1);
}

static struct store *open_and_write(const char *path)
{
	struct store *s;
	struct err err = { 0 };

	CHECK(store_sqlite_open(path, true, &s, &err), "%s", err.text);
	CHECK(s->ops->setting_put(s, "name", "value", &err), "%s", err.text);
	return s;
}

static void only_to_be_read(const struct folder *f)
{
	CHECK(chmod(folder_path(f, "book.db"), 0444) == 0);
	CHECK(chmod(folder_path(f, "book.db-wal"), 0444) == 0);
	CHECK(chmod(folder_path(f, "book.db-shm"), 0444) == 0);
	CHECK(chmod(f->path, 0555) == 0);
}

static void check_reader(reader_fn *reader)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char path[2 * PATH_MAX];
	int ready[2], status;
	struct store *s;

	snprintf(path, sizeof(path), "%s", folder_path(&f, "book.db"));
	store_free(open_and_write(path));
	log_index.fd = open(folder_path(&f, "book.db-shm"), O_RDWR | O_CLOEXEC);
	CHECK(log_index.fd >= 0 && pipe(ready) == 0);
	start_reader(reader, path, ready[0]);
	s = open_and_write(path);
	only_to_be_read(&f);
	CHECK(write(ready[1], "", 1) == 1);
	wait(&status);
	CHECK(chmod(f.path, 0700) == 0);
	store_free(s);
	close(log_index.fd), close(ready[0]), close(ready[1]);
	CHECK(status == 0, "%d", WEXITSTATUS(status));
}

static void test_reader__opens_a_book_while_the_index_of_its_log_is_made(void **state)
{
	(void)state;
	check_reader(reader_opens);
}

static void test_reader__reads_while_the_index_of_the_log_changes(void **state)
{
	(void)state;
	check_reader(reader_goes_on);
}

static void test_reader__says_that_the_index_of_the_log_stays_unfinished(void **state)
{
	(void)state;
	check_reader(reader_gives_up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader__opens_a_book_while_the_index_of_its_log_is_made),
		cmocka_unit_test(test_reader__reads_while_the_index_of_the_log_changes),
		cmocka_unit_test(test_reader__says_that_the_index_of_the_log_stays_unfinished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
