/*
 * Start A, wait, start B, wait, and so on: what the machine does beside it
 * falls on both alike.  stdout of both goes to /dev/null.
 *
 * usage: cold COUNT A [WORD...] -- B [WORD...]       (the last "--" is meant)
 * Says:  a_us, b_us (medians), a_p99_us, ratio (of the medians)
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

extern char **environ;

/* Rationale: caches, page tables, the log of the book. */
#define WARM_UP 20

static posix_spawn_file_actions_t quiet;

static int64_t start(char *const *words)
{
	int64_t begin = now_ns();
	int status;
	pid_t pid;
	int failed = posix_spawn(&pid, words[0], &quiet, NULL, words, environ);

	if (failed)
		die("cannot start '%s': %s", words[0], strerror(failed));
	if (waitpid(pid, &status, 0) < 0)
		die("cannot wait for '%s': %s", words[0], strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("'%s' ended with status %#x", words[0], (unsigned)status);
	return now_ns() - begin;
}

int main(int argc, char **argv)
{
	unsigned count;
	int middle = argc - 1;

	while (middle > 2 && strcmp(argv[middle], "--") != 0)
		middle--;
	if (middle <= 2 || middle + 1 >= argc)
		die("usage: cold COUNT A [WORD...] -- B [WORD...]");
	count = number_or_die(argv[1], 1000000);
	argv[middle] = NULL;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

	struct times a = times_new(count), b = times_new(count);

	for (unsigned i = 0; i < WARM_UP; i++) {
		start(argv + 2);
		start(argv + middle + 1);
	}
	for (unsigned i = 0; i < count; i++) {
		times_add(&a, start(argv + 2));
		times_add(&b, start(argv + middle + 1));
	}
	tell("a_us", times_percentile_us(&a, 50));
	tell("b_us", times_percentile_us(&b, 50));
	tell("a_p99_us", times_percentile_us(&a, 99));
	tell("ratio", times_percentile_us(&a, 50) / times_percentile_us(&b, 50));
	return 0;
}
