/*
 * What an agent reads of ports before it works on a project.  The file is committed, and every
 * worktree has it: it has names and commands, and no numbers.
 */
#include <string.h>

#include "formats/render_rows.h"

/* What is started by hand most often. */
static const struct port_value *example_of(const struct port_values *v)
{
	const struct port_value *web = port_of_service(v, "web");

	for (unsigned i = 0; !web && i < v->count; i++)
		if (v->items[i].nth == 1 && port_is_http(&v->items[i]))
			web = &v->items[i];
	return web ? web : v->items;
}

static void add_service(const struct port_value *p, struct text *ret)
{
	text_addf(ret, "| %s | `portbook get %s%s` | `%s` |\n", p->service, p->service,
		  p->protocol == PROTO_UDP ? " --udp" : "", p->variable);
}

bool agents_render(const struct port_values *v, struct text *ret, struct err *err)
{
	const struct port_value *example = v->count ? example_of(v) : NULL;

	text_add(ret,
		 "## Ports\n\n"
		 "On this machine every port has one owner, and `portbook` is the book of them. "
		 "A port that is\nfree now may belong to a service that is down. So do not look "
		 "for a free one, and do not take\nthe one that a framework takes unasked (3000, "
		 "5173, 8000, 8080): use this project's own.\n\n"
		 "| service | its port | variable |\n|---|---|---|\n");
	for (unsigned i = 0; i < v->count; i++)
		if (v->items[i].nth == 1)
			add_service(&v->items[i], ret);
	text_add(ret,
		 "\n- `portbook get SERVICE` prints the port, the same one every time, and "
		 "enters one for a service that\n  is new. A git worktree has ports of its own.\n");
	if (example)
		text_addf(ret, "- Start servers with it: `PORT=$(portbook get %s) ...`.",
			  example->service);
	text_add(ret,
		 " In files use the variables, which stand in\n  `.ports.env` "
		 "(`portbook env --write`), and no numbers.\n"
		 "- When an address is in use, or a command is denied, `portbook check PORT` says "
		 "whose the port is.\n  Do not end what listens there, and do not release ports, "
		 "unless you are asked to.\n");
	return text_ok(ret) || fail_memory(err);
}
