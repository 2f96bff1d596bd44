/* What is found stands in the command, and what is put there stays within it. */
#include <ctype.h>

#include "formats/shell_ports.h"
#include "fuzz.h"

static const char *find_script(void *arg, const char *folder, const char *name)
{
	(void)arg;
	(void)folder;
	if (!strcmp(name, "a"))
		return "npm run a && yarn b --port 3000 & vite";
	return strcmp(name, "b") ? NULL : "bash -c \"$(npm run a)\" && next dev";
}

static void check_place(const char *text, size_t size, const struct shell_port *p)
{
	if (p->at == SHELL_NOWHERE)
		return;
	MUST(p->at < size && p->len && p->at + p->len <= size);
	for (size_t i = 0; i < p->len; i++)
		MUST(isdigit((unsigned char)text[p->at + i]) || text[p->at + i] == '-');
	MUST(strtoul(text + p->at, NULL, 10) == p->port);
}

static void fuzz_one(const char *text, size_t size)
{
	const struct shell_scripts scripts = { find_script, NULL };
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct shell_ports ports;

	MUST(shell_ports_find(text, size, &scripts, &arena, &ports, NULL));
	MUST(ports.count <= SHELL_PORTS_MAX);
	for (unsigned i = 0; i < ports.count; i++) {
		const struct shell_port *p = &ports.items[i];

		MUST(p->port && p->last >= p->port && p->program);
		check_place(text, size, p);
		MUST(!p->fix.is_known || (p->fix.at <= size && p->fix.len <= size - p->fix.at &&
					  p->fix.before && p->fix.after));
	}
}
