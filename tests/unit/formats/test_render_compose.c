#include "lib/check.h"

#include "formats/render.h"

static const struct port_value shop[] = {
	{ .variable = "API_PORT", .port = 3101, .service = "api", .nth = 1 },
	{ .variable = "DNS_PORT", .port = 3102, .service = "dns", .nth = 1, .protocol = PROTO_UDP },
	{ .variable = "WEB_PORT", .port = 3100, .service = "web", .nth = 1 },
	{ .variable = "WEB_PORT_2", .port = 3103, .service = "web", .nth = 2 },
};
static const struct port_values values = { .project = "shop",
					   .environment = "dev",
					   .instance = 1,
					   .command = "make it",
					   .items = shop,
					   .count = ARRAY_LEN(shop) };

/* `old` NULL: there is no such file; `base` NULL: the file stands alone. */
static bool splice(const char *old, const char *base, struct text *ret, struct err *err)
{
	const struct file_bytes file = { "f", old, old ? strlen(old) : 0 };
	const struct file_bytes below = { "dir/b", base, base ? strlen(base) : 0 };

	return render_splice(render_format_named("compose"), &values, &file, &below, ret, err);
}

static void test_compose__changes_the_hosts_side_where_it_stands(void **state)
{
	static const struct {
		const char *old, *want;
	} row[] = {
		{ "services:\n  web:\n    ports:\n      - 3000:80 # page\n",
		  "services:\n  web:\n    ports:\n      - \"${WEB_PORT:-3100}:80\" # page\n" },
		{ "services: {web: {ports: ['1:80', \"[::1]:2:81/tcp\"]}}",
		  "services: {web: {ports: ['${WEB_PORT:-3100}:80', "
		  "\"[::1]:${WEB_PORT_2:-3103}:81/tcp\"]}}" },
		{ "services:\r\n  Web:\r\n    ports: [80, ':81']\r\n",
		  "services:\r\n  Web:\r\n    ports: [\"${WEB_PORT:-3100}:80\", "
		  "'${WEB_PORT_2:-3103}:81']\r\n" },
		/* Somebody's own variable stays, with our number as its default. */
		{ "services:\n web:\n  ports:\n  - ${PORT:-3000}:${IN:-80}\n  - 0.0.0.0::9\n",
		  "services:\n web:\n  ports:\n  - \"${PORT:-3100}:${IN:-80}\"\n"
		  "  - \"0.0.0.0:${WEB_PORT_2:-3103}:9\"\n" },
		{ "services:\n web:\n  ports:\n  - ${PORT-3000}:80\n  - $X:1\n",
		  "services:\n web:\n  ports:\n  - \"${PORT-3100}:80\"\n  - $X:1\n" },
		/* Each protocol is counted by itself; what we have no port for stays. */
		{ "services:\n  dns:\n    ports: [\"53:53\", \"53:53/udp\", \"9:9/udp\"]\n",
		  "services:\n  dns:\n    ports: [\"53:53\", \"${DNS_PORT:-3102}:53/udp\", "
		  "\"9:9/udp\"]\n" },
		{ "services:\n  web:\n    ports:\n      - mode: host\n        target: 80 # in\n"
		  "      - {target: 81}\n",
		  "services:\n  web:\n    ports:\n      - mode: host\n"
		  "        published: \"${WEB_PORT:-3100}\"\n        target: 80 # in\n"
		  "      - {published: \"${WEB_PORT_2:-3103}\", target: 81}\n" },
		{ "services:\n  web:\n    ports:\n    - published: '1'\n      target: 80\n    -\n"
		  "      target: 81\n      published: 8081\n",
		  "services:\n  web:\n    ports:\n    - published: '${WEB_PORT:-3100}'\n"
		  "      target: 80\n    -\n      target: 81\n"
		  "      published: \"${WEB_PORT_2:-3103}\"\n" },
		{ "\xef\xbb\xbfservices:\n  db: &d {ports: &p [5432:5432]}\n  web: {ports: [1:1]}\n",
		  "\xef\xbb\xbfservices:\n  db: &d {ports: &p [5432:5432]}\n"
		  "  web: {ports: [\"${WEB_PORT:-3100}:1\"]}\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		CHECK(splice(row[i].old, NULL, &text, &err), "row %zu: %s", i, err.text);
		CHECK(!strcmp(text_str(&text), row[i].want), "row %zu:\n%s", i, text_str(&text));
	}
}

static const char base[] =
	"services:\n"
	"  db:\n    image: x\n    ports: ['5432:5432']\n"
	"  \"web\":\n    ports:\n      - 3000:80\n      - 9-10:9-10/udp\n"
	"      - {target: 81, host_ip: 127.0.0.1, mode: \"host\"}\n"
	"  api: {image: y, ports: [{target: 8080, published: 1, name: 'a, b'}]}\n";

static void test_compose__makes_an_override_that_replaces_the_ports(void **state)
{
	static const struct {
		const char *old, *want;
	} row[] = {
		{ NULL,
		  "# Docker Compose 2.24.4 or newer: !override replaces the ports of b.\n"
		  "services:\n"
		  "  \"web\":\n    ports: !override\n"
		  "      - \"${WEB_PORT:-3100}:80\"\n"
		  "      - \"9-10:9-10/udp\"\n"
		  "      - {published: \"${WEB_PORT_2:-3103}\", target: 81, host_ip: 127.0.0.1, "
		  "mode: \"host\"}\n"
		  "  api:\n    ports: !override\n"
		  "      - {published: \"${API_PORT:-3101}\", target: 8080, name: 'a, b'}\n" },
		/* What is there stays, and what is ours in it is brought up to date. */
		{ "x: 1 # mine\r\n",
		  "x: 1 # mine\r\n"
		  "# Docker Compose 2.24.4 or newer: !override replaces the ports of b.\r\n"
		  "services:\r\n"
		  "  \"web\":\r\n    ports: !override\r\n"
		  "      - \"${WEB_PORT:-3100}:80\"\r\n"
		  "      - \"9-10:9-10/udp\"\r\n"
		  "      - {published: \"${WEB_PORT_2:-3103}\", target: 81, host_ip: 127.0.0.1, "
		  "mode: \"host\"}\r\n"
		  "  api:\r\n    ports: !override\r\n"
		  "      - {published: \"${API_PORT:-3101}\", target: 8080, name: 'a, b'}\r\n" },
		{ "services:\n    # page\n    web:\n        image: z\n    api:\n"
		  "        ports: !override [1:8080, 7:7]\n",
		  "services:\n    # page\n    web:\n        ports: !override\n"
		  "          - \"${WEB_PORT:-3100}:80\"\n"
		  "          - \"9-10:9-10/udp\"\n"
		  "          - {published: \"${WEB_PORT_2:-3103}\", target: 81, host_ip: 127.0.0.1, "
		  "mode: \"host\"}\n"
		  "        image: z\n    api:\n"
		  "        ports: !override [\"${API_PORT:-3101}:8080\", 7:7]\n" },
		{ "services:\n  db:\n    image: z\n  web:\n    ports: !override []\n",
		  "services:\n  api:\n    ports: !override\n"
		  "      - {published: \"${API_PORT:-3101}\", target: 8080, name: 'a, b'}\n"
		  "  db:\n    image: z\n  web:\n    ports: !override []\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		CHECK(splice(row[i].old, base, &text, &err), "row %zu: %s", i, err.text);
		CHECK(!strcmp(text_str(&text), row[i].want), "row %zu:\n%s", i, text_str(&text));
	}
}

static void test_compose__leaves_alone_what_it_does_not_understand(void **state)
{
	static const struct {
		const char *old, *base, *text;
	} row[] = {
		{ "services:\n  web:\n    ports: ['1-2:1-2']\n", NULL,
		  "f:3: a range of ports: give each of them a line of its own" },
		{ "services:\n  web:\n    ports: &p ['1:1']\n", NULL,
		  "f:3: the ports of 'web' are behind an anchor or an alias, or no list" },
		{ "x: &p ['1:1']\nservices:\n  web:\n    ports: *p\n", NULL,
		  "f:4: the ports of 'web' are behind an anchor or an alias, or no list" },
		{ "services:\n  web:\n    ports: [\"1:\\x31\"]\n", NULL,
		  "f:3: a port in a form that cannot be changed" },
		{ "services:\n  db:\n    ports: ['1:1']\n", NULL,
		  "f:1: none of these services publishes a port here" },
		{ "services: [\n", NULL, "f:2:1: flow sequence without a closing bracket" },
		{ "- 1\n", NULL, "f:1:1: a compose file is written as 'key: value' lines" },
		{ "services:\n  web:\n    ports: ['1:80']\n", base,
		  "f:3: these ports are added to those of 'dir/b', which are taken, too" },
		{ "services: {web: {image: z}}\n", base,
		  "f:1: 'web' is not written as 'key: value' lines" },
		{ "services:\n", base, "f:1: 'services' is not written as 'key: value' lines" },
		{ NULL, "services:\n  web:\n    ports: ['1-2:1-2']\n",
		  "dir/b:3: a range of ports: give each of them a line of its own" },
		{ NULL, "services:\n  web:\n    image: x\n",
		  "dir/b:1: none of these services publishes a port here" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		CHECK(!splice(row[i].old, row[i].base, &text, &err), "row %zu: %s", i,
		      text_str(&text));
		CHECK(err.code == ERR_INVALID && !text.len, "row %zu", i);
		CHECK_TEXT(err.text, row[i].text);
	}
}

static void test_compose__without_any_file_says_so(void **state)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct err err = { 0 };

	CHECK(!splice(NULL, NULL, &text, &err) && err.code == ERR_NOT_FOUND);
}

static void test_rest__is_what_the_book_has_no_port_for(void **state)
{
	static const struct {
		const char *file, *want;
	} row[] = {
		{ "services:\n  web:\n    ports:\n    - 1:1\n    - 2:2\n    - 3:3\n",
		  "'web' in line 6" },
		{ "services:\n  x: {ports: ['1:1', '${P:-2}:2']}\n",
		  "'x' in line 2, 'x' in line 2" },
		{ "services:\n  x:\n    ports:\n    - target: 1\n      published: 2\n",
		  "'x' in line 4" },
		/* Docker chooses the host's side, or it is no service of ours. */
		{ "services:\n  x: {ports: ['1', '127.0.0.1::2', {target: 3}]}\n", "" },
		{ "services:\n  '%': {ports: ['1:1']}\n  y: {}\n", "" },
		{ "services: {a: {ports: [1:1]}, b: {ports: [1:1]}, c: {ports: [1:1]}, "
		  "d: {ports: [1:1]}, e: {ports: [1:1]}, f: {ports: [1:1]}}\n",
		  "'a' in line 1, 'b' in line 1, 'c' in line 1, 'd' in line 1, 'e' in line 1 and 1 more" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct file_bytes file = { "f", row[i].file, strlen(row[i].file) };
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		CHECK(render_format_named("compose")->rest(&values, &file, &text, &err),
		      "row %zu: %s", i, err.text);
		CHECK_TEXT(text_str(&text), row[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compose__changes_the_hosts_side_where_it_stands),
		cmocka_unit_test(test_compose__makes_an_override_that_replaces_the_ports),
		cmocka_unit_test(test_compose__leaves_alone_what_it_does_not_understand),
		cmocka_unit_test(test_compose__without_any_file_says_so),
		cmocka_unit_test(test_rest__is_what_the_book_has_no_port_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
