/*
 * What is known of a port by the script of package.json that asks for it: `config` and `lint`
 * know a script by its name, and so does who is told to change it.
 */
#include <string.h>

#include "operations/check_command.h"
#include "operations/variables.h"
#include "project/scripts.h"

static const struct entry *entry_of(const struct entry_list *list, const struct port_value *p)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->items[i].port == p->port)
			return &list->items[i];
	return NULL;
}

/* The file that `config` changes is the one at the top of the checkout, of who calls it there. */
static bool is_at_top(const struct command_place *here, const struct command_place *at)
{
	return here->is_known && at->folder && !strcmp(at->folder, at->place.root) &&
	       !strcmp(here->place.root, at->place.root);
}

static bool is_in_script(const struct shell_port *p)
{
	return !p->fix.is_known && p->how != SHELL_PORT_DEFAULT && p->port == p->last;
}

static bool read_script(struct call *c, const struct port_values *v, struct judged *j,
			struct err *err)
{
	const char *command = project_script(j->at->folder, j->port->script, &c->arena);
	const struct port_value *p;
	uint16_t was;

	if (!command)
		return true;
	if (!package_json_port(v, j->port->script, command, &p, &was, err))
		return false;
	j->own = p && was == j->port->port ? entry_of(&j->at->entries, p) : NULL;
	j->is_configured = j->own;
	return true;
}

bool judged_script(struct call *c, const struct command_place *here,
		   const struct entry_filter *which, struct judged *j, struct err *err)
{
	const struct port_value *named;
	struct port_values values;

	if (!j->at->is_known)
		return true;
	if (!variables_read(c, &j->at->place, which->environment, which->host, &values, err))
		return false;
	named = port_named_in(&values, j->port->script);
	j->named = named ? named->service : NULL;
	return !is_in_script(j->port) || !is_at_top(here, j->at) || read_script(c, &values, j, err);
}
