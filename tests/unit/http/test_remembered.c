#include "lib/check.h"

#include <stdio.h>
#include <string.h>

#include "http/remembered.h"

static const struct book_state now = { "now" }, later = { "later" };

static void add(struct remembered *all, const char *line, const struct book_state *at,
		const char *body)
{
	struct http_reply reply = { .status = 200, .type = "application/json" };

	text_add(&reply.body, body);
	http_reply_add(&reply, "ETag", "\"1\"");
	remembered_add(all, line, at, "list", &reply);
	http_reply_release(&reply);
}

/* "" : it is not there. */
static void check(const struct remembered *all, const char *line, const struct book_state *at,
		  const char *want)
{
	struct http_reply reply = { 0 };
	const char *operation = remembered_find(all, line, at, &reply);

	CHECK(!operation == !*want, "%s", line);
	CHECK_TEXT(text_str(&reply.body), want);
	if (operation) {
		CHECK_TEXT(operation, "list");
		CHECK_TEXT(http_reply_field(&reply, "ETag"), "\"1\"");
		CHECK(reply.status == 200);
	}
	http_reply_release(&reply);
}

static void test_remembered__is_given_again_while_the_book_is_in_that_state(void **state)
{
	struct remembered *all = remembered_new();

	CHECK(all);
	check(all, "/a", &now, "");
	add(all, "/a", &now, "one");
	check(all, "/a", &now, "one");
	check(all, "/a", &now, "one");
	check(all, "/a?b", &now, "");
	check(all, "/a", &later, "");
	add(all, "/a", &later, "two");
	check(all, "/a", &later, "two");
	check(all, "/a", &now, "");
	remembered_free(all);
}

static void test_remembered__more_than_there_is_room_for_are_never_mixed_up(void **state)
{
	struct remembered *all = remembered_new();
	unsigned found = 0;
	char line[32];

	CHECK(all);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(line, sizeof(line), "/%u", i);
		add(all, line, &now, line);
	}
	for (unsigned i = 0; i < 20000; i++) {
		struct http_reply reply = { 0 };

		snprintf(line, sizeof(line), "/%u", i);
		if (!remembered_find(all, line, &now, &reply))
			continue;
		found++;
		CHECK_TEXT(text_str(&reply.body), line);
		http_reply_release(&reply);
	}
	CHECK(found > 2000 && found <= 4096, "%u", found);
	remembered_free(all);
}

static void test_remembered__what_is_long_is_not_kept(void **state)
{
	struct remembered *all = remembered_new();
	char body[5000];

	CHECK(all);
	memset(body, 'x', sizeof(body));
	body[sizeof(body) - 1] = '\0';
	add(all, "/a", &now, body);
	check(all, "/a", &now, "");
	remembered_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembered__is_given_again_while_the_book_is_in_that_state),
		cmocka_unit_test(test_remembered__more_than_there_is_room_for_are_never_mixed_up),
		cmocka_unit_test(test_remembered__what_is_long_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
