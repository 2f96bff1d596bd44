/*
 * What goes between our marks in files of lines: systemd's drop-ins, /etc/hosts,
 * a page in Markdown, and modules of programs.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "formats/claim.h"
#include "formats/md_write.h"
#include "formats/render_rows.h"

static bool is_first_of_service(const struct port_values *v, unsigned i)
{
	return i == 0 || strcmp(v->items[i].service, v->items[i - 1].service) != 0;
}

/* A guard lets go of what the unit is about to bind; where that fails, the unit starts all the same. */
static void add_yield(const struct port_values *v, const struct port_value *one, struct text *ret)
{
	text_addf(ret, "ExecStartPre=-portbook yield %s", v->project);
	if (v->instance > 1)
		text_addf(ret, "@%u", v->instance);
	text_addf(ret, "/%s --env %s\n", one->service, v->environment);
}

/*
 * Source: systemd.exec(5), Environment=; of a variable that is set twice the last one counts.
 * systemd.service(5), ExecStartPre=; a program without a path is looked for.
 */
bool systemd_render(const struct port_values *v, struct text *ret, struct err *err)
{
	text_add(ret, "[Service]\n");
	for (unsigned i = 0; i < v->count; i++)
		text_addf(ret, "Environment=%s=%u\n", v->items[i].variable, v->items[i].port);
	if (v->is_one)
		text_addf(ret, "Environment=PORT=%u\n", v->items[0].port);
	for (unsigned i = 0; i < v->count; i++)
		if (is_first_of_service(v, i))
			add_yield(v, &v->items[i], ret);
	return text_ok(ret) || fail_memory(err);
}

/* Source: systemd.unit(5), UNIT.d/NAME.conf. */
bool systemd_path(const struct port_values *v, char ret[static PATH_MAX])
{
	const char *unit = v->items[0].unit;

	for (unsigned i = 0; i < v->count; i++)
		if (!unit || !v->items[i].unit || strcmp(v->items[i].unit, unit) != 0)
			return false;
	return !strchr(unit, '/') &&
	       snprintf(ret, PATH_MAX, "/etc/systemd/system/%s.d/portbook.conf", unit) < PATH_MAX;
}

/* Source: hosts(5); RFC 6761 6.3, names below "localhost" are this machine. */
bool hosts_render(const struct port_values *v, struct text *ret, struct err *err)
{
	char name[LOCAL_NAME_SIZE];

	for (unsigned i = 0; i < v->count; i++) {
		if (!is_first_of_service(v, i))
			continue;
		local_hostname(v, &v->items[i], name);
		text_addf(ret, "127.0.0.1\t%s\t# port %u\n", name, v->items[i].port);
	}
	return text_ok(ret) || fail_memory(err);
}

/* --- a page in Markdown */

#define CELL(name, value)                                                              \
	static const char *name(const struct claim *c, char scratch[static CELL_SIZE]) \
	{                                                                              \
		return (value);                                                        \
	}

CELL(cell_service, c->service)
CELL(cell_protocol, protocol_name(c->protocol))
CELL(cell_type, c->type)
CELL(cell_hostname, c->tunnel_hostname)
CELL(cell_description, c->description)
CELL(cell_variable, c->note)

static bool is_any(const struct claim *c)
{
	return c != NULL;
}

/* The titles are those by which claims_md knows the columns; it has none for variables. */
static const struct md_column columns[] = {
	{ "Service", cell_service },
	{ "Port", md_cell_ports, .is_number = true },
	{ "Protocol", cell_protocol, .may_go = true, .usual = "tcp" },
	{ "Variable", cell_variable },
	{ "Type", cell_type, .may_go = true },
	{ "Public hostname", cell_hostname, .may_go = true },
	{ "Description", cell_description, .may_go = true },
	{ NULL },
};

static struct claim claim_of_value(const struct port_value *p)
{
	struct claim c = claim_of(CLAIM_ENTRY, 0);

	c.ports = (struct port_range){ p->port, p->port };
	c.protocol = p->protocol;
	c.service = p->service;
	c.type = p->type;
	c.tunnel_hostname = p->hostname;
	c.description = p->description;
	c.note = p->variable;
	return c;
}

bool markdown_render(const struct port_values *v, struct text *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct claim *claims = arena_alloc(&arena, v->count * sizeof(*claims));

	if (!claims)
		return fail_memory(err);
	for (unsigned i = 0; i < v->count; i++)
		claims[i] = claim_of_value(&v->items[i]);
	/* Behind HTML a table begins after an empty line: GitHub Flavored Markdown, 4.6. */
	text_add(ret, "\n");
	md_add_table(ret, columns, is_any, claims, v->count);
	text_add(ret, "\n");
	return text_ok(ret) || fail_memory(err);
}

/* --- modules: what is set around the program counts more */

bool express_render(const struct port_values *v, struct text *ret, struct err *err)
{
	text_add(ret, "Object.assign(module.exports, {\n");
	for (unsigned i = 0; i < v->count; i++)
		text_addf(ret, "\t%s: Number(process.env.%s || %u),\n", v->items[i].variable,
			  v->items[i].variable, v->items[i].port);
	text_add(ret, "});\n");
	return text_ok(ret) || fail_memory(err);
}

bool python_render(const struct port_values *v, struct text *ret, struct err *err)
{
	text_add(ret, "import os\n\n");
	for (unsigned i = 0; i < v->count; i++)
		text_addf(ret, "%s = int(os.environ.get(\"%s\") or %u)\n", v->items[i].variable,
			  v->items[i].variable, v->items[i].port);
	return text_ok(ret) || fail_memory(err);
}
