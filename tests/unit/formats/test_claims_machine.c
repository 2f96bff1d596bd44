#include "lib/check.h"
#include "lib/claims.h"

#include "formats/upstream.h"

static void test_upstream__leads_to_a_port_of_this_machine_or_to_none(void **state)
{
	static const struct {
		const char *text;
		uint16_t port;
	} row[] = {
		{ "http://localhost:3000", 3000 },
		{ "http://localhost:3000/path?x=1", 3000 },
		{ "HTTPS://LocalHost:8443", 8443 },
		{ "127.0.0.1:3000", 3000 },
		{ "127.1.2.3:3000", 3000 },
		{ "[::1]:3000", 3000 },
		{ "http://[::]:3000", 3000 },
		{ ":3000", 3000 },
		{ "http://localhost", 80 },
		{ "https://localhost/", 443 },
		{ "ssh://localhost", 22 },
		{ "tcp://localhost", 0 }, /* which has no port of its own */
		{ "h2c://127.0.0.1:50051", 50051 },
		{ "http://host.docker.internal:3000", 3000 },
		{ "10.0.0.2:3000", 0 },
		{ "127.example.org:3000", 0 },
		{ "http://web:3000", 0 },
		{ "localhost:$port", 0 },
		{ "localhost:{$PORT}", 0 },
		{ "localhost:3000x", 0 },
		{ "localhost:70000", 0 },
		{ "localhost:0", 0 },
		{ "[::1:3000", 0 },
		{ "unix:/run/x.sock", 0 },
		{ "unix//run/x.sock", 0 },
		{ "/api/*", 0 },
		{ "http_status:404", 0 },
		{ "gopher://localhost:70", 0 },
		{ "3000", 0 },
		{ "", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(upstream_port(row[i].text) == row[i].port, "'%s': %u", row[i].text,
		      upstream_port(row[i].text));
}

static void test_env__reads_ports_of_this_machine_by_their_variables(void **state)
{
	static const struct claims_row rows[] = {
		{ "", "" },
		{ "A=1\nPORT=3000\nexport API_PORT='3001'\nAPI_PORT_2=3002\nX_PORT=${Y}\nZ_PORT=99999\n",
		  "entry:2 3000 service=main; entry:3 3001 service=api; entry:4 3002 service=api; " },
		{ "DB_HOST=db.example.org\nDB_PORT=5433\nAPI_PORT=1\n", "entry:3 1 service=api; " },
		{ "DB_PORT=5433\nDB_HOST=$X\n", "" },
		{ "DB_PORT=5433\nDB_HOST=127.0.0.1\n", "entry:1 5433 service=db; " },
		{ "HOST=0.0.0.0\nPORT=3000\n", "entry:2 3000 service=main; " },
		{ "HOST=other\nPORT=3000\n", "" },
		{ "SUPPORT=3000\nPORTAL_PORTS=1\n", "" },
		{ "\xff", "!f:1: " },
	};

	claims_check_rows(claims_env, rows, ARRAY_LEN(rows));
}

static void test_cloudflared__reads_the_ingress(void **state)
{
	static const struct claims_row rows[] = {
		{ "", "" },
		{ "tunnel: x\n", "" },
		{ "tunnel: x\ningress:\n"
		  "  - hostname: shop.example.org\n    service: http://localhost:3000\n"
		  "  - hostname: www.blog.example.org\n    path: /x\n    service: https://127.0.0.1:3443\n"
		  "  - service: http_status:404\n",
		  "entry:4 3000 service=shop hostname=shop.example.org; "
		  "entry:7 3443 service=blog hostname=www.blog.example.org; " },
		{ "ingress: [{service: 'http://localhost:8080'}]", "entry:1 8080 service=main; " },
		{ "ingress: [{hostname: '*.example.org', service: 'ssh://localhost:22'}]",
		  "entry:1 22 service=example hostname=*.example.org; " },
		{ "ingress: [{hostname: a.b, service: 'http://10.0.0.1:80'}, x, [y]]", "" },
		{ "ingress: [{originRequest: {service: 'http://localhost:1'}}]", "" },
		{ "ingress: {service: 'http://localhost:1'}", "" },
		{ "- x\n", "!f:1:1: " },
		{ "a: [\n", "!f:" },
	};

	claims_check_rows(claims_cloudflared, rows, ARRAY_LEN(rows));
}

static void test_nginx__reads_upstreams_and_what_is_passed_on(void **state)
{
	static const struct claims_row rows[] = {
		{ "", "" },
		{ "upstream shop {\n  least_conn;\n  server 127.0.0.1:3000 weight=5;\n"
		  "  server 127.0.0.1:3001 backup;\n  server 10.0.0.1:3002;\n}\n",
		  "entry:3 3000 service=shop; entry:4 3001 service=shop; " },
		{ "http {\n server {\n  listen 80;\n  server_name shop.example.org www.x.y;\n"
		  "  location / { proxy_pass http://localhost:3000; }\n"
		  "  location /api/ {\n   proxy_pass http://127.0.0.1:3001/x;\n  }\n }\n}\n",
		  "entry:5 3000 service=shop description=nginx serves it as shop.example.org; "
		  "entry:7 3001 service=shop description=nginx serves it as shop.example.org; " },
		/* The name may stand behind what it is the name of. */
		{ "server { location / { fastcgi_pass 127.0.0.1:9000; } server_name a.b; }",
		  "entry:1 9000 service=a description=nginx serves it as a.b; " },
		{ "server { proxy_pass http://localhost:1; }\n"
		  "server { server_name b.c; grpc_pass grpc://localhost:2; }",
		  "entry:1 1 service=main; "
		  "entry:2 2 service=b description=nginx serves it as b.c; " },
		{ "server { location / { server_name x.y; } proxy_pass http://localhost:1; }",
		  "entry:1 1 service=main; " },
		{ "server { server_name _; proxy_pass http://localhost:1; }",
		  "entry:1 1 service=main; " },
		{ "# proxy_pass http://localhost:1;\nproxy_pass \"http://localhost:2\";"
		  "proxy_pass 'http://localhost:3' ;",
		  "entry:2 2 service=main; entry:2 3 service=main; " },
		{ "proxy_pass http://shop; proxy_pass http://$host:3000; proxy_pass http://${h}:1;",
		  "" },
		{ "server 127.0.0.1:3000;", "" }, /* outside of an upstream it is no server */
		{ "upstream a { server unix:/run/x.sock; }", "" },
		{ "proxy_pass http://localhost:1", "" }, /* cut off */
		{ "}}} proxy_pass http://localhost:1;", "entry:1 1 service=main; " },
		{ "\xff", "!f:1: " },
	};

	claims_check_rows(claims_nginx, rows, ARRAY_LEN(rows));
}

static void test_caddy__reads_upstreams_by_their_sites(void **state)
{
	static const struct claims_row rows[] = {
		{ "", "" },
		{ "shop.example.org {\n\treverse_proxy localhost:3000\n}\n"
		  "blog.example.org {\n\treverse_proxy /api/* localhost:3001 127.0.0.1:3002\n}\n",
		  "entry:2 3000 service=shop description=caddy serves it as shop.example.org; "
		  "entry:5 3001 service=blog description=caddy serves it as blog.example.org; "
		  "entry:5 3002 service=blog description=caddy serves it as blog.example.org; " },
		{ "{\n\temail a@b.c\n}\n(snippet) {\n\theader x y\n}\n:8080 {\n\treverse_proxy :3000\n}\n",
		  "entry:8 3000 service=main; " },
		{ "https://a.b:8443, c.d {\n handle /x {\n  reverse_proxy {\n"
		  "   to localhost:1 h2c://localhost:2\n   lb_policy first\n  }\n }\n"
		  " php_fastcgi 127.0.0.1:9000\n to localhost:3\n}\n",
		  "entry:4 1 service=a description=caddy serves it as a.b; "
		  "entry:4 2 service=a description=caddy serves it as a.b; "
		  "entry:8 9000 service=a description=caddy serves it as a.b; " },
		{ "a.b,\nc.d {\n reverse_proxy localhost:1\n}\n",
		  "entry:3 1 service=a description=caddy serves it as a.b; " },
		/* A file of one site needs no braces. */
		{ "a.b\n\nreverse_proxy localhost:1 # :2\nroot * /x\nreverse_proxy \"localhost:3\" {\n}\n",
		  "entry:3 1 service=a description=caddy serves it as a.b; "
		  "entry:5 3 service=a description=caddy serves it as a.b; " },
		{ "a.b {\n reverse_proxy web:3000 {$UPSTREAM} unix//x\n}\n", "" },
		{ "\xff", "!f:1: " },
	};

	claims_check_rows(claims_caddy, rows, ARRAY_LEN(rows));
}

static void test_systemd__reads_what_a_unit_listens_on(void **state)
{
	static const struct claims_row rows[] = {
		{ "", "" },
		{ "[Service]\nWorkingDirectory=/srv/shop\nExecStart=/usr/bin/node server.js --port 3000\n",
		  "entry:3 3000 service=f path=/srv/shop unit=f; " },
		{ "[Service]\nEnvironment=PORT=3000 \"API_PORT=3001\" X=1 'B_PORT=3002'\n"
		  "Environment=IMPORT=5\n",
		  "entry:2 3000 service=f unit=f; entry:2 3001 service=f unit=f; "
		  "entry:2 3002 service=f unit=f; " },
		/* One that is said twice is one. */
		{ "ExecStart=x \\\n# no\n  -p 3000\nEnvironment=PORT=3000\n",
		  "entry:1 3000 service=f unit=f; " },
		{ "[Socket]\nListenStream=3000\nListenStream=[::]:3001\nListenStream=/run/x\n"
		  "ListenStream=@x:5\nListenDatagram = 127.0.0.1:3002\n",
		  "entry:2 3000 service=f unit=f; entry:3 3001 service=f unit=f; "
		  "entry:6 3002/udp service=f unit=f; " },
		{ "#ListenStream=1\n;ListenStream=2\nListenStream=3 \nListenStreamX=4\n",
		  "entry:3 3 service=f unit=f; " },
		{ "WorkingDirectory=-/a\nListenStream=1\n",
		  "entry:2 1 service=f path=/a unit=f; " },
		{ "WorkingDirectory=~\nListenStream=1\n", "entry:2 1 service=f unit=f; " },
		{ "WorkingDirectory=/a/%i\nListenStream=1\n", "entry:2 1 service=f unit=f; " },
		{ "WorkingDirectory=/a\nWorkingDirectory=\nListenStream=1\n",
		  "entry:3 1 service=f unit=f; " },
		{ "ListenStream=1\\", "entry:1 1 service=f unit=f; " },
		{ "\xff", "!f:1: " },
	};

	claims_check_rows(claims_systemd, rows, ARRAY_LEN(rows));
}

static void test_systemd__names_the_service_by_the_file(void **state)
{
	static const struct {
		const char *file, *want;
	} row[] = {
		{ "/etc/systemd/system/shop-api.service",
		  "entry:1 1 service=shop-api unit=shop-api.service; " },
		{ "web@.socket", "entry:1 1 service=web unit=web@.socket; " },
		{ "@.service", "entry:1 1 service=main unit=@.service; " },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text said = { 0 };

		CHECK(claims_systemd("ListenStream=1\n", 15, row[i].file, claims_tell, &said,
				     NULL));
		CHECK(!strcmp(text_str(&said), row[i].want), "%s", text_str(&said));
	}
}

static void test_lsof__reads_each_port_once(void **state)
{
	static const struct claims_row rows[] = {
		{ "", "!f:1: " },
		{ "hello\n", "!f:1: " },
		{ "COMMAND  PID USER   FD   TYPE  DEVICE SIZE/OFF NODE NAME\n", "" },
		{ "COMMAND  PID USER   FD   TYPE  DEVICE SIZE/OFF NODE NAME\n"
		  "python3 6402 root    3u  IPv4 6832752      0t0  TCP 127.0.0.1:8123 (LISTEN)\n"
		  "node    6403 eva    21u  IPv6 6832753      0t0  TCP *:3000 (LISTEN)\n"
		  "node    6403 eva    22u  IPv4 6832754      0t0  TCP *:3000 (LISTEN)\n"
		  "node    6403 eva    23u  IPv4 6832754      0t0  TCP 1.2.3.4:5->5.6.7.8:443 (ESTABLISHED)\n"
		  "Plex\\x20Media 9 eva 1u IPv4 0x12 TCP [::1]:32400 (LISTEN)\n"
		  "dns     6404 dns     5u  IPv4 6832755      0t0  UDP 127.0.0.53:53\n"
		  "dns     6404 dns     6u  IPv4 6832755      0t0  UDP *:*\n"
		  "dns     6404 dns     6u  IPv4 6832755      0t0  UDP 1.2.3.4:5->5.6.7.8:53\n",
		  "entry:2 8123 service=python3 program=python3; "
		  "entry:3 3000 service=node program=node; "
		  "entry:6 32400 service=Plex Media program=Plex Media; "
		  "entry:7 53/udp service=dns program=dns; " },
		{ "a\\x01b 1 u 3u IPv4 1 0t0 TCP *:1 (LISTEN)",
		  "entry:1 1 service=a?b program=a?b; " },
		/* Without -P and -n. */
		{ "sshd 1 root 3u IPv4 1 0t0 TCP *:ssh (LISTEN)\n", "!f:1: " },
	};

	claims_check_rows(claims_lsof, rows, ARRAY_LEN(rows));
}

static void test_ss__reads_each_port_once(void **state)
{
	static const struct claims_row rows[] = {
		{ "", "!f:1: " },
		{ "hello\n", "!f:1: " },
		{ "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n", "" },
		{ "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
		  "LISTEN 0      5          127.0.0.1:8123      0.0.0.0:*    users:((\"python3\",pid=6402,fd=3))\n"
		  "LISTEN 0      128          0.0.0.0:2024      0.0.0.0:*\n"
		  "LISTEN 0      128             [::]:2024         [::]:*\n"
		  "LISTEN 0 4096 127.0.0.53%lo:53 0.0.0.0:* users:((\"systemd-resolve\",pid=1,fd=2),(\"x\",pid=2,fd=3))\n"
		  "ESTAB 0 0 1.2.3.4:5 5.6.7.8:443\n",
		  "entry:2 8123 service=python3 program=python3; entry:3 2024 service=main; "
		  "entry:5 53 service=systemd-resolve program=systemd-resolve; " },
		{ "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
		  "udp   UNCONN 0 0 0.0.0.0:53 0.0.0.0:* users:((\"next server (v1)\",pid=1,fd=2))\n"
		  "tcp   LISTEN 0 128 *:53 *:*    ino:1161 sk:13f cgroup:/ <->\n"
		  "u_str LISTEN 0 128 /run/x 123 * 0\n",
		  "entry:2 53/udp service=next server (v1) program=next server (v1); "
		  "entry:3 53 service=main; " },
	};

	claims_check_rows(claims_ss, rows, ARRAY_LEN(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upstream__leads_to_a_port_of_this_machine_or_to_none),
		cmocka_unit_test(test_env__reads_ports_of_this_machine_by_their_variables),
		cmocka_unit_test(test_cloudflared__reads_the_ingress),
		cmocka_unit_test(test_nginx__reads_upstreams_and_what_is_passed_on),
		cmocka_unit_test(test_caddy__reads_upstreams_by_their_sites),
		cmocka_unit_test(test_systemd__reads_what_a_unit_listens_on),
		cmocka_unit_test(test_systemd__names_the_service_by_the_file),
		cmocka_unit_test(test_lsof__reads_each_port_once),
		cmocka_unit_test(test_ss__reads_each_port_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
