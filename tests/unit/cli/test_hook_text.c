#include "lib/check.h"

#include "cli/hook_text.h"

/* Counts how often it is in there. */
static unsigned count(const struct text *t, const char *word)
{
	unsigned n = 0;

	for (const char *at = text_str(t); (at = strstr(at, word)); at += strlen(word))
		n++;
	return n;
}

static void with(const char *script, struct text *ret)
{
	hook_with(HOOK_POST_CHECKOUT, script, strlen(script), ret);
	CHECK(text_ok(ret));
}

static void without(const char *script, struct text *ret)
{
	hook_without(script, strlen(script), ret);
	CHECK(text_ok(ret));
}

static void test_hook__with_and_without_again_is_what_it_was(void **state)
{
	static const char *const scripts[] = {
		"#!/bin/sh\n",
		"#!/bin/sh\nexit 0\n",
		"#!/bin/bash -e\n\necho x\nexec \"$0.d/x\" \"$@\"", /* no line break at the end */
		". \"$(dirname \"$0\")/_/husky.sh\"\n",		    /* nothing but a line */
		"#!/bin/sh\n# >>> portbook was here once\n",	    /* nearly ours */
		"#!/bin/sh\n# >>> portbook (a start that has no end) >>>\necho\n",
		"#!/bin/sh\n# <<< portbook <<<\necho\n",
		"\n\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		CLEANUP(text_release) struct text in = { 0 };
		CLEANUP(text_release) struct text out = { 0 };

		with(scripts[i], &in);
		CHECK(count(&in, "portbook init") == 1, "row %zu", i);
		/* An end that is not ours must not end ours. */
		without(text_str(&in), &out);
		CHECK_TEXT(text_str(&out), scripts[i]);
	}
}

static void test_hook_with__twice_is_once(void **state)
{
	CLEANUP(text_release) struct text once = { 0 };
	CLEANUP(text_release) struct text twice = { 0 };

	(void)state;
	with("#!/bin/sh\nexit 0\n", &once);
	with(text_str(&once), &twice);
	CHECK_TEXT(text_str(&twice), text_str(&once));
}

/* What stands behind `exit 0` would never run. */
static void test_hook_with__stands_right_behind_the_interpreter(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };

	(void)state;
	with("#!/bin/sh\nexit 0\n", &t);
	CHECK(!strncmp(text_str(&t), "#!/bin/sh\n# >>> portbook ", 25), "%s", text_str(&t));
	CHECK(strstr(text_str(&t), "# <<< portbook <<<\nexit 0\n") != NULL);
}

static void test_hook_with__makes_a_script_of_nothing(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };
	CLEANUP(text_release) struct text rest = { 0 };

	(void)state;
	with("", &t);
	CHECK(!strncmp(text_str(&t), "#!/bin/sh\n", 10));
	without(text_str(&t), &rest);
	CHECK(hook_is_empty(text_str(&rest), rest.len), "%s", text_str(&rest));
}

static void test_hook_with__ends_an_interpreters_line(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };

	(void)state;
	with("#!/bin/sh", &t);
	CHECK(!strncmp(text_str(&t), "#!/bin/sh\n# >>> ", 16), "%s", text_str(&t));
}

static void test_hook_around_kept__is_ours_alone(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };
	CLEANUP(text_release) struct text rest = { 0 };

	(void)state;
	hook_around_kept(HOOK_POST_CHECKOUT, &t);
	CHECK(hook_is_shell(text_str(&t), t.len));
	CHECK(count(&t, HOOK_KEPT_SUFFIX) == 2);
	without(text_str(&t), &rest);
	CHECK(hook_is_empty(text_str(&rest), rest.len), "%s", text_str(&rest));
}

static void test_hook_is_shell__goes_by_the_interpreters_name(void **state)
{
	static const struct {
		const char *script;
		bool want;
	} row[] = {
		{ "#!/bin/sh\n", true },
		{ "#! /bin/sh -e\n", true },
		{ "#!/usr/bin/env bash\n", true },
		{ "#!/usr/bin/env -S bash -e\n", true },
		{ "#!/usr/local/bin/zsh", true },
		{ "#!sh\n", true },
		{ "", true }, /* git gives it to sh */
		{ "echo x\n", true },
		{ "#!/bin/sh\r\n", false }, /* its interpreter is called "/bin/sh\r" */
		{ "#!/usr/bin/env python3\n", false },
		{ "#!/usr/bin/python3 /bin/sh\n", false },
		{ "#!/usr/bin/fish\n", false },
		{ "#!/usr/bin/env\n", false },
		{ "#!/usr/bin/env -S\n", false },
		{ "#!\n", false },
		{ "#!", false },
		{ "#!/opt/push\n", false }, /* only ends like one */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(hook_is_shell(row[i].script, strlen(row[i].script)) == row[i].want,
		      "row %zu: %s", i, row[i].script);
	CHECK(!hook_is_shell("\177ELF\0", 5));
}

static void test_hook_is_empty__is_an_interpreter_and_blanks(void **state)
{
	static const struct {
		const char *script;
		bool want;
	} row[] = {
		{ "", true },
		{ "\n \t\r\n", true },
		{ "#!/bin/sh\n\n", true },
		{ "#!/bin/bash", true },
		{ "x", false },
		{ "#!/bin/sh\n#\n", false },
		{ "# !/bin/sh\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(hook_is_empty(row[i].script, strlen(row[i].script)) == row[i].want,
		      "row %zu: %s", i, row[i].script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hook__with_and_without_again_is_what_it_was),
		cmocka_unit_test(test_hook_with__twice_is_once),
		cmocka_unit_test(test_hook_with__stands_right_behind_the_interpreter),
		cmocka_unit_test(test_hook_with__makes_a_script_of_nothing),
		cmocka_unit_test(test_hook_with__ends_an_interpreters_line),
		cmocka_unit_test(test_hook_around_kept__is_ours_alone),
		cmocka_unit_test(test_hook_is_shell__goes_by_the_interpreters_name),
		cmocka_unit_test(test_hook_is_empty__is_an_interpreter_and_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
