/*
 * operations/check_command.c - whether a line of shell may have the ports that it asks for.
 *
 * It is asked before every command of an agent: it opens what the command is about and no
 * more, and looks at no listeners.  In doubt it allows.  What is nobody's is allowed, too,
 * but for a port that programs take unasked, where the project has one of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations/check_command.h"
#include "operations/enter.h"
#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "project/scripts.h"
#include "registry/entry_json.h"

/* Rationale: more folders than a person goes through in one line. */
#define PLACES_MAX 16
/* Rationale: a range is judged port by port; docker publishes one of some ports. */
#define RANGE_MAX 1000u

struct asking {
	struct call *call;
	const json_t *input;
	const char *path, *host, *environment;
	struct command_place places[PLACES_MAX];
	unsigned place_count;
	struct shell_ports ports;
	struct judged judged[SHELL_PORTS_MAX];
};

/* --- where it would run */

static const char *set_variable(const struct asking *a, const char *name)
{
	return json_text_of(json_object_get(a->input, "variables"), name);
}

/* NULL: nobody knows where that is. */
static const char *absolute(const struct asking *a, const char *folder)
{
	const char *home = set_variable(a, "HOME");

	if (!folder || *folder == '/')
		return folder;
	if (*folder == '~')
		return home && (folder[1] == '/' || !folder[1])
			       ? arena_printf(&a->call->arena, "%s%s", home, folder + 1)
			       : NULL;
	if (!a->path)
		return NULL;
	return *folder ? arena_printf(&a->call->arena, "%s/%s", a->path, folder) : a->path;
}

static bool read_place(struct asking *a, struct command_place *p, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct directory d;
	bool found;

	/* What is not there yet is made by the command itself. */
	if (!p->folder || !directory_read(p->folder, &d, NULL))
		return true;
	if (!place_of_directory(a->call, &d, &p->place, &found, err))
		return false;
	p->is_known = found;
	p->can_be_entered = enter_is_possible(&d);
	if (!found)
		return true;
	f.project_id = p->place.project.id;
	f.instance = p->place.instance;
	f.host = a->host;
	f.environment = a->environment;
	f.protocol = PROTO_TCP;
	return entries_read(a->call->registry, &f, &a->call->arena, &p->entries, err);
}

/* The place of a folder as the command names it; of one that nobody knows, where it began. */
static bool find_place(struct asking *a, const char *folder, const struct command_place **ret,
		       struct err *err)
{
	struct command_place *p;

	folder = absolute(a, folder);
	if (!folder)
		folder = a->path;
	for (unsigned i = 0; i < a->place_count; i++)
		if (folder == a->places[i].folder ||
		    (folder && a->places[i].folder && !strcmp(folder, a->places[i].folder))) {
			*ret = &a->places[i];
			return true;
		}
	p = &a->places[a->place_count < PLACES_MAX ? a->place_count++ : PLACES_MAX - 1];
	*p = (struct command_place){ .folder = folder };
	*ret = p;
	return read_place(a, p, err);
}

static const char *find_script(void *arg, const char *folder, const char *name)
{
	const struct asking *a = arg;

	folder = absolute(a, folder);
	return folder ? project_script(folder, name, &a->call->arena) : NULL;
}

/* --- whether it would listen there at all */

