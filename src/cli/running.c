#include "cli/running.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"
#include "book/session.h"
#include "cli/entry_text.h"
#include "cli/piece.h"

/* --- who this process is */

void running_remember(struct running_before *ret)
{
	const char *home = getenv("HOME");
	int n = geteuid() == 0 && getenv("SUDO_UID") ? getgroups(0, NULL) : 0;

	*ret = (struct running_before){ .home = home ? strdup(home) : NULL };
	ret->groups = n > 0 ? calloc((size_t)n, sizeof(*ret->groups)) : NULL;
	if (ret->groups)
		ret->n_groups = getgroups(n, ret->groups);
}

void running_become_again(const struct running_before *before)
{
	/* Going on as half of somebody would be worse than not at all. */
	if (seteuid(getuid()) < 0 || setegid(getgid()) < 0 ||
	    setgroups(before->n_groups > 0 ? (size_t)before->n_groups : 0, before->groups) < 0)
		abort();
	if (before->home)
		setenv("HOME", before->home, 1);
	else
		unsetenv("HOME");
}

void running_leave_book(struct run *r, struct running_before *before)
{
	bool was_another = session_behalf(r->session) != NULL;

	session_free(r->session);
	r->session = NULL;
	if (was_another)
		running_become_again(before);
}

void running_before_cleanup(struct running_before *before)
{
	free(before->home);
	free(before->groups);
}

bool running_ask(void *arg, const char *operation, const json_t *input, json_t **ret,
		 struct err *err)
{
	const struct session_options o = run_book(arg);
	struct session *s = NULL;
	bool ok = session_open(&o, &s, err) && session_call(s, operation, input, ret, err);

	session_free(s);
	return ok;
}

/* --- asking */

/* As this command was asked, for that service; NULL: of no service. */
static json_t *input_for(const struct run *r, const char *service)
{
	json_t *input = json_deep_copy(r->input);

	if (!service) {
		json_object_del(input, "serviceName");
		json_object_del(input, "create");
	} else if (!json_put_text(input, "serviceName", service)) {
		json_decref(input);
		return NULL;
	}
	return input;
}

static bool ask(struct run *r, const char *operation, const char *service, json_t **ret,
		struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = input_for(r, service);

	if (!input)
		return fail_memory(err);
	if (!run_call(r, operation, input, ret, err))
		return false;
	run_notices(r, *ret);
	return true;
}

/* The only one that the instance has, else web: never what the command is called. */
static const char *service_of(const json_t *variables)
{
	const char *only = NULL;
	const json_t *one;
	size_t i;

	json_array_foreach(variables, i, one) {
		const char *service = json_text_of(one, "serviceName");

		if (!service || strcmp(json_text_of(one, "protocol"), "tcp") != 0)
			continue;
		if (only && strcmp(only, service) != 0)
			return "web";
		only = service;
	}
	return only ? only : "web";
}

/* A service's oldest port comes first. */
static uint16_t port_of(const json_t *variables, const char *service)
{
	const json_t *one;
	size_t i;

	json_array_foreach(variables, i, one)
		if (!strcmp(text_or(one, "serviceName", ""), service) &&
		    !strcmp(text_or(one, "protocol", ""), "tcp"))
			return (uint16_t)json_int_of(one, "port", 0);
	return 0;
}

static void take_place(struct assignment *a, const json_t *answer)
{
	snprintf(a->project, NAME_SIZE, "%s", text_or(answer, "projectName", ""));
	snprintf(a->environment, NAME_SIZE, "%s", text_or(answer, "environment", ""));
	snprintf(a->host, NAME_SIZE, "%s", text_or(answer, "host", ""));
	a->instance = (unsigned)json_int_of(answer, "instance", 1);
}

/* All of the instance's; the project may be one that only --create makes. */
static bool ask_variables(struct run *r, json_t **ret, struct err *err)
{
	struct err why = { 0 };

	if (ask(r, "env", NULL, ret, &why))
		return true;
	if (why.code == ERR_NOT_FOUND && json_bool_of(r->input, "create"))
		return true;
	*err = why;
	return false;
}

/* Where the book has the service already, no more need be asked. */
static bool take_service(struct run *r, struct assignment *a, json_t **variables, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const char *service = json_text_of(r->input, "serviceName");
	const json_t *list = json_object_get(*variables, "variables");

	snprintf(a->service, NAME_SIZE, "%s", service ? service : service_of(list));
	a->port = port_of(list, a->service);
	take_place(a, *variables);
	if (a->port)
		return assignment_add_own(a, a->port, a->service);
	if (!ask(r, "get", a->service, &answer, err))
		return false;
	take_place(a, answer);
	snprintf(a->service, NAME_SIZE, "%s", text_or(answer, "serviceName", ""));
	a->port = (uint16_t)json_int_of(answer, "port", 0);
	json_decref(*variables);
	*variables = NULL;
	return assignment_add_own(a, a->port, a->service);
}

