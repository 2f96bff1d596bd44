#include "lib/check.h"

#include "formats/scan.h"

/* Findings as "name:port:line", each with a blank after it; "/udp" and "#2" where they apply. */
static const char *said(const struct findings *f)
{
	static char text[16384];
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < f->count; i++) {
		const struct finding *x = &f->items[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s:%u%s:%u", x->service,
					x->port, x->protocol == PROTO_UDP ? "/udp" : "", x->line);
		if (x->nth > 1)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "#%u", x->nth);
		len += (size_t)snprintf(text + len, sizeof(text) - len, " ");
	}
	return text;
}

struct row {
	const char *text;
	const char *want; /* as `said` says it; with "!" before it, the start of the error */
};

static void check_rows(scan_fn *scan, const struct row *row, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct findings f = { 0 };
		struct err err = { 0 };
		bool ok = scan(row[i].text, strlen(row[i].text), "f", &f, &err);

		CHECK(ok == (row[i].want[0] != '!'), "row %zu: %s", i, err.text);
		if (ok)
			CHECK(!strcmp(said(&f), row[i].want), "row %zu: '%s' is not '%s'", i,
			      said(&f), row[i].want);
		else
			CHECK(err.code == ERR_INVALID &&
				      !strncmp(err.text, row[i].want + 1, strlen(row[i].want) - 1),
			      "row %zu: %s", i, err.text);
	}
}

static void test_compose__finds_services_and_their_host_ports(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "name: x\n", "" },
		{ "services:\n  web:\n    ports: ['3000:80']\n", "web:3000:3 " },
		{ "services:\n  web:\n    ports:\n      - 3000:80\n      - 3001:81\n",
		  "web:3000:4 web:3001:5#2 " },
		{ "services: {a: {ports: ['127.0.0.1:3000:80']}}", "a:3000:1 " },
		{ "services: {a: {ports: ['[::1]:3000:80']}}", "a:3000:1 " },
		{ "services: {a: {ports: ['3000-3010:80-90/udp']}}", "a:3000/udp:1 " },
		{ "services: {a: {ports: ['80']}}", "a:0:1 " },
		{ "services: {a: {ports: [80]}}", "a:0:1 " },
		{ "services: {a: {ports: ['127.0.0.1::80']}}", "a:0:1 " },
		{ "services: {a: {ports: ['70000:80']}}", "a:0:1 " },
		{ "services: {a: {ports: ['${WEB_PORT:-3000}:80']}}", "a:3000:1 " },
		{ "services: {a: {ports: ['${WEB_PORT-3000}:80']}}", "a:3000:1 " },
		{ "services: {a: {ports: ['${A:-${B:-3000}}:80']}}", "a:3000:1 " },
		{ "services: {a: {ports: ['${BIND:-127.0.0.1}:${A:-3000}:${C:-80}']}}",
		  "a:3000:1 " },
		{ "services: {a: {ports: ['${WEB_PORT}:80']}}", "a:0:1 " },
		{ "services: {a: {ports: ['${WEB_PORT:?say it}:80']}}", "a:0:1 " },
		{ "services: {a: {ports: ['$WEB_PORT:80']}}", "a:0:1 " },
		{ "services:\n  a:\n    ports:\n      - target: 80\n        published: '3000'\n"
		  "        protocol: udp\n",
		  "a:3000/udp:4 " },
		{ "services: {a: {ports: [{target: 80, published: 3000-3001}]}}", "a:3000:1 " },
		{ "services: {a: {ports: [{target: 80}]}}", "a:0:1 " },
		{ "services: {a: {ports: !override ['3000:80']}}", "a:3000:1 " },
		/* A worker that publishes nothing is none that needs a port ... */
		{ "services: {a: {ports: ['3000:80']}, b: {image: x}}", "a:3000:1 " },
		/* ... but where none does, the file does not say which need one. */
		{ "services:\n  a: {image: x}\n  b:\n", "a:0:2 b:0:3 " },
		{ "services: {Web_App: {}, '..': {}, '///': {}}", "web_app:0:1 " },
		{ "x-p: &p {ports: ['3000:80']}\nservices: {a: *p, b: {<<: *p}}\n",
		  "a:0:2 b:0:2 " },
		{ "services: {a: {ports: *p}}\n", "a:0:1 " },
		{ "services: [a]\nports: ['1:1']\n", "" },
		{ "- a\n", "!f:1:1: a compose file" },
		{ "services: {a: [}\n", "!f:1:" },
	};

	check_rows(scan_compose, rows, ARRAY_LEN(rows));
}

