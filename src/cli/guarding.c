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

bool guarding_run(struct session *s, const struct guard_options *o, struct output *out,
		  struct err *err)
{
	const struct transport book = { .call = call, .arg = s };
	struct guard_options all = *o;
	char user[CALLER_NAME_SIZE] = "";

	if (!strcmp(session_book(s), "memory:"))
		return fail(err, ERR_INVALID, "a book in memory has nobody whose ports are held");
	if (!user_name(geteuid(), user))
		snprintf(user, sizeof(user), "uid %u", (unsigned)geteuid());
	CLEANUP(watcher_cleanup) struct watcher *watcher = watch(s, out);

	all.book = &book;
	all.watcher = watcher;
	all.machine = session_machine(s);
	all.user = user;
	all.book_name = session_book(s);
	return guard_run(&all, err);
}
