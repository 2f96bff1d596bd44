/*
 * Start A, wait, start B, wait, and so on: what the machine does beside it
 * falls on both alike.  stdout of both goes to /dev/null.
 *
 * usage: cold COUNT A [WORD...] -- B [WORD...]       (the last "--" is meant)
 * Says:  a_us, b_us (medians), a_p99_us, ratio (of the medians); a_cpu_us, b_cpu_us
 *        and cpu_ratio: the same of the processor's time, which others do not add to
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

extern char **environ;

/* Rationale: caches, page tables, the log of the book. */
#define WARM_UP 20

static posix_spawn_file_actions_t quiet;

static int64_t ns_of(const struct timeval *t)
{
	return t->tv_sec * INT64_C(1000000000) + t->tv_usec * INT64_C(1000);
}

struct started {
	int64_t ns, cpu_ns;
};

static struct started start(char *const *words)
{
	struct rusage use;
	int64_t begin = now_ns();
	int status;
	pid_t pid;
	int failed = posix_spawn(&pid, words[0], &quiet, NULL, words, environ);

	if (failed)
		die("cannot start '%s': %s", words[0], strerror(failed));
	if (wait4(pid, &status, 0, &use) < 0)
		die("cannot wait for '%s': %s", words[0], strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("'%s' ended with status %#x", words[0], (unsigned)status);
	return (struct started){ now_ns() - begin, ns_of(&use.ru_utime) + ns_of(&use.ru_stime) };
}

/* The times of one of the two. */
struct side {
	struct times wall, cpu;
};

static void add(struct side *side, char *const *words)
{
	struct started one = start(words);

	times_add(&side->wall, one.ns);
	times_add(&side->cpu, one.cpu_ns);
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

	struct side a = { times_new(count), times_new(count) };
	struct side b = { times_new(count), times_new(count) };

	for (unsigned i = 0; i < WARM_UP; i++) {
		start(argv + 2);
		start(argv + middle + 1);
	}
	for (unsigned i = 0; i < count; i++) {
		add(&a, argv + 2);
		add(&b, argv + middle + 1);
	}
	tell("a_us", times_percentile_us(&a.wall, 50));
	tell("b_us", times_percentile_us(&b.wall, 50));
	tell("a_p99_us", times_percentile_us(&a.wall, 99));
	tell("ratio", times_percentile_us(&a.wall, 50) / times_percentile_us(&b.wall, 50));
	tell("a_cpu_us", times_percentile_us(&a.cpu, 50));
	tell("b_cpu_us", times_percentile_us(&b.cpu, 50));
	tell("cpu_ratio", times_percentile_us(&a.cpu, 50) / times_percentile_us(&b.cpu, 50));
	return 0;
}
