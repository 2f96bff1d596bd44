/*
 * sqlite/open.c - finding, checking and making the file.
 *
 * The usual case is short, as every command pays for it: the file's header says
 * that it is a book with a write-ahead log, and its version is the one we know.
 * All else (no file, an empty one, one that a killed process left half made, an
 * old or a foreign one) goes the long way, settle().
 *
 * A new book is made in one transaction with a rollback journal, then switched
 * to the write-ahead log: a file is either empty or a whole book, and the next
 * process to open it does what is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/sqlite/calls.h"
#include "store/sqlite/db.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/sqlite.h"

/* Rationale: 64 commits of 16 writers take less; a backup or a laptop's sleep may take more. */
#define PATIENCE_MS 30000

/* Rationale: about 50 ms; a book works without its log too, and the next to open it tries again. */
#define WAL_TRIES 200

#define FILE_FLAGS (SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE)

/* Source: https://sqlite.org/fileformat2.html section 1.3, "The Database Header". */
#define HEADER_USER_VERSION   60
#define HEADER_APPLICATION_ID 68

/* ---- the file ---- */

/*
 * SQLite counts its memory under one lock for all threads, 11 % of a look-up,
 * and nobody asks for the sum.  It makes room for 20 pages of the file at once,
 * and touches it all: a `get` reads half as many.  Too late (another has used
 * SQLite in this process before) is no harm.
 */
static void configure_library(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
	sqlite_calls_set();
}

void session_configure(struct session *s)
{
	/* Short-lived commands would each pay for a checkpoint: session_shorten_log does at times. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* A book may come from anywhere: what its schema says may not do harm. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_busy_handler(s->db, session_when_busy, s);
	sqlite3_wal_hook(s->db, session_after_commit, s);
	queue_init(&s->queue, session_file(s));
}

static bool make_file(const char *path, struct err *err)
{
	if (!folder_of_make(path, 0700, err))
		return false;

	/* Whoever else has made it by now, or has it open: it is not opened here then. */
	CLEANUP(fd_cleanup) int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return true;
	if (fd < 0 || fchmod(fd, 0600) < 0)
		return fail(err, errno == EACCES || errno == EROFS ? ERR_NOT_PERMITTED : ERR_IO,
			    "cannot make the book '%s': %s", path, strerror(errno));
	return true;
}

static bool fail_none(struct session *s, struct err *err)
{
	return fail(err, ERR_NOT_FOUND, "there is no book '%s'", s->path);
}

static void close_file(struct session *s)
{
	sqlite3_close(s->db);
	s->db = NULL;
}

static bool is_missing(struct session *s, int rc)
{
	int error = s->db ? sqlite3_system_errno(s->db) : 0;

	return (rc & 0xff) == SQLITE_CANTOPEN && (error == ENOENT || error == ENOTDIR);
}

/*
 * SQLite opens for reading what it could not open for writing: also a file that
 * was not there for the one and, made by another process, was for the other.
 */
static bool came_between(const struct session *s)
{
	return session_is_read_only(s) && euidaccess(session_file(s), W_OK) == 0;
}

static int open_for_all(struct session *s)
{
	int rc = sqlite3_open_v2(s->path, &s->db, FILE_FLAGS, NULL);

	if (rc != SQLITE_OK || !came_between(s))
		return rc;
	close_file(s);
	return sqlite3_open_v2(s->path, &s->db, FILE_FLAGS, NULL);
}

static bool open_file(struct session *s, bool create, struct err *err)
{
	int rc = open_for_all(s);

	if (rc != SQLITE_OK && is_missing(s, rc)) {
		if (!create)
			return fail_none(s, err);
		close_file(s);
		if (!make_file(s->path, err))
			return false;
		rc = open_for_all(s);
	}
	if (rc != SQLITE_OK)
		return session_fail_code(s, rc, err);
	session_configure(s);
	return true;
}

bool session_is_read_only(const struct session *s)
{
	return s->is_copy || sqlite3_db_readonly(s->db, "main") == 1;
}

/* ---- is it a book? ---- */

const char *session_file(const struct session *s)
{
	const char *file = s->db ? sqlite3_db_filename(s->db, "main") : NULL;

	return file && *file ? file : s->path;
}

