/*
 * sqlite/alone.c - reading a book without the files that readers and writers share.
 *
 * SQLite reads a book with a log only where that log and its index are, or can be
 * made.  A file that nobody can write is read as it stands.  One that others may
 * write, in a folder where this user makes nothing, is all in one file as long as
 * it has no log: it is copied into memory, and the copy counts if at its end there
 * is still no log and the file is the same as before.  Who begins to write
 * meanwhile makes a log first, and that stays; then the usual way can be gone.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "store/sqlite/db.h"

/* Rationale: a copy takes milliseconds; who writes the log back does it once in thousands of writes. */
#define COPY_TRIES 5

/* ---- a file that nobody can write ---- */

static bool is_archived(const struct session *s)
{
	struct stat st;
	struct statvfs fs;

	return session_is_read_only(s) && session_log(s) != LOG_FILLED && stat(s->path, &st) == 0 &&
	       statvfs(s->path, &fs) == 0 && (!(st.st_mode & 0222) || fs.f_flag & ST_RDONLY);
}

/* Source: https://sqlite.org/uri.html section 3.1. */
static void add_escaped(struct text *uri, const char *path)
{
	for (; *path; path++)
		if (strchr("%?#", *path))
			text_addf(uri, "%%%02x", (unsigned char)*path);
		else
			text_add_bytes(uri, path, 1);
}

int session_open_immutable(struct session *s, const char *path)
{
	CLEANUP(text_release) struct text uri = { 0 };

	text_add(&uri, "file:");
	add_escaped(&uri, path);
	text_add(&uri, "?immutable=1");
	if (!text_ok(&uri))
		return SQLITE_NOMEM;
	return sqlite3_open_v2(text_str(&uri), &s->db,
			       SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
				       SQLITE_OPEN_EXRESCODE,
			       NULL);
}

static bool reopen_archived(struct session *s, struct err *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s", session_file(s));
	session_close(s);
	rc = session_open_immutable(s, path);
	if (rc != SQLITE_OK)
		return session_fail_code(s, rc, err);
	session_configure(s);
	return true;
}

/* ---- a file in a folder where this user makes nothing ---- */

static bool may_make_beside(const struct session *s)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", session_file(s));
	slash = strrchr(folder, '/');
	if (slash)
		slash[1] = '\0';
	return euidaccess(folder, W_OK) == 0;
}

static bool is_alone(struct session *s)
{
	unsigned char header[HEADER_SIZE];

	return header_read(s, header) && header[HEADER_READ_VERSION] == 2 &&
	       session_log(s) != LOG_FILLED && !session_has(s, "-journal") &&
	       (!session_has(s, "-wal") || !session_has(s, "-shm")) && !may_make_beside(s);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       !memcmp(&a->st_mtim, &b->st_mtim, sizeof(a->st_mtim)) &&
	       !memcmp(&a->st_ctim, &b->st_ctim, sizeof(a->st_ctim));
}

struct image {
	unsigned char *bytes; /* NULL: none */
	sqlite3_int64 size;
};

static void image_cleanup(struct image *image)
{
	sqlite3_free(image->bytes);
}

/* Where there was no memory for a copy, SQLite does not say that it was an error. */
static bool fail_image(struct session *s, struct err *err)
{
	int rc = sqlite3_extended_errcode(s->db);

	return session_fail_code(s, rc == SQLITE_OK ? SQLITE_NOMEM : rc, err);
}

static bool read_image(struct session *s, struct image *ret, struct err *err)
{
	CLEANUP(session_cleanup) struct session *file = session_new(s->path);
	int rc = file ? session_open_immutable(file, session_file(s)) : SQLITE_NOMEM;

	if (rc != SQLITE_OK)
		return session_fail_code(s, rc, err);
	if (!check_not_cut_off(file, err))
		return false;
	sqlite3_free(ret->bytes);
	ret->bytes = sqlite3_serialize(file->db, "main", &ret->size, 0);
	return ret->bytes || fail_image(file, err);
}

/* In memory there is no log, and a header that says so is refused. */
static bool open_image(struct session *s, struct image *image, struct err *err)
{
	unsigned char *bytes = image->bytes;
	int rc;

	assert(bytes);
	memset(bytes + HEADER_WRITE_VERSION, 1, 2);
	session_close(s);
	rc = sqlite3_open_v2(":memory:", &s->db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			     NULL);
	if (rc != SQLITE_OK)
		return session_fail_code(s, rc, err);
	session_configure(s);
	s->is_copy = true;
	/* Freed by SQLite, on failure too. */
	image->bytes = NULL;
	rc = sqlite3_deserialize(s->db, "main", bytes, image->size, image->size,
				 SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY);
	/* What it answers is SQLITE_ERROR where there was no memory, too. */
	return rc == SQLITE_OK || fail_image(s, err);
}

/* Who made a log meanwhile, made it for readers, too. */
static bool reopen_copy(struct session *s, struct err *err)
{
	CLEANUP(image_cleanup) struct image image = { 0 };
	struct stat before, after;

	for (int i = 0; i < COPY_TRIES && stat(s->path, &before) == 0; i++) {
		if (!read_image(s, &image, err))
			return false;
		if (!is_alone(s))
			return true;
		if (stat(s->path, &after) == 0 && is_same(&before, &after))
			return open_image(s, &image, err);
	}
	return fail(err, ERR_BUSY, "the book '%s' is being changed by others", s->path);
}

bool session_reopen_alone(struct session *s, struct err *err)
{
	if (is_archived(s))
		return reopen_archived(s, err);
	return !is_alone(s) || reopen_copy(s, err);
}
