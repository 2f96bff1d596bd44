/* The supervisor's end of the hand-over: what it is handed, and what stays open. */
#include "lib/check.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/filter.h"
#include "enforce/launching.h"

/* In a process of its own, as it closes what it has, or cannot shake its filter off. */
static bool in_a_child(bool (*test)(void))
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(test() ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

/* What the command sends is taken for the listener; the answer, 0 if there is none. */
static bool hand_over(int fd, struct supervisor *ret, char *ret_answer)
{
	CLEANUP(handover_cleanup) struct handover c = { -1, -1 };
	struct err err = { 0 };
	static struct assignment none;
	bool taken;

	CHECK(handover_open(&c, &err) && handover_send(c.ours, SAYS_READY, fd));
	*ret = (struct supervisor){ .listener = -1, .assignment = &none };
	taken = supervisor_take_listener(ret, c.theirs);
	fd_cleanup(&c.theirs);
	c.theirs = -1;
	*ret_answer = handover_receive(c.ours, NULL);
	return taken;
}

static void test_take_listener__refuses_a_descriptor_that_is_none(void **state)
{
	CLEANUP(handover_cleanup) struct handover c = { -1, -1 };
	int pipes[2] = { -1, -1 }, handed[4];

	CHECK(handover_open(&c, NULL) && pipe(pipes) == 0);
	handed[0] = c.ours;
	handed[1] = pipes[0];
	handed[2] = open("/dev/null", O_RDWR | O_CLOEXEC);
	handed[3] = -1; /* none was sent */
	for (size_t i = 0; i < ARRAY_LEN(handed); i++) {
		struct supervisor s;
		char answer = 'x';

		CHECK(!hand_over(handed[i], &s, &answer), "%zu", i);
		CHECK(s.listener == -1 && answer == 0, "%zu: %c", i, answer);
	}
	close(pipes[0]);
	close(pipes[1]);
	close(handed[2]);
}

static bool takes_a_listener(void)
{
	struct supervisor s;
	struct err err = { 0 };
	int listener;
	bool nested;
	char answer;

	return filter_supervise(&listener, &nested, &err) && hand_over(listener, &s, &answer) &&
	       answer == SAYS_READY && s.listener >= 0;
}

static void test_take_listener__takes_one_and_says_so(void **state)
{
	struct err err = { 0 };
	int listener;
	bool nested;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(filter_supervise(&listener, &nested, &err) ? 0 : 1);
	CHECK(waitpid(pid, &status, 0) == pid);
	if (status != 0)
		skip(); /* this kernel has none, or there is a supervisor around us */
	CHECK(in_a_child(takes_a_listener));
}

static void test_answer__of_what_is_no_listener_ends_it(void **state)
{
	CLEANUP(handover_cleanup) struct handover c = { -1, -1 };
	struct supervisor s = { 0 };

	CHECK(handover_open(&c, NULL) && handover_send(c.theirs, 'x', -1));
	s.listener = c.ours; /* readable, which a poll takes for a call */
	CHECK(!supervisor_answer(&s));
}

/* Each kept one stays what it was, from 3 on, and nothing else stays. */
static bool keeps(const int *numbers, unsigned count)
{
	static char *const no_words[] = { NULL };
	struct launching l = { .hide = no_words };
	struct supervisor s = { .listener = -1, .holding = HOLDING_NOTHING };
	int kept[4], *places[4] = { &kept[0], &kept[1], &kept[2], &kept[3] };

	for (unsigned i = 0; i < count; i++) {
		int made = memfd_create("kept", 0);

		kept[i] = dup2(made, numbers[i]);
		if (made != kept[i])
			close(made);
		if (ftruncate(kept[i], i + 1) < 0)
			return false;
	}
	supervisor_settle(&s, &l, places, count);
	for (unsigned i = 0; i < count; i++)
		if (kept[i] < 3 || kept[i] >= 3 + (int)count ||
		    lseek(kept[i], 0, SEEK_END) != (off_t)i + 1)
			return false;
	return fcntl(3 + (int)count, F_GETFD) < 0 && fcntl(60, F_GETFD) < 0;
}

static bool keeps_in_any_order(void)
{
	static const int orders[][4] = {
		{ 30, 31, 32, 33 },
		{ 33, 32, 31, 30 },
		{ 6, 3, 5, 4 },
		{ 60, 4, 40, 3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (!keeps(orders[i], 4))
			return false;
	return true;
}

static bool keeps_where_few_files_may_be_open(void)
{
	static const int numbers[] = { 7, 4, 6, 5 };
	const struct rlimit few = { 9, 9 };

	(void)syscall(SYS_close_range, 3, ~0U, 0);
	return setrlimit(RLIMIT_NOFILE, &few) == 0 && keeps(numbers, 4);
}

static void test_settle__keeps_what_it_is_told_and_lays_none_over_another(void **state)
{
	CHECK(in_a_child(keeps_in_any_order));
	CHECK(in_a_child(keeps_where_few_files_may_be_open));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_listener__refuses_a_descriptor_that_is_none),
		cmocka_unit_test(test_take_listener__takes_one_and_says_so),
		cmocka_unit_test(test_answer__of_what_is_no_listener_ends_it),
		cmocka_unit_test(test_settle__keeps_what_it_is_told_and_lays_none_over_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
