#include "lib/check.h"
#include "lib/claims.h"

/* --- Markdown */

#define HEAD "|Service|Port|\n|-|-|\n"

static void test_md__reads_a_table_with_ports_and_services(void **state)
{
	static const struct claims_row rows[] = {
		{ HEAD, "" },
		{ HEAD "|web|3100|\n", "entry:3 3100 service=web; " },
		{ HEAD "web | 3100\napi | 3101",
		  "entry:3 3100 service=web; entry:4 3101 service=api; " },
		{ "Service | Port\n--- | ---:\nweb | 3100\n", "entry:3 3100 service=web; " },
		{ "# Ports\n\nText.\n\n| Port | Name |\n|:---:|---|\n| 3100 | web |\n\nMore.\n",
		  "entry:7 3100 service=web; " },
		{ "\xef\xbb\xbf" HEAD "|web|1|", "entry:3 1 service=web; " },
		{ "|Service|Port|\r\n|-|-|\r\n|web|1|\r\n", "entry:3 1 service=web; " },
		{ "|Service|Port|\r|-|-|\r|web|1|\r", "entry:3 1 service=web; " },
		{ "|**SERVICE**|`host-port`|Port|\n|-|-|-|\n|web|1|80|",
		  "entry:3 1 service=web; " },
		{ "|Project|Service|Port|Instance|Env|Protocol|Host|Type|Status|URL|Domain|Purpose|Note|\n"
		  "|-|-|-|-|-|-|-|-|-|-|-|-|-|\n"
		  "|shop|web|3100|#2|Development|UDP|db1|web|Legacy|x|https://a.example.org/x|why|n|",
		  "entry:3 3100/udp project=shop instance=2 service=web type=web env=dev host=db1 "
		  "status=legacy hostname=a.example.org description=why note=n; " },
		/* The app is the project, where a service is named, too. */
		{ "|App|Service|Port|\n|-|-|-|\n|shop|web|1|",
		  "entry:3 1 project=shop service=web; " },
		{ "|App|Port|\n|-|-|\n|web|1|", "entry:3 1 service=web; " },
		{ HEAD "|shop/web|1|\n|shop@3/web|2|\n",
		  "entry:3 1 project=shop service=web; entry:4 2 project=shop instance=3 service=web; " },
		{ HEAD "|shop / web|1|\n", "entry:3 1 service=shop / web; " },
		{ "|Project|Service|Port|\n|-|-|-|\n|shop@2|web|1|",
		  "entry:3 1 project=shop instance=2 service=web; " },
		/* Rows that are too short or too long. */
		{ HEAD "|web|\n||3100|\n|web|3100|x|y|\n", "entry:5 3100 service=web; " },
		{ HEAD "|~~web~~|3100|\n|web|~~3100~~|\n|web|~3100~|\n",
		  "entry:5 wrong: '~3100~' is not a port from 1 to 65535 or a range of them; " },
		{ "|Service|Port|Status|\n|-|-|-|\n|a|1|free|\n|b|2|Available|\n|c|3|running|\n"
		  "|d|4|reserved|\n",
		  "entry:5 3 service=c; entry:6 4 service=d status=reserved; " },
		/* Two tables, one of them not ours. */
		{ "|a|b|\n|-|-|\n|1|2|\n\n" HEAD "|web|1|\n\n|Port|x|\n|-|-|\n|9|9|\n",
		  "entry:7 1 service=web; " },
		{ "", "!f:1: no table" },
		{ "Service and Port\n", "!f:1: no table" },
		{ "|Service|Port|\n|-|\n|web|1|\n", "!f:1: no table" },
		{ "|Service|Port|\n|web|1|\n", "!f:1: no table" },
		{ "|Port|Path|\n|-|-|\n|1|2|\n", "!f:1: no table" },
		{ "\xff\xfe|\0S", "!f:1: the text is UTF-16" },
		{ HEAD "|w\xff|1|\n", "!f:3: bytes that are not text" },
		{ HEAD "|web|70000|\n",
		  "entry:3 wrong: '70000' is not a port from 1 to 65535 or a range of them; " },
		{ HEAD "|web|3105-3100|\n",
		  "entry:3 wrong: '3105-3100' is not a port from 1 to 65535 or a range of them; " },
		{ HEAD "|web|3000-3999|\n",
		  "entry:3 wrong: more than 100 ports for one service; " },
	};

	claims_check_rows(claims_md, rows, ARRAY_LEN(rows));
}

