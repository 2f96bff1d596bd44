#include "formats/command_port.h"

#include <stdio.h>
#include <string.h>

#include "formats/shell_ports.h"

static size_t place_of(const struct command_text *c, size_t at)
{
	return c->places ? c->places[at] : at;
}

/* One number, which is in the command, and of this program's own socket. */
static bool is_given(const struct shell_port *p)
{
	if (p->how == SHELL_PORT_DEFAULT || p->at == SHELL_NOWHERE || !p->len)
		return false;
	if (p->is_unsure && p->how != SHELL_PORT_OPTION)
		return false; /* API_PORT=3000 names another service, more often than not */
	return p->port == p->last && p->protocol == PROTO_TCP && !(p->is_unsure && p->is_address);
}

static void tell_given(const struct command_text *c, const struct shell_port *p,
		       struct command_port *ret)
{
	*ret = (struct command_port){ .port = p->port, .is_default = p->is_fallback };
	ret->at = place_of(c, p->at);
	ret->len = place_of(c, p->at + p->len - 1) + 1 - ret->at;
}

/* Where a number can be put is behind a letter of the command. */
static bool tell_usual(const struct command_text *c, const struct shell_port *p,
		       struct command_port *ret)
{
	if (p->how != SHELL_PORT_DEFAULT || !p->fix.is_known || !p->fix.at)
		return false;
	*ret = (struct command_port){ .port = p->port, .at = place_of(c, p->fix.at - 1) + 1 };
	return snprintf(ret->before, sizeof(ret->before), "%s", p->fix.before) <
	       (int)sizeof(ret->before);
}

static bool is_program(const struct shell_port *p, const char *program)
{
	return !program || (p->program && !strcmp(p->program, program));
}

static bool find(const struct command_text *c, const char *program, struct command_port *ret,
		 struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct shell_ports *found = arena_alloc(&arena, sizeof(*found));

	*ret = (struct command_port){ .port = 0 };
	if (!found)
		return fail_memory(err);
	if (!shell_ports_find(c->s, c->len, NULL, &arena, found, err))
		return false;
	for (unsigned i = 0; i < found->count && !ret->port; i++) {
		const struct shell_port *p = &found->items[i];

		if (!is_program(p, program))
			continue;
		if (is_given(p))
			tell_given(c, p, ret);
		else if (!program || !tell_usual(c, p, ret))
			*ret = (struct command_port){ .port = 0 };
	}
	return true;
}

bool command_port_find(const struct command_text *c, struct command_port *ret, struct err *err)
{
	return find(c, NULL, ret, err);
}

bool command_port_of(const struct command_text *c, const char *program, struct command_port *ret,
		     struct err *err)
{
	return find(c, program, ret, err);
}

bool command_is_quoted(const char *command, size_t at)
{
	bool is_in = false;

	for (size_t i = 0; i < at; i++)
		is_in = is_in != (command[i] == '\'');
	return is_in;
}
