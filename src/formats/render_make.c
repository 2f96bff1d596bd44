/*
 * ports.mk, or lines of a Makefile.  Source: GNU make's manual, "Conditional Variable
 * Assignment" (?=: what the environment or the command line says counts more) and
 * "Other Special Variables" (.DEFAULT_GOAL; set to nothing, the next target becomes it).
 */
#include "formats/render_rows.h"

static void add_variables(const struct port_values *v, struct text *ret)
{
	for (unsigned i = 0; i < v->count; i++)
		text_addf(ret, "%s ?= %u\n", v->items[i].variable, v->items[i].port);
	text_add(ret, "export");
	for (unsigned i = 0; i < v->count; i++)
		text_addf(ret, " %s", v->items[i].variable);
	text_add(ret, "\n\n");
}

/* A line that asks of all the ports on this protocol; none, where there are none. */
static void add_check(const struct port_values *v, enum protocol protocol, const char *options,
		      struct text *ret)
{
	const char *before = "";

	for (unsigned i = 0; i < v->count; i++) {
		if (v->items[i].protocol != protocol)
			continue;
		if (!*before)
			text_addf(ret, "\t@portbook check --to-start %s", options);
		text_addf(ret, "%s$(%s)", before, v->items[i].variable);
		before = ",";
	}
	if (*before)
		text_add(ret, "\n");
}

bool make_render(const struct port_values *v, struct text *ret, struct err *err)
{
	add_variables(v, ret);
	/* Wherever it is included: the first target of the Makefile stays the default. */
	text_add(ret,
		 "portbook-goal := $(.DEFAULT_GOAL)\n"
		 ".PHONY: check-ports init-ports\n"
		 "# No port is another's, or taken by another: for before something is started.\n"
		 "check-ports:\n");
	add_check(v, PROTO_TCP, "", ret);
	add_check(v, PROTO_UDP, "--udp ", ret);
	text_add(ret, "# For a new checkout: its ports into the book, .ports.env and these lines.\n"
		      "init-ports:\n"
		      "\t@portbook init\n");
	text_addf(ret, "\t@%s\n", v->command);
	text_add(ret, ".DEFAULT_GOAL := $(portbook-goal)\n");
	return text_ok(ret) || fail_memory(err);
}
