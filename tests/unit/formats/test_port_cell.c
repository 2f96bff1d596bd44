#include "lib/check.h"

#include "base/text.h"
#include "formats/port_cell.h"

/* "3100 3200-3204/udp localhost:80 ", "!" for an error. */
static void say(const char *cell, struct text *t)
{
	struct port_cell c = port_cell_of(cell);
	bool more = true;

	for (;;) {
		if (!port_cell_next(&c, &more, NULL)) {
			text_add(t, "!");
			return;
		}
		if (!more)
			return;
		if (c.host)
			text_addf(t, "%.*s:", c.host_len, c.host);
		text_addf(t, "%u", c.ports.first);
		if (c.ports.last > c.ports.first)
			text_addf(t, "-%u", c.ports.last);
		text_add(t, c.protocols & SAYS_TCP ? "/tcp" : "");
		text_add(t, c.protocols & SAYS_UDP ? "/udp" : "");
		text_add(t, " ");
	}
}

static void test_port_cell__reads_what_people_write(void **state)
{
	static const struct {
		const char *cell, *want;
	} row[] = {
		{ "", "" },
		{ "none", "" },
		{ "N/A (dynamic)", "" },
		{ "3100", "3100 " },
		{ " 3100, 3101;3102 and 3103\n3104", "3100 3101 3102 3103 3104 " },
		{ "3100-3104", "3100-3104 " },
		{ "3100 - 3104", "3100-3104 " },
		{ "3100\u20133104", "3100-3104 " },
		{ "3100..3104", "3100-3104 " },
		{ "3100 to 3104", "3100-3104 " },
		{ "3100 - web", "3100 " },
		{ "3100/tcp", "3100/tcp " },
		{ "3100/UDP", "3100/udp " },
		{ "3100/tcp/udp", "3100/tcp/udp " },
		{ "3100 (tcp, udp), 3101", "3100/tcp/udp 3101 " },
		{ "3100 UDP, 3101", "3100/udp 3101 " },
		{ "udp/53", "53/udp " },
		{ "TCP: 80, UDP: 53", "80/tcp 53/udp " },
		{ "`53`/udp", "53/udp " },
		{ ":3100", ":3100 " },
		{ "localhost:3100", "localhost:3100 " },
		{ "[::1]:3100", "[::1]:3100 " },
		{ "http://localhost:3100/a/b?c=1", "localhost:3100 " },
		{ "https://example.org", "" },
		{ "8080:80", "8080 " }, /* a container's port behind it */
		{ "127.0.0.1:8080:80/udp", "127.0.0.1:8080/udp " },
		{ "3000-3010:80-90", "3000-3010 " },
		{ "0.0.0.0:8080->80/tcp, :::8080->80/tcp", "0.0.0.0:8080/tcp :8080/tcp " },
		{ "3100 (web, v2)", "3100 " },
		{ "[3100](http://a:1/2)", "3100 " },
		{ "65535", "65535 " },
		{ "0", "!" },
		{ "65536", "!" },
		{ "3104-3100", "!" },
		{ "3100x", "!" },
		{ "v2", "!" },
		{ "3100, x1", "3100 !" },
		{ "[3100", "!" },
		{ "3100/path", "!" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text said = { 0 };

		say(row[i].cell, &said);
		CHECK(!strcmp(text_str(&said), row[i].want), "row %zu: '%s' is '%s', not '%s'", i,
		      row[i].cell, text_str(&said), row[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_port_cell__reads_what_people_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
