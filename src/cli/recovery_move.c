#include <string.h>

#include "book/session.h"
#include "cli/entry_text.h"
#include "cli/recovery.h"
#include "cli/screen.h"
#include "cli/start_command.h"
#include "ports/name.h"

/* What `get` is asked for it. */
static json_t *input_for(const json_t *port, const char *service)
{
	const json_t *owner = json_object_get(port, "owner");
	const json_t *entry = json_object_get(port, "entry");

	return json_pack("{s:s, s:I, s:s, s:s, s:s}", "projectName",
			 text_or(owner, "projectName", ""), "instance",
			 (json_int_t)json_int_of(owner, "instance", 1), "serviceName", service,
			 "environment", text_or(entry, "environment", "dev"), "protocol",
			 text_or(port, "protocol", "tcp"));
}

static const json_t *leader_of(const json_t *port)
{
	return json_array_get(json_object_get(port, "processes"), 0);
}

/*
 * What is to be typed there: what ran, else how its project is started.  False:
 * it cannot be said in one line that is safe to type.
 */
static bool add_moved(struct text *t, const json_t *port, uint16_t gets)
{
	const json_t *leader = leader_of(port), *owner = json_object_get(port, "owner");
	uint16_t had = (uint16_t)json_int_of(port, "port", 0);

	return start_command_add(t, json_text_of(leader, "cwd"), json_text_of(leader, "command"),
				 had, gets) ||
	       start_command_add(t, json_text_of(owner, "path"),
				 json_text_of(owner, "startCommand"), had, gets);
}

static json_t *moved_row(const json_t *entry, const json_t *port, const char *command)
{
	json_t *row = json_object();

	if (row && json_put_int(row, "port", json_int_of(entry, "port", 0)) &&
	    json_put_text(row, "projectName", json_text_of(entry, "projectName")) &&
	    json_put_int(row, "instance", json_int_of(entry, "instance", 1)) &&
	    json_put_text(row, "serviceName", json_text_of(entry, "serviceName")) &&
	    json_put_text(row, "environment", json_text_of(entry, "environment")) &&
	    json_put_text(row, "cwd", json_text_of(leader_of(port), "cwd")) &&
	    json_put_text(row, "startCommand", command))
		return row;
	json_decref(row);
	return NULL;
}

static bool say_moved(struct recovery *v, const json_t *entry, const json_t *port, json_t *rows,
		      struct err *err)
{
	CLEANUP(text_release) struct text command = { 0 };
	uint16_t gets = (uint16_t)json_int_of(entry, "port", 0);
	bool known = add_moved(&command, port, gets);
	struct text *t = &v->run->out.text;

	if (!json_append(rows, moved_row(entry, port, known ? text_str(&command) : NULL)))
		return fail_memory(err);
	entry_add_name(t, entry);
	text_addf(t, run_has(v->run, "dry-run") ? " would have %u" : " has %u", gets);
	if (known) {
		text_add(t, ", and is started there by\n  ");
		screen_add(t, text_str(&command), 0);
		text_add(t, "\n");
		return true;
	}
	text_addf(t, "; start it with PORT=%u as before:\n  ", gets);
	screen_add(t, text_or(leader_of(port), "command", "its command cannot be seen"), 0);
	text_add(t, "\n");
	return true;
}

/* It belongs to nobody whom the book knows: how to enter it. */
static void say_unknown(struct recovery *v, const json_t *port)
{
	const char *cwd = json_text_of(leader_of(port), "cwd");
	struct text *t = &v->run->out.text;

	screen_add(t, text_or(leader_of(port), "program", "what was there"), 0);
	text_add(t, " belongs to no project of the book; it gets a port of its own by\n  ");
	if (cwd) {
		text_add(t, "cd ");
		shell_path_add(t, cwd);
		text_add(t, " && ");
	}
	text_add(t, "portbook get ");
	screen_add(t, text_or(json_object_get(port, "entry"), "serviceName", "web"), 0);
	text_add(t, "\n");
}

/* The service has a port, and runs on it: then it is not what was ended. */
static bool runs_elsewhere(struct recovery *v, const json_t *input)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err none = { 0 };

	return run_call(v->run, "holders", input, &answer, &none) &&
	       json_bool_of(json_array_get(json_object_get(answer, "ports"), 0), "listening");
}

/* What the squatter's project has on this machine, in that environment. */
static json_t *services_of(struct recovery *v, const json_t *port)
{
	const json_t *owner = json_object_get(port, "owner");
	CLEANUP(json_cleanup) json_t *answer = NULL, *input = NULL;
	struct err none = { 0 };

	input = json_pack("{s:s, s:I, s:s, s:s}", "projectName", text_or(owner, "projectName", ""),
			  "instance", (json_int_t)json_int_of(owner, "instance", 1), "environment",
			  text_or(json_object_get(port, "entry"), "environment", "dev"), "host",
			  session_host(v->run->session));
	if (!input || !run_call(v->run, "list", input, &answer, &none))
		return NULL;
	return json_incref(json_object_get(answer, "ports"));
}

/* `same`, if the project has it; else its only service, if it has one; NULL: neither. */
static const char *likely_service(const json_t *services, const char *same)
{
	const char *only = NULL;
	bool one = true;
	const json_t *row;
	size_t i;

	json_array_foreach(services, i, row) {
		const char *name = text_or(row, "serviceName", "");

		if (!strcmp(name, same))
			return same;
		one = one && (!only || !strcmp(only, name));
		only = name;
	}
	return one ? only : NULL;
}

/* Which of the project's services it is: its input for `get`. */
static bool choose_service(struct recovery *v, const json_t *port, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *services = services_of(v, port);
	const char *known = json_text_of(json_object_get(port, "owner"), "serviceName");
	const char *same = text_or(json_object_get(port, "entry"), "serviceName", "web");
	const char *likely = likely_service(services, same);
	char name[NAME_SIZE];

	*ret = input_for(port, known ? known : likely ? likely : same);
	if (!*ret)
		return fail_memory(err);
	if (known || !runs_elsewhere(v, *ret) ||
	    !name_from_words(text_or(leader_of(port), "program", "web"), name))
		return true;
	json_decref(*ret);
	/* Its only service runs: then what was ended is not that. */
	*ret = input_for(port, likely && strcmp(likely, same) != 0 ? same : name);
	return *ret || fail_memory(err);
}

static bool give_one(struct recovery *v, const json_t *port, json_t *rows, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = NULL, *entry = NULL;

	if (!json_is_object(json_object_get(port, "owner"))) {
		say_unknown(v, port);
		return true;
	}
	if (!choose_service(v, port, &input, err))
		return false;
	if (run_has(v->run, "dry-run") && !json_put_bool(input, "dryRun", true))
		return fail_memory(err);
	if (!run_call(v->run, "get", input, &entry, err))
		return fail_while(err, "giving '%s' a port of its own",
				  text_or(input, "projectName", "?"));
	run_notices(v->run, entry);
	return say_moved(v, entry, port, rows, err);
}

bool recovery_move(struct recovery *v, struct err *err)
{
	json_t *rows = json_array();
	const json_t *port;
	size_t i;

	if (!json_put(v->answer, "moved", rows))
		return fail_memory(err);
	json_array_foreach(v->taken, i, port)
		if (!give_one(v, port, rows, err))
			return false;
	return true;
}
