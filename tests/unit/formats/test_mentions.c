#include "lib/check.h"

#include "formats/mention.h"

/*
 * Mentions as "port@line:column words", each with a blank after it; "/udp", "#2", "=" for a
 * default, "!" where nothing may be put in its place, "$" for a variable of shells, "%" for one
 * of JavaScript.
 */
static char said[65536];
static size_t said_len;

static bool say(const struct mention *m, void *arg)
{
	static const char *const forms[] = {
		[MENTION_NUMBER] = "", [MENTION_SHELL] = "$", [MENTION_JS] = "%"
	};
	char nth[16] = "";

	(void)arg;
	if (m->nth > 1)
		snprintf(nth, sizeof(nth), "#%u", m->nth);
	said_len += (size_t)snprintf(said + said_len, sizeof(said) - said_len,
				     "%u%s@%u:%u%s%s%s%s%s%s ", m->port,
				     m->protocol == PROTO_UDP ? "/udp" : "", m->line, m->column,
				     nth, m->is_default ? "=" : "", m->is_fixed ? "!" : "",
				     forms[m->form], *m->words ? " " : "", m->words);
	return said_len < sizeof(said) - 256;
}

static bool read_text(mentions_fn *read, const char *text, struct err *err)
{
	struct mentions m = { .bytes = text, .len = strlen(text), .file = "f", .fn = say };

	said_len = 0;
	said[0] = '\0';
	return read(&m, err);
}

struct row {
	const char *text, *want; /* with "!" before it, the start of the error */
};

static void check_rows(mentions_fn *read, const struct row *row, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct err err = { 0 };
		bool ok = read_text(read, row[i].text, &err);

		CHECK(ok == (row[i].want[0] != '!'), "row %zu: %s", i, err.text);
		if (ok)
			CHECK(!strcmp(said, row[i].want), "row %zu: '%s' is not '%s'", i, said,
			      row[i].want);
		else
			CHECK(!strncmp(err.text, row[i].want + 1, strlen(row[i].want) - 1),
			      "row %zu: %s", i, err.text);
	}
}

static void test_dotenv__finds_the_number_in_its_line(void **state)
{
	static const struct row rows[] = {
		{ "PORT=3000\n", "3000@1:6 " },
		{ "# x\r\nexport WEB_PORT = '3000' # 3000\r\n", "3000@2:20 web " },
		{ "WEB_PORT=3000\nWEB_PORT_2=3001", "3000@1:10 web 3001@2:12 web " },
		{ "\xef\xbb\xbfPORT=3000\n", "3000@1:7 " },
		{ "DB_HOST=db\nDB_PORT=5432\n", "" },
		{ "MAIL_PORT=587\n", "" }, /* where a program goes */
		{ "A=\"\nPORT=3000\n\"\nPORT=3001\n", "3001@4:6 " },
		{ "PORT3000_PORT=3000\n", "3000@1:15 port3000 " },
	};

	check_rows(mentions_dotenv, rows, ARRAY_LEN(rows));
}

static void test_compose__finds_the_hosts_side_of_what_is_published(void **state)
{
	static const struct row rows[] = {
		{ "services: {a: {ports: ['3000:80']}}", "3000@1:25$ a " },
		{ "services: {a: {ports: [3000:80]}}", "3000@1:24 a " },
		{ "services: {a: {ports: ['80', 90]}}", "" },
		{ "services:\n  a:\n    ports:\n      - \"127.0.0.1:3000:80/udp\"\n",
		  "3000/udp@4:20$ a " },
		{ "services: {a: {ports: ['${P:-3000}:80', '${P}:81']}}", "3000@1:30= a " },
		{ "services: {a: {ports: ['1:1', '2:2']}}", "1@1:25$ a 2@1:32#2$ a " },
		{ "services: {a: {ports: ['3000-3001:80-81']}}", "3000@1:25!$ a 3001@1:25!$ a " },
		{ "services: {a: {ports: ['3000-9000:80']}}", "" },
		{ "services: {a: {ports: [{target: 80, published: 3000}]}}", "3000@1:48 a " },
		{ "services: {a: {ports: [{target: 80, published: '3000'}]}}", "3000@1:49$ a " },
		{ "services: [", "!f:2:1: " },
	};

	check_rows(mentions_compose, rows, ARRAY_LEN(rows));
}

