#include "lib/check.h"

#include "cli/agent_hooks.h"

#define OURS "portbook hook check-command"
#define GROUP(indent)                                                                      \
	"\n      {\n        \"matcher\": \"Bash\",\n        \"hooks\": [\n          { "    \
	"\"type\": \"command\", \"command\": \"" OURS "\", \"timeout\": 10 }\n        ]\n" \
	"      }" indent
#define EVENT "\n    \"PreToolUse\": [" GROUP("\n    ]")
#define HOOKS "\n  \"hooks\": {" EVENT "\n  }"

static void test_install__keeps_what_is_there_and_remove_gives_it_back(void **state)
{
	static const struct {
		const char *was, *now;
	} rows[] = {
		{ "{}\n", "{" HOOKS "\n}\n" },
		{ "{\"a\": 1}", "{\"a\": 1," HOOKS "}" },
		{ "{\n\t\"a\": {\"hooks\": []}\n}\n",
		  "{\n\t\"a\": {\"hooks\": []}," HOOKS "\n}\n" },
		{ "{\"hooks\": {\"Stop\": []}}", "{\"hooks\": {\"Stop\": []," EVENT "}}" },
		{ "{\"hooks\": {\"PreToolUse\": [{\"matcher\": \"Edit\", \"hooks\": []}]}}",
		  "{\"hooks\": {\"PreToolUse\": [{\"matcher\": \"Edit\", \"hooks\": []}," GROUP(
			  "]}}") },
		{ "{\"hooks\": {\"PreToolUse\": [1, \"x\"]}, \"z\": null}",
		  "{\"hooks\": {\"PreToolUse\": [1, \"x\"," GROUP("]}, \"z\": null}") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(text_release) struct text now = { 0 }, again = { 0 }, out = { 0 };
		struct err err = { 0 };
		const char *was = rows[i].was;

		CHECK(agent_hooks_with(was, strlen(was), "f", OURS, &now, &err), "%s", err.text);
		CHECK(!strcmp(now.s, rows[i].now), "%s: is '%s'", was, now.s);
		CHECK(agent_hooks_with(now.s, now.len, "f", OURS, &again, &err), "%s", err.text);
		CHECK(!strcmp(now.s, again.s), "%s: twice is '%s'", was, again.s);
		CHECK(agent_hooks_without(now.s, now.len, "f", &out, &err), "%s", err.text);
		CHECK(!strcmp(out.s, was) || !strcmp(was, "{}\n"), "%s: without is '%s'", was,
		      out.s);
	}
}

static void test_install__into_nothing_is_a_file(void **state)
{
	CLEANUP(text_release) struct text now = { 0 };

	(void)state;
	CHECK(agent_hooks_with(" \n", 2, "f", OURS, &now, NULL));
	CHECK(!strcmp(now.s, "{" HOOKS "\n}\n"), "%s", now.s);
}

static void test_install__gives_ours_the_command_wherever_it_is(void **state)
{
	static const char was[] =
		"{\"hooks\": {\"PreToolUse\": [{\"matcher\": \"Bash|X\", \"hooks\": "
		"[{\"command\": \"lint\"}, {\"command\": \"/old/portbook hook "
		"check-command\", \"timeout\": 3}]}]}}";
	static const char now_wanted[] =
		"{\"hooks\": {\"PreToolUse\": [{\"matcher\": \"Bash|X\", \"hooks\": "
		"[{\"command\": \"lint\"}, {\"command\": \"" OURS "\", \"timeout\": 3}]}]}}";
	static const char out_wanted[] = "{\"hooks\": {\"PreToolUse\": [{\"matcher\": \"Bash|X\", "
					 "\"hooks\": [{\"command\": \"lint\"}]}]}}";
	CLEANUP(text_release) struct text now = { 0 }, out = { 0 };

	(void)state;
	CHECK(agent_hooks_with(was, strlen(was), "f", OURS, &now, NULL));
	CHECK(!strcmp(now.s, now_wanted), "%s", now.s);
	CHECK(agent_hooks_without(was, strlen(was), "f", &out, NULL));
	CHECK(!strcmp(out.s, out_wanted), "%s", out.s);
}

static void test_install__ends_lines_as_the_file_does(void **state)
{
	static const char was[] = "{\r\n  \"a\": 1\r\n}\r\n";
	CLEANUP(text_release) struct text now = { 0 };

	(void)state;
	CHECK(agent_hooks_with(was, strlen(was), "f", OURS, &now, NULL));
	for (size_t i = 0; i < now.len; i++)
		CHECK(now.s[i] != '\n' || now.s[i - 1] == '\r', "at %zu", i);
}

static void test_what_cannot_be_understood__is_refused_with_its_line(void **state)
{
	static const struct {
		const char *was, *starts;
	} rows[] = {
		{ "// mine\n{}", "f:1: " },
		{ "{\n  \"a\": 1,\n}", "f:3:1: not JSON: " },
		{ "[]", "f:1: " },
		{ "{\n\"hooks\": []}", "f:2: 'hooks' is no object" },
		{ "{\"hooks\":\n\n{\"PreToolUse\": {}}}", "f:3: 'PreToolUse' is no list" },
		{ "{\"a\": 1", "f" },
		{ "{} {}", "f" },
		{ "{\"a\":\n[tru]}", "f:2:4: not JSON: " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(text_release) struct text now = { 0 };
		struct err err = { 0 };
		const char *was = rows[i].was;

		CHECK(!agent_hooks_with(was, strlen(was), "f", OURS, &now, &err), "%s", was);
		CHECK(err.code == ERR_INVALID && !now.len, "%s", was);
		CHECK(!strncmp(err.text, rows[i].starts, strlen(rows[i].starts)), "%s: %s", was,
		      err.text);
		CHECK(!agent_hooks_without(was, strlen(was), "f", &now, NULL), "%s", was);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_install__keeps_what_is_there_and_remove_gives_it_back),
		cmocka_unit_test(test_install__into_nothing_is_a_file),
		cmocka_unit_test(test_install__gives_ours_the_command_wherever_it_is),
		cmocka_unit_test(test_install__ends_lines_as_the_file_does),
		cmocka_unit_test(test_what_cannot_be_understood__is_refused_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
