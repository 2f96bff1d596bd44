/*
 * Holding and signalling real processes: children of this test, which wait for a
 * signal or end at once.
 */
#include "lib/check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enforce/signals.h"

static const struct signals_ops *machine;

static pid_t child_that_waits(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static int held(pid_t pid)
{
	struct err err = { 0 };
	int ret = -1;

	CHECK(machine->hold(NULL, pid, &ret, &err), "%s", err.text);
	return ret;
}

static void test_asker__is_this_process_and_knows_what_started_it(void **state)
{
	struct arena a = { 0 };
	struct asker asker;
	struct err err = { 0 };

	CHECK(machine->asker(NULL, &a, &asker, &err), "%s", err.text);
	CHECK(asker.pid == getpid() && asker.uid == geteuid());
	CHECK(asker.n_ancestors > 0 && asker.ancestors[0] == getppid());
	arena_release(&a);
}

static void test_hold__signals_reach_who_is_held(void **state)
{
	pid_t pid = child_that_waits();
	int one = held(pid), status = 0;

	CHECK(one >= 0 && !machine->has_ended(NULL, one));
	CHECK(machine->send(NULL, one, SIGTERM) == SENDING_DONE);
	machine->wait(NULL, &one, 1, 60000);
	CHECK(machine->has_ended(NULL, one));
	CHECK(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGTERM);
	CHECK(machine->send(NULL, one, SIGTERM) == SENDING_GONE, "it is reaped");
	machine->let_go(NULL, one);
}

static void test_hold__finds_nobody_where_nobody_has_the_number(void **state)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK(held(pid) < 0);
}

static void test_wait__ends_with_its_time(void **state)
{
	pid_t pid = child_that_waits();
	int one = held(pid);
	int64_t before = machine->now_ms(NULL);

	machine->wait(NULL, &one, 1, 20);
	CHECK(machine->now_ms(NULL) - before >= 19);
	machine->wait(NULL, NULL, 0, 0);
	CHECK(!machine->has_ended(NULL, one));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	machine->let_go(NULL, one);
}

static int find_machine(void **state)
{
	machine = signals_of_machine.ops;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asker__is_this_process_and_knows_what_started_it),
		cmocka_unit_test(test_hold__signals_reach_who_is_held),
		cmocka_unit_test(test_hold__finds_nobody_where_nobody_has_the_number),
		cmocka_unit_test(test_wait__ends_with_its_time),
	};

	return cmocka_run_group_tests(tests, find_machine, NULL);
}
