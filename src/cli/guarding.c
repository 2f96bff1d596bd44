#include "cli/guarding.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/caller.h"
#include "cli/output.h"

static bool call(void *session, const char *operation, const json_t *input,
		 const struct call_io *io, json_t **ret, struct err *err)
{
	return session_call_with(session, operation, input, io, ret, err);
}

/* In the process that reads the book. */

/* Where nobody tells of changes, the guard asks each second. */
static struct watcher *watch(struct session *s, bool quiet)
{
	CLEANUP(output_release) struct output out = { .quiet = quiet };
	struct watcher *watcher = NULL;
	struct err err = { 0 };

	if (!session_watch(s, &watcher, &err))
		output_note(&out, "changes of the book are seen after a second: %s", err.text);
	output_flush_notes(&out);
	return watcher;
}

/* One that nobody named is made if it is not there, and what its maker left half made is mended. */
static bool make_book(const struct session_options *options, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_pack("{s:i}", "limit", 1), *answer = NULL;
	struct session *s = NULL;
	bool ok;

	if (!input)
		return fail_memory(err);
	ok = session_open(options, &s, err) && session_call(s, "history", input, &answer, err);
	session_free(s);
	return ok;
}

bool guarding_open(void *arg, bool again, struct transport *ret, struct watcher **ret_watcher,
		   struct err *err)
{
	const struct guarded_book *b = arg;
	struct session_options options = b->options;
	struct session *s = NULL;

	if (!again && !make_book(&options, err))
		return false;
	/* A new and empty one in the place of one that was moved away would let all ports go. */
	options.only_look = true;
	if (!session_open(&options, &s, err))
		return false;
	*ret_watcher = watch(s, b->quiet);
	*ret = (struct transport){ .call = call, .arg = s };
	return true;
}

/* In the guard's. */

bool guarding_run(struct session *s, const struct guarded_book *book, const struct guard_options *o,
		  struct err *err)
{
	struct guarded_book guarded = *book;
	const struct book_source source = { guarding_open, &guarded };
	struct guard_options all = *o;
	char user[CALLER_NAME_SIZE] = "";

	if (!strcmp(session_book(s), "memory:"))
		return fail(err, ERR_INVALID, "a book in memory has nobody whose ports are held");
	if (!user_name(geteuid(), user))
		snprintf(user, sizeof(user), "uid %u", (unsigned)geteuid());
	all.book = &source;
	all.machine = session_machine(s);
	all.user = user;
	all.book_name = session_book(s);
	return guard_run(&all, err);
}
