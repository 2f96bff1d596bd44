#include <string.h>

#include "base/text.h"

#include "store/postgres/db.h"

/*
 * Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes"; the
 * first row that fits, so a code stands before its class.
 */
static const struct {
	const char *state; /* a code, or the two letters of a class */
	enum err_code means;
	const char *text; /* goes on from "the book 'URL'" */
	const char *hint;
} meanings[] = {
	{ "42501", ERR_NOT_PERMITTED, "may not be changed so by this role",
	  "docs/postgresql.md says which role may what" },
	{ "25006", ERR_NOT_PERMITTED, "may only be read there",
	  "with several hosts in the URL, target_session_attrs=read-write finds the one to write to" },
	{ "25P02", ERR_IO, "was not changed: an earlier error has undone the transaction", NULL },
	{ "25P03", ERR_BUSY, "was not changed: the transaction was idle for too long",
	  "try again" },
	{ "40", ERR_BUSY, "was changed by another at the same time", "try again" },
	{ "55P03", ERR_BUSY, "has been held by others for too long",
	  "try again; pg_stat_activity shows who is at it" },
	{ "57014", ERR_BUSY, "has taken too long to answer", "try again" },
	{ "53300", ERR_BUSY, "has too many connections", "try again" },
	{ "53100", ERR_IO, "cannot be written: the server's disk is full", NULL },
	{ "53", ERR_IO, "cannot be used: the server lacks resources", NULL },
	{ "57", ERR_IO, "went away: the server ends", "try again" },
	{ "58", ERR_IO, "cannot be read or written by its server", NULL },
	{ "08", ERR_IO, "was lost on the way", "try again" },
	{ "22", ERR_INVALID, "does not take that", NULL },
	{ "23", ERR_INVALID, "does not take that", NULL },
	/* A table is missing, and what no version of ours can meet. */
	{ "", ERR_BOOK, "is not as it should be", NULL },
};

/* What is taken, by words of the constraint's name: the first that fits. */
static const struct {
	const char *word, *text;
} uniques[] = {
	{ "live_tunnel", "the tunnel hostname is held by another service" },
	{ "live_service", "the service has such a port already" },
	{ "live_port", "the port is entered already" },
	{ "projects_name", "there is a project of that name already" },
	{ "projects_number", "another project has that number" },
	{ "live_worktree", "another instance stands in that worktree" },
	{ "block", "the block overlaps another" },
	{ "", "it is in the book already" },
};

#define UNIQUE_VIOLATION    "23505"
#define EXCLUSION_VIOLATION "23P01"

static const char *field(struct session *s, const PGresult *result, int code)
{
	const char *text = result ? s->pq->resultErrorField(result, code) : NULL;

	return text ? text : "";
}

static bool fail_taken(struct session *s, const PGresult *result, struct err *err)
{
	const char *constraint = field(s, result, PG_DIAG_CONSTRAINT_NAME);
	unsigned i = 0;

	while (!strstr(constraint, uniques[i].word))
		i++;
	return fail(err, ERR_TAKEN, "%s", uniques[i].text);
}

/* What to do about a connection that is refused, by words of libpq or the server; in English. */
static const struct {
	const char *word, *hint;
} refusals[] = {
	{ "certificate verify failed",
	  "sslrootcert=FILE in the URL names whose certificates are trusted" },
	{ "does not match host name", "name the host in the URL as its certificate does" },
	{ "no password supplied",
	  "passwords are read from ~/.pgpass, or passfile=FILE in the URL" },
	{ "password authentication failed",
	  "passwords are read from ~/.pgpass, or passfile=FILE in the URL" },
	{ "no encryption", "the server wants TLS: sslmode=require in the URL" },
	{ "\" does not exist", "see docs/postgresql.md: createdb, createuser, portbook setup" },
};

/* A line for each host, and what the server adds to it: all of it in one line. */
static void join_lines(const char *message, struct text *t)
{
	const char *glue = "";

	while (*message) {
		size_t len;

		message += strspn(message, "\t ");
		len = strcspn(message, "\n");
		if (len)
			text_addf(t, "%s%.*s", glue, (int)len, message);
		glue = "; ";
		message += len + (message[len] == '\n');
	}
}

bool pg_fail_connection(struct session *s, enum err_code code, const char *what, const char *said,
			struct err *err)
{
	CLEANUP(text_release) struct text line = { 0 };

	join_lines(said, &line);
	fail(err, code, "the %s '%.300s' %s: %s", s->noun, s->shown, what, text_str(&line));
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (strstr(text_str(&line), refusals[i].word))
			return fail_hint(err, "%s", refusals[i].hint);
	return false;
}

static bool fail_lost(struct session *s, struct err *err)
{
	pg_fail_connection(s, ERR_IO, "was lost on the way", s->pq->errorMessage(s->conn), err);
	return fail_hint(err, "nothing was changed: try again");
}

/* Source: as above, class 40, "Transaction Rollback": a deadlock, a serialization failure. */
static void note_loss(struct session *s, const char *state)
{
	if (pg_is_lost(s) || !strncmp(state, "40", 2))
		s->sql.store.loss = LOSS_UNDONE;
}

/* Two that shared the book met: one of them is to have it alone. */
static void note_meeting(struct session *s, const char *state)
{
	if (s->sql.store.is_shared &&
	    (!strcmp(state, UNIQUE_VIOLATION) || !strcmp(state, EXCLUSION_VIOLATION) ||
	     !strncmp(state, "40", 2)))
		s->sql.store.needs_alone = true;
}

bool pg_fail(struct session *s, const PGresult *result, struct err *err)
{
	const char *state = field(s, result, PG_DIAG_SQLSTATE);
	const char *message = field(s, result, PG_DIAG_MESSAGE_PRIMARY);
	unsigned i = 0;

	note_loss(s, state);
	note_meeting(s, state);
	if (!*state)
		return pg_is_lost(s) ? fail_lost(s, err) : fail_memory(err);
	if (!strcmp(state, UNIQUE_VIOLATION) || !strcmp(state, EXCLUSION_VIOLATION))
		return fail_taken(s, result, err);
	while (strncmp(state, meanings[i].state, strlen(meanings[i].state)) != 0)
		i++;
	fail(err, meanings[i].means, "the %s '%.300s' %s: %s", s->noun, s->shown, meanings[i].text,
	     message);
	if (meanings[i].hint)
		fail_hint(err, "%s", meanings[i].hint);
	return false;
}