static void test_md__steps_over_what_is_no_table(void **state)
{
	static const struct claims_row rows[] = {
		{ "```\n" HEAD "|a|1|\n```\n\n" HEAD "|b|2|\n", "entry:9 2 service=b; " },
		{ "~~~~ md\n```\n" HEAD "|a|1|\n~~~\n" HEAD "|a|1|\n~~~~\n\n" HEAD "|b|2|\n",
		  "entry:14 2 service=b; " },
		{ "    |Service|Port|\n    |-|-|\n    |a|1|\n\n" HEAD "|b|2|\n",
		  "entry:7 2 service=b; " },
		{ "<!--\n" HEAD "|a|1|\n-->\n" HEAD "|b|2|\n", "entry:8 2 service=b; " },
		{ "<!-- x -->\n" HEAD "|b|2|\n", "entry:4 2 service=b; " },
		{ "<pre>\n\n" HEAD "|a|1|\n</pre>\n" HEAD "|b|2|\n", "entry:9 2 service=b; " },
		{ "> |Service|Port|\n> |-|-|\n> |b|2|\n\n|c|3|\n", "entry:3 2 service=b; " },
		{ "> ```\n> " HEAD "|b|2|\n\n" HEAD "|c|3|\n", "entry:8 3 service=c; " },
		/* What ends a table. */
		{ HEAD "|a|1|\n# |b|2|\n|c|3|\n", "entry:3 1 service=a; " },
		{ HEAD "|a|1|\n- |b|2|\n", "entry:3 1 service=a; " },
		{ HEAD "|a|1|\n```\n|b|2|\n```\n", "entry:3 1 service=a; " },
		{ HEAD "|a|1|\n \t\n|b|2|\n", "entry:3 1 service=a; " },
	};

	claims_check_rows(claims_md, rows, ARRAY_LEN(rows));
}

static void test_md__a_heading_names_a_project_only_in_words(void **state)
{
	static const struct claims_row rows[] = {
		{ "## shop\n\n" HEAD "|a|1|\n", "entry:5 1 service=a; " },
		{ "## Project: Shop ##\n\n" HEAD "|a|1|\n", "entry:5 1 project=shop service=a; " },
		{ "## **Project: shop**\n### Ports\n" HEAD "|a|1|\n",
		  "entry:5 1 project=shop service=a; " },
		{ "## project : shop\n## Ports\n" HEAD "|a|1|\n", "entry:5 1 service=a; " },
		{ "## Project: shop\n# Ports\n" HEAD "|a|1|\n", "entry:5 1 service=a; " },
		{ "## Project: my shop\n" HEAD "|a|1|\n", "entry:4 1 service=a; " },
		{ "## Projects: shop\n" HEAD "|a|1|\n", "entry:4 1 service=a; " },
		{ "## Project: shop\n|Project|Service|Port|\n|-|-|-|\n|blog|a|1|\n||b|2|\n",
		  "entry:4 1 project=blog service=a; entry:5 2 project=shop service=b; " },
	};

	claims_check_rows(claims_md, rows, ARRAY_LEN(rows));
}

