/*
 * The process that reads is a real one; its book is memory that is shared with this test, which says
 * what there is to read, and sees who reads it.
 */
#include "lib/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "enforce/book_follower.h"

struct book {
	_Atomic int seq;
	_Atomic bool refuses, refuses_to_open, hangs;
	/* What is seen by who reads. */
	_Atomic pid_t reader;
	_Atomic bool again, has_file;
	int file; /* of the guard's */
};

struct world {
	struct book *book;
	struct loop *loop;
	struct book_source source;
	struct book_hearer hearer;
	struct book_follower *follower;
	int taken_in, outages;
	int64_t seq;
	bool takes_nothing_in;
};

/* There. */

static bool call(void *arg, const char *operation, const json_t *input, const struct call_io *io,
		 json_t **ret, struct err *err)
{
	struct book *b = arg;
	int seq = b->seq;

	while (b->hangs)
		pause();
	if (b->refuses)
		return fail(err, ERR_BUSY, "the book is busy") || fail_hint(err, "wait");
	*ret = strcmp(operation, "history") == 0 ? json_pack("{s:[{s:i}]}", "events", "seq", seq)
						 : json_pack("{s:i}", "seq", seq);
	return *ret || fail_memory(err);
}

static bool open_book(void *arg, bool again, struct transport *ret, struct watcher **ret_watcher,
		      struct err *err)
{
	struct book *b = arg;

	b->reader = getpid();
	b->again = again;
	b->has_file = fcntl(b->file, F_GETFD) >= 0;
	if (b->refuses_to_open)
		return fail(err, ERR_NOT_FOUND, "there is no book");
	*ret = (struct transport){ .call = call, .arg = b };
	return true;
}

/* Here. */

static bool take_in(void *arg, const json_t *answer, struct err *err)
{
	struct world *w = arg;

	w->taken_in++;
	w->seq = json_int_of(answer, "seq", -1);
	return !w->takes_nothing_in || fail_memory(err);
}

static void hear_outage(void *arg, const struct outage *o)
{
	struct world *w = arg;

	w->outages++;
}

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	w->book = mmap(NULL, sizeof(*w->book), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	w->book->file = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
	w->source = (struct book_source){ open_book, w->book };
	w->hearer = (struct book_hearer){ take_in, hear_outage, w };
	w->book->seq = 7;
	*state = w;
	return loop_open(&w->loop, NULL) ? 0 : -1;
}

static int end(void **state)
{
	struct world *w = *state;

	book_follower_free(w->follower);
	loop_free(w->loop);
	close(w->book->file);
	munmap(w->book, sizeof(*w->book));
	free(w);
	return 0;
}

static void open_it(struct world *w)
{
	struct err err = { 0 };

	CHECK(book_follower_open(&w->source, &w->hearer, w->loop, &w->follower, &err), "%s",
	      err.text);
}

/* The next word of who reads. */
static void hear(struct world *w)
{
	struct err err = { 0 };

	CHECK(loop_wait(w->loop, -1, &err), "%s", err.text);
}

static void follow(struct world *w)
{
	open_it(w);
	hear(w);
	CHECK(book_follower_has_read(w->follower) && w->taken_in == 1 && w->seq == 7);
}

/* Asks, and hears the answer. */
static void ask(struct world *w)
{
	int64_t question = book_follower_ask(w->follower);

	CHECK(question > 0);
	while (book_follower_owes(w->follower, question))
		hear(w);
}

static void test_open__has_the_book_read_by_a_process_that_has_none_of_our_files(void **state)
{
	struct world *w = *state;

	follow(w);
	CHECK(w->book->reader != getpid() && !w->book->has_file && !w->book->again);
	CHECK(book_follower_outage(w->follower)->since_ms == 0 && w->outages == 0);
}

static void test_ask__tells_what_has_changed_and_nothing_else(void **state)
{
	struct world *w = *state;

	follow(w);
	ask(w);
	CHECK(w->taken_in == 1, "%d", w->taken_in);
	w->book->seq = 8;
	ask(w);
	CHECK(w->taken_in == 2 && w->seq == 8, "%d %d", w->taken_in, (int)w->seq);
}

static void test_ask__who_asked_before_is_answered_by_what_is_read_then(void **state)
{
	struct world *w = *state;
	int64_t first, second;

	follow(w);
	first = book_follower_ask(w->follower);
	second = book_follower_ask(w->follower);
	CHECK(first > 0 && second > first);
	while (book_follower_owes(w->follower, second))
		hear(w);
	CHECK(!book_follower_owes(w->follower, first));
}