/* --- what is given for other ports */

static bool give_mapped(struct run *r, struct assignment *a, const char *port, const char *service,
			bool *ret_new, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const char *at = port;
	uint16_t asked, given;

	if (!eat_port(&at, &asked) || !eat_end(&at) || !service || !*service)
		return fail(err, ERR_INVALID,
			    "--map takes PORT=NAME, such as 5173=hmr, not '%s=%s'", port,
			    service ? service : "");
	if (!ask(r, "get", service, &answer, err))
		return false;
	given = (uint16_t)json_int_of(answer, "port", 0);
	*ret_new = *ret_new || json_bool_of(answer, "created");
	return (assignment_add_own(a, given, json_text_of(answer, "serviceName")) &&
		assignment_give(a, asked, given)) ||
	       fail(err, ERR_INVALID, "that are more ports than a command can have");
}

static bool give_all_mapped(struct run *r, struct assignment *a, bool *ret_new, struct err *err)
{
	json_t *map = json_object_get(r->own, "map"), *service;
	const char *port;

	json_object_foreach(map, port, service)
		if (!give_mapped(r, a, port, json_string_value(service), ret_new, err))
			return false;
	return true;
}

/* --- the environment */

static bool set_number(const char *name, uint16_t port, struct err *err)
{
	char number[8];

	snprintf(number, sizeof(number), "%u", port);
	return setenv(name, number, 1) == 0 || fail_memory(err);
}

static bool take_variable(struct assignment *a, const json_t *one, struct err *err)
{
	const char *name = json_text_of(one, "name"), *protocol = json_text_of(one, "protocol");
	uint16_t port = (uint16_t)json_int_of(one, "port", 0);

	if (!name || !port)
		return fail(err, ERR_BOOK, "the book answered with a variable that is none");
	if (protocol && !strcmp(protocol, "tcp") &&
	    !assignment_add_own(a, port, json_text_of(one, "serviceName")))
		return fail(err, ERR_INVALID, "an instance of more than %d ports cannot be run",
			    OWN_MAX);
	return set_number(name, port, err);
}

static bool take_variables(struct assignment *a, const json_t *variables, struct err *err)
{
	const json_t *one;
	size_t i;

	json_array_foreach(variables, i, one)
		if (!take_variable(a, one, err))
			return false;
	return set_number("PORT", a->port, err);
}

bool running_gather(struct run *r, struct assignment *a, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool new = false;

	if (!ask_variables(r, &answer, err) || !take_service(r, a, &answer, err) ||
	    !give_all_mapped(r, a, &new, err))
		return false;
	if (new) {
		json_decref(answer);
		answer = NULL;
	}
	return (answer || ask(r, "env", NULL, &answer, err)) &&
	       take_variables(a, json_object_get(answer, "variables"), err);
}

/* --- the command */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

bool running_find(const char *command, char ret[static PATH_MAX])
{
	const char *at = getenv("PATH");

	if (strchr(command, '/'))
		return snprintf(ret, PATH_MAX, "%s", command) < PATH_MAX && access(ret, F_OK) == 0;
	for (at = at ? at : "/bin:/usr/bin"; *command; at++) {
		size_t len = strcspn(at, ":");
		int need = snprintf(ret, PATH_MAX, "%.*s%s%s", (int)len, at, len ? "/" : "",
				    command);

		if (need < PATH_MAX && is_program(ret))
			return true;
		at += len;
		if (!*at)
			break;
	}
	return false;
}

bool running_changes_user(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_ISUID) && st.st_uid != geteuid();
}

bool running_is_without(const char *what)
{
	const char *list = getenv("PORTBOOK_RUN_WITHOUT");
	size_t len = strlen(what);

	for (; list && *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == len && !strncmp(list, what, len))
			return true;
	return false;
}

void running_say_strict(struct run *r, const struct assignment *a)
{
	CLEANUP(text_release) struct text ports = { 0 };

	for (unsigned i = 0; i < a->n_own; i++)
		text_addf(&ports, "%s%u (%s)", i ? ", " : "", a->own[i].port, a->own[i].service);
	output_note(
		&r->out,
		"'%s' may listen on %s; any other port is refused with EACCES (Permission denied)",
		r->behind[0], text_str(&ports));
	output_flush_notes(&r->out);
}
