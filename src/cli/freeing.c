#include "cli/freeing.h"

#include <string.h>

#include "cli/ask.h"
#include "cli/entry_text.h"
#include "cli/freeing_rows.h"
#include "cli/piece.h"
#include "cli/screen.h"

/* Whether. */

static bool check_one(struct run *r, const json_t *port, struct err *err)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const struct ending e = freeing_ending(r, &a, port);
	struct holders h;

	return freeing_holders(port, &a, &h, err) && ending_is_allowed(&e, &h, err);
}

bool freeing_check(struct run *r, const json_t *ports, struct err *err)
{
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port)
		if (!check_one(r, port, err))
			return false;
	return true;
}

/* Who is shown. */

static void add_process(struct text *t, const json_t *process)
{
	const char *command = json_text_of(process, "command");
	const char *unit = json_text_of(process, "unit");

	text_add(t, "  ");
	listener_add(t, process);
	if (command) {
		text_add(t, ": ");
		screen_add(t, command, 0);
	}
	if (unit && strstr(unit, ".service")) {
		text_add(t, ", in the unit ");
		screen_add(t, unit, 0);
	}
	text_add(t, "\n");
}

static void add_state(struct text *t, const json_t *port)
{
	const json_t *owner = json_object_get(port, "owner");
	const char *state = json_text_of(port, "state"), *reason = json_text_of(port, "reason");

	if (state) {
		text_add(t, "  ");
		screen_add(t, state, 0);
		if (reason) {
			text_add(t, ": ");
			screen_add(t, reason, 0);
		}
		text_add(t, "\n");
	} else if (json_is_object(owner)) {
		text_add(t, "  seems to be ");
		screen_add(t, text_or(owner, "projectName", "?"), 0);
		text_add(t, "'s: ");
		screen_add(t, text_or(owner, "reason", "?"), 0);
		text_add(t, "\n");
	}
}

static void add_port(struct text *t, const json_t *port)
{
	const json_t *entry = json_object_get(port, "entry");
	const json_t *process;
	size_t i;

	entry_add_port(t, port);
	if (json_is_object(entry)) {
		text_add(t, " (");
		entry_add_name(t, entry);
		text_add(t, ")");
	}
	text_add(t, " is held by\n");
	json_array_foreach(json_object_get(port, "processes"), i, process)
		add_process(t, process);
	add_state(t, port);
}

void freeing_show(struct run *r, const json_t *ports)
{
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port)
		add_port(&r->out.text, port);
}

bool freeing_render(struct run *r, const json_t *answer, struct err *err)
{
	freeing_show(r, json_object_get(answer, "ports"));
	return true;
}

/* The question. */

/* It is the owner's own service, or may be: nothing shows that it is not. */
static bool may_be_owners(const json_t *port)
{
	const char *state = json_text_of(port, "state");

	return state && (!strcmp(state, "in_use") || !strcmp(state, "unknown"));
}

static const json_t *first_of_owner(const json_t *ports)
{
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port)
		if (may_be_owners(port))
			return port;
	return NULL;
}

static bool fail_own(struct run *r, const json_t *port, struct err *err)
{
	CLEANUP(text_release) struct text name = { 0 };
	bool is_own = !strcmp(text_or(port, "state", ""), "in_use");

	entry_add_name(&name, json_object_get(port, "entry"));
	if (is_own)
		fail(err, ERR_TAKEN, "%u is held by its owner: '%s' itself runs there: %s",
		     freeing_port(port), text_str(&name), text_or(port, "actual", "?"));
	else
		fail(err, ERR_TAKEN, "%u is held by what may be its owner, '%s': %s; %s",
		     freeing_port(port), text_str(&name), text_or(port, "actual", "?"),
		     text_or(port, "reason", ""));
	return fail_hint(err, "--force ends it all the same: portbook %s %s --force",
			 r->command->name, r->args[0]);
}

static bool ask(struct run *r, const json_t *ports)
{
	CLEANUP(piece_cleanup) struct piece question = { .of = &r->out.notes };
	const json_t *own = first_of_owner(ports), *port;
	size_t i, count = 0;

	json_array_foreach(ports, i, port) {
		add_port(&question.text, port);
		count += json_array_size(json_object_get(port, "processes"));
	}
	if (own && !strcmp(text_or(own, "state", ""), "in_use"))
		text_add(&question.text, "That is the owner itself. ");
	else if (own)
		text_add(&question.text, "That may be the owner itself. ");
	text_add(&question.text, count == 1 ? "End it?" : "End all of them?");
	return ask_yes(r, text_str(&question.text));
}

bool freeing_agree(struct run *r, const json_t *ports, struct err *err)
{
	const json_t *own = first_of_owner(ports);

	if (run_has(r, "force") || (run_has(r, "yes") && !own))
		return true;
	if (own && (run_has(r, "yes") || !ask_is_possible(r)))
		return fail_own(r, own, err);
	if (!ask_is_possible(r)) {
		fail(err, ERR_INVALID,
		     "whether %s may be ended is asked first, and there is nobody to ask",
		     text_or(json_array_get(ports, 0), "actual", "it"));
		return fail_hint(err, "portbook %s %s --yes", r->command->name, r->args[0]);
	}
	return ask(r, ports) || fail(err, ERR_NOT_FREE, "nobody was ended");
}
