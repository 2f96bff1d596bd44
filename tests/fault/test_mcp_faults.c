/*
 * An agent's message when memory runs out: no answer, or one that is whole; and the
 * next message is answered.
 */
#include "lib/fault.h"
#include "lib/mcp.h"

#define ASK(method, params) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" params "}}"
#define CALL(name, arguments) \
	ASK("tools/call", "\"name\":\"" name "\",\"arguments\":{" arguments "}")
#define WEB "\"projectName\":\"shop\",\"serviceName\":\"web\""

static const char *const messages[] = {
	ASK("initialize", "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"roots\":{}}"),
	ASK("server/discover", MODERN_META),
	ASK("tools/list", ""),
	ASK("prompts/list", MODERN_META),
	ASK("prompts/get", "\"name\":\"port-check\",\"arguments\":{\"port\":\"3100\"}"),
	ASK("resources/list", ""),
	ASK("resources/read", "\"uri\":\"portbook://projects/shop\""),
	ASK("resources/read", "\"uri\":\"portbook://nothing\""),
	ASK("resources/subscribe", "\"uri\":\"portbook://ports\""),
	ASK("completion/complete", "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"port-list\"},"
				   "\"argument\":{\"name\":\"project\",\"value\":\"s\"}"),
	ASK("subscriptions/listen",
	    MODERN_META ",\"notifications\":{\"resourceSubscriptions\":[\"portbook://ports\"]}"),
	ASK("no/such", ""),
	CALL("get-port", WEB),
	CALL("get-port", "\"projectName\":\"shop\""),
	CALL("list-ports", "\"limit\":1"),
	CALL("check-port", "\"port\":3100"),
	CALL("port-summary", "\"projectName\":\"shopp\""),
	CALL("register-port", "\"projectName\":\"other\",\"serviceName\":\"x\",\"port\":3100"),
	"[" ASK("ping", "") "," ASK("ping", "") "]",
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}",
};

/* Whether it was answered; what was said is JSON in any case. */
static bool handle(struct mcp_bench *b, const char *message, long allocations)
{
	CLEANUP(mcp_reply_release) struct mcp_reply reply = { 0 };
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err err = { 0 };
	bool ok;

	allocations_left = allocations;
	ok = mcp_handle(b->mcp, &b->link, message, strlen(message), &reply, &err);
	allocations_left = ALLOCATIONS_UNLIMITED;
	CHECK(ok || err.code == ERR_MEMORY, "%s: %s", message, err.text);
	if (ok && reply.text.len)
		CHECK(json_parse(reply.text.s, reply.text.len, &answer, &err), "%s: %s", message,
		      err.text);
	return ok;
}

/* Tools that are listed are made once. */
static void start_anew(struct mcp_bench *b)
{
	mcp_link_release(&b->link);
	text_clear(&b->sent);
	mcp_free(b->mcp);
	b->mcp = mcp_new(&mcp_portbook,
			 &(struct mcp_book){ .call = bench_call, .arg = b->session });
	CHECK(b->mcp);
}

static void test_message__is_answered_whole_or_not_at_all(void **state)
{
	struct mcp_bench b;

	bench_open(&b, MCP_STDIO);
	CHECK(bench_tool(&b, "create-project", "{\"projectName\":\"shop\"}"));
	CHECK(bench_tool(&b, "create-project", "{\"projectName\":\"other\"}"));
	CHECK(bench_tool(&b, "get-port", "{" WEB "}"));
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		for (long n = 0; !handle(&b, messages[i], n); n = fault_next(n))
			start_anew(&b);
		start_anew(&b);
		CHECK(handle(&b, messages[i], ALLOCATIONS_UNLIMITED), "row %zu", i);
		start_anew(&b);
	}
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message__is_answered_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