static void test_compose__follows_a_list_that_is_only_named(void **state)
{
	static const struct row rows[] = {
		{ "x: &p ['3000:80']\nservices: {a: {ports: *p}}", "3000@1:9!$ a " },
		/* Of two who share it the first, and nothing twice. */
		{ "x: &p ['3000:80']\nservices: {a: {ports: *p}, b: {ports: *p}}",
		  "3000@1:9!$ a " },
		{ "services: {a: {ports: &p ['3000:80']}, b: {ports: *p}}", "3000@1:28!$ a " },
		{ "x: &p\n  - target: 80\n    published: 3000\nservices: {a: {ports: *p}}",
		  "3000@3:16! a " },
		/* The last of that name before it. */
		{ "x: &p ['1:80']\ny: &p ['2:80']\nservices: {a: {ports: *p}}\nz: &p ['3:80']",
		  "2@2:9!$ a " },
		{ "x: &pp ['1:80']\ny: [{z: &p ['2:80']}]\nservices: {a: {ports: *p}}",
		  "2@2:14!$ a " },
		{ "x: &p 3000\nservices: {a: {ports: *p}}", "" },
		{ "x: &p []\nservices: {a: {ports: *p}, b: {ports: []}}", "" },
		{ "x: &p ['1:1']\nservices: {a: {environment: *p}}", "" },
	};

	check_rows(mentions_compose, rows, ARRAY_LEN(rows));
}

static void test_commands__find_what_programs_are_told(void **state)
{
	static const struct row package[] = {
		{ "{\"scripts\":{\"dev\":\"vite --port 3000\"}}", "3000@1:32$ dev " },
		{ "{\"scripts\":{\"dev\":\"sh -c \\\"vite --port 3000\\\"\"}}", "3000@1:40$ dev " },
		{ "{\"scripts\":{\"dev\":\"vite --port '3000'\"}}", "3000@1:33 dev " },
		/* It may be where node goes. */
		{ "{\"scripts\":{\"a\":\"API_PORT=3000 node x\"}}", "3000@1:27!$ API_PORT " },
		{ "{\"scripts\":{\"a\":\"vite --port ${PORT:-3000}\"}}", "3000@1:38= a " },
		{ "{\"scripts\":{\"a\":\"docker run -p 3000:80 x\",\"b\":1}}", "3000@1:32$ a " },
		{ "{\"scripts\":{\"a\":\"mkdir -p 3000\",\"b\":\"vite\"}}", "" },
		{ "{\"port\":\"vite --port 3000\"}", "" },
		{ "{\n\"scripts\": {,}}", "!f:2:" },
		{ "[]", "" },
	};
	static const struct row procfile[] = {
		{ "web: vite --port 3000\n# x: vite --port 1\nvite --port 2\n", "3000@1:18$ web " },
		{ "a: b ü --port 3000\r\n", "3000@1:15$ a " }, /* columns are characters */
	};
	static const struct row makefile[] = {
		{ "PORT ?= 3000\n", "3000@1:9 PORT " },
		{ "export API_PORT := 3000 # x\r\n", "3000@1:20 api " },
		{ "X = 3000\nPORT = $(X)\nPORT == 3000\n", "" },
		{ "a:\n\t@docker run \\\n\t-p 3000:80 \\\n\tx\n", "3000@3:5 " },
		{ "R = vite --port 3000\n", "3000@1:17 " },
		{ "a: vite --port 3000\n", "" }, /* what a needs */
		{ "a: ; vite --port 3000\n", "3000@1:18 " },
		{ "a b: $(X:.t=.j) | c ;@-PORT=3000 node a.js; vite --port 3001\n",
		  "3000@1:29 3001@1:57 " },
		{ "a:: b; docker run \\\n -p 3000:80 x\n", "3000@2:5 " },
		{ "a: X = 1; vite --port 3000\n", "" },
		{ "X := 1; vite --port 3000\n", "3000@1:21 " },
		{ "a: b # ; vite --port 3000\n", "" },
		{ "a; vite --port 3000\n", "" },
	};
	static const struct row docker[] = {
		{ "EXPOSE 80\n expose\t81/udp 82/tcp $P 83-84\n", "80@1:8! 81/udp@2:9! 82@2:16! " },
	};
	static const struct row shell[] = {
		{ "#!/bin/sh\nvite --port 3000 &\n# vite --port 1\n", "3000@2:13! " },
		{ ": \"${PORT:=3000}\"\nnode a.js --port \"$PORT\"\n", "3000@1:12=! " },
	};

	check_rows(mentions_package_json, package, ARRAY_LEN(package));
	check_rows(mentions_procfile, procfile, ARRAY_LEN(procfile));
	check_rows(mentions_makefile, makefile, ARRAY_LEN(makefile));
	check_rows(mentions_dockerfile, docker, ARRAY_LEN(docker));
	check_rows(mentions_shell, shell, ARRAY_LEN(shell));
}

