/*
 * sqlite/copy.c - the pages of a book, from one place to another.
 *
 * A file is first made whole under a name of its own, flushed, and only then
 * given its name.  It says in its header that it has no write-ahead log, so that
 * it is one file, which is read where nothing can be written, too.
 */
#include "store/sqlite/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/sqlite/db.h"

/* Rationale: a megabyte takes about a millisecond: Ctrl-C is heard soon. */
#define PAGES_AT_ONCE 256

/* ---- pages ---- */

/* What cannot be read is the one's, all else the other's. */
static bool fail_copying(struct copying *c, int rc, struct err *err)
{
	bool reading = rc == SQLITE_IOERR_READ || rc == SQLITE_IOERR_SHORT_READ ||
		       (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;

	return session_fail_code(reading ? c->from : c->to, rc, err);
}

bool copying_begin(struct copying *c, struct err *err)
{
	c->backup = sqlite3_backup_init(c->to->db, "main", c->from->db, "main");
	return c->backup || session_fail(c->to, err);
}

bool copying_lock(struct copying *c, struct err *err)
{
	int rc = sqlite3_backup_step(c->backup, 0);

	return rc == SQLITE_OK || fail_copying(c, rc, err);
}

static bool say_how_far(struct copying *c, struct err *err)
{
	uint64_t total = (uint64_t)sqlite3_backup_pagecount(c->backup);
	uint64_t left = (uint64_t)sqlite3_backup_remaining(c->backup);

	return progress_step(c->progress, c->doing, total - left, total, err);
}

bool copying_run(struct copying *c, struct err *err)
{
	int64_t since_ms = 0;
	int rc;

	do {
		if (!say_how_far(c, err))
			return false;
		rc = sqlite3_backup_step(c->backup, PAGES_AT_ONCE);
	} while (rc == SQLITE_OK || session_tries_again(c->from, rc, &since_ms));
	if (rc != SQLITE_DONE)
		return fail_copying(c, rc, err);
	rc = sqlite3_backup_finish(c->backup);
	c->backup = NULL;
	return rc == SQLITE_OK || fail_copying(c, rc, err);
}

void copying_cleanup(struct copying *c)
{
	sqlite3_backup_finish(c->backup);
	c->backup = NULL;
}

/* ---- a file ---- */

/* Flushed as a whole at its end: until then it is worth nothing. */
static bool open_target(struct session *to, const char *temporary, struct err *err)
{
	int rc = sqlite3_open_v2(
		temporary, &to->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(to->db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF",
				  NULL, NULL, NULL);
	return rc == SQLITE_OK || session_fail_code(to, rc, err);
}

static bool copy_into(struct session *from, const char *path, const char *temporary,
		      struct progress *p, struct err *err)
{
	CLEANUP(session_cleanup) struct session *to = session_new(path);
	CLEANUP(copying_cleanup)
	struct copying c = { .to = to, .from = from, .doing = "copying the book", .progress = p };

	return (to || fail_memory(err)) && open_target(to, temporary, err) &&
	       copying_begin(&c, err) && copying_run(&c, err);
}

static bool finish_file(int fd, const char *path, struct err *err)
{
	static const unsigned char no_log[] = { 1, 1 };

	if (pwrite(fd, no_log, sizeof(no_log), HEADER_WRITE_VERSION) == sizeof(no_log) &&
	    fsync(fd) == 0)
		return true;
	return fail(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
}

bool copy_to_new_file(struct session *from, const char *path, mode_t mode, struct progress *p,
		      char ret_temporary[static PATH_MAX], struct err *err)
{
	CLEANUP(fd_cleanup) int fd = -1;

	if (!file_make_beside(path, mode, ret_temporary, &fd, err))
		return false;
	if (copy_into(from, path, ret_temporary, p, err) && finish_file(fd, path, err))
		return true;
	unlink(ret_temporary);
	return false;
}

void give_as(const char *path, const char *like)
{
	struct stat st;

	if (stat(like, &st) < 0)
		return;
	if (geteuid() == 0 && lchown(path, st.st_uid, st.st_gid) < 0)
		return;
	(void)!chmod(path, st.st_mode & 0666);
}

/* ---- a backup ---- */

static bool is_same(const struct stat *st, const char *path)
{
	struct stat other;

	return stat(path, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

static bool belongs_to_book(const struct session *s, const struct stat *st)
{
	static const char *const endings[] = { "", "-wal", "-shm", "-queue", "-journal" };
	char path[PATH_MAX + 16];

	for (unsigned i = 0; i < ARRAY_LEN(endings); i++) {
		snprintf(path, sizeof(path), "%s%s", session_file(s), endings[i]);
		if (is_same(st, path))
			return true;
	}
	return false;
}

static bool check_target(const struct session *s, const char *path, bool replace, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return true;
	if (belongs_to_book(s, &st))
		return fail(err, ERR_INVALID, "'%s' is the book itself", path);
	if (!S_ISREG(st.st_mode))
		return fail(err, ERR_INVALID, "'%s' is not a regular file", path);
	return replace || fail(err, ERR_TAKEN, "there is a file '%s' already", path);
}

bool store_sqlite_backup(struct store *store, const char *path, mode_t mode, bool replace,
			 struct progress *p, struct err *err)
{
	char target[PATH_MAX], temporary[PATH_MAX];
	struct session *s = session_of(store);

	if (!file_find_target(path, target))
		return fail(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
	return check_target(s, target, replace, err) &&
	       copy_to_new_file(s, target, mode, p, temporary, err) &&
	       file_publish(temporary, target, replace, err);
}
