#include "cli/guarding.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/caller.h"

static bool call(void *session, const char *operation, const json_t *input,
		 const struct call_io *io, json_t **ret, struct err *err)
{
	return session_call_with(session, operation, input, io, ret, err);
}

/* Where nobody tells of changes, it looks itself. */
static struct watcher *watch(struct session *s, struct output *out)
{
	struct watcher *watcher = NULL;
	struct err err = { 0 };

	if (!session_watch(s, &watcher, &err))
		output_note(out, "changes of the book are seen after a second: %s", err.text);
	return watcher;
}

/* In the process that reads the book. */

/* One that is not there yet is made. */
static bool make_book(const struct session_options *options, struct err *err)
{
	struct session *s = NULL;
	bool ok = session_open(options, &s, err) && session_ready(s, err);

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
	*ret_watcher = watch(s, b->out);
	*ret = (struct transport){ .call = call, .arg = s };
	return true;
}

/* In the guard's. */

bool guarding_run(struct session *s, const struct session_options *book,
		  const struct guard_options *o, struct output *out, struct err *err)
{
	struct guarded_book guarded = { *book, out };
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
