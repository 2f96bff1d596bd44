/*
 * What is a message, and by which revision it is read: statuses of HTTP, codes, ids.
 */
#include "lib/mcp.h"

struct row {
	const char *message;
	unsigned status;
	int code;	  /* 0: a result, or nothing */
	const char *part; /* of the answer's text; NULL: there is no answer */
	struct mcp_headers headers;
};

static void check_rows(enum mcp_transport transport, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *r = &rows[i];
		struct mcp_bench b;

		bench_open(&b, transport);
		b.link.headers = r->headers;
		bench_text(&b, r->message);
		CHECK(b.reply.http_status == r->status, "row %zu: %u", i, b.reply.http_status);
		CHECK(bench_code(&b) == r->code, "row %zu: %s", i, text_str(&b.reply.text));
		if (r->part)
			CHECK(strstr(text_str(&b.reply.text), r->part), "row %zu: %s", i,
			      text_str(&b.reply.text));
		else
			CHECK(!b.reply.text.len, "row %zu: %s", i, b.reply.text.s);
		bench_close(&b);
	}
}

#define CALL(id, method, params) \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\",\"params\":{" params "}}"
#define PING(id) CALL(id, "ping", "")
#define VERSION(v)                                                      \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":" v "," \
	"\"io.modelcontextprotocol/clientCapabilities\":{}}"

static void test_message__that_is_none_is_refused_and_the_next_is_answered(void **state)
{
	static const struct row rows[] = {
		{ "", 400, -32700, "\"id\":null" },
		{ "garbage", 400, -32700, "\"id\":null" },
		{ "\xff\xfe", 400, -32700, "\"id\":null" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\u0000b\"}", 400, -32700, "null" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}", 400, -32700,
		  "null" },
		{ "1", 400, -32600, "\"id\":null" },
		{ "null", 400, -32600, "\"id\":null" },
		{ "{}", 400, -32600, "\"id\":null" },
		{ "[]", 400, -32600, "\"id\":null" },
		{ "{\"id\":1,\"method\":\"ping\"}", 400, -32600, "\"id\":1" },
		{ "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", 400, -32600, "\"id\":1" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", 400, -32600, "\"id\":1" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"Method\":\"ping\"}", 400, -32600, "\"id\":1" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", 400, -32600, "null" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", 400, -32600, "null" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}", 400, -32600,
		  "1" },
		{ PING("1"), 200, 0, "\"result\":{}" },
	};

	check_rows(MCP_STDIO, rows, ARRAY_LEN(rows));
}

static void test_id__comes_back_as_it_was(void **state)
{
	static const struct row rows[] = {
		{ PING("0"), 200, 0, "\"id\":0," },
		{ PING("-1"), 200, 0, "\"id\":-1," },
		{ PING("9223372036854775807"), 200, 0, "\"id\":9223372036854775807," },
		{ PING("\"\""), 200, 0, "\"id\":\"\"," },
		{ PING("\"a\\nb\xc3\xa9\""), 200, 0, "\"id\":\"a\\nb\xc3\xa9\"," },
		{ CALL("\"x\"", "no/such", ""), 200, -32601, "\"id\":\"x\"," },
	};

	check_rows(MCP_STDIO, rows, ARRAY_LEN(rows));
}

static void test_notification__has_no_answer(void **state)
{
	static const struct row rows[] = {
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", 202, 0, NULL },
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"no/such\"}", 202, 0, NULL },
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
		  "\"requestId\":5}}",
		  202, 0, NULL },
		{ "{\"jsonrpc\":\"2.0\",\"id\":\"portbook-1\",\"result\":{}}", 202, 0, NULL },
	};

	check_rows(MCP_HTTP, rows, ARRAY_LEN(rows));
}

