#include "cli/run.h"

#include <string.h>

#include "book/session.h"
#include "ports/name.h"

/* What of the book that was found somebody may not expect. */
static void note_session(struct run *r)
{
	const char *user = session_behalf(r->session);
	const char *unread = session_unread_config(r->session);

	if (user)
		output_note(&r->out, "under sudo this is the book of %s: %s", user,
			    session_book(r->session));
	if (unread && !run_text(r, "host"))
		output_note(&r->out, "%s; so this machine is taken for '%s'", unread,
			    session_host(r->session));
}

struct session_options run_book(const struct run *r)
{
	/* --host goes with each question: it says whose ports, not which machine this is. */
	return (struct session_options){
		.book = run_text(r, "book"),
		.named_by = "--book",
		.only_look = r->only_look,
		.follows_sudo = true,
	};
}

bool run_open(struct run *r, struct err *err)
{
	const struct session_options options = run_book(r);

	if (r->session)
		return true;
	if (!session_open(&options, &r->session, err))
		return false;
	if (!r->only_look)
		note_session(r);
	return true;
}

/* Silence would let its user take what this machine shows for the other's. */
static bool check_host(const struct run *r, struct err *err)
{
	const char *host = run_text(r, "host");
	char folded[NAME_SIZE];

	if (!host || !r->command || !(r->command->sends & SENDS_NO_OTHER_HOST))
		return true;
	if (!name_fold("host", host, folded, err))
		return false;
	if (!strcmp(folded, session_host(r->session)))
		return true;
	fail(err, ERR_INVALID, "'%s' looks at this machine, and '%s' is another", r->command->name,
	     folded);
	return fail_hint(err, "ask it there; this machine is '%s' in the book",
			 session_host(r->session));
}

/* What else a command asks on its way is another call. */
static const char *key_of(const struct run *r, const char *operation)
{
	const char *own = r->command ? r->command->operation : NULL;

	return own && !strcmp(own, operation) ? run_text(r, "once") : NULL;
}

bool run_call(struct run *r, const char *operation, const json_t *input, json_t **ret,
	      struct err *err)
{
	const struct call_io io = { .key = key_of(r, operation) };

	return run_open(r, err) && check_host(r, err) &&
	       session_call_with(r->session, operation, input, &io, ret, err);
}

struct progress *run_watch(struct run *r, const char *interrupted)
{
	return watch_start(&r->watch, !r->out.quiet && !r->out.json, interrupted);
}

bool run_call_with(struct run *r, const char *operation, const json_t *input, struct call_io io,
		   const char *interrupted, json_t **ret, struct err *err)
{
	bool ok;

	io.progress = run_watch(r, interrupted);
	io.key = key_of(r, operation);
	ok = run_open(r, err) && session_call_with(r->session, operation, input, &io, ret, err);
	watch_clear(&r->watch);
	return ok;
}

void run_notices(struct run *r, const json_t *answer)
{
	const json_t *notices = json_object_get(answer, "notices"), *notice;
	size_t i;

	json_array_foreach(notices, i, notice)
		if (json_is_string(notice))
			output_note(&r->out, "%s", json_string_value(notice));
}

bool run_show(struct run *r, const json_t *answer, struct err *err)
{
	if (r->out.json)
		return output_json(&r->out, answer, err);
	run_notices(r, answer);
	return r->command->render(r, answer, err);
}

bool run_plain(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	return run_call(r, r->command->operation, r->input, &answer, err) &&
	       run_show(r, answer, err);
}

const char *run_text(const struct run *r, const char *option)
{
	return json_text_of(r->own, option);
}

bool run_has(const struct run *r, const char *option)
{
	return json_object_get(r->own, option) != NULL;
}
