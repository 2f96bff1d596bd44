/*
 * What the protocol does differently by HTTP, where each request stands alone.
 */
#include "lib/mcp.h"

static bool ask_fails(struct mcp_link *l, const char *method, const json_t *params, json_t **ret,
		      struct err *err)
{
	(void)l;
	(void)params;
	(void)ret;
	CHECK(false, "the client was asked for %s", method);
	return fail(err, ERR_IO, "asked");
}

static const char *first_notice(const json_t *answer)
{
	const char *notice = json_string_value(
		json_array_get(json_object_get(answer, "notices"), 0));

	return notice ? notice : "";
}

static void test_call__without_a_place_is_about_instance_1_and_says_so(void **state)
{
	const json_t *answer;
	struct mcp_bench b;

	bench_open(&b, MCP_HTTP);
	b.link.ask = ask_fails;
	CHECK(bench_tool(&b, "create-project", "{\"projectName\":\"shop\"}"));
	answer = bench_tool(&b, "get-port", "{\"projectName\":\"shop\",\"serviceName\":\"web\"}");
	CHECK(json_int_of(answer, "instance", 0) == 1);
	CHECK(strstr(first_notice(answer), "instance 1"), "%s", bench_said(&b));
	answer = bench_tool(&b, "get-port",
			    "{\"projectName\":\"shop\",\"serviceName\":\"web\",\"instance\":1}");
	CHECK(answer && !*first_notice(answer), "%s", bench_said(&b));
	answer = bench_tool(&b, "list-ports", "{}");
	CHECK(answer && !*first_notice(answer), "%s", bench_said(&b));
	bench_close(&b);
}

static void test_listening__needs_a_stream_and_is_told_what_was_asked_for(void **state)
{
	static const char listen[] =
		"{\"jsonrpc\":\"2.0\",\"id\":\"s\",\"method\":\"subscriptions/listen\",\"params\":{" MODERN_META
		",\"notifications\":{\"resourceSubscriptions\":[\"portbook://projects/"
		"shop\"]}}}";
	CLEANUP(json_cleanup)
	json_t *events = json_pack("[{s:s, s:s}, {s:s, s:s, s:i}]", "operation", "project-add",
				   "projectName", "other", "operation", "allocate", "projectName",
				   "shop", "port", 3100);
	CLEANUP(text_release) struct text end = { 0 };
	struct mcp_bench b;
	struct err err = { 0 };

	bench_open(&b, MCP_HTTP);
	b.link.headers = (struct mcp_headers){ "2026-07-28", "subscriptions/listen", NULL };
	b.link.send = NULL;
	bench_text(&b, listen);
	CHECK(bench_code(&b) == -32600 && !b.reply.subscription);
	b.link.send = bench_send;
	bench_text(&b, listen);
	CHECK(b.reply.subscription && !b.reply.text.len && b.reply.http_status == 200);
	CHECK(strstr(text_str(&b.sent), "subscriptions/acknowledged"), "%s", text_str(&b.sent));
	text_clear(&b.sent);
	CHECK(mcp_tell(b.mcp, &b.link, b.reply.subscription, events, &err));
	CHECK(strstr(text_str(&b.sent), "\"uri\":\"portbook://projects/shop\""), "%s",
	      text_str(&b.sent));
	CHECK(strstr(text_str(&b.sent), "subscriptionId\":\"s\""));
	/* The list was not asked for. */
	CHECK(!strstr(text_str(&b.sent), "list_changed"));
	text_clear(&b.sent);
	CHECK(json_array_remove(events, 1) == 0);
	CHECK(mcp_tell(b.mcp, &b.link, b.reply.subscription, events, &err));
	CHECK(!b.sent.len, "%s", text_str(&b.sent));
	CHECK(mcp_subscription_end(b.mcp, b.reply.subscription, &end, &err));
	CHECK(strstr(text_str(&end), "\"id\":\"s\"") && strstr(text_str(&end), "complete"));
	bench_close(&b);
}

static bool is_off(struct mcp_link *l)
{
	(void)l;
	return true;
}

static void test_request__that_is_called_off_is_not_answered(void **state)
{
	struct mcp_bench b;

	bench_open(&b, MCP_HTTP);
	CHECK(bench_tool(&b, "create-project", "{\"projectName\":\"shop\"}"));
	b.link.is_cancelled = is_off;
	CHECK(!bench_tool(&b, "import-ports",
			  "{\"content\":\"WEB_PORT=3100\",\"format\":\"dotenv\",\"projectName\":"
			  "\"shop\",\"dryRun\":false}"));
	CHECK(b.reply.is_cancelled && !b.reply.text.len);
	b.link.is_cancelled = NULL;
	CHECK(!json_array_size(json_object_get(bench_tool(&b, "list-ports", "{}"), "ports")));
	bench_close(&b);
}

/* As if it had left while the first was answered. */
static bool is_off_after_one(struct mcp_link *l)
{
	const struct mcp_bench *b = (const struct mcp_bench *)l;

	return b->sent.len > 0;
}

static bool leave(struct mcp_link *l, const char *text, size_t len, struct err *err)
{
	(void)text;
	return bench_send(l, "left", 4, err) && len;
}

#define CREATE(name)                                                                      \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" \
	"create-project\",\"arguments\":{\"projectName\":\"" name "\"}}}"
#define AUDIT                                                                             \
	"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"" \
	"audit-ports\",\"_meta\":{\"progressToken\":1}}}"

static void test_batch__that_is_left_ends_with_what_is_at_hand(void **state)
{
	struct mcp_bench b;
	const json_t *ports;

	bench_open(&b, MCP_HTTP);
	CHECK(bench_tool(&b, "create-project", "{\"projectName\":\"shop\"}"));
	b.link.send = leave;
	b.link.is_cancelled = is_off_after_one;
	bench_text(&b, "[" CREATE("before") "," AUDIT "," CREATE("after") "]");
	CHECK(b.sent.len && b.reply.is_cancelled && !b.reply.text.len);
	b.link.is_cancelled = NULL;
	ports = bench_tool(&b, "port-summary", "{\"projectName\":\"before\"}");
	CHECK(ports, "%s", bench_said(&b));
	ports = bench_tool(&b, "port-summary", "{\"projectName\":\"after\"}");
	CHECK(!ports && strstr(bench_said(&b), "after"), "%s", bench_said(&b));
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call__without_a_place_is_about_instance_1_and_says_so),
		cmocka_unit_test(test_listening__needs_a_stream_and_is_told_what_was_asked_for),
		cmocka_unit_test(test_request__that_is_called_off_is_not_answered),
		cmocka_unit_test(test_batch__that_is_left_ends_with_what_is_at_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