/* What is set already, the program takes; 0: nothing is. */
static uint16_t port_set_already(const struct asking *a, const struct shell_server *s)
{
	const char *value = s->variable ? set_variable(a, s->variable) : NULL;
	unsigned long port = value ? strtoul(value, NULL, 10) : 0;

	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* Some file may say otherwise. */
static bool may_be_elsewhere(const struct asking *a, const struct shell_port *p)
{
	const char *folder = absolute(a, p->folder);

	return !folder || project_speaks_of_port(folder, p->server->files) ||
	       (p->server->variable && project_sets_variables(folder));
}

static void find_range(const struct asking *a, struct judged *j)
{
	const struct shell_port *p = j->port;
	uint16_t set = p->how == SHELL_PORT_DEFAULT ? port_set_already(a, p->server) : 0;

	j->first = set ? set : p->port;
	j->last = set ? set : p->last;
	j->is_unsure = p->is_unsure || p->is_fallback;
	if (p->how == SHELL_PORT_DEFAULT && !set)
		j->is_unsure = may_be_elsewhere(a, p);
}

/* --- whose it is */

static const char *whose(struct call *c, const struct check_answer *a, uint16_t port)
{
	const char *subject;

	switch (a->verdict) {
	case VERDICT_ENTERED:
		subject = entry_subject(&c->arena, &a->holder);
		return arena_printf(&c->arena, "%u belongs to '%s' (%s)", port,
				    subject ? subject : "?", a->holder.environment);
	case VERDICT_BLOCK:
		return arena_printf(&c->arena, "%u lies in the block of '%s'", port, a->owner.name);
	case VERDICT_RESERVED:
		return arena_printf(&c->arena, "%u is reserved%s%s", port,
				    !strncmp(a->reason, "for ", 4) ? " "
				    : *a->reason		   ? ": "
								   : "",
				    a->reason);
	case VERDICT_FREE:
	case VERDICT_YOURS:
	case VERDICT_LISTENING: break;
	}
	return arena_printf(&c->arena, "%u is what many programs take unasked", port);
}

static bool say_why(struct call *c, struct judged *j, const struct check_answer *a, uint16_t port,
		    struct err *err)
{
	const char *who = whose(c, a, port);

	j->message = who && j->port->how == SHELL_PORT_DEFAULT && a->verdict != VERDICT_FREE
			     ? arena_printf(&c->arena, "'%s' takes %u unasked, and %s",
					    j->port->program, port, who)
			     : who;
	return j->message || fail_memory(err);
}

/* Nobody's, and yet not one to take, if there is a command to run instead, or one that changes
   the script: who comes next takes it, too. */
static bool is_contested(const struct judged *j, const struct check_answer *a, uint16_t port)
{
	return a->verdict == VERDICT_FREE && !a->own_block && j->own && j->own->port != port &&
	       (j->port->fix.is_known || j->is_configured) && shell_port_is_usual(port);
}

static bool is_anothers(const struct check_answer *a)
{
	return a->verdict == VERDICT_ENTERED || a->verdict == VERDICT_BLOCK ||
	       a->verdict == VERDICT_RESERVED;
}

static bool judge_port(struct asking *a, struct judged *j, uint16_t port, struct err *err)
{
	const struct listener_list nothing = { 0 };
	const struct check_asker who = {
		.project = j->at->is_known ? &j->at->place.project : NULL,
		.instance = j->at->is_known ? j->at->place.instance : 1,
		.host = a->host,
		.protocol = j->port->protocol,
	};
	struct check_answer answer;

	if (!registry_check(a->call->registry, &who, port, &nothing, &a->call->arena, &answer, err))
		return false;
	j->verdict = answer.verdict;
	j->is_denied = is_anothers(&answer) || is_contested(j, &answer, port);
	return !j->is_denied || say_why(a->call, j, &answer, port, err);
}

static bool find_own(struct asking *a, struct judged *j, struct err *err)
{
	const struct entry_filter which = { .environment = a->environment, .host = a->host };
	const struct command_place *here = NULL;

	if ((j->port->script && !find_place(a, "", &here, err)) ||
	    !find_place(a, j->port->folder, &j->at, err))
		return false;
	return (!here || judged_script(a->call, here, &which, j, err)) &&
	       judged_instead(a->call, j, err);
}

static bool judge(struct asking *a, struct judged *j, struct err *err)
{
	unsigned last;

	find_range(a, j);
	if (j->is_unsure)
		return true;
	if (!find_own(a, j, err))
		return false;
	last = j->first + RANGE_MAX - 1 < j->last ? j->first + RANGE_MAX - 1 : j->last;
	for (unsigned port = j->first; port <= last && !j->is_denied; port++)
		if (!judge_port(a, j, (uint16_t)port, err))
			return false;
	return true;
}

/* Does another server of the command have that port by now? */
static bool is_given_twice(const struct asking *a, unsigned i)
{
	const struct judged *j = &a->judged[i];

	for (unsigned k = 0; k < i; k++) {
		const struct judged *other = &a->judged[k];

		if (other->is_denied && j->instead && other->instead &&
		    !strcmp(other->instead, j->instead) && other->port->program != j->port->program)
			return true;
	}
	return false;
}

/* --- the answer */

static const char *verdict_of(const struct judged *j)
{
	return j->is_unsure ? "unsure" : verdict_name(j->verdict);
}

static bool put_port(json_t *array, const struct judged *j)
{
	static const char *const hows[SHELL_PORT_HOW_COUNT] = { "variable", "option", "published",
								"argument", "default" };
	const struct shell_port *p = j->port;
	json_t *o = json_object();

	return json_append(array, o) && json_put_int(o, "port", j->first) &&
	       json_put_int(o, "lastPort", j->last) &&
	       json_put_text(o, "protocol", protocol_name(p->protocol)) &&
	       json_put_text(o, "how", hows[p->how]) && json_put_text(o, "program", p->program) &&
	       json_put_text(o, "script", p->script) &&
	       json_put(o, "offset",
			p->at == SHELL_NOWHERE ? json_null() : json_integer((json_int_t)p->at)) &&
	       json_put_bool(o, "denied", j->is_denied) &&
	       json_put_text(o, "verdict", verdict_of(j)) &&
	       json_put_text(o, "message", j->message) &&
	       json_put_text(o, "instead", j->is_denied ? j->instead : NULL);
}

static bool put_answer(struct asking *a, const char *command, json_t *answer, struct err *err)
{
	const char *rewritten = NULL, *reason = NULL;
	unsigned denied = 0;
	json_t *array = json_array();

	for (unsigned i = 0; i < a->ports.count; i++)
		denied += a->judged[i].is_denied;
	if (!json_put_text(answer, "decision", denied ? "deny" : "allow"))
		return fail_memory(err);
	if (denied &&
	    (!judged_rewrite(a->call, command, a->judged, a->ports.count, &rewritten, err) ||
	     !judged_reason(a->call, a->judged, a->ports.count, rewritten, &reason, err)))
		return false;
	if (!json_put_text(answer, "reason", reason) ||
	    !json_put_text(answer, "command", rewritten) || !json_put(answer, "ports", array))
		return fail_memory(err);
	for (unsigned i = 0; i < a->ports.count; i++)
		if (!put_port(array, &a->judged[i]))
			return fail_memory(err);
	return true;
}

static bool check_command_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct asking *a = arena_alloc(&c->arena, sizeof(*a));
	const char *command = json_text_of(input, "command");
	struct shell_scripts scripts = { find_script, a };

	if (!a)
		return fail_memory(err);
	a->call = c;
	a->input = input;
	a->path = json_text_of(input, "path");
	if (!input_host(c, input, &a->host, err) ||
	    !registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				  &a->environment, err) ||
	    !shell_ports_find(command, strlen(command), &scripts, &c->arena, &a->ports, err))
		return false;
	for (unsigned i = 0; i < a->ports.count; i++) {
		a->judged[i].port = &a->ports.items[i];
		if (!judge(a, &a->judged[i], err) ||
		    (a->judged[i].is_denied && is_given_twice(a, i) &&
		     !judged_instead_other(c, &a->judged[i], err)))
			return false;
	}
	return put_answer(a, command, answer, err);
}

const struct operation op_check_command = {
	.schema = &schema_check_command,
	.access = ACCESS_READ,
	.run = check_command_run,
};