static void test_md__reads_ports_as_people_write_them(void **state)
{
	static const struct claims_row rows[] = {
		{ HEAD "|a|3100-3102|\n",
		  "entry:3 3100 service=a; entry:3 3101 service=a; entry:3 3102 service=a; " },
		{ HEAD "|a|3100/udp|\n", "entry:3 3100/udp service=a; " },
		{ HEAD "|a|3100/tcp+udp|\n",
		  "entry:3 3100 service=a; entry:3 3100/udp service=a; " },
		{ HEAD "|a|localhost:3100|\n", "entry:3 3100 service=a; " },
		{ HEAD "|a|db1.lan:3100|\n", "entry:3 3100 service=a host=db1.lan; " },
		{ HEAD "|a|[3100](http://localhost:3100/)|\n", "entry:3 3100 service=a; " },
		{ HEAD "|a|`3100`, **3101**|\n",
		  "entry:3 3100 service=a; entry:3 3101 service=a; " },
		{ HEAD "|a|[3100](http://a:3100), [3101](b)|\n",
		  "entry:3 3100 service=a; entry:3 3101 service=a; " },
		{ HEAD "|a|`3100, 3101`|\n", "entry:3 3100 service=a; entry:3 3101 service=a; " },
		{ HEAD "|a|dynamic|\n|b|-|\n|c|\u2014|\n|d||\n", "" },
		{ "|Service|Port|Protocol|\n|-|-|-|\n|a|1|TCP/UDP|\n|b|2/udp|tcp|\n|c|3|HTTP|\n",
		  "entry:3 1 service=a; entry:3 1/udp service=a; entry:4 2/udp service=b; "
		  "entry:5 3 service=c; " },
	};

	claims_check_rows(claims_md, rows, ARRAY_LEN(rows));
}

#define PROJECTS \
	"| Project Name | Block | Ports | Path | Status | Owner | Date |\n|-|-|-|-|-|-|-|\n"
#define INSTANCES \
	"| Project | Instance | Ports | Purpose | Status | Branch/Environment |\n|-|-|-|-|-|-|\n"

static void test_ports_md__reads_its_two_tables(void **state)
{
	static const struct claims_row rows[] = {
		{ PROJECTS
		  "| my-project | 30500-30599 | Block 5 | /path/to/project | reserved | username "
		  "| 2024-08-31 |\n",
		  "project:3 30500-30599 project=my-project number=5 path=/path/to/project "
		  "owner=username project-status=reserved at=1725062400000; " },
		{ PROJECTS "| my-project | Block 5 | 30500-30599 | `/p` | active | - |  |\n",
		  "project:3 30500-30599 project=my-project number=5 path=/p project-status=active; " },
		{ PROJECTS "| a | 30500 - 30599 | 5 |\n",
		  "project:3 30500-30599 project=a number=5; " },
		{ PROJECTS "| a | #0 | 30000\u201330099 |\n",
		  "project:3 30000-30099 project=a number=0; " },
		{ PROJECTS "| a | 30500-30599, 30700-30799 | |\n",
		  "project:3 30500-30599 project=a; project:3 30700-30799 project=a; " },
		{ PROJECTS "| a | | | /p |\n", "project:3 project=a path=/p; " },
		{ PROJECTS "| a | Block 5 | |\n| b | | Block 6 |\n",
		  "project:3 project=a number=5; project:4 project=b number=6; " },
		{ PROJECTS
		  "| | 30600-30699 | Block 6 | | available |\n| - | 30700-30799 | | | reserved |\n",
		  "reserved:4 30700-30799 note=reserved; " },
		{ PROJECTS "| ~~a~~ | 30600-30699 | |\n", "" },
		{ INSTANCES "| shop | 1 | 30500-30509 | Development | active | main |\n"
			    "| shop | Instance 2 | 30510-30519 | Test | | feat/a\\|b |\n",
		  "instance:3 30500-30509 project=shop instance=1 instance-status=active "
		  "purpose=Development branch=main; "
		  "instance:4 30510-30519 project=shop instance=2 purpose=Test branch=feat/a|b; " },
		{ INSTANCES "| shop | 1 | 30500, 30501, 30503 |\n",
		  "instance:3 30500-30503 project=shop instance=1; " },
		{ "# Registry\n\n" PROJECTS "| a | 1000-1099 | |\n\nText with a | pipe.\n\n"
		  "```\n" PROJECTS "| b | 2000-2099 | |\n```\n\n" INSTANCES "| a | 1 | |\n",
		  "project:5 1000-1099 project=a; instance:17 project=a instance=1; " },
		{ "| **PROJECT NAME** | `ports` | block |\n|:-:|-:|:-|\n| a | 1 | 1100-1199 |\n",
		  "project:3 1100-1199 project=a number=1; " },
		{ HEAD "|web|1|\n", "!f:1: neither a table of projects" },
		{ "", "!f:1: neither a table of projects" },
		{ PROJECTS "| a | 5 | 6 |\n", "project:3 wrong: '6' is no range of ports; " },
		{ PROJECTS "| a | 30500-30599 | x |\n",
		  "project:3 wrong: 'x' is not a block's number; " },
		{ PROJECTS "| a | s3525 | |\n",
		  "project:3 wrong: 's3525' is not a block's number; " },
		{ PROJECTS "| a | 30500-70000 | 5 |\n",
		  "project:3 wrong: '30500-70000' is not a block's number; " },
		{ INSTANCES "| a | main | 1-2 |\n",
		  "instance:3 wrong: 'main' is not an instance's number; " },
		{ INSTANCES "| a | 0 | 1-2 |\n",
		  "instance:3 wrong: '0' is not an instance's number; " },
		{ INSTANCES "| a | | 1-2 |\n",
		  "instance:3 wrong: '' is not an instance's number; " },
		{ "\xfe\xff\1", "!f:1: the text is UTF-16" },
	};

	claims_check_rows(claims_ports_md, rows, ARRAY_LEN(rows));
}