static void test_initialize__echoes_a_version_it_knows_and_offers_its_newest_else(void **state)
{
	static const struct {
		const char *asked, *got;
	} row[] = {
		{ "\"2024-11-05\"", "2024-11-05" },
		{ "\"2025-03-26\"", "2025-03-26" },
		{ "\"2025-06-18\"", "2025-06-18" },
		{ "\"2025-11-25\"", "2025-11-25" },
		{ "\"1999-01-01\"", "2025-11-25" },
		{ "7", "2025-11-25" },
		/* A modern one has no initialize: who asks so is served by the older way. */
		{ "\"2026-07-28\"", "2025-11-25" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text t = { 0 };
		struct mcp_bench b;

		bench_open(&b, MCP_STDIO);
		text_addf(&t, CALL("1", "initialize", "\"protocolVersion\":%s"), row[i].asked);
		bench_text(&b, text_str(&t));
		CHECK(!strcmp(json_text_of(bench_result(&b), "protocolVersion"), row[i].got),
		      "row %zu: %s", i, text_str(&b.reply.text));
		bench_close(&b);
	}
}

static void test_both_eras__are_served_on_one_pipe(void **state)
{
	struct mcp_bench b;

	bench_open(&b, MCP_STDIO);
	bench_text(&b, CALL("1", "server/discover", MODERN_META));
	CHECK(json_array_size(json_object_get(bench_result(&b), "supportedVersions")) == 5);
	bench_text(&b, CALL("2", "initialize", "\"protocolVersion\":\"2025-06-18\""));
	CHECK(!bench_code(&b));
	bench_text(&b, CALL("3", "ping", ""));
	CHECK(!bench_code(&b));
	CHECK(!json_object_get(bench_result(&b), "resultType"));
	bench_text(&b, CALL("4", "tools/list", MODERN_META));
	CHECK(!strcmp(json_text_of(bench_result(&b), "resultType"), "complete"));
	bench_close(&b);
}

static void test_modern_request__says_its_version_or_is_refused(void **state)
{
	static const struct row rows[] = {
		{ CALL("1", "tools/list", MODERN_META), 200, 0, "\"cacheScope\":\"public\"" },
		{ CALL("1", "resources/list", MODERN_META), 200, 0, "\"ttlMs\":0" },
		{ CALL("1", "initialize", MODERN_META), 404, -32601, "initialize" },
		{ CALL("1", "ping", MODERN_META), 404, -32601, "ping" },
		{ CALL("1", "logging/setLevel", MODERN_META), 404, -32601, "setLevel" },
		{ CALL("1", "resources/subscribe", MODERN_META), 404, -32601, "subscribe" },
		{ CALL("1", "tools/list", VERSION("\"v999\"")), 400, -32022,
		  "\"requested\":\"v999\"" },
		/* One that has initialize is not asked for so. */
		{ CALL("1", "tools/list", VERSION("\"2025-11-25\"")), 400, -32022,
		  "\"supported\":[\"2026-07-28\"]," },
		{ CALL("1", "tools/list", VERSION("7")), 400, -32602, "protocolVersion" },
		{ CALL("1", "tools/list",
		       "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}"),
		  400, -32602, "clientCapabilities" },
		/* Errors of a method are answers. */
		{ CALL("1", "resources/read", MODERN_META ",\"uri\":\"portbook://nothing\""), 200,
		  -32602, "\"data\":{\"uri\":\"portbook://nothing\"}" },
		{ CALL("1", "tools/call", MODERN_META ",\"name\":\"no-such\""), 200, -32602,
		  "no-such" },
		{ CALL("1", "tools/list", MODERN_META ",\"cursor\":\"bogus\""), 200, -32602,
		  "cursor" },
	};

	check_rows(MCP_STDIO, rows, ARRAY_LEN(rows));
}

static void test_older_request__has_the_codes_of_its_time(void **state)
{
	static const struct row rows[] = {
		{ CALL("1", "server/discover", ""), 200, -32601, "discover" },
		{ CALL("1", "resources/read", "\"uri\":\"portbook://nothing\""), 200, -32002,
		  "uri" },
		{ CALL("1", "tools/call", "\"name\":\"no-such\""), 200, -32602, "no-such" },
		{ CALL("1", "prompts/get", "\"name\":\"no-such\""), 200, -32602, "no-such" },
		{ CALL("1", "prompts/get", "\"name\":\"port-allocate\""), 200, -32602, "project" },
		{ CALL("1", "logging/setLevel", "\"level\":\"loud\""), 200, -32602, "loud" },
		{ CALL("1", "resources/list", "\"cursor\":7"), 200, -32602, "cursor" },
		/* The cursor of another list. */
		{ CALL("1", "resources/list", "\"cursor\":\"cG9ydHM6MzAwMA==\""), 200, -32602,
		  "cursor" },
	};

	check_rows(MCP_STDIO, rows, ARRAY_LEN(rows));
}

#define TOOL_CALL(name) CALL("1", "tools/call", MODERN_META ",\"name\":\"" name "\"")

static void test_http_headers__agree_with_the_message_or_it_is_refused(void **state)
{
	static const char modern[] = "2026-07-28";
	static const struct row rows[] = {
		{ CALL("1", "tools/list", MODERN_META),
		  200,
		  0,
		  "tools",
		  { modern, "tools/list", NULL } },
		{ CALL("1", "tools/list", MODERN_META),
		  200,
		  0,
		  "tools",
		  { " 2026-07-28\t", " tools/list ", NULL } },
		{ CALL("1", "tools/list", MODERN_META),
		  400,
		  -32020,
		  "Version",
		  { NULL, "tools/list", NULL } },
		{ CALL("1", "tools/list", MODERN_META),
		  400,
		  -32020,
		  "Version",
		  { "2025-11-25", "tools/list", NULL } },
		{ CALL("1", "tools/list", VERSION("\"v9\"")),
		  400,
		  -32020,
		  "v9",
		  { modern, "tools/list", NULL } },
		{ CALL("1", "tools/list", VERSION("\"v9\"")),
		  400,
		  -32022,
		  "v9",
		  { "v9", "tools/list", NULL } },
		{ CALL("1", "tools/list", MODERN_META),
		  400,
		  -32020,
		  "Method",
		  { modern, NULL, NULL } },
		{ CALL("1", "tools/list", MODERN_META),
		  400,
		  -32020,
		  "Method",
		  { modern, "Tools/List", NULL } },
		{ TOOL_CALL("list-ports"),
		  200,
		  0,
		  "success",
		  { modern, "tools/call", "list-ports" } },
		{ TOOL_CALL("list-ports"),
		  200,
		  0,
		  "success",
		  { modern, "tools/call", "=?base64?bGlzdC1wb3J0cw==?=" } },
		{ TOOL_CALL("list-ports"),
		  400,
		  -32020,
		  "Name",
		  { modern, "tools/call", "=?base64?bGlzdC1wb3J0cw?=" } },
		{ TOOL_CALL("list-ports"),
		  400,
		  -32020,
		  "Name",
		  { modern, "tools/call", "get-port" } },
		{ TOOL_CALL("list-ports"), 400, -32020, "Name", { modern, "tools/call", NULL } },
		/* A modern header, and a message that says nothing. */
		{ CALL("1", "tools/list", ""),
		  400,
		  -32602,
		  "_meta",
		  { modern, "tools/list", NULL } },
		{ CALL("1", "initialize", ""),
		  400,
		  -32020,
		  "initialize",
		  { modern, "initialize", NULL } },
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}",
		  202,
		  0,
		  NULL,
		  { modern, NULL, NULL } },
		/* The older ones. */
		{ PING("1"), 200, 0, "result", { "2025-06-18", NULL, NULL } },
		{ PING("1"), 200, 0, "result", { NULL, NULL, NULL } },
		{ PING("1"), 400, -32022, "1999", { "1999-01-01", NULL, NULL } },
	};

	check_rows(MCP_HTTP, rows, ARRAY_LEN(rows));
}