static void test_js_config__finds_what_the_server_is_told(void **state)
{
	static const struct row rows[] = {
		{ "export default { server: { port: 3000 } }", "3000@1:34% server " },
		{ "x({ 'server': { 'port': '3000' } })", "3000@1:26 server " },
		{ "x({ server: { port: +process.env.A_PORT || 3000, open: 1 } })",
		  "3000@1:44= A_PORT " },
		{ "x({ server: { port: parseInt(env.PORT ?? '3000', 10) } })", "3000@1:43= PORT " },
		{ "x({ server: { hmr: { port: 1 } }, preview: { port: 2 } })",
		  "1@1:28% hmr 2@1:52% preview " },
		{ "x({ server: { port: 3000 + n }, build: { port: 1 }, port: 2 })", "" },
		{ "x({ devServer: { port: f(3000), host: 'a' } })", "" },
		{ "// server: { port: 1 }\nx({ s: 'server: { port: 1 }' })", "" },
		{ "x({ proxy: { '/a': 'http://localhost:8080/x' } })", "8080@1:38! proxy " },
		{ "x({ proxy: { '/a': 'http://example.org:8080', '/b': 'http://localhost' } })",
		  "" },
		{ "x({ server: { port: 3000 }", "!f:1: " },
	};

	check_rows(mentions_js_config, rows, ARRAY_LEN(rows));
}

static void test_supabase__leaves_out_what_is_turned_off(void **state)
{
	static const struct row rows[] = {
		{ "[api]\nport = 54321\n[db]\nport=1\nshadow_port = 2 # x\n",
		  "54321@2:8 supabase-api 1@4:6 db 2@5:15 shadow " },
		{ "[studio]\nport = 54323\nenabled = false\n", "" },
		{ "[api]\nport = \"env(X)\"\n[auth.email.smtp]\nport = 587\n", "" },
		{ "[api\n", "!f:1: " },
	};

	check_rows(mentions_supabase, rows, ARRAY_LEN(rows));
}

