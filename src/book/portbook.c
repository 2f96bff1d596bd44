/*
 * book/portbook.c - libportbook: include/portbook.h on top of a session.
 *
 * A question is a struct that becomes an operation's input, and an operation's
 * answer that becomes a struct, both by the tables of book/layouts.c.  So the
 * library says what the command says.
 *
 * The answer is made before the operation's commit (struct delivery): a caller
 * that is told "no memory" can rely on nothing having been entered.
 */

/* All else is hidden, in both libraries (tools/static-library, book/portbook.map). */
#pragma GCC visibility push(default)
#include <portbook.h>
#pragma GCC visibility pop

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "book/answer.h"
#include "book/session.h"
#include "book/layouts.h"
#include "book/surroundings.h"
#include "book/verify.h"
#include "operations/operation.h"

struct portbook {
	struct session *session;
	struct portbook *next; /* abandoned after a fork */
	pid_t owner;
	atomic_bool is_asked;
	bool isolated;
};

/* ---- errors ---- */

/* clang-format off */
static const int codes[] = {
	[ERR_NONE]	    = PORTBOOK_OK,
	[ERR_INVALID]	    = PORTBOOK_INVALID,
	[ERR_NOT_FOUND]	    = PORTBOOK_NOT_FOUND,
	[ERR_NOTHING]	    = PORTBOOK_NOTHING,
	[ERR_NOT_FREE]	    = PORTBOOK_NOT_FREE,
	[ERR_TAKEN]	    = PORTBOOK_TAKEN,
	[ERR_EXHAUSTED]	    = PORTBOOK_EXHAUSTED,
	[ERR_BOOK]	    = PORTBOOK_BOOK,
	[ERR_BUSY]	    = PORTBOOK_BUSY,
	[ERR_IO]	    = PORTBOOK_IO,
	[ERR_MEMORY]	    = PORTBOOK_MEMORY,
	[ERR_NOT_PERMITTED] = PORTBOOK_NOT_PERMITTED,
	[ERR_INTERRUPTED]   = PORTBOOK_INTERRUPTED,
};
/* clang-format on */
static_assert(ARRAY_LEN(codes) == ERR_CODE_COUNT, "an error code has no number in portbook.h");
static_assert(sizeof(((struct portbook_error *)NULL)->message) == ERR_TEXT_SIZE &&
		      sizeof(((struct portbook_error *)NULL)->hint) == ERR_HINT_SIZE,
	      "a message would be cut");

static void fill_holder(const char *text, struct portbook_holder *ret)
{
	CLEANUP(json_cleanup) json_t *holder = *text ? json_loads(text, 0, NULL) : NULL;
	struct arena none = { 0 };

	/* Its members need no memory: this cannot fail. */
	if (holder && !layout_read(&layout_holder, holder, ret, &none, NULL))
		memset(ret, 0, sizeof(*ret));
}

/* Also where all went well: what an earlier call left there is gone. */
static void tell(const struct err *err, struct portbook_error *ret)
{
	if (!ret)
		return;
	memset(ret, 0, sizeof(*ret));
	ret->code = codes[err->code];
	memcpy(ret->message, err->text, sizeof(ret->message));
	memcpy(ret->hint, err->hint, sizeof(ret->hint));
	/* A message may quote what was passed in, and is cut where it is too long. */
	utf8_repair(ret->message);
	utf8_repair(ret->hint);
	fill_holder(err->holder, &ret->holder);
}

const char *portbook_code_name(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i] == code)
			return err_name((enum err_code)i);
	return "unknown";
}

const char *portbook_version(void)
{
	return PORTBOOK_VERSION;
}

/* ---- structs that may be of an older or a newer header ---- */

/* Rationale: far above what any version will need; a size that was never set is rarely small. */
#define STRUCT_MAX 4096

