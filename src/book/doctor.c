#include "book/doctor.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "book/own.h"
#include "operations/doctor.h"
#include "store/postgres/look.h"
#include "store/postgres/postgres.h"
#include "store/sqlite/copy.h"
#include "store/sqlite/sqlite.h"

struct examination {
	struct session *session;
	const json_t *input;
	struct progress *progress;
	json_t *answer;
	bool is_over;	 /* what comes next needs what could not be had */
	bool is_damaged; /* said already */
};

static bool is_file(const struct examination *x)
{
	return strcmp(x->session->book, "memory:") != 0 && !book_is_url(x->session->book);
}

static bool add(struct examination *x, const char *check, enum severity severity,
		const char *message, const char *remedy, struct err *err)
{
	return doctor_add(x->answer,
			  &(struct finding){ .check = check,
					     .severity = severity,
					     .message = message,
					     .remedy = remedy },
			  err);
}

/* ---- what an error means here ---- */

static const char *remedy_of(const struct err *why)
{
	static const struct {
		enum err_code code;
		const char *remedy;
	} remedies[] = {
		{ ERR_BOOK, "portbook restore BACKUP puts a backup in its place, and keeps what is "
			    "there" },
		{ ERR_NOT_PERMITTED, "ask whose it is, or name another book: --book FILE" },
		{ ERR_IO, "look at the disk (df -h, dmesg), or whether its server runs" },
		{ ERR_INVALID, "name a book: --book FILE" },
	};

	if (why->hint[0])
		return why->hint;
	for (size_t i = 0; i < ARRAY_LEN(remedies); i++)
		if (remedies[i].code == why->code)
			return remedies[i].remedy;
	return "ask again";
}

/* What stops the look itself is no finding. */
static bool add_error(struct examination *x, const char *check, const struct err *why,
		      struct err *err)
{
	if (why->code == ERR_INTERRUPTED || why->code == ERR_MEMORY) {
		*err = *why;
		return false;
	}
	return add(x, check, SEVERITY_ERROR, why->text, remedy_of(why), err);
}

static bool stop(struct examination *x, const char *check, const struct err *why, struct err *err)
{
	x->is_over = true;
	return add_error(x, check, why, err);
}

/* ---- one look each ---- */

static bool look_at_config(struct examination *x, struct err *err)
{
	const char *unread = session_unread_config(x->session);

	return !unread || add(x, "config", SEVERITY_WARNING, unread,
			      "let HOME be this user's own, or say --host", err);
}

static bool stop_at_none(struct examination *x, struct err *err)
{
	const struct session *s = x->session;
	char message[PATH_MAX + 64];

	x->is_over = true;
	snprintf(message, sizeof(message), "there is no book '%.4000s' yet", s->book);
	return add(x, "book", s->is_named ? SEVERITY_ERROR : SEVERITY_NOTE, message,
		   s->is_named ? "name the one you mean, or make this one: portbook get SERVICE"
			       : "portbook get SERVICE makes it",
		   err);
}

static bool is_log_closed(const struct examination *x)
{
	char log[PATH_MAX + 8];

	snprintf(log, sizeof(log), "%s-wal", x->session->book);
	return euidaccess(x->session->book, W_OK) == 0 && access(log, F_OK) == 0 &&
	       euidaccess(log, W_OK) < 0;
}

static bool add_log_closed(struct examination *x, struct err *err)
{
	char remedy[2 * PATH_MAX + 64];

	snprintf(remedy, sizeof(remedy), "sudo chown --reference='%s' '%s-wal'", x->session->book,
		 x->session->book);
	return add(x, "rights", SEVERITY_ERROR, "this user may write the book, and not its log",
		   remedy, err);
}

static bool look_at_rights(struct examination *x, const struct stat *st, struct err *err)
{
	char remedy[PATH_MAX + 32];

	snprintf(remedy, sizeof(remedy), "chmod o-w '%.4000s'", x->session->book);
	if (st->st_mode & S_IWOTH)
		return add(x, "rights", SEVERITY_WARNING,
			   "every user of this machine may write the book, and damage it", remedy,
			   err);
	if (is_log_closed(x))
		return add_log_closed(x, err);
	return euidaccess(x->session->book, W_OK) == 0 ||
	       add(x, "rights", SEVERITY_NOTE, "this user may read the book, and not write it",
		   "nothing, if that is meant: its owner, or a member of its group, writes it",
		   err);
}

static bool look_at_file(struct examination *x, struct err *err)
{
	struct stat st;

	if (!is_file(x) || stat(x->session->book, &st) < 0)
		return true;
	return !st.st_size || look_at_rights(x, &st, err);
}