bool session_has(const struct session *s, const char *ending)
{
	char name[PATH_MAX + 8];

	snprintf(name, sizeof(name), "%s%s", session_file(s), ending);
	return access(name, F_OK) == 0;
}

enum log_state session_log(const struct session *s)
{
	char log[PATH_MAX + 8];
	struct stat st;

	snprintf(log, sizeof(log), "%s-wal", session_file(s));
	return stat(log, &st) < 0 ? LOG_MISSING : st.st_size ? LOG_FILLED : LOG_EMPTY;
}

/* `*ret_version`: what the header says; a log may say something newer. */
static bool has_settled_header(struct session *s, unsigned *ret_version)
{
	static const unsigned char id[] = { BOOK_APPLICATION_ID >> 24,
					    BOOK_APPLICATION_ID >> 16 & 0xff,
					    BOOK_APPLICATION_ID >> 8 & 0xff,
					    BOOK_APPLICATION_ID & 0xff };
	unsigned char header[HEADER_SIZE];

	if (!header_read(s, header) || header[HEADER_READ_VERSION] != 2 ||
	    memcmp(header + HEADER_APPLICATION_ID, id, sizeof(id)) != 0 || is_short(s, header))
		return false;
	*ret_version = (unsigned)header[HEADER_USER_VERSION] << 24 |
		       (unsigned)header[HEADER_USER_VERSION + 1] << 16 |
		       (unsigned)header[HEADER_USER_VERSION + 2] << 8 |
		       header[HEADER_USER_VERSION + 3];
	return true;
}

/*
 * SQLite gives an empty log the mode of the book, also of one that was not to be
 * written for a while, and opens it before it gives it the one of now.
 */
static void open_log(const struct session *s)
{
	char log[PATH_MAX + 8];
	struct stat st;

	snprintf(log, sizeof(log), "%s-wal", session_file(s));
	if (euidaccess(log, W_OK) < 0 && stat(s->path, &st) == 0)
		(void)!chmod(log, st.st_mode & 0777);
}

/*
 * With a log, the version may so far be there only, and SQLite has to say it; it
 * also finds out whether a file that may only be read, or has lost its log, can be
 * read at all.
 */
static bool is_settled(struct session *s)
{
	unsigned in_header;
	int64_t version;
	enum log_state log = session_log(s);
	bool ask = log != LOG_EMPTY || session_is_read_only(s);

	if (!has_settled_header(s, &in_header))
		return false;
	if (log == LOG_EMPTY && !session_is_read_only(s))
		open_log(s);
	version = in_header;
	return (!ask || sql_ask(&s->sql, GET_VERSION, &version, NULL)) &&
	       version == migrations_latest();
}

static bool fail_newer(struct session *s, int64_t version, struct err *err)
{
	fail(err, ERR_BOOK,
	     "the book '%s' has version %lld, and this program knows versions up to %d", s->path,
	     (long long)version, migrations_latest());
	return fail_hint(err, "use the newer portbook that has written it");
}

bool session_version(struct session *s, int64_t *ret, struct err *err)
{
	int64_t application, version, objects;

	if (!sql_ask(&s->sql, GET_APPLICATION_ID, &application, err) ||
	    !sql_ask(&s->sql, GET_VERSION, &version, err) ||
	    !sql_ask(&s->sql, COUNT_OBJECTS, &objects, err))
		return false;
	if (application != BOOK_APPLICATION_ID && (application || version || objects))
		return fail(err, ERR_BOOK, "'%s' is the database of another program", s->path);
	if (version < 0)
		return fail(err, ERR_BOOK, "the book '%s' is damaged: its version is %lld", s->path,
			    (long long)version);
	if (version > migrations_latest())
		return fail_newer(s, version, err);
	*ret = version;
	return true;
}

static bool look(struct session *s, int64_t *ret_version, struct err *err)
{
	bool ok;

	if (!session_begin(&s->sql.store, false, err))
		return false;
	ok = session_version(s, ret_version, err);
	session_rollback(&s->sql.store);
	return ok;
}

/* ---- the long way ---- */

enum open_for {
	OPEN_OR_MAKE,
	OPEN_WHAT_IS_THERE, /* and bring it to what this program knows */
	OPEN_TO_LOOK,	    /* and leave it as it is */
};

