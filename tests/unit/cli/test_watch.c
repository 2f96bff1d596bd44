/*
 * Each in a child of its own, as a watch changes the process's signals and may end it.
 */
#include "lib/check.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/watch.h"

typedef int child_fn(void);

/* How the child ended: the signal, or 256 and its exit status. */
static int ended(child_fn *child)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0)
		_exit(child());
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 256 + WEXITSTATUS(status);
}

/* Steps until one refuses, which the clock decides; false: the wrong error. */
static bool steps_until_refused(struct progress *p, const char *want)
{
	struct err err = { 0 };

	while (progress_step(p, "entering", 1, 2, &err))
		;
	return err.code == ERR_INTERRUPTED && !strcmp(err.text, want);
}

static int interrupted_in_the_middle(void)
{
	struct watch w = { 0 };
	struct progress *p = watch_start(&w, false, "nothing was entered");
	struct err err = { 0 };

	if (!progress_step(p, "entering", 0, 2, &err))
		return 1;
	raise(SIGINT);
	if (!steps_until_refused(p, "interrupted: nothing was entered"))
		return 2;
	watch_end(&w);
	return 3;
}

static void test_watch__refuses_the_next_step_and_dies_by_the_signal_at_the_end(void **state)
{
	(void)state;
	CHECK(ended(interrupted_in_the_middle) == SIGINT);
}

static int interrupted_before_the_first_step(void)
{
	struct watch w = { 0 };

	(void)watch_start(&w, false, "nothing was entered");
	raise(SIGTERM);
	return 1;
}

static void test_watch__a_signal_before_the_work_ends_the_program_as_ever(void **state)
{
	(void)state;
	CHECK(ended(interrupted_before_the_first_step) == SIGTERM);
}

static int interrupted_too_late(void)
{
	struct watch w = { 0 };
	struct progress *p = watch_start(&w, false, "nothing was entered");
	struct err err = { 0 };

	if (!progress_step(p, "entering", 2, 2, &err))
		return 1;
	raise(SIGINT);
	watch_finish(&w);
	watch_end(&w);
	return 0;
}

static void test_watch__a_signal_after_the_work_is_too_late(void **state)
{
	(void)state;
	CHECK(ended(interrupted_too_late) == 256);
}

static int ignored(void)
{
	struct watch w = { 0 };
	struct progress *p = watch_start(&w, false, "nothing was entered");
	struct err err = { 0 };
	int ends[2];

	signal(SIGHUP, SIG_IGN);
	if (!progress_step(p, "entering", 0, 2, &err) || pipe(ends) < 0)
		return 1;
	raise(SIGHUP);
	if (write(ends[1], "x", 1) != 1 || !watch_wait(&w, ends[0], POLLIN, &err))
		return 2;
	watch_end(&w);
	return 0;
}

static void test_watch__a_signal_that_is_ignored_stays_so(void **state)
{
	(void)state;
	CHECK(ended(ignored) == 256);
}

static int interrupted_while_it_waits(void)
{
	struct watch w = { 0 };
	struct progress *p = watch_start(&w, false, "nothing was entered");
	struct err err = { 0 };
	int ends[2];

	if (!progress_step(p, "reading", 0, 0, &err) || pipe(ends) < 0)
		return 1;
	raise(SIGINT);
	if (watch_wait(&w, ends[0], POLLIN, &err) || err.code != ERR_INTERRUPTED)
		return 2;
	watch_end(&w);
	return 3;
}

static void test_watch__a_signal_ends_the_wait_for_input(void **state)
{
	(void)state;
	CHECK(ended(interrupted_while_it_waits) == SIGINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_watch__refuses_the_next_step_and_dies_by_the_signal_at_the_end),
		cmocka_unit_test(test_watch__a_signal_before_the_work_ends_the_program_as_ever),
		cmocka_unit_test(test_watch__a_signal_after_the_work_is_too_late),
		cmocka_unit_test(test_watch__a_signal_that_is_ignored_stays_so),
		cmocka_unit_test(test_watch__a_signal_ends_the_wait_for_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
