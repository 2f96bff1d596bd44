#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/db.h"

/* Source: https://sqlite.org/rescode.html, by primary code. */
static const struct meaning {
	int code;
	enum err_code means;
	const char *text; /* goes on from "the book 'PATH'" */
	enum { SAY_NO_MORE, SAY_ERRNO, SAY_MESSAGE } more;
} meanings[] = {
	{ SQLITE_NOTADB, ERR_BOOK, "is not a database", SAY_NO_MORE },
	{ SQLITE_CORRUPT, ERR_BOOK, "is damaged", SAY_MESSAGE },
	{ SQLITE_FORMAT, ERR_BOOK, "is damaged", SAY_MESSAGE },
	{ SQLITE_FULL, ERR_IO, "cannot be written: the disk is full", SAY_NO_MORE },
	{ SQLITE_IOERR, ERR_IO, "cannot be read or written", SAY_ERRNO },
	{ SQLITE_NOLFS, ERR_IO, "is too large for this system", SAY_NO_MORE },
	{ SQLITE_CANTOPEN, ERR_IO, "cannot be opened", SAY_ERRNO },
	{ SQLITE_READONLY, ERR_NOT_PERMITTED, "may not be written", SAY_MESSAGE },
	{ SQLITE_PERM, ERR_NOT_PERMITTED, "may not be written", SAY_MESSAGE },
	{ SQLITE_AUTH, ERR_NOT_PERMITTED, "may not be used so", SAY_MESSAGE },
	{ SQLITE_BUSY, ERR_BUSY, "has been held by others for too long", SAY_NO_MORE },
	{ SQLITE_LOCKED, ERR_BUSY, "is held by this program itself", SAY_MESSAGE },
	{ SQLITE_PROTOCOL, ERR_BUSY, "has been held by others for too long", SAY_NO_MORE },
	{ SQLITE_NOMEM, ERR_MEMORY, "needs more memory", SAY_NO_MORE },
	{ SQLITE_CONSTRAINT, ERR_INVALID, "does not take that", SAY_MESSAGE },
	{ SQLITE_MISMATCH, ERR_INVALID, "does not take that", SAY_MESSAGE },
	{ SQLITE_TOOBIG, ERR_INVALID, "does not take so long a text", SAY_NO_MORE },
	{ SQLITE_ABORT, ERR_IO, "was not read: the transaction was undone", SAY_NO_MORE },
	{ SQLITE_INTERRUPT, ERR_IO, "was not read: it was interrupted", SAY_NO_MORE },
};

/* SCHEMA, ERROR (a table is missing), and what no version of ours can meet. */
static const struct meaning otherwise = { SQLITE_ERROR, ERR_BOOK, "is not as it should be",
					  SAY_MESSAGE };

/* What is taken, by words of SQLite's message: the first that fits. */
static const struct {
	const char *word, *text;
} uniques[] = {
	{ ".cloudflare_hostname", "the tunnel hostname is held by another service" },
	{ ".service_name", "the service has such a port already" },
	{ ".port_number", "the port is entered already" },
	{ "projects.name", "there is a project of that name already" },
	{ "projects.number", "another project has that number" },
	{ ".worktree_path", "another instance stands in that worktree" },
	{ "block", "the block overlaps another" },
	{ "", "it is in the book already" },
};

static bool fail_taken(struct session *s, struct err *err)
{
	const char *message = sqlite3_errmsg(s->db);
	unsigned i = 0;

	while (!strstr(message, uniques[i].word))
		i++;
	return fail(err, ERR_TAKEN, "%s", uniques[i].text);
}

static bool is_taken(int code)
{
	return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
	       code == SQLITE_CONSTRAINT_ROWID || code == SQLITE_CONSTRAINT_TRIGGER;
}

static enum err_code code_of_errno(int error, enum err_code otherwise_code)
{
	switch (error) {
	case EACCES:
	case EPERM:
	case EROFS: return ERR_NOT_PERMITTED;
	case EISDIR:
	case ENXIO: /* a socket */
	case ESPIPE: /* a pipe */ return ERR_BOOK;
	default: return otherwise_code;
	}
}

static bool fail_system(struct session *s, int code_of_sqlite, const struct meaning *m,
			struct err *err)
{
	int error = sqlite3_system_errno(s->db);
	enum err_code code = code_of_errno(error, m->means);

	/* SQLite keeps no errno of the log: EFBIG, EDQUOT and EIO look alike. */
	if (!error && code_of_sqlite == SQLITE_IOERR_WRITE)
		return fail(err, code,
			    "the book '%s' cannot be written: the disk, a quota or a limit on files"
			    " refuses it",
			    s->path);