static void test_procfile__finds_processes(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "web: bin/rails server -p 3000\nworker: sidekiq\n", "web:3000:1 worker:0:2 " },
		{ "# web: x\n\n web: x\nweb x\nWeb_1: x\r\n", "web_1:0:5 " },
		{ "release: migrate\nweb: x\n", "web:0:2 " },
		{ "a:", "a:0:1 " },
		{ "a: x\nb: \xff\n", "!f:2: bytes that are not text" },
	};

	check_rows(scan_procfile, rows, ARRAY_LEN(rows));
}

static void test_package_json__finds_web(void **state)
{
	static const struct row rows[] = {
		{ "{}", "" },
		{ "{\"scripts\": {\"build\": \"x -p 3000\"}}", "" },
		{ "{\"scripts\": {\"dev\": \"vite\"}}", "web:0:1 " },
		{ "{\n\"dev\": 1,\n\"scripts\": {\n\"dev\": \"next dev -p 3005\"}}",
		  "web:3005:4 " },
		{ "{\"scripts\": {\"dev\": \"vite\",\n\"start\": \"PORT=4000 node .\"}}",
		  "web:4000:2 " },
		{ "{\"scripts\": {\"start\": \"x --port=1\", \"dev\": \"x --port 2\"}}",
		  "web:2:1 " },
		{ "{\"scripts\": [\"dev\"]}", "" },
		{ "{\"scripts\": {\"dev\": 1}}", "" },
		{ "[]", "" },
		{ "{", "!f:1:1: not JSON: " },
	};

	check_rows(scan_package_json, rows, ARRAY_LEN(rows));
}

static void test_supabase__finds_the_parts_that_are_enabled(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "project_id = \"x\"\nport = 1\n", "" },
		{ "[api]\nenabled = true\nport = 54321\n", "supabase-api:54321:3 " },
		{ "[db]\nport = 54322 # here\nshadow_port = 54320\n[db.pooler]\nenabled = false\n"
		  "port = 54329\n[studio]\nport = 54_323\n[inbucket]\nport=54324\n[local_smtp]\n"
		  "port = 1\n[analytics]\nport = 54327\n[auth]\nport = 9\n",
		  "db:54322:2 supabase-studio:54323:8 inbucket:54324:10 inbucket:1:12 "
		  "analytics:54327:14 " },
		{ "[ \"db\" . pooler ]\nenabled = true\n", "pooler:0:1 " },
		{ "[api]\nport = \"env(API_PORT)\"\n", "supabase-api:0:2 " },
		{ "[api]\nport = 65536\n", "supabase-api:0:2 " },
		{ "[api]\nx = [\n  \"[db]\", # ]\n  [\n[db]\n]]\nport = 1\n", "supabase-api:1:7 " },
		{ "[api]\nx = \"\"\"\n[db]\nport = 2\n\"\"\"\nport = 1\n", "supabase-api:1:6 " },
		{ "[api]\nx = '''[db]'''\nport = 1\n", "supabase-api:1:3 " },
		{ "[api]\r\nport = 1\r\n", "supabase-api:1:2 " },
		{ "[api\n", "!f:1: a '[' without its ']'" },
		{ "[api]\nport 1\n", "!f:2: neither '[section]' nor 'key = value'" },
		{ "\xff", "!f:1: bytes that are not text" },
	};

	check_rows(scan_supabase, rows, ARRAY_LEN(rows));
}

static void test_findings__say_when_there_were_more(void **state)
{
	struct findings f = { 0 };

	for (unsigned i = 0; i < FINDINGS_MAX; i++)
		findings_add(&f, "web", 1, 1);
	CHECK(f.count == FINDINGS_MAX && !f.too_many);
	findings_add(&f, "web", 1, 1);
	CHECK(f.count == FINDINGS_MAX && f.too_many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compose__finds_services_and_their_host_ports),
		cmocka_unit_test(test_procfile__finds_processes),
		cmocka_unit_test(test_package_json__finds_web),
		cmocka_unit_test(test_supabase__finds_the_parts_that_are_enabled),
		cmocka_unit_test(test_findings__say_when_there_were_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
