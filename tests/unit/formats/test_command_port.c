#include "lib/check.h"

#include "formats/command_port.h"

static struct command_text text_of(const char *command)
{
	return (struct command_text){ command, strlen(command), NULL };
}

static void test_command_port__reads_what_programs_are_told(void **state)
{
	static const struct {
		const char *command;
		unsigned port;
	} row[] = {
		{ "", 0 },
		{ "next dev", 0 },
		{ "next dev -p 3000", 3000 },
		{ "next dev -p3000", 3000 },
		{ "next dev -p=3000", 3000 },
		{ "vite --port 3000 --host", 3000 },
		{ "vite --port=3000", 3000 },
		{ "vite --port '3000'", 3000 },
		{ "PORT=3000 node x", 3000 },
		{ "cross-env PORT=3000 node x", 3000 },
		{ "next dev -p ${PORT:-3000}", 3000 },
		{ "next dev -p $PORT", 0 },
		{ "tsc && node x --port 3000", 3000 },
		{ "(cd a;serve -p 3000)", 3000 },
		{ "sh -c 'serve -p 3000'", 3000 },
		{ "python -m http.server 3000", 3000 },
		{ "docker run -p 127.0.0.1:3000:80 x", 3000 },
		{ "node x -p 3000", 3000 },
		{ "node x --host db:5432", 0 }, /* where it connects to */
		{ "psql -p 5432", 0 },		/* so does this */
		{ "docker run -p 53:53/udp x", 0 },
		{ "docker run -p 3000-3001:80 x", 0 },
		{ "serve -p 70000", 0 },
		{ "serve -p 3000x", 0 },
		{ "rsync -p a 3000", 0 },
		{ "X_PORT=3000 node x", 0 },
		{ "serve -p", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct command_text c = text_of(row[i].command);
		struct command_port found;

		CHECK(command_port_find(&c, &found, NULL));
		CHECK(found.port == row[i].port, "%s: %u", row[i].command, found.port);
		CHECK(!found.port || !strncmp(c.s + found.at, "3000", found.len), "%s", c.s);
	}
}

/* The command with 1 where the port of `next` is, or is to be. */
static void test_command_port_of__says_where_next_can_have_one(void **state)
{
	static const struct {
		const char *command, *want;
	} row[] = {
		{ "next dev", "next dev -p 1" },
		{ "next dev --turbo", "next dev -p 1 --turbo" },
		{ "next", "next -p 1" },
		{ "npx next start && x", "npx next start -p 1 && x" },
		{ "a; cross-env A=1 ./node_modules/.bin/next dev",
		  "a; cross-env A=1 ./node_modules/.bin/next dev -p 1" },
		{ "next build && next start", "next build && next start -p 1" },
		{ "next dev -p 3000", "next dev -p 1" },
		{ "PORT=3000 next dev", "PORT=1 next dev" },
		{ "vite --port 5 & next dev", "vite --port 5 & next dev -p 1" },
		{ "next build", NULL },
		{ "next-intl dev", NULL },
		{ "next dev -p $PORT", NULL },
		{ "vite", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct command_text c = text_of(row[i].command);
		struct command_port f;
		char is[128];

		CHECK(command_port_of(&c, "next", &f, NULL));
		CHECK(!f.port == !row[i].want, "%s", c.s);
		if (!f.port)
			continue;
		snprintf(is, sizeof(is), "%.*s%s1%s", (int)f.at, c.s, f.before, c.s + f.at + f.len);
		CHECK(!strcmp(is, row[i].want), "'%s'", is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_port__reads_what_programs_are_told),
		cmocka_unit_test(test_command_port_of__says_where_next_can_have_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