/* --- .env */

static void test_dotenv__reads_ports_by_their_variables(void **state)
{
	static const struct claims_row rows[] = {
		{ "WEB_PORT=3100\n", "entry:1 3100 service=web; " },
		{ "# x\nA=1\nexport SUPABASE_API_PORT='54321' # y\nWEB_PORT_2=3101\n",
		  "entry:3 54321 service=supabase-api; entry:4 3101 service=web; " },
		{ "\xef\xbb\xbfWEB_PORT=1", "entry:1 1 service=web; " },
		{ "WEB_PORT=\nAPI_PORT=${X:-1}\n", "" },
		{ "WEB_PORT=70000\n", "entry:1 wrong: '70000' is not a port from 1 to 65535; " },
		{ "WEB_PORT=70000\nAPI_PORT=1\nDB_PORT=0\n",
		  "entry:1 wrong: '70000' is not a port from 1 to 65535; entry:2 1 service=api; "
		  "entry:3 wrong: '0' is not a port from 1 to 65535; " },
		{ "A=1\n", "!f:1: no line like WEB_PORT=3000" },
		{ "", "!f:1: no line like WEB_PORT=3000" },
		{ "A=1\nWEB_PORT=\xff\n", "!f:2: bytes that are not text" },
		{ "\xff\xfeW", "!f:1: the text is UTF-16" },
	};

	claims_check_rows(claims_dotenv, rows, ARRAY_LEN(rows));
}

/* --- registries of other tools */

static void test_devports__reads_allocations_and_reservations(void **state)
{
	static const struct claims_row rows[] = {
		{ "{\"allocations\": [], \"reservations\": []}", "" },
		{ "{\n \"allocations\": [\n  {\"port\": 5434, \"project\": \"shop\", \"service\": \"db\",\n"
		  "   \"type\": \"postgres\", \"allocatedAt\": \"2026-01-02T03:04:05.678Z\", \"note\": \"x\"},\n"
		  "  {\"port\": 3002, \"project\": \"shop\", \"service\": \"api\", \"type\": \"api\"}\n ],\n"
		  " \"reservations\": [\n  {\"port\": 8080, \"reason\": \"common\", \"reservedAt\": \"x\"}\n ]\n}\n",
		  "entry:3 5434 project=shop service=db type=postgres note=x at=1767323045678; "
		  "entry:5 3002 project=shop service=api type=api; reserved:8 8080 note=common; " },
		{ "\xef\xbb\xbf{\"allocations\": []}", "" },
		{ "{\"allocations\": {}}", "" },
		{ "{\"reservations\": []}", "!f:1: JSON, but not a registry of devports" },
		{ "[]", "!f:1: JSON, but not a registry of devports" },
		{ "1", "!f:1: JSON, but not a registry of devports" },
		{ "{\"allocations\": 1}", "!f:1: 'allocations' has no rows" },
		{ "{\"allocations\":\n[1]}", "entry:2 wrong: a row '{...}' was expected; " },
		{ "{\"allocations\":\n[{},\n{\"port\":1,\"project\":\"a\",\"service\":\"b\"}]}",
		  "entry:2 wrong: its 'port' is not a port from 1 to 65535; "
		  "entry:3 1 project=a service=b; " },
		{ "{\"allocations\":\n[{\"port\":0}]}",
		  "entry:2 wrong: its 'port' is not a port from 1 to 65535; " },
		{ "{\"allocations\":\n[{\"port\":\"70000\"}]}",
		  "entry:2 wrong: '70000' is not a port: a number from 1 to 65535; " },
		{ "{\"allocations\":\n[{\"port\":1}]}",
		  "entry:2 wrong: a row without 'project'; " },
		{ "{\"allocations\":\n[{\"port\":1,\"project\":\"a\",\"service\":\"\"}]}",
		  "entry:2 wrong: a row without 'service'; " },
		{ "{\"allocations\": [],\n\"allocations\": []}",
		  "!f:2: 'allocations' is there twice" },
		{ "{\"allocations\": [\n{\"port\":1,\"port\":2}]}", "!f:2: not JSON: line 2" },
		{ "{\"allocations\": [", "!f:1: not JSON: it ends too early" },
		{ "{\"allocations\": []} x", "!f:1: not JSON: something follows" },
		{ "", "!f:1: not JSON" },
		{ "WEB_PORT=1\n", "!f:1: not JSON" },
		{ "{\"allocations\":[{\"a\":\"\xff\"}]}", "!f:1: bytes that are not text" },
		{ "\xff\xfe{", "!f:1: the text is UTF-16" },
	};

	claims_check_rows(claims_devports, rows, ARRAY_LEN(rows));
}

