/*
 * sqlite/replace.c - one book in the place of another, under those who have it open.
 *
 * The pages go into the book's own file by SQLite's write-ahead log, in one
 * transaction: who reads goes on reading what it read, who writes waits for the
 * write lock, and a death in the middle leaves frames in the log that nobody
 * counts.  The replaced book is copied while the lock is held: nothing that was
 * answered is in neither.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/sqlite/copy.h"
#include "store/sqlite/db.h"
#include "store/sqlite/migrations.h"

static bool pragma(struct session *s, const char *sql, int64_t *ret, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	*ret = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE || session_fail_code(s, rc, err);
}

/* A book with a log cannot change how its pages are, and they go into it as they are. */
static bool check_pages(struct session *live, struct session *copy, struct err *err)
{
	int64_t size, has, vacuums;

	if (!pragma(live, "PRAGMA page_size", &size, err) ||
	    !pragma(copy, "PRAGMA page_size", &has, err) ||
	    !pragma(copy, "PRAGMA auto_vacuum", &vacuums, err))
		return false;
	if (has == size && !vacuums)
		return true;
	fail(err, ERR_BOOK, "the pages of '%s' are not as those of the book", copy->path);
	return fail_hint(err,
			 "sqlite3 FILE 'PRAGMA page_size = %d; PRAGMA auto_vacuum = 0; VACUUM'",
			 (int)size);
}

/* A connection of its own: the other one is in the middle of its transaction. */
static bool keep(struct session *live, const char *kept, struct progress *p, struct err *err)
{
	CLEANUP(session_cleanup) struct session *old = session_new(live->path);
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	char temporary[PATH_MAX];
	int rc;

	if (!old)
		return fail_memory(err);
	rc = sqlite3_open_v2(live->path, &old->db, flags, NULL);
	if (rc != SQLITE_OK)
		return session_fail_code(old, rc, err);
	session_configure(old);
	if (!copy_to_new_file(old, kept, 0600, p, temporary, err))
		return false;
	give_as(temporary, live->path);
	return file_publish(temporary, kept, false, err);
}

static bool keep_and_say(struct session *live, const char *kept, struct progress *p,
			 struct err *err)
{
	struct err why = { 0 };

	if (!kept || keep(live, kept, p, &why))
		return true;
	*err = why;
	fail_while(err, "keeping the replaced book beside it");
	return why.code == ERR_NOT_PERMITTED
		       ? fail_hint(err, "it takes someone who may write in that folder")
		       : false;
}

static bool replace(struct session *live, struct session *copy, const char *kept,
		    struct progress *p, struct err *err)
{
	CLEANUP(copying_cleanup)
	struct copying c = { .to = live, .from = copy, .doing = "restoring", .progress = p };

	if (!copying_begin(&c, err) || !copying_lock(&c, err) || !keep_and_say(live, kept, p, err))
		return false;
	if (copying_run(&c, err))
		return true;
	if (kept)
		unlink(kept);
	return false;
}

bool store_sqlite_replace(struct store *live_store, struct store *copy_store, const char *kept,
			  struct progress *p, struct err *err)
{
	struct session *live = session_of(live_store), *copy = session_of(copy_store);
	bool ok;

	if (session_is_read_only(live))
		return session_fail_read_only(live, err);
	if (!check_pages(live, copy, err) || !session_sync_fully(live, err))
		return false;
	queue_enter(&live->queue);
	ok = replace(live, copy, kept, p, err);
	queue_leave(&live->queue);
	/* All of the book is in the log: whoever opens it next shall not have to read that. */
	live->log_frames = ok ? INT_MAX : live->log_frames;
	return ok;
}

/* ---- a file that cannot be opened ---- */

static int64_t four_bytes(const unsigned char *bytes)
{
	return (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

/* Source: https://sqlite.org/fileformat2.html section 1.3, "The Database Header". */
bool store_sqlite_is_wreck(const char *path)
{
	static const unsigned char magic[16] = "SQLite format 3";
	CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned char header[HEADER_SIZE] = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    pread(fd, header, sizeof(header), 0) < 0)
		return false;
	if (four_bytes(header + 68) == BOOK_APPLICATION_ID)
		return (int32_t)four_bytes(header + 60) <= migrations_latest();
	/* Emptied, or overwritten with zeros: what a lost power leaves. */
	return memcmp(header, magic, sizeof(magic)) != 0 && four_bytes(header) == 0;
}

static void log_of(char ret[static PATH_MAX + 8], const char *path)
{
	snprintf(ret, PATH_MAX + 8, "%s-wal", path);
}

static bool fail_keep(const char *kept, struct err *err)
{
	return fail(err,
		    errno == EEXIST			? ERR_TAKEN
		    : errno == EACCES || errno == EPERM ? ERR_NOT_PERMITTED
							: ERR_IO,
		    "cannot keep the replaced book as '%s': %s", kept, strerror(errno));
}

static bool is_filled(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size > 0;
}

/*
 * First the second names, then the first ones go: whatever dies in between, the
 * old file and its log are there.
 */
static bool step_aside(const char *path, const char *kept, struct err *err)
{
	char log[PATH_MAX + 8], kept_log[PATH_MAX + 8], index[PATH_MAX + 8];

	log_of(log, path);
	log_of(kept_log, kept);
	snprintf(index, sizeof(index), "%s-shm", path);
	if (link(path, kept) < 0)
		return fail_keep(kept, err);
	if (is_filled(log) && link(log, kept_log) < 0) {
		fail_keep(kept, err);
		unlink(kept);
		return false;
	}
	/* The old log would be taken for the new book's. */
	unlink(log);
	unlink(index);
	return true;
}

bool store_sqlite_replace_wreck(const char *path, struct store *copy, const char *kept,
				struct progress *p, struct err *err)
{
	char temporary[PATH_MAX];

	if (!copy_to_new_file(session_of(copy), path, 0600, p, temporary, err))
		return false;
	give_as(temporary, path);
	if (!step_aside(path, kept, err)) {
		unlink(temporary);
		return false;
	}
	return file_publish(temporary, path, true, err);
}
