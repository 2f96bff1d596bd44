/*
 * sqlite/examine.c - is this file a book that may take the place of another?
 *
 * The file may come from anywhere, so it is copied, page by page and without
 * being understood, to a database that has no name and goes with its connection;
 * that one is examined, and changed where it is of an older version.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/sqlite/copy.h"
#include "store/sqlite/db.h"
#include "store/sqlite/migrations.h"

/* Rationale: about 10 ms of a check between two looks at Ctrl-C. */
#define STEPS_AT_ONCE 100000

/* ---- opening the file ---- */

static bool is_there(const char *path, const char *ending)
{
	char name[PATH_MAX + 16];

	snprintf(name, sizeof(name), "%s%s", path, ending);
	return access(name, F_OK) == 0;
}

/* Nobody has it open: then nothing has to be made beside it, and its folder may be read-only. */
static bool stands_alone(const char *path)
{
	return !is_there(path, "-wal") && !is_there(path, "-shm") && !is_there(path, "-journal");
}

static bool check_regular(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return true; /* opening it says why */
	return S_ISREG(st.st_mode) || fail(err, ERR_INVALID, "'%s' is not a regular file", path);
}

static bool open_source(struct session *s, const char *path, struct err *err)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int rc;

	if (access(path, F_OK) < 0)
		return fail(err, ERR_NOT_FOUND, "there is no file '%s'", path);
	if (!check_regular(path, err))
		return false;
	rc = stands_alone(path) ? session_open_immutable(s, path)
				: sqlite3_open_v2(s->path, &s->db, flags, NULL);
	if (rc != SQLITE_OK)
		return session_fail_code(s, rc, err);
	session_configure(s);
	s->queue.is_off = true;
	return true;
}

/* ---- the copy ---- */

static bool open_nameless(struct session *s, struct err *err)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			  SQLITE_OPEN_EXRESCODE;
	int rc = sqlite3_open_v2("", &s->db, flags, NULL);

	if (rc != SQLITE_OK)
		return session_fail_code(s, rc, err);
	session_configure(s);
	s->queue.is_off = true;
	return true;
}

static bool copy_pages(struct session *copy, struct session *source, struct progress *p,
		       struct err *err)
{
	CLEANUP(copying_cleanup)
	struct copying c = { .to = copy, .from = source, .doing = "reading", .progress = p };

	return copying_begin(&c, err) && copying_run(&c, err);
}

static bool check_is_book(struct session *s, int64_t *ret_version, struct err *err)
{
	return session_version(s, ret_version, err) &&
	       (*ret_version != VERSION_NONE ||
		fail(err, ERR_BOOK, "'%s' is empty: it is no book", s->path)) &&
	       check_not_cut_off(s, err);
}

static bool read_book(struct session *copy, struct session *source, struct progress *p,
		      int64_t *ret_version, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn txn = { &source->sql.store };

	return store_begin(txn.store, false, err) && check_is_book(source, ret_version, err) &&
	       copy_pages(copy, source, p, err);
}

static bool read_source(struct session *copy, const char *path, struct progress *p,
			int64_t *ret_version, struct err *err)
{
	CLEANUP(session_cleanup) struct session *source = session_new(path);

	return (source || fail_memory(err)) && open_source(source, path, err) &&
	       read_book(copy, source, p, ret_version, err);
}

/* ---- checks ---- */

struct patience {
	struct progress *progress;
	uint64_t looks;
	struct err why;
};

static int go_on(void *arg)
{
	struct patience *p = arg;

	return !progress_step(p->progress, "checking", ++p->looks, 0, &p->why);
}