static bool look_at_version(struct examination *x, struct err *err)
{
	struct err why = { 0 };
	int version, latest;

	if (!is_file(x))
		return true;
	if (!store_sqlite_version(x->session->book, &version, &latest, &why))
		return why.code == ERR_NOT_FOUND ? stop_at_none(x, err)
						 : stop(x, "book", &why, err);
	if (!version)
		return stop_at_none(x, err);
	x->is_over = version < latest;
	return doctor_version(x->answer, version, latest, euidaccess(x->session->book, W_OK) == 0,
			      err);
}

/* The line that was added last is what a reader looks for. */
static bool put_first(struct examination *x, struct err *err)
{
	json_t *checks = json_object_get(x->answer, "checks");
	size_t last = json_array_size(checks) - 1;

	return (json_array_insert(checks, 0, json_array_get(checks, last)) == 0 &&
		json_array_remove(checks, last + 1) == 0) ||
	       fail_memory(err);
}

static bool look_at_book(struct examination *x, struct err *err)
{
	struct session *s = x->session;
	const char *user = session_behalf(s);
	char message[2 * PATH_MAX + 256];
	struct err why = { 0 };

	if (!session_need_book(s, ACCESS_READ, &why))
		return stop(x, "book", &why, err);
	snprintf(message, sizeof(message), "%s (%s)%s%s", s->book, s->source,
		 user ? ", under sudo that of " : "", user ? user : "");
	return add(x, "book", SEVERITY_OK, message, NULL, err) && put_first(x, err);
}

static bool look_inside(struct examination *x, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn txn = { x->session->registry.store };
	struct err why = { 0 };

	if (!is_file(x))
		return true;
	if (store_begin(txn.store, false, &why) && store_sqlite_check(txn.store, x->progress, &why))
		return add(x, "integrity", SEVERITY_OK, "the file is sound", NULL, err);
	x->is_damaged = true;
	return add_error(x, "integrity", &why, err);
}

static json_t *lines_json(const char *text)
{
	json_t *lines = json_array();

	while (text && *text) {
		size_t len = strcspn(text, "\n");

		if (!json_append(lines, json_stringn(text, len))) {
			json_decref(lines);
			return NULL;
		}
		text += len + (text[len] == '\n');
	}
	return lines;
}

static bool take_finding(const struct postgres_finding *f, void *arg, struct err *err)
{
	static const enum severity severities[] = {
		[POSTGRES_OK] = SEVERITY_OK,
		[POSTGRES_NOTE] = SEVERITY_NOTE,
		[POSTGRES_WARNING] = SEVERITY_WARNING,
		[POSTGRES_ERROR] = SEVERITY_ERROR,
	};
	const struct examination *x = arg;

	return doctor_add(x->answer,
			  &(struct finding){ .check = f->check,
					     .severity = severities[f->severity],
					     .message = f->message,
					     .remedy = f->remedy,
					     .details = lines_json(f->details) },
			  err);
}

static bool look_at_database(struct examination *x, struct err *err)
{
	struct session *s = x->session;
	struct err why = { 0 };

	if (!postgres_is_url(s->address) ||
	    store_postgres_look(s->registry.store, take_finding, x, &why))
		return true;
	return add_error(x, "book", &why, err);
}

/* All members but the counts, which doctor_add keeps. */
static bool take_over(struct examination *x, json_t *said, struct err *err)
{
	int64_t errors = json_int_of(x->answer, "errors", 0) + json_int_of(said, "errors", 0);
	int64_t warnings = json_int_of(x->answer, "warnings", 0) + json_int_of(said, "warnings", 0);
	json_t *checks = json_object_get(x->answer, "checks");

	return (json_array_extend(checks, json_object_get(said, "checks")) == 0 &&
		json_object_update_missing(x->answer, said) == 0 &&
		json_put_int(x->answer, "errors", errors) &&
		json_put_int(x->answer, "warnings", warnings)) ||
	       fail_memory(err);
}

static bool look_at_content(struct examination *x, struct err *err)
{
	CLEANUP(json_cleanup) json_t *said = NULL;
	struct err why = { 0 };

	if (session_call(x->session, "doctor", x->input, &said, &why))
		return take_over(x, said, err);
	if (why.code == ERR_INVALID) {
		*err = why;
		return false;
	}
	return x->is_damaged || add_error(x, "book", &why, err);
}

bool session_doctor(struct session *s, const json_t *input, struct progress *p, json_t **ret,
		    struct err *err)
{
	static bool (*const looks[])(struct examination *, struct err *) = {
		look_at_config, look_at_file,	  look_at_version, look_at_book,
		look_inside,	look_at_database, look_at_content,
	};
	CLEANUP(json_cleanup) json_t *answer = json_object();
	struct examination x = { .session = s, .input = input, .progress = p, .answer = answer };

	if (!json_put_bool(answer, "success", true) || !json_put_text(answer, "book", s->book) ||
	    !json_put(answer, "checks", json_array()))
		return fail_memory(err);
	for (size_t i = 0; i < ARRAY_LEN(looks) && !x.is_over; i++)
		if (!looks[i](&x, err))
			return false;
	*ret = json_incref(answer);
	return true;
}