static void test_batch__is_answered_where_the_revision_has_it(void **state)
{
#define BATCH "[" PING("1") "," PING("\"b\"") ",{\"jsonrpc\":\"2.0\",\"method\":\"x\"},7]"
	static const struct row rows[] = {
		{ BATCH, 400, -32600, "one message", { "2025-06-18", NULL, NULL } },
		{ BATCH, 400, -32600, "one message", { "2026-07-28", NULL, NULL } },
	};
	struct mcp_bench b;

	check_rows(MCP_HTTP, rows, ARRAY_LEN(rows));
	bench_open(&b, MCP_HTTP);
	bench_text(&b, BATCH);
	CHECK(json_array_size(b.answer) == 3, "%s", text_str(&b.reply.text));
	CHECK(json_int_of(json_array_get(b.answer, 0), "id", 0) == 1);
	CHECK(!strcmp(json_text_of(json_array_get(b.answer, 1), "id"), "b"));
	bench_text(&b, "[{\"jsonrpc\":\"2.0\",\"method\":\"x\"}]");
	CHECK(!b.reply.text.len && b.reply.http_status == 202);
	bench_close(&b);
}

static void test_size__of_a_message_is_limited(void **state)
{
	struct mcp_bench b;
	char *deep = malloc(40001);

	memset(deep, '[', 20000);
	memset(deep + 20000, ']', 20000);
	bench_open(&b, MCP_STDIO);
	bench_bytes(&b, deep, 40000);
	CHECK(bench_code(&b) == -32700);
	bench_bytes(&b, "", MCP_MESSAGE_MAX + 1);
	CHECK(bench_code(&b) == -32600);
	bench_close(&b);
	free(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message__that_is_none_is_refused_and_the_next_is_answered),
		cmocka_unit_test(test_id__comes_back_as_it_was),
		cmocka_unit_test(test_notification__has_no_answer),
		cmocka_unit_test(
			test_initialize__echoes_a_version_it_knows_and_offers_its_newest_else),
		cmocka_unit_test(test_both_eras__are_served_on_one_pipe),
		cmocka_unit_test(test_modern_request__says_its_version_or_is_refused),
		cmocka_unit_test(test_older_request__has_the_codes_of_its_time),
		cmocka_unit_test(test_http_headers__agree_with_the_message_or_it_is_refused),
		cmocka_unit_test(test_batch__is_answered_where_the_revision_has_it),
		cmocka_unit_test(test_size__of_a_message_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
