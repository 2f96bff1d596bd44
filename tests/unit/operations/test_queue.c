#include "lib/check.h"

#include <semaphore.h>

#include "operations/queue.h"

/* A transport that answers {"n": n} to n, and fails on odd ones. */
static bool answer_even(void *arg, const char *operation, const json_t *input,
			const struct call_io *io, json_t **ret, struct err *err)
{
	int *count = arg;
	int64_t n = json_int_of(input, "n", -1);

	(*count)++;
	CHECK_TEXT(operation, "get");
	CHECK_TEXT(io->actor, n == 0 ? NULL : "eva");
	if (n % 2)
		return fail(err, ERR_TAKEN, "%lld is odd", (long long)n);
	*ret = json_pack("{s:I}", "n", (json_int_t)n);
	return true;
}

static void ring(void *arg)
{
	sem_post(arg);
}

#define ASKED 100

static void test_queue__answers_all_in_order(void **state)
{
	struct queued *items = calloc(ASKED, sizeof(*items)), *got = NULL;
	int count = 0;
	const struct transport to = { answer_even, &count };
	struct queue *q;
	struct err err = { 0 };
	sem_t bell;

	sem_init(&bell, 0, 0);
	CHECK(items && queue_start(&to, ring, &bell, &q, &err), "%s", err.text);
	for (int i = 0; i < ASKED; i++) {
		items[i].operation = "get";
		items[i].input = json_pack("{s:i}", "n", i);
		snprintf(items[i].actor, sizeof(items[i].actor), "%s", i ? "eva" : "");
		queue_push(q, &items[i]);
	}
	for (int i = 0; i < ASKED; i++, got = got->next) {
		while (!got && !(got = queue_take(q)))
			sem_wait(&bell);
		CHECK(got == &items[i], "answer %d is another's", i);
		CHECK(got->ok == (i % 2 == 0), "%d", i);
		CHECK(json_int_of(got->answer, "n", -1) == (i % 2 ? -1 : i));
	}
	queue_finish(q);
	queue_free(q);
	CHECK(count == ASKED);
	for (int i = 0; i < ASKED; i++)
		queued_release(&items[i]);
	free(items);
	sem_destroy(&bell);
}

static void test_queue_finish__waits_for_what_was_pushed(void **state)
{
	static struct queued items[ASKED];
	int count = 0;
	const struct transport to = { answer_even, &count };
	struct queue *q;
	struct err err = { 0 };
	sem_t bell;

	sem_init(&bell, 0, 0);
	CHECK(queue_start(&to, ring, &bell, &q, &err), "%s", err.text);
	for (int i = 0; i < ASKED; i++) {
		items[i].operation = "get";
		items[i].input = json_pack("{s:i}", "n", 0);
		queue_push(q, &items[i]);
	}
	queue_finish(q);
	CHECK(count == ASKED, "%d", count);
	queue_free(q);
	for (int i = 0; i < ASKED; i++)
		queued_release(&items[i]);
	sem_destroy(&bell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue__answers_all_in_order),
		cmocka_unit_test(test_queue_finish__waits_for_what_was_pushed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
