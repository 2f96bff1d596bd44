#include "lib/check.h"

#include <string.h>

#include "http/questions.h"

static void ask(struct questions *q, struct text *sent, const char *asked)
{
	const char *name;
	json_t *request;
	struct err err = { 0 };

	CHECK(json_parse(asked, strlen(asked), &q->asking.asked, &err), "%s", err.text);
	q->asking.responses = json_object();
	json_object_foreach(q->asking.asked, name, request)
		CHECK(json_put(q->asking.responses, name, json_null()));
	CHECK(questions_send(q, sent, &err), "%s", err.text);
}

/* The id under which this was asked; NULL: it was not. */
static const char *id_of(const struct questions *q, const char *name)
{
	const char *id;
	json_t *value;

	json_object_foreach(q->open, id, value)
		if (!strcmp(json_string_value(value), name))
			return id;
	return NULL;
}

static bool take(struct questions *q, const char *id, const char *member)
{
	CLEANUP(json_cleanup)
	json_t *response = json_pack("{s:s, s:{s:i}}", "id", id, member, "x", 7);

	return questions_take(q, response);
}

static void test_questions__are_requests_with_ids_of_their_own(void **state)
{
	struct questions q = { 0 };
	CLEANUP(text_release) struct text sent = { 0 };

	ask(&q, &sent,
	    "{\"a\":{\"method\":\"roots/list\"},"
	    "\"b\":{\"method\":\"elicitation/create\",\"params\":{\"message\":\"?\"}}}");
	CHECK(strstr(text_str(&sent), "\"method\":\"roots/list\"}"), "%s", text_str(&sent));
	CHECK(strstr(text_str(&sent), "\"params\":{\"message\":\"?\"}"));
	CHECK(json_object_size(q.open) == 2 && !questions_are_answered(&q));
	CHECK(strlen(id_of(&q, "a")) == strlen("portbook-") + 32);
	CHECK(strstr(text_str(&sent), id_of(&q, "b")));
	questions_release(&q);
}

static void test_answer__has_its_place_by_its_id_and_once(void **state)
{
	struct questions q = { 0 };
	CLEANUP(text_release) struct text sent = { 0 };
	char a[64], b[64];

	ask(&q, &sent, "{\"a\":{\"method\":\"x\"},\"b\":{\"method\":\"x\"}}");
	snprintf(a, sizeof(a), "%s", id_of(&q, "a"));
	snprintf(b, sizeof(b), "%s", id_of(&q, "b"));
	CHECK(!take(&q, "a", "result") && !take(&q, "", "result"));
	CHECK(!questions_take(&q, NULL));
	CHECK(take(&q, b, "result") && !take(&q, b, "result") && !questions_are_answered(&q));
	CHECK(json_int_of(json_object_get(q.asking.responses, "b"), "x", 0) == 7);
	CHECK(take(&q, a, "error") && questions_are_answered(&q));
	CHECK(json_is_null(json_object_get(q.asking.responses, "a")));
	questions_release(&q);
}

static void test_questions__that_are_dropped_take_no_answer(void **state)
{
	struct questions q = { 0 };
	CLEANUP(text_release) struct text sent = { 0 };
	char a[64];

	ask(&q, &sent, "{\"a\":{\"method\":\"x\"}}");
	snprintf(a, sizeof(a), "%s", id_of(&q, "a"));
	questions_drop(&q);
	CHECK(questions_are_answered(&q) && !take(&q, a, "result"));
	CHECK(json_is_null(json_object_get(q.asking.responses, "a")));
	questions_release(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions__are_requests_with_ids_of_their_own),
		cmocka_unit_test(test_answer__has_its_place_by_its_id_and_once),
		cmocka_unit_test(test_questions__that_are_dropped_take_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