static bool is_zero(const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Copy what both know into the zeroed `ret`; its size comes first in every such struct. */
static bool read_sized(const char *name, const void *given, void *ret, size_t size, struct err *err)
{
	size_t theirs = given ? *(const size_t *)given : 0;

	if (!given)
		return true;
	if (theirs < 2 * sizeof(size_t) || theirs > STRUCT_MAX) {
		fail(err, ERR_INVALID, "the size of struct %s is not set", name);
		return fail_hint(err, "set its member size to sizeof(struct %s)", name);
	}
	if (theirs > size && !is_zero((const unsigned char *)given + size, theirs - size)) {
		fail(err, ERR_INVALID, "struct %s uses members that libportbook %s does not know",
		     name, PORTBOOK_VERSION);
		return fail_hint(err, "use the libportbook that the program was built with");
	}
	memcpy(ret, given, theirs < size ? theirs : size);
	return true;
}

/* ---- a handle ---- */

static bool open_session(const struct portbook_options *given, struct session **ret,
			 bool *ret_isolated, struct err *err)
{
	struct portbook_options o = { 0 };
	struct session_options options;
	struct session *s;

	if (!read_sized("portbook_options", given, &o, sizeof(o), err))
		return false;
	options = (struct session_options){ .book = o.book,
					    .host = o.host,
					    .isolated = o.isolated };
	if (!session_open(&options, &s, err))
		return false;
	if (!session_ready(s, err)) {
		session_free(s);
		return false;
	}
	*ret = s;
	*ret_isolated = o.isolated;
	return true;
}

struct portbook *portbook_open(const struct portbook_options *options, struct portbook_error *error)
{
	struct portbook *book = calloc(1, sizeof(*book));
	struct err err = { 0 };

	if (!book)
		fail_memory(&err);
	else if (!open_session(options, &book->session, &book->isolated, &err)) {
		free(book);
		book = NULL;
	} else
		book->owner = getpid();
	tell(&err, error);
	return book;
}

/* Reachable to the end, so that no tool takes them for leaks. */
static struct portbook *_Atomic abandoned;

void portbook_close(struct portbook *book)
{
	if (!book)
		return;
	if (book->owner != getpid()) {
		/* SQLite must not be told in a child that the parent's connection ends. */
		book->next = atomic_exchange(&abandoned, book);
		return;
	}
	session_free(book->session);
	free(book);
}

const char *portbook_book(const struct portbook *book)
{
	return session_book(book->session);
}

const char *portbook_book_source(const struct portbook *book)
{
	return session_book_source(book->session);
}

static bool enter(struct portbook *book, struct err *err)
{
	if (!book)
		return fail(err, ERR_INVALID, "there is no book: the handle is NULL");
	if (book->owner != getpid()) {
		fail(err, ERR_INVALID, "the book '%s' was opened before this process was forked",
		     portbook_book(book));
		return fail_hint(err, "open it again: a handle never crosses a fork");
	}
	if (atomic_exchange(&book->is_asked, true)) {
		fail(err, ERR_INVALID, "another thread is asking the book '%s' by this handle",
		     portbook_book(book));
		return fail_hint(err, "let each thread open a handle of its own");
	}
	return true;
}

static void leave(struct portbook *book)
{
	atomic_store(&book->is_asked, false);
}

/* ---- asking ---- */

struct question {
	const char *operation;
	const struct layout *answer;
	bool in_a_place; /* a directory and PORTBOOK_ENV may say whose port is meant */
};

struct taking {
	const struct layout *layout;
	void *answer; /* NULL: none yet */
};

static bool take(json_t *answer, void *arg, struct err *err)
{
	struct taking *t = arg;

	answer_free(t->answer);
	t->answer = NULL;
	return answer_make(t->layout, answer, &t->answer, err);
}

/* What only looks may be asked any number of times. */
static bool check_once(const struct question *q, const struct portbook_request *r, struct err *err)
{
	return !r->once || operation_named(q->operation)->access == ACCESS_WRITE ||
	       fail(err, ERR_INVALID, "'%s' takes no 'once'", q->operation);
}

static bool make_input(const struct portbook *book, const struct question *q,
		       const struct portbook_request *r, json_t *input, struct err *err)
{
	if (!input)
		return fail_memory(err);
	if (!layout_write(&layout_request, r, input, err))
		return false;
	if (!q->in_a_place || book->isolated)
		return true;
	/* All of a project is all of its environments. */
	return surroundings_add_path(input, err) &&
	       (r->all || surroundings_add_environment(input, err));
}

static bool ask_operation(struct portbook *book, const struct question *q,
			  const struct portbook_request *r, void **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_object(), *answer = NULL;
	struct taking t = { .layout = q->answer };
	const struct delivery delivery = { take, &t };
	const struct call_io io = { .delivery = &delivery, .key = r->once };

	if (check_once(q, r, err) && make_input(book, q, r, input, err) &&
	    session_call_with(book->session, q->operation, input, &io, &answer, err)) {
		*ret = t.answer;
		return true;
	}
	answer_free(t.answer);
	return false;
}

static bool ask_verify(struct portbook *book, const struct question *q,
		       const struct portbook_request *r, void **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	return check_once(q, r, err) &&
	       verify_ask(book->session, r, !book->isolated, &answer, err) &&
	       answer_make(q->answer, answer, ret, err);
}

typedef bool ask_fn(struct portbook *book, const struct question *q,
		    const struct portbook_request *r, void **ret, struct err *err);

static void *ask(struct portbook *book, ask_fn *how, const struct question *q,
		 const struct portbook_request *given, struct portbook_error *error)
{
	struct portbook_request r = { 0 };
	struct err err = { 0 };
	void *answer = NULL;

	if (enter(book, &err)) {
		if (!read_sized("portbook_request", given, &r, sizeof(r), &err) ||
		    !how(book, q, &r, &answer, &err))
			answer = NULL;
		leave(book);
	}
	tell(&err, error);
	return answer;
}

struct portbook_entry *portbook_get(struct portbook *book, const struct portbook_request *request,
				    struct portbook_error *error)
{
	static const struct question get = { "get", &layout_entry, true };

	return ask(book, ask_operation, &get, request, error);
}

struct portbook_entry *portbook_allocate(struct portbook *book,
					 const struct portbook_request *request,
					 struct portbook_error *error)
{
	static const struct question allocate = { "allocate", &layout_entry, true };

	return ask(book, ask_operation, &allocate, request, error);
}

struct portbook_entries *portbook_release(struct portbook *book,
					  const struct portbook_request *request,
					  struct portbook_error *error)
{
	static const struct question release = { "release", &layout_released, true };

	return ask(book, ask_operation, &release, request, error);
}

struct portbook_entry *portbook_update(struct portbook *book,
				       const struct portbook_request *request,
				       struct portbook_error *error)
{
	static const struct question update = { "update", &layout_entry, true };

	return ask(book, ask_operation, &update, request, error);
}

struct portbook_entries *portbook_list(struct portbook *book,
				       const struct portbook_request *request,
				       struct portbook_error *error)
{
	static const struct question list = { "list", &layout_listing, false };

	return ask(book, ask_operation, &list, request, error);
}

struct portbook_usages *portbook_summary(struct portbook *book,
					 const struct portbook_request *request,
					 struct portbook_error *error)
{
	static const struct question summary = { "summary", &layout_usages, false };

	return ask(book, ask_operation, &summary, request, error);
}

struct portbook_findings *portbook_verify(struct portbook *book,
					  const struct portbook_request *request,
					  struct portbook_error *error)
{
	static const struct question verify = { "check", &layout_findings, true };

	return ask(book, ask_verify, &verify, request, error);
}

void portbook_free(const void *answer)
{
	answer_free(answer);
}
