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
	const struct transport to = { .call = answer_even, .arg = &count };
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
	const struct transport to = { .call = answer_even, .arg = &count };
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

/* Batches: what became durable, and what the disk has no room for. */

struct book {
	int durable, pending, batches;
	bool is_in_batch, is_full, is_undone, is_unknown;
	sem_t called, gate; /* the first call posts one, and waits for the other */
};

static bool count_call(void *arg, const char *operation, const json_t *input,
		       const struct call_io *io, json_t **ret, struct err *err)
{
	struct book *b = arg;
	int64_t n = json_int_of(input, "n", -1);

	if (n == 0) {
		sem_post(&b->called);
		sem_wait(&b->gate);
	}
	if (n == 3 && b->is_full) {
		b->is_undone = true;
		return fail(err, ERR_IO, "the disk is full");
	}
	if (n % 2)
		return fail(err, ERR_TAKEN, "%lld is odd", (long long)n);
	*(b->is_in_batch ? &b->pending : &b->durable) += 1;
	*ret = json_pack("{s:I}", "n", (json_int_t)n);
	return true;
}

static bool begin_batch(void *arg, struct err *err)
{
	struct book *b = arg;

	CHECK(!b->is_in_batch);
	b->is_in_batch = true;
	b->is_undone = false;
	b->pending = 0;
	return true;
}

static bool end_batch(void *arg, bool *ret_unknown, struct err *err)
{
	struct book *b = arg;

	CHECK(b->is_in_batch);
	b->is_in_batch = false;
	*ret_unknown = b->is_unknown;
	if (b->is_undone || b->is_unknown)
		return fail(err, ERR_IO, "undone");
	b->durable += b->pending;
	b->batches++;
	return true;
}

#define TOGETHER 10

/* One that waits at the gate, and behind it a batch of the others; then what was answered. */
static void ask_together(struct book *b, struct queued items[static TOGETHER + 1])
{
	const struct transport to = { count_call, b, begin_batch, end_batch };
	struct queue *q;
	struct err err = { 0 };
	sem_t bell;

	sem_init(&bell, 0, 0);
	sem_init(&b->called, 0, 0);
	sem_init(&b->gate, 0, 0);
	CHECK(queue_start(&to, ring, &bell, &q, &err), "%s", err.text);
	for (int i = 0; i <= TOGETHER; i++) {
		items[i] = (struct queued){ .operation = "get",
					    .input = json_pack("{s:i}", "n", i) };
		queue_push(q, &items[i]);
		if (i == 0)
			sem_wait(&b->called);
	}
	sem_post(&b->gate);
	queue_finish(q);
	queue_free(q);
	sem_destroy(&bell);
	sem_destroy(&b->called);
	sem_destroy(&b->gate);
}

static void release_all(struct queued items[static TOGETHER + 1])
{
	for (int i = 0; i <= TOGETHER; i++)
		queued_release(&items[i]);
}

static void test_batch__is_one_commit_and_one_failure_leaves_the_rest(void **state)
{
	struct queued items[TOGETHER + 1];
	struct book b = { 0 };

	ask_together(&b, items);
	for (int i = 0; i <= TOGETHER; i++)
		CHECK(items[i].ok == (i % 2 == 0), "%d: %s", i, items[i].err.text);
	CHECK(b.batches == 1 && b.durable == 6, "%d %d", b.batches, b.durable);
	release_all(items);
}

static void test_batch__that_is_undone_is_made_again_one_by_one(void **state)
{
	struct queued items[TOGETHER + 1];
	struct book b = { .is_full = true };

	ask_together(&b, items);
	for (int i = 0; i <= TOGETHER; i++)
		CHECK(items[i].ok == (i % 2 == 0) && (items[i].answer != NULL) == items[i].ok,
		      "%d: %s", i, items[i].err.text);
	CHECK(items[3].err.code == ERR_IO && items[5].err.code == ERR_TAKEN);
	CHECK(b.durable == 6, "%d", b.durable);
	release_all(items);
}

static void test_batch__of_which_nobody_knows_is_not_made_again(void **state)
{
	struct queued items[TOGETHER + 1];
	struct book b = { .is_unknown = true };

	ask_together(&b, items);
	CHECK(items[0].ok);
	for (int i = 1; i <= TOGETHER; i++)
		CHECK(!items[i].ok && !items[i].answer && items[i].err.code == ERR_IO, "%d", i);
	CHECK(b.durable == 1, "%d", b.durable);
	release_all(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue__answers_all_in_order),
		cmocka_unit_test(test_queue_finish__waits_for_what_was_pushed),
		cmocka_unit_test(test_batch__is_one_commit_and_one_failure_leaves_the_rest),
		cmocka_unit_test(test_batch__that_is_undone_is_made_again_one_by_one),
		cmocka_unit_test(test_batch__of_which_nobody_knows_is_not_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