static void test_portkeeper__reads_both_tools_of_that_name(void **state)
{
	static const struct claims_row rows[] = {
		{ "{\"version\": \"1.0.0\", \"ports\": []}", "" },
		{ "{\"ports\": [{\"number\": 3000, \"projectName\": \"my-api\", \"description\": \"d\",\n"
		  "\"tags\": [\"backend\", \"x\"], \"reservedAt\": \"2026-01-02T03:04:05.678Z\"},\n"
		  "{\"number\": 3001, \"projectName\": \"shop@2/web\", \"tags\": [], \"autoRelease\": true},\n"
		  "{\"number\": 3002, \"projectName\": \"Shop Web\"}]}",
		  "entry:1 3000 project=my-api service=backend description=d "
		  "metadata={\"tags\":[\"backend\",\"x\"]} at=1767323045678; "
		  "entry:3 3001 project=shop instance=2 service=web "
		  "metadata={\"autoRelease\":true}; "
		  "entry:4 3002 project=Shop Web service=main; " },
		{ "{}", "" },
		{ "{\n\"127.0.0.1:9000\": {\"host\": \"127.0.0.1\", \"port\": 9000, \"owner\": \"shop/web\",\n"
		  "\"timestamp\": 1767323045.678},\n"
		  "\"10.0.0.1:9000\": {\"host\": \"10.0.0.1\", \"port\": 9000, \"owner\": \"shop\"},\n"
		  "\"127.0.0.1:9001\": {\"host\": \"127.0.0.1\", \"port\": 9001, \"owner\": \"\"}}",
		  "entry:2 9000 project=shop service=web at=1767323045678; "
		  "entry:4 9000 project=shop service=main host=10.0.0.1; "
		  "reserved:5 9001 note=reserved in portkeeper; " },
		{ "{\"127.0.0.1:9000\": {\"timestamp\": 1e300, \"port\": 1}}",
		  "reserved:1 1 note=reserved in portkeeper; " },
		{ "{\"ports\": [{\"number\": 1}]}",
		  "entry:1 wrong: a row without 'projectName'; " },
		{ "{\"ports\": [{\"projectName\": \"a\"}]}",
		  "entry:1 wrong: its 'number' is not a port from 1 to 65535; " },
		{ "{\"a\": {}}", "!f:1: JSON, but not a registry of portkeeper" },
		{ "{\"127.0.0.1:9000\": {}}",
		  "entry:1 wrong: its 'port' is not a port from 1 to 65535; " },
	};

	claims_check_rows(claims_portkeeper, rows, ARRAY_LEN(rows));
}