static void test_claims__are_found_in_their_lines(void **state)
{
	static const struct row nginx[] = {
		{ "server { server_name a.example.org;\nlocation / {\n"
		  "proxy_pass\n  http://localhost:3000/3000x; } }",
		  "3000@4:20 a " },
		{ "upstream u { server 127.0.0.1:3000; }", "3000@1:31 u " },
		{ "proxy_pass http://localhost;", "80@1:1! " }, /* the number is not written */
		{ "location /3000 { proxy_pass http://localhost:3000; }", "3000@1:46 " },
	};
	static const struct row systemd[] = {
		{ "[Service]\nExecStart=/x \\\n --port 3000\n", "3000@3:9 f " },
	};
	static const struct row caddy[] = {
		{ "a.example.org {\n\treverse_proxy localhost:3000\n}\n", "3000@2:26 a " },
	};
	static const struct row cloudflared[] = {
		{ "ingress:\n- hostname: a.example.org\n  service: http://localhost:3000\n",
		  "3000@3:29 a " },
		/* What the machine itself has there is no project's. */
		{ "ingress:\n- {service: ssh://localhost:22}\n- {service: ssh://localhost}\n"
		  "- {service: rdp://localhost:3389}\n- {service: smb://127.0.0.1:445}\n"
		  "- {service: ssh://localhost:2222}\n- {service: http://localhost:3389}\n",
		  "2222@6:29 3389@7:30 " },
		{ "ingress: [\n", "!f:" },
	};
	static const struct row perhaps[] = {
		{ "ingress:\n- hostname: a.example.org\n  service: http://localhost:3000\n"
		  "- service: http_status:404\n",
		  "3000@3:29 a " },
		{ "ingress: [{service: http://localhost:3000}]\n", "3000@1:38 " },
		/* Of other programs: no rules, or not all of them have a service. */
		{ "ingress:\n  service: http://localhost:3000\n", "" },
		{ "ingress:\n", "" },
		{ "ingress: []\n", "" },
		{ "ingress:\n- service: http://localhost:3000\n- backend: x\n", "" },
		{ "ingress:\n- http://localhost:3000\n", "" },
		{ "egress:\n- service: http://localhost:3000\n", "" },
		{ "app:\n  ingress:\n  - service: http://localhost:3000\n", "" },
		/* And what is no YAML is nobody's concern. */
		{ "ingress: [\n", "" },
		{ "ingress:\n<% if x %>\n- service: http://localhost:3000\n<% end %>\n", "" },
	};

	check_rows(mentions_nginx, nginx, ARRAY_LEN(nginx));
	check_rows(mentions_systemd, systemd, ARRAY_LEN(systemd));
	check_rows(mentions_caddy, caddy, ARRAY_LEN(caddy));
	check_rows(mentions_cloudflared, cloudflared, ARRAY_LEN(cloudflared));
	check_rows(mentions_perhaps_cloudflared, perhaps, ARRAY_LEN(perhaps));
}