/* The first column of the first row; `*ret` is "" when there is none. */
static bool ask_text(struct session *s, const char *sql, struct text *ret, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_text(stmt, 0))
		text_add(ret, (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return session_fail_code(s, rc, err);
	return text_ok(ret) || fail_memory(err);
}

/* `sql` has to answer `good` (NULL: nothing). */
static bool check_answer(struct session *s, const char *sql, const char *good, const char *what,
			 struct err *err)
{
	CLEANUP(text_release) struct text answer = { 0 };

	if (!ask_text(s, sql, &answer, err))
		return false;
	return !strcmp(text_str(&answer), good) ||
	       fail(err, ERR_BOOK, "the book '%s' is damaged: %s%.200s", s->path, what,
		    text_str(&answer));
}

static bool check_content(struct session *s, struct err *err)
{
	static const struct {
		const char *sql, *good, *what;
	} checks[] = {
		{ "PRAGMA integrity_check(1)", "ok", "" },
		{ "PRAGMA foreign_key_check", "", "a row refers to one that is not there, in " },
		{ "PRAGMA encoding", "UTF-8", "its texts are " },
	};

	for (unsigned i = 0; i < ARRAY_LEN(checks); i++)
		if (!check_answer(s, checks[i].sql, checks[i].good, checks[i].what, err))
			return false;
	return true;
}

/* All of the schema in one text; what SQLite keeps for itself (statistics) does not count. */
#define SCHEMA_TEXT                                                                           \
	"SELECT group_concat(type || ' ' || name || ' ' || tbl_name || ' ' || sql, char(10))" \
	" FROM (SELECT * FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"     \
	" ORDER BY type, name)"

static bool fresh_schema(struct text *ret, struct err *err)
{
	CLEANUP(session_cleanup) struct session *fresh = session_new("a new book");
	int rc;

	if (!fresh)
		return fail_memory(err);
	rc = sqlite3_open_v2(":memory:", &fresh->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			     NULL);
	if (rc == SQLITE_OK)
		rc = migrations_run(fresh->db, VERSION_NONE);
	return rc == SQLITE_OK ? ask_text(fresh, SCHEMA_TEXT, ret, err)
			       : session_fail_code(fresh, rc, err);
}

/* Tables, triggers and views of others would be obeyed by every portbook from then on. */
static bool check_schema(struct session *s, struct err *err)
{
	CLEANUP(text_release) struct text has = { 0 }, wants = { 0 };

	if (!ask_text(s, SCHEMA_TEXT, &has, err) || !fresh_schema(&wants, err))
		return false;
	return !strcmp(text_str(&has), text_str(&wants)) ||
	       fail(err, ERR_BOOK, "the tables in '%s' are not those of a book", s->path);
}

static bool upgrade(struct session *s, int64_t version, struct err *err)
{
	CLEANUP(write_cleanup) struct write w = { .session = &s->sql };
	int rc;

	if (version == migrations_latest())
		return true;
	if (!write_begin(&w, err))
		return false;
	rc = migrations_run(s->db, (int)version);
	return rc == SQLITE_OK ? write_end(&w, err) : session_fail_code(s, rc, err);
}

static void patience_begin(struct patience *patience, struct session *s)
{
	sqlite3_progress_handler(s->db, STEPS_AT_ONCE, go_on, patience);
}

static bool patience_end(struct patience *patience, struct session *s, bool ok, struct err *err)
{
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
	if (!ok && patience->why.code && err)
		*err = patience->why;
	return ok;
}

static bool examine(struct session *s, int64_t version, struct progress *p, struct err *err)
{
	struct patience patience = { .progress = p };
	bool ok;

	patience_begin(&patience, s);
	ok = check_content(s, err) && upgrade(s, version, err) && check_schema(s, err);
	return patience_end(&patience, s, ok, err);
}

bool store_sqlite_check(struct store *store, struct progress *p, struct err *err)
{
	struct patience patience = { .progress = p };
	struct session *s = session_of(store);
	bool ok;

	if (!progress_step(p, "checking", 0, 0, err))
		return false;
	patience_begin(&patience, s);
	ok = check_content(s, err) && check_schema(s, err);
	return patience_end(&patience, s, ok, err);
}

bool store_sqlite_examine(const char *path, struct progress *p, struct store **ret,
			  int *ret_version, struct err *err)
{
	CLEANUP(session_cleanup) struct session *copy = session_new(path);
	int64_t version;

	if (!copy)
		return fail_memory(err);
	if (!open_nameless(copy, err) || !read_source(copy, path, p, &version, err) ||
	    !examine(copy, version, p, err))
		return false;
	*ret = &copy->sql.store;
	*ret_version = (int)version;
	copy = NULL;
	return true;
}
