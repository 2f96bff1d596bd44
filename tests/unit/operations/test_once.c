/* A call that has a key is done once; the same by the program is in tests/cli. */
#include "lib/check.h"

#include "book/session.h"

#define MUST(call) CHECK((call), "%s: %s", err_name(err.code), err.text)

static struct session *new_book(void)
{
	const struct session_options options = { .book = "memory:", .isolated = true };
	struct session *s = NULL;
	struct err err = { 0 };

	MUST(session_open(&options, &s, &err));
	return s;
}

static bool ask(struct session *s, const char *key, const char *operation, json_t *input,
		json_t **ret, struct err *err)
{
	const struct call_io io = { .key = key };
	bool ok = session_call_with(s, operation, input, &io, ret, err);

	json_decref(input);
	return ok;
}

/* allocate, which has one more port for each call */
static int64_t allocate(struct session *s, const char *key, const char *service)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err err = { 0 };

	MUST(ask(s, key, "allocate",
		 json_pack("{s:s, s:s, s:b}", "projectName", "shop", "serviceName", service,
			   "create", 1),
		 &answer, &err));
	return json_int_of(answer, "port", 0);
}

static void test_key__the_same_call_is_done_once(void **state)
{
	struct session *s = new_book();

	CHECK(allocate(s, "a", "web") == 3100);
	CHECK(allocate(s, "a", "web") == 3100);
	CHECK(allocate(s, NULL, "web") == 3101);
	CHECK(allocate(s, "b", "web") == 3102);
	CHECK(allocate(s, "a", "web") == 3100);
	session_free(s);
}

static void test_key__the_answer_is_the_same_to_the_letter(void **state)
{
	CLEANUP(json_cleanup) json_t *one = NULL, *two = NULL;
	struct session *s = new_book();
	struct err err = { 0 };

	for (unsigned i = 0; i < 2; i++)
		MUST(ask(s, "a", "get",
			 json_pack("{s:s, s:s, s:b}", "projectName", "shop", "serviceName", "web",
				   "create", 1),
			 i ? &two : &one, &err));
	CHECK(json_equal(one, two));
	CHECK(json_bool_of(two, "created"), "it was new to the one who asked");
	session_free(s);
}

static void test_key__of_another_call_is_refused(void **state)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct session *s = new_book();
	struct err err = { 0 };

	allocate(s, "a", "web");
	CHECK(!ask(s, "a", "allocate",
		   json_pack("{s:s, s:s, s:b}", "projectName", "shop", "serviceName", "api",
			     "create", 1),
		   &answer, &err));
	CHECK(err.code == ERR_INVALID && strstr(err.text, "(allocate)") && err.hint[0], "%s",
	      err.text);
	CHECK(!ask(s, "a", "release", json_pack("{s:i}", "port", 3100), &answer, &err));
	CHECK(err.code == ERR_INVALID, "%s", err.text);
	session_free(s);
}

static void test_key__of_what_failed_may_be_used_again(void **state)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct session *s = new_book();
	struct err err = { 0 };

	CHECK(!ask(s, "a", "release", json_pack("{s:i}", "port", 3100), &answer, &err));
	CHECK(allocate(s, "a", "web") == 3100);
	session_free(s);
}

static void test_key__of_a_trial_or_a_read_is_not_kept(void **state)
{
	CLEANUP(json_cleanup) json_t *tried = NULL, *read = NULL;
	struct session *s = new_book();
	struct err err = { 0 };

	MUST(ask(s, "a", "allocate",
		 json_pack("{s:s, s:s, s:b, s:b}", "projectName", "shop", "serviceName", "web",
			   "create", 1, "dryRun", 1),
		 &tried, &err));
	MUST(ask(s, "a", "list", json_object(), &read, &err));
	CHECK(allocate(s, "a", "web") == 3100);
	session_free(s);
}

static void test_key__is_of_printable_characters_and_not_too_long(void **state)
{
	static char most[CALL_KEY_MAX + 1], more[CALL_KEY_MAX + 2];
	static const char *const wrong[] = { "", "a\nb", "\xc3\xa9", more };
	struct session *s = new_book();

	memset(most, 'x', CALL_KEY_MAX);
	memset(more, 'x', CALL_KEY_MAX + 1);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CLEANUP(json_cleanup) json_t *answer = NULL;
		struct err err = { 0 };

		CHECK(!ask(s, wrong[i], "release", json_pack("{s:i}", "port", 3100), &answer,
			   &err));
		CHECK(err.code == ERR_INVALID, "row %zu: %s", i, err.text);
	}
	CHECK(allocate(s, most, "web") == 3100);
	CHECK(allocate(s, most, "web") == 3100);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key__the_same_call_is_done_once),
		cmocka_unit_test(test_key__the_answer_is_the_same_to_the_letter),
		cmocka_unit_test(test_key__of_another_call_is_refused),
		cmocka_unit_test(test_key__of_what_failed_may_be_used_again),
		cmocka_unit_test(test_key__of_a_trial_or_a_read_is_not_kept),
		cmocka_unit_test(test_key__is_of_printable_characters_and_not_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