static void test_sources__are_read_for_calls_that_listen(void **state)
{
	static const struct row js[] = {
		{ "app.listen(3000)", "3000@1:12! server " },
		{ "listen(3000); x.listen('a', 3000); x.listen(); x.listen(y, 3000)", "" },
		{ "app.listen(process.env.PORT || 3000)", "3000@1:32=! PORT " },
		{ "const p = Number(process.env['PORT']) ?? '3000'", "3000@1:43=! PORT " },
		{ "const PORT: number = 3000; if (PORT === 3001 || PORT == 3002) {}",
		  "3000@1:22! server " },
		{ "Deno.serve({ port: 3000 }, f); new Pool({ port: 5432 })", "3000@1:20! server " },
		{ "<p>don't</p>; x.listen(3000)", "3000@1:24! server " },
		{ "// x.listen(1)\n/* x.listen(1)\n*/ `x.listen(1)` 'x.listen(1)'", "" },
		{ "process.env.DB_PORT || 5432", "" },
		{ "new WebSocketServer({ port: 3000 }); new ws.Server({ host, port: 3001 }, f)",
		  "3000@1:29! server 3001@1:66! server " },
		{ "new WebSocket.Server({ port: Number(process.env.PORT) || 3000 })",
		  "3000@1:58=! PORT " },
		{ "Hapi.server({ port: 3000 })", "3000@1:21! server " },
		/* A server that is called: of a game, of a database, of mail. */
		{ "new Server({ port: 25565 }); new mongo.Server('x', { port: 27017 })", "" },
		{ "new WebSocketClient({ port: 3000 })", "" },
	};
	static const struct row python[] = {
		{ "app.run(debug=True, port=3000)", "3000@1:26! server " },
		{ "connect(port=3000); f(3000); s.listen(5)", "" },
		{ "PORT = 3000\nclass A:\n    x = 1\n", "3000@1:8! server " },
		{ "int(os.environ.get('PORT', 3000))", "3000@1:28=! PORT " },
		{ "env.int(\"PORT\", default=3000)", "3000@1:25=! PORT " },
		{ "HTTPServer(('', 3000), H)", "3000@1:17! server " },
		{ "\"\"\"app.run(port=1)\"\"\" # app.run(port=1)\n'''\napp.run(port=1)'''", "" },
	};
	static const struct row go[] = {
		{ "http.ListenAndServe(\":3000\", nil)", "3000@1:23! server " },
		{ "net.Listen(\"tcp\", \"127.0.0.1:3000\")", "3000@1:30! server " },
		{ "x := &http.Server{Addr: \":3000\"}", "3000@1:27! server " },
		{ "Dial(\":3000\"); r.Run(); `:3000`", "" },
		/* A port that is named, in a file that listens. */
		{ "const port = 3000\nhttp.ListenAndServe(addr, nil)", "3000@1:14! server " },
		{ "port := \"3000\"\nx(\":\" + port)", "3000@1:10! server " },
		{ "var port string = \":3000\"\nnet.Listen(\"tcp\", port)", "3000@1:21! server " },
		{ "port := os.Getenv(\"PORT\")\nif port == \"\" {\nport = \"3000\"\n}",
		  "3000@3:9=! server " },
		{ "port := getEnv(\"PORT\", \"3000\")", "3000@1:25=! PORT " },
		{ "flag.Int(\"port\", 3000, \"p\"); Listen()", "3000@1:18=! port " },
		{ "flag.StringVar(&p, \"port\", \"3000\", \"p\"); Listen()", "3000@1:29=! port " },
		{ "port := \"3000\"\nr.Run(\":\" + port)\nredis.Dial(x)", "3000@1:10! server " },
		{ "const port = 3000\nDial(x)\nr.Run(fmt.Sprintf(\":%d\", port))",
		  "3000@1:14! server " },
		/* And what is none, or of a program that is called. */
		{ "flag.Int(\"port\", 3000, \"p\"); strings.Split(*host, \":\")", "" },
		{ "port := 3000\nx(o.Host + \":\" + strconv.Itoa(o.Port))", "" },
		{ "const defaultPort = 3000\nnet.Dial(\"tcp\", fmt.Sprintf(\":%d\", port))", "" },
		{ "var port = 3000\ni := strings.LastIndex(s, \":\")", "" },
		{ "const port = 3000", "" },
		{ "flag.Int(\"port\", 3000, \"p\")", "" },
		{ "const (\n host = \"localhost\"\n port = 5432\n)\nhttp.ListenAndServe(x, y)",
		  "" },
		{ "if port == \"3000\" { Listen() }", "" },
		{ "for port := 3000; port < 3010; port++ { Listen() }", "" },
		{ "strings.Replace(s, \"PORT\", \"3000\")", "" },
		{ "os.Getenv(\"PORT\"); dbPort := \"3000\"; getEnv(\"DB_PORT\", \"3001\")", "" },
	};

	check_rows(mentions_js, js, ARRAY_LEN(js));
	check_rows(mentions_python, python, ARRAY_LEN(python));
	check_rows(mentions_go, go, ARRAY_LEN(go));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dotenv__finds_the_number_in_its_line),
		cmocka_unit_test(test_compose__finds_the_hosts_side_of_what_is_published),
		cmocka_unit_test(test_compose__follows_a_list_that_is_only_named),
		cmocka_unit_test(test_commands__find_what_programs_are_told),
		cmocka_unit_test(test_js_config__finds_what_the_server_is_told),
		cmocka_unit_test(test_supabase__leaves_out_what_is_turned_off),
		cmocka_unit_test(test_claims__are_found_in_their_lines),
		cmocka_unit_test(test_sources__are_read_for_calls_that_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