static void test_supervisor__reads_its_three_tables(void **state)
{
	static const struct claims_row rows[] = {
		{ "{\"project_port_ranges\": [\n"
		  "{\"id\": 2, \"project_id\": 1, \"project_name\": \"shop\", "
		  "\"port_range_start\": 3100, \"port_range_end\": 3199, "
		  "\"created_at\": \"2026-01-18T09:00:00\"}],\n"
		  "\"port_allocations\": [\n"
		  "{\"id\": 17, \"port\": 3100, \"project_name\": \"shop\", \"status\": \"in_use\", "
		  "\"service_name\": \"web\", \"description\": \"d\", \"notes\": \"n\", "
		  "\"cloudflare_tunnel_id\": \"t\", \"cloudflare_hostname\": \"h.example.org\", "
		  "\"allocated_at\": \"2026-01-18T10:00:00.123456+00:00\", "
		  "\"allocated_by\": \"alice\"},\n"
		  "{\"id\": 18, \"port\": 3101, \"project_name\": \"shop\", "
		  "\"status\": \"released\", \"service_name\": \"api\", "
		  "\"allocated_by\": \"supervisor\"}],\n"
		  "\"shared_service_ports\": [\n"
		  "{\"id\": 8, \"port\": 8080, \"service_name\": \"mcp\"}]}\n",
		  "project:2 place=project_port_ranges 2 3100-3199 project=shop number=1 "
		  "at=1768726800000; "
		  "entry:4 place=port_allocations 17 3100 project=shop service=web "
		  "hostname=h.example.org tunnel=t description=d note=n "
		  "metadata={\"allocated_by\":\"alice\"} at=1768730400123; "
		  "entry:5 place=port_allocations 18 3101 project=shop service=api status=released; "
		  "entry:7 place=shared_service_ports 8 8080 project=shared-services service=mcp; " },
		{ "{\"project_port_ranges\": []}", "" },
		/* Rows that say what cannot be; those behind them are read. */
		{ "{\"project_port_ranges\": [\n"
		  "{\"id\": 1, \"project_name\": \"a\", \"port_range_start\": 3199, "
		  "\"port_range_end\": 3100},\n"
		  "{\"id\": 2, \"port_range_start\": 1, \"port_range_end\": 2},\n"
		  "{\"id\": 3, \"project_name\": \"b\", \"port_range_start\": 0, "
		  "\"port_range_end\": 70000},\n 7],\n"
		  "\"port_allocations\": [\n"
		  "{\"id\": 4, \"project_name\": \"a\", \"service_name\": \"s\", \"port\": 70000},\n"
		  "{\"id\": 5, \"project_name\": null, \"service_name\": \"s\", \"port\": 1}]}",
		  "project:2 place=project_port_ranges 1 wrong: its range 3199-3100 is none; "
		  "project:3 place=project_port_ranges 2 wrong: a row without 'project_name'; "
		  "project:4 place=project_port_ranges 3 wrong: its range 0-70000 is none; "
		  "entry:5 wrong: a row '{...}' was expected; "
		  "entry:7 place=port_allocations 4 wrong: its 'port' is not a port from 1 to 65535; "
		  "entry:8 place=port_allocations 5 wrong: a row without 'project_name'; " },
		{ "{}", "!f:1: JSON, but not a registry of supervisor" },
		{ "{\"project_port_ranges\": 7}", "!f:1: 'project_port_ranges' has no rows" },
	};

	claims_check_rows(claims_supervisor, rows, ARRAY_LEN(rows));
}

