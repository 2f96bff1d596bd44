#include "lib/check.h"

#include "book/session.h"

/* Who does not ask why gets the same answer: no. */
static void test_call__that_fails_needs_no_err(void **state)
{
	static const char *const books[] = { "memory:", "/proc/no-such-folder/book.db" };
	CLEANUP(json_cleanup) json_t *input = json_pack("{s:s}", "projectName", "nobody");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(books); i++) {
		const struct session_options options = { .book = books[i], .isolated = true };
		struct session *s = NULL;
		json_t *answer = NULL;

		CHECK(session_open(&options, &s, NULL));
		CHECK(!session_call(s, "show", input, &answer, NULL), "%s", books[i]);
		CHECK(!session_call(s, "no-such-operation", input, &answer, NULL));
		CHECK(!answer);
		session_free(s);
	}
}

static void test_call__says_why_where_that_is_asked(void **state)
{
	const struct session_options options = { .book = "memory:", .isolated = true };
	CLEANUP(json_cleanup) json_t *input = json_pack("{s:s}", "projectName", "nobody");
	struct session *s = NULL;
	json_t *answer = NULL;
	struct err err = { 0 };

	(void)state;
	CHECK(session_open(&options, &s, &err));
	CHECK(!session_call(s, "show", input, &answer, &err));
	CHECK(err.code == ERR_NOT_FOUND, "%s", err.text);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call__that_fails_needs_no_err),
		cmocka_unit_test(test_call__says_why_where_that_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