	return error ? fail(err, code, "the book '%s' %s: %s", s->path, m->text, strerror(error))
		     : fail(err, code, "the book '%s' %s", s->path, m->text);
}

static const struct meaning *meaning_of(int code)
{
	for (unsigned i = 0; i < ARRAY_LEN(meanings); i++)
		if (meanings[i].code == (code & 0xff))
			return &meanings[i];
	return &otherwise;
}

/* The log and its index are made by who opens the book first; here that user may not. */
static bool is_log_missing(const struct session *s, int code)
{
	bool is_such = (code & 0xff) == SQLITE_READONLY || (code & 0xff) == SQLITE_CANTOPEN;
	struct stat st;

	return is_such && stat(s->path, &st) == 0 && S_ISREG(st.st_mode) &&
	       euidaccess(s->path, R_OK) == 0 &&
	       (!session_has(s, "-wal") || !session_has(s, "-shm"));
}

static bool fail_log_missing(struct session *s, struct err *err)
{
	fail(err, ERR_NOT_PERMITTED,
	     "the log of the book '%s' or its index is missing, and this user may not make it",
	     s->path);
	return fail_hint(err, "it is made when someone who may write in the folder uses the book");
}

static bool fail_index_unready(struct session *s, struct err *err)
{
	fail(err, ERR_NOT_PERMITTED,
	     "the index of the log of the book '%s' is unfinished, and this user may not finish it",
	     s->path);
	return fail_hint(err, "it is finished when someone who may write the book uses it");
}

/* Of another user, who made it when this one was not there. */
static bool is_log_closed(const struct session *s, int code)
{
	char log[PATH_MAX + 8];

	snprintf(log, sizeof(log), "%s-wal", session_file(s));
	return (code & 0xff) == SQLITE_READONLY && euidaccess(s->path, W_OK) == 0 &&
	       access(log, F_OK) == 0 && euidaccess(log, W_OK) < 0;
}

static bool fail_log_closed(struct session *s, struct err *err)
{
	fail(err, ERR_NOT_PERMITTED, "this user may not write the log of the book, '%s-wal'",
	     session_file(s));
	return fail_hint(err, "sudo chown --reference='%.200s' '%.200s-wal'", session_file(s),
			 session_file(s));
}

bool session_fail_code(struct session *s, int code, struct err *err)
{
	const struct meaning *m = meaning_of(code);

	if (m->means == ERR_MEMORY || code == SQLITE_IOERR_NOMEM)
		return fail_memory(err);
	if (is_taken(code))
		return fail_taken(s, err);
	if (is_log_missing(s, code))
		return fail_log_missing(s, err);
	if (is_index_unready(code))
		return fail_index_unready(s, err);
	if (is_log_closed(s, code))
		return fail_log_closed(s, err);
	if (m->more == SAY_ERRNO)
		return fail_system(s, code, m, err);
	if (m->more == SAY_MESSAGE)
		return fail(err, m->means, "the book '%s' %s: %s", s->path, m->text,
			    sqlite3_errmsg(s->db));
	fail(err, m->means, "the book '%s' %s", s->path, m->text);
	if (m->means == ERR_BUSY)
		fail_hint(err, "try again; 'fuser %s' shows who has it open", s->path);
	return false;
}

bool session_fail(struct session *s, struct err *err)
{
	return session_fail_code(s, sqlite3_extended_errcode(s->db), err);
}

/* A book of a group is written by its members. */
static bool hint_group(const struct stat *st, struct err *err)
{
	char buffer[4096];
	struct group gr, *group = NULL;

	if (st->st_mode & S_IWGRP)
		getgrgid_r(st->st_gid, &gr, buffer, sizeof(buffer), &group);
	return group ? fail_hint(err, "members of the group %s may: sudo usermod -aG %s USER",
				 group->gr_name, group->gr_name)
		     : false;
}

bool session_fail_read_only(struct session *s, struct err *err)
{
	char buffer[4096];
	struct passwd pw, *found = NULL;
	struct stat st;

	if (euidaccess(s->path, W_OK) == 0)
		return fail_log_missing(s, err);
	if (stat(s->path, &st) < 0)
		return fail(err, ERR_NOT_PERMITTED, "this user may not write the book '%s'",
			    s->path);
	getpwuid_r(st.st_uid, &pw, buffer, sizeof(buffer), &found);
	if (found)
		fail(err, ERR_NOT_PERMITTED,
		     "this user may not write the book '%s', which belongs to %s", s->path,
		     found->pw_name);
	else
		fail(err, ERR_NOT_PERMITTED,
		     "this user may not write the book '%s', which belongs to uid %u", s->path,
		     (unsigned)st.st_uid);
	return hint_group(&st, err);
}