static void test_scar__reads_ports_with_their_codebases_and_worktrees(void **state)
{
	static const struct claims_row rows[] = {
		{ "{\"codebases\": [\n{\"name\": \"shop\", \"default_cwd\": \"/w/shop\"}],\n"
		  "\"worktrees\": [\n{\"codebase\": \"shop\", \"instance\": 2, "
		  "\"worktree_path\": \"/w/trees/a\"}],\n"
		  "\"remote_agent_port_allocations\": [\n"
		  "{\"port\": 8001, \"service_name\": \"web\", \"environment\": \"dev\", "
		  "\"codebase\": \"shop\", \"instance\": 2, \"status\": \"active\", "
		  "\"allocated_at\": \"2026-02-01T10:01:00\", \"process_id\": 4711},\n"
		  "{\"port\": 443, \"service_name\": \"nginx\", \"environment\": \"production\", "
		  "\"codebase\": null, \"instance\": 1, \"status\": \"released\"}]}",
		  "project:2 place=codebase project=shop path=/w/shop; "
		  "instance:4 place=worktree project=shop instance=2 worktree=/w/trees/a; "
		  "entry:6 place=port 8001 8001 project=shop instance=2 service=web env=dev "
		  "at=1769940060000; "
		  "entry:7 place=port 443 443 service=nginx env=production status=released; " },
		{ "{\"codebases\": [], \"worktrees\": [{\"codebase\": \"a\", \"instance\": 99999, "
		  "\"worktree_path\": \"/a\"}, {\"codebase\": \"a\"}]}",
		  "instance:1 place=worktree wrong: instance 99999 is none; "
		  "instance:1 place=worktree wrong: a row without 'worktree_path'; " },
		{ "[]", "!f:1: JSON, but not a registry of scar" },
	};

	claims_check_rows(claims_scar, rows, ARRAY_LEN(rows));
}

static void test_port_manager__reads_the_tools_of_that_name(void **state)
{
	static const struct claims_row rows[] = {
		{ "{\"ports\": {}, \"projects\": {}}", "" },
		{ "{\"ports\": {\n\"8000\": {\"project\": \"shop\", \"service\": \"web\", \"assigned_at\": "
		  "\"2026-01-02T03:04:05.678901\", \"auto_assigned\": true},\n"
		  "\"8001\": {\"project\": \"shop\", \"service\": \"api\", \"type\": \"api\", \"environment\": "
		  "\"development\", \"allocated_at\": \"2026-01-02 03:04:05\", \"pid\": null}},\n"
		  "\"projects\": {\"shop\": {\"web\": 8000}}}",
		  "entry:2 8000 project=shop service=web at=1767323045678; "
		  "entry:3 8001 project=shop service=api type=api env=dev at=1767323045000; " },
		{ "{\"version\": \"1.0\", \"pools\": {\"web\": {\"rangeStart\": 1, \"rangeEnd\": 2}}, \"leases\": [\n"
		  "{\"port\": 3300, \"pool\": \"frontend\", \"identifier\": \"/src/shop\", \"worktreePath\": "
		  "\"/src/shop\", \"tag\": \"http\", \"leasedAt\": \"2026-01-02T03:04:05.678Z\"},\n"
		  "{\"port\": 3301, \"pool\": \"frontend\", \"identifier\": \"C/src/blog\", \"worktreePath\": \"\", "
		  "\"tag\": \"\"}]}",
		  "entry:2 3300 project=shop service=frontend-http path=/src/shop at=1767323045678; "
		  "entry:3 3301 project=blog service=frontend; " },
		{ "{\"version\": \"1.0.0\", \"allocations\": {\n"
		  "\"3000\": {\"allocatedAt\": \"2026-01-02T03:04:05.678Z\", \"role\": \"web\", \"groupId\": \"g\", "
		  "\"metadata\": {\"app\": \"shop\"}},\n"
		  "\"3001\": {\"metadata\": {\"workspace\": \"blog\"}},\n\"3002\": {\"metadata\": {}}}}",
		  "entry:2 3000 project=shop service=web at=1767323045678; "
		  "entry:3 3001 project=blog service=main; "
		  "reserved:4 3002 note=allocated in port-manager; " },
		{ "{\n\"3000\": {\"app_name\": \"shop\", \"description\": \"d\", \"registered_at\": "
		  "\"2026-01-02T03:04:05.678901\"}}",
		  "entry:2 3000 project=shop service=main description=d at=1767323045678; " },
		{ "{}", "" },
		{ "{\"x\": 1}", "!f:1: JSON, but not a registry of port-manager" },
		{ "{\"ports\": [{\"port\": 1}]}",
		  "entry:1 wrong: a row that is not named by its port; " },
		{ "{\"ports\": {\"x\": {}}}",
		  "entry:1 wrong: 'x' is not a port: a number from 1 to 65535; " },
		{ "{\"ports\": {\"70000\": {}}}",
		  "entry:1 wrong: '70000' is not a port: a number from 1 to 65535; " },
		{ "{\"ports\": {\"1\": {\"project\": \"a\"}}}",
		  "entry:1 wrong: a row without 'service'; " },
		{ "{\"leases\": [{\"port\": 1, \"pool\": \"a\"}]}",
		  "entry:1 wrong: a row without 'identifier'; " },
	};

	claims_check_rows(claims_port_manager, rows, ARRAY_LEN(rows));
}