/*
 * An empty file with a log was a book: SQLite would throw the log away.  The
 * log is looked at first: a book that is being made has content before a log.
 */
static bool check_not_emptied(struct session *s, struct err *err)
{
	bool logged = session_log(s) == LOG_FILLED;
	int64_t size;

	if (logged && file_size(s, &size) && size == 0)
		return fail(err, ERR_BOOK, "the book '%s' is damaged: it is empty and has a log",
			    s->path);
	return true;
}

/* Others may be at it as well: whoever comes second finds it done. */
static bool migrate(struct session *s, struct err *err)
{
	CLEANUP(write_cleanup) struct write w = { .session = &s->sql };
	int64_t version;
	int rc;

	if (!write_begin(&w, err) || !session_version(s, &version, err))
		return false;
	rc = version < migrations_latest() ? migrations_run(s->db, (int)version) : SQLITE_OK;
	if (rc != SQLITE_OK)
		return session_fail_code(s, rc, err);
	return write_end(&w, err);
}

static bool use_wal(struct session *s, struct err *err)
{
	struct err why = { 0 };

	for (int i = 0; i < WAL_TRIES; i++) {
		if (sql_run(&s->sql, USE_WAL, NULL, 0, &why))
			return true;
		if (why.code != ERR_BUSY)
			break;
		session_when_busy(s, i);
	}
	return why.code == ERR_BUSY || fail(err, why.code, "%s", why.text);
}

static bool settle(struct session *s, enum open_for what, struct err *err)
{
	int64_t version;
	bool create = what == OPEN_OR_MAKE;

	if (!check_not_emptied(s, err) || !session_reopen_alone(s, err) ||
	    !look(s, &version, err) || !check_not_cut_off(s, err))
		return false;
	if ((version == 0 && !create) || (what == OPEN_TO_LOOK && version != migrations_latest()))
		return fail_none(s, err);
	if (what == OPEN_TO_LOOK)
		return true;
	if (session_is_read_only(s))
		return version == migrations_latest() || session_fail_read_only(s, err);
	s->sql.store.may_be_new = true;
	return (version == migrations_latest() || migrate(s, err)) && use_wal(s, err);
}

/* ---- the session ---- */

/* SQLite takes ":memory:", "" and "file:..." for something else than a file's path. */
static char *path_copy(const char *path)
{
	struct text copy = { 0 };

	text_add(&copy, path[0] == '/' ? "" : "./");
	text_add(&copy, path);
	return text_take(&copy);
}

struct session *session_new(const char *path)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sql.store.ops = &sqlite_ops;
	s->sql.engine = &sqlite_engine;
	s->queue.fd = -1;
	s->patience_ms = PATIENCE_MS;
	s->dice = (uint32_t)getpid() * UINT32_C(2654435761) | 1;
	s->path = path_copy(path);
	if (!s->path) {
		free(s);
		return NULL;
	}
	return s;
}

void session_cleanup(struct session **s)
{
	if (*s)
		store_free(&(*s)->sql.store);
}

static bool open_session(const char *path, enum open_for what, struct store **ret, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	CLEANUP(session_cleanup) struct session *s = session_new(path);

	pthread_once(&once, configure_library);
	if (!s)
		return fail_memory(err);
	if (!open_file(s, what == OPEN_OR_MAKE, err) || (!is_settled(s) && !settle(s, what, err)))
		return false;
	*ret = &s->sql.store;
	s = NULL;
	return true;
}

bool store_sqlite_open(const char *path, bool create, struct store **ret, struct err *err)
{
	return open_session(path, create ? OPEN_OR_MAKE : OPEN_WHAT_IS_THERE, ret, err);
}

bool store_sqlite_look(const char *path, struct store **ret, struct err *err)
{
	return open_session(path, OPEN_TO_LOOK, ret, err);
}

bool store_sqlite_version(const char *path, int *ret, int *ret_latest, struct err *err)
{
	CLEANUP(session_cleanup) struct session *s = session_new(path);
	int64_t version;

	if (!s)
		return fail_memory(err);
	if (!open_file(s, false, err) || !check_not_emptied(s, err) ||
	    !session_reopen_alone(s, err) || !look(s, &version, err))
		return false;
	*ret = (int)version;
	*ret_latest = migrations_latest();
	return true;
}