static void test_outage__is_told_with_its_reason_and_so_is_its_end(void **state)
{
	struct world *w = *state;
	const struct outage *o;

	follow(w);
	o = book_follower_outage(w->follower);
	w->book->refuses = true;
	ask(w);
	CHECK(w->outages == 1 && o->since_ms && o->why.code == ERR_BUSY);
	CHECK_TEXT(o->why.text, "the book is busy");
	CHECK_TEXT(o->why.hint, "wait");
	CHECK(book_follower_ask(w->follower) == 0, "nobody waits for what cannot be read");
	w->book->refuses = false;
	book_follower_tick(w->follower);
	hear(w);
	CHECK(w->outages == 2 && !o->since_ms && w->taken_in == 1);
}

static void test_outage__a_book_that_cannot_be_opened_is_tried_again(void **state)
{
	struct world *w = *state;

	struct err err = { 0 };

	w->book->refuses_to_open = true;
	open_it(w);
	hear(w);
	CHECK(book_follower_cannot_begin(w->follower, &err) && err.code == ERR_NOT_FOUND);
	CHECK_TEXT(err.text, "there is no book");
	w->book->refuses_to_open = false;
	book_follower_tick(w->follower);
	hear(w);
	CHECK(book_follower_has_read(w->follower) && !w->book->again);
	CHECK(!book_follower_cannot_begin(w->follower, &err));
}

static void test_take_in__what_was_not_is_told_again(void **state)
{
	struct world *w = *state;

	w->takes_nothing_in = true;
	open_it(w);
	hear(w);
	CHECK(w->taken_in == 1 && !book_follower_has_read(w->follower));
	w->takes_nothing_in = false;
	book_follower_tick(w->follower);
	hear(w);
	CHECK(w->taken_in == 2 && book_follower_has_read(w->follower));
	ask(w);
	CHECK(w->taken_in == 2, "it was taken in");
}

static void test_end__another_one_reads_what_the_first_did_not(void **state)
{
	struct world *w = *state;
	pid_t first;

	follow(w);
	first = w->book->reader;
	CHECK(kill(first, SIGKILL) == 0);
	hear(w);
	CHECK(w->outages == 1 && book_follower_ask(w->follower) == 0);
	CHECK(kill(first, 0) < 0, "it is not left as a zombie");
	w->book->seq = 9;
	book_follower_tick(w->follower);
	hear(w);
	CHECK(w->book->reader != first && w->book->again && w->seq == 9 && w->outages == 2);
}

static void test_patience__with_a_book_that_hangs_is_over_after_a_second(void **state)
{
	struct world *w = *state;
	int64_t question;

	follow(w);
	w->book->hangs = true;
	question = book_follower_ask(w->follower);
	CHECK(question > 0 && book_follower_owes(w->follower, question));
	while (book_follower_owes(w->follower, question)) {
		int ms = book_follower_patience_ms(w->follower);

		CHECK(ms >= 0 && ms <= 1000, "%d", ms);
		CHECK(loop_wait(w->loop, ms, NULL));
	}
	CHECK(book_follower_ask(w->follower) == 0, "nobody else waits for it");
	CHECK(w->outages == 0, "a busy machine is no outage");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_open__has_the_book_read_by_a_process_that_has_none_of_our_files, begin,
			end),
		cmocka_unit_test_setup_teardown(test_ask__tells_what_has_changed_and_nothing_else,
						begin, end),
		cmocka_unit_test_setup_teardown(
			test_ask__who_asked_before_is_answered_by_what_is_read_then, begin, end),
		cmocka_unit_test_setup_teardown(
			test_outage__is_told_with_its_reason_and_so_is_its_end, begin, end),
		cmocka_unit_test_setup_teardown(
			test_outage__a_book_that_cannot_be_opened_is_tried_again, begin, end),
		cmocka_unit_test_setup_teardown(test_take_in__what_was_not_is_told_again, begin,
						end),
		cmocka_unit_test_setup_teardown(test_end__another_one_reads_what_the_first_did_not,
						begin, end),
		cmocka_unit_test_setup_teardown(
			test_patience__with_a_book_that_hangs_is_over_after_a_second, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