static void test_json__that_nests_deep_is_refused(void **state)
{
	static claims_fn *const scans[] = { claims_devports, claims_portkeeper,
					    claims_port_manager };
	static char deep[100001];

	memset(deep, '[', sizeof(deep) - 1);
	for (size_t i = 0; i < ARRAY_LEN(scans); i++) {
		struct err err = { 0 };

		CHECK(!scans[i](deep, sizeof(deep) - 1, "f", claims_tell, NULL, &err));
		CHECK_TEXT(err.text, "f:1: JSON that nests deeper than 64");
	}
}

static bool stop(const struct claim *c, void *arg)
{
	++*(unsigned *)arg;
	return false;
}

static void test_claims__stop_where_the_callback_says_so(void **state)
{
	static const struct {
		claims_fn *scan;
		const char *text;
	} row[] = {
		{ claims_md, HEAD "|a|1-3|\n|b|2|\n" },
		{ claims_ports_md, PROJECTS "|a|1100-1199||\n|b|1200-1299||\n" },
		{ claims_ports_md, INSTANCES "|a|1|1-2|\n|b|2|3-4|\n" },
		{ claims_dotenv, "A_PORT=1\nB_PORT=2\n" },
		{ claims_devports,
		  "{\"allocations\":[{\"port\":1,\"project\":\"a\",\"service\":\"b\"},"
		  "{\"port\":2,\"project\":\"a\",\"service\":\"b\"}]}" },
		{ claims_portkeeper, "{\"ports\":[{\"number\":1,\"projectName\":\"a\"},"
				     "{\"number\":2,\"projectName\":\"a\"}]}" },
		{ claims_port_manager, "{\"1\":{\"app_name\":\"a\"},\"2\":{\"app_name\":\"a\"}}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct err err = { 0 };
		unsigned calls = 0;

		CHECK(!row[i].scan(row[i].text, strlen(row[i].text), "f", stop, &calls, &err),
		      "row %zu", i);
		CHECK(calls == 1 && err.code == ERR_NONE, "row %zu: %s", i, err.text);
	}
}

static void test_claim_time__reads_what_programs_and_people_write(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} row[] = {
		{ NULL, 0 },
		{ "", 0 },
		{ "yesterday, perhaps", 0 },
		{ "2026-01-02", INT64_C(1767312000000) }, /* the day's beginning */
		{ "2026-01-02T03:04:05Z", INT64_C(1767323045000) },
		{ "2026-01-02T03:04:05", INT64_C(1767323045000) },
		{ "2026-01-02 03:04:05.123456", INT64_C(1767323045123) },
		{ "2026-13-02", 0 },
		{ "2026-01-02T03:04:05+02:00", 0 },
		{ "2026-01-02T03:04:05.12345678901234567890Z", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(claim_time(row[i].text) == row[i].want, "row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md__reads_a_table_with_ports_and_services),
		cmocka_unit_test(test_md__steps_over_what_is_no_table),
		cmocka_unit_test(test_md__a_heading_names_a_project_only_in_words),
		cmocka_unit_test(test_md__reads_ports_as_people_write_them),
		cmocka_unit_test(test_ports_md__reads_its_two_tables),
		cmocka_unit_test(test_dotenv__reads_ports_by_their_variables),
		cmocka_unit_test(test_devports__reads_allocations_and_reservations),
		cmocka_unit_test(test_portkeeper__reads_both_tools_of_that_name),
		cmocka_unit_test(test_supervisor__reads_its_three_tables),
		cmocka_unit_test(test_scar__reads_ports_with_their_codebases_and_worktrees),
		cmocka_unit_test(test_port_manager__reads_the_tools_of_that_name),
		cmocka_unit_test(test_json__that_nests_deep_is_refused),
		cmocka_unit_test(test_claims__stop_where_the_callback_says_so),
		cmocka_unit_test(test_claim_time__reads_what_programs_and_people_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
