/*
 * postgres/look.c - is the database as it should be?
 *
 * The schema is held word for word against what setup makes (objects.txt, which
 * objects.sql writes).  How a server writes definitions down differs between its
 * major versions: on another one than the list's, only what is missing counts.
 */
#include "store/postgres/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/embedded_objects.h"
#include "store/postgres/db.h"

/* The server that wrote objects.txt. */
#define LISTED_BY 15

/* Rationale: clocks that follow a time server are together within a tenth of this. */
#define APART_MS 1000

struct looking {
	struct session *session;
	postgres_finding_fn *fn;
	void *arg;
};

static bool tell(const struct looking *l, const struct postgres_finding *f, struct err *err)
{
	return l->fn(f, l->arg, err);
}

/* ---- the schema ---- */

/* One of `lines`, "object<TAB>definition"; it steps on.  False: there is no more. */
static bool next_line(const char **lines, struct text *object, struct text *definition)
{
	size_t name = strcspn(*lines, "\t"), len = strcspn(*lines, "\n");

	if (!**lines)
		return false;
	text_clear(object);
	text_clear(definition);
	text_addf(object, "%.*s", (int)name, *lines);
	text_addf(definition, "%.*s", (int)(len - name - 1), *lines + name + 1);
	*lines += len + ((*lines)[len] == '\n');
	return true;
}

struct comparison {
	struct query q;
	bool row; /* q stands at one */
	const char *object, *definition;
	bool same_server;
	struct text differences; /* a line each */
	unsigned count;
};

static void comparison_cleanup(struct comparison *c)
{
	query_close(&c->q);
	text_release(&c->differences);
}

static bool next_object(struct comparison *c, struct err *err)
{
	if (!query_step(&c->q, &c->row, err) || !c->row)
		return !c->row;
	c->object = query_text(&c->q);
	c->definition = query_text(&c->q);
	return query_row_ok(&c->q, err);
}

static void differ(struct comparison *c, const char *how, const char *object)
{
	text_addf(&c->differences, "%s%s: %s", c->count++ ? "\n" : "", how, object);
}

/* What the database has beside what is listed is its owner's. */
static bool compare(struct comparison *c, const char *object, const char *definition,
		    struct err *err)
{
	while (c->row && strcmp(c->object, object) < 0)
		if (!next_object(c, err))
			return false;
	if (!c->row || strcmp(c->object, object) != 0)
		differ(c, "missing", object);
	else if (c->same_server && strcmp(c->definition, definition) != 0)
		differ(c, "changed", object);
	return true;
}

static bool compare_all(struct comparison *c, struct err *err)
{
	CLEANUP(text_release) struct text object = { 0 }, definition = { 0 };
	const char *lines = embed_objects_txt;

	while (next_line(&lines, &object, &definition)) {
		if (!text_ok(&object) || !text_ok(&definition))
			return fail_memory(err);
		if (!compare(c, text_str(&object), text_str(&definition), err))
			return false;
	}
	return text_ok(&c->differences) || fail_memory(err);
}

static bool look_at_schema(const struct looking *l, struct err *err)
{
	struct session *s = l->session;
	CLEANUP(comparison_cleanup)
	struct comparison c = { .same_server = s->pq->serverVersion(s->conn) / 10000 == LISTED_BY };
	char message[128];

	if (!query_open(&s->sql, LOOK_OBJECTS, NULL, 0, &c.q, err) || !next_object(&c, err) ||
	    !compare_all(&c, err))
		return false;
	if (!c.count) {
		snprintf(message, sizeof(message), "version %u, the latest, and as setup made it",
			 pg_schema_latest());
		return tell(l, &(struct postgres_finding){ .check = "schema", .message = message },
			    err);
	}
	snprintf(message, sizeof(message), "%u %s as setup made %s", c.count,
		 c.count == 1 ? "object of the schema is not" : "objects of the schema are not",
		 c.count == 1 ? "it" : "them");
	return tell(l,
		    &(struct postgres_finding){
			    .check = "schema",
			    .severity = POSTGRES_ERROR,
			    .message = message,
			    .remedy = "a new database has it right: createdb NEW; portbook --book "
				      "NEW-URL setup; portbook copy OLD-URL NEW-URL",
			    .details = text_str(&c.differences) },
		    err);
}

/* ---- what a statement finds ---- */

static const struct look {
	enum statement what;
	const char *check, *fine;
} looks[] = {
	{ LOOK_VALIDITY, "validity", "all indexes and constraints hold" },
	{ LOOK_SLOTS, "slots", "the list of free ports and the entries agree" },
	{ LOOK_RIGHTS, "rights", "this role may write the book" },
	{ LOOK_DURABILITY, "durability", "what was answered is on the server's disk" },
};

static bool tell_row(const struct looking *l, const struct look *look, struct query *q,
		     struct err *err)
{
	struct postgres_finding f = { .check = look->check };

	f.severity = (enum postgres_severity)query_int(q);
	f.message = query_text(q);
	f.remedy = query_text(q);
	return query_row_ok(q, err) && tell(l, &f, err);
}

static bool look_by(const struct looking *l, const struct look *look, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	bool row = false, found = false;

	if (!query_open(&l->session->sql, look->what, NULL, 0, &q, err))
		return false;
	while (query_step(&q, &row, err) && row) {
		found = true;
		if (!tell_row(l, look, &q, err))
			return false;
	}
	return !row &&
	       (found ||
		tell(l, &(struct postgres_finding){ .check = look->check, .message = look->fine },
		     err));
}

/* ---- the clocks ---- */

int64_t postgres_clocks_apart(int64_t before_ms, int64_t server_ms, int64_t after_ms)
{
	if (server_ms > after_ms)
		return server_ms - after_ms > APART_MS ? server_ms - after_ms : 0;
	return before_ms - server_ms > APART_MS ? server_ms - before_ms : 0;
}

static bool look_at_clock(const struct looking *l, struct err *err)
{
	const int64_t before = clock_now_ms();
	int64_t server, apart;
	char message[128];

	if (!sql_ask(&l->session->sql, SERVER_TIME, &server, err))
		return false;
	apart = postgres_clocks_apart(before, server, clock_now_ms());
	if (!apart)
		return tell(l,
			    &(struct postgres_finding){
				    .check = "server",
				    .message = "the server's clock and this machine's agree" },
			    err);
	snprintf(message, sizeof(message),
		 "the server's clock is at least %lld.%lld s %s this machine's",
		 (long long)llabs(apart) / 1000, (long long)llabs(apart) % 1000 / 100,
		 apart > 0 ? "ahead of" : "behind");
	return tell(l,
		    &(struct postgres_finding){
			    .check = "server",
			    .severity = POSTGRES_WARNING,
			    .message = message,
			    .remedy = "let both follow a time server: timedatectl set-ntp true" },
		    err);
}

bool store_postgres_look(struct store *store, postgres_finding_fn *fn, void *arg, struct err *err)
{
	const struct looking l = { pg_session_of(store), fn, arg };

	if (!look_at_schema(&l, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(looks); i++)
		if (!look_by(&l, &looks[i], err))
			return false;
	return look_at_clock(&l, err);
}
