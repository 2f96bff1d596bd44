/*
 * portbook in the files of agents' programs: what else stands there stays, byte for byte.
 */
#include "lib/check.h"

#include "cli/agent_file.h"

static const char *const args[] = { "mcp", NULL };
static const struct agent_entry entry = { .command = "/usr/bin/portbook", .args = args };

typedef bool make_fn(const char *, size_t, const char *, const struct agent_entry *, struct text *,
		     struct err *);

struct row {
	const char *was, *now; /* now NULL: refused */
};

static void check_rows(make_fn *make, const char *list, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(text_release) struct text now = { 0 };
		CLEANUP(text_release) struct text again = { 0 };
		struct err err = { 0 };
		bool ok = make(rows[i].was, strlen(rows[i].was), list, &entry, &now, &err);

		CHECK(ok == (rows[i].now != NULL), "row %zu: %s", i, err.text);
		CHECK(ok || err.code == ERR_INVALID, "row %zu", i);
		if (!ok)
			continue;
		CHECK(!strcmp(text_str(&now), rows[i].now), "row %zu: %s", i, text_str(&now));
		CHECK(make(now.s, now.len, list, &entry, &again, &err));
		CHECK(!strcmp(text_str(&again), rows[i].now), "twice is as once, row %zu", i);
	}
}

#define OURS                                                                         \
	"\"portbook\": {\n      \"command\": \"/usr/bin/portbook\",\n      \"args\"" \
	": [\n        \"mcp\"\n      ]\n    }"

static void test_json__keeps_what_is_there(void **state)
{
	static const struct row rows[] = {
		{ "", "{\n  \"servers\": {\n    " OURS "\n  }\n}\n" },
		{ "{}", "{\n  \"servers\": {\n    " OURS "\n  }\n}" },
		{ "{\"a\" : 1 }", "{\n  \"servers\": {\n    " OURS "\n  },\"a\" : 1 }" },
		{ "{ \"servers\":{}}", "{ \"servers\":{\n    " OURS "\n  }}" },
		{ "{\"servers\": {\"x\":  {}}, \"b\":2}\r\n",
		  "{\"servers\": {\n    " OURS ",\"x\":  {}}, \"b\":2}\r\n" },
		/* Another command of an older installation; what the user added stays. */
		{ "{\"servers\": {\"portbook\": 7}}", "{\"servers\": {" OURS "}}" },
		{ "{\"servers\": {\"portbook\":{\"args\":[\"mcp\"],\"command\":\"/usr/bin/portbook\","
		  "\"env\":{}}}}",
		  "{\"servers\": {\"portbook\":{\"args\":[\"mcp\"],\"command\":\"/usr/bin/portbook\","
		  "\"env\":{}}}}" },
		/* Only the right list counts. */
		{ "{\"x\":{\"servers\":{}}}",
		  "{\n  \"servers\": {\n    " OURS "\n  },\"x\":{\"servers\":{}}}" },
		{ "// a comment\n{}", NULL },
		{ "{\"a\":1,}", NULL },
		{ "[]", NULL },
		{ "{\"servers\": []}", NULL },
		{ "{\"servers\": {}", NULL },
	};

	check_rows(agent_file_json, "servers", rows, ARRAY_LEN(rows));
}

#define TABLE "[mcp_servers.portbook]\n"
#define KEYS  "command = \"/usr/bin/portbook\"\nargs = [\"mcp\"]\n"

static void test_toml__keeps_what_is_there(void **state)
{
	static const struct row rows[] = {
		{ "", TABLE KEYS },
		{ "model = \"x\"", "model = \"x\"\n\n" TABLE KEYS },
		{ "a = 1\n[mcp_servers.x]\ncommand = \"y\"\n",
		  "a = 1\n[mcp_servers.x]\ncommand = \"y\"\n\n" TABLE KEYS },
		{ TABLE "command = 'old'\n# mine\nenv = { A = \"1\" }\n\n[z]\ncommand = \"z\"\n",
		  TABLE KEYS "# mine\nenv = { A = \"1\" }\n\n[z]\ncommand = \"z\"\n" },
		{ "[mcp_servers.portbook] # ours", "[mcp_servers.portbook] # ours\n" KEYS },
		{ "[mcp_servers.portbook.env]\nA = \"1\"\n",
		  "[mcp_servers.portbook.env]\nA = \"1\"\n\n" TABLE KEYS },
		{ TABLE "args = [\n \"a\",\n]\n", NULL },
		{ TABLE "command = \"\"\"\nx\"\"\"\n", NULL },
		{ "mcp_servers = { portbook = {} }\n", NULL },
		{ "mcp_servers.portbook.command = \"x\"\n", NULL },
		{ "[mcp_servers]\nportbook = {}\n", NULL },
	};

	check_rows(agent_file_toml, "mcp_servers", rows, ARRAY_LEN(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json__keeps_what_is_there),
		cmocka_unit_test(test_toml__keeps_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
