/*
 * Start a program, wait: how long it took, and the most memory it had.  Its stdout goes to a file.
 *
 * Small itself, as what its child was before the exec counts, too.
 *
 * usage: peak OUTPUT WORD...
 * Says:  ms, peak_mib
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "measure.h"

extern char **environ;

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t into;
	struct rusage used;
	int status, failed;
	int64_t begin = now_ns();
	pid_t pid;

	if (argc < 3)
		die("usage: peak OUTPUT WORD...");
	posix_spawn_file_actions_init(&into);
	posix_spawn_file_actions_addopen(&into, STDOUT_FILENO, argv[1],
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	failed = posix_spawnp(&pid, argv[2], &into, NULL, argv + 2, environ);
	if (failed)
		die("cannot start '%s': %s", argv[2], strerror(failed));
	if (wait4(pid, &status, 0, &used) < 0)
		die("cannot wait for '%s': %s", argv[2], strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("'%s' ended with status %#x", argv[2], (unsigned)status);
	tell("ms", (double)(now_ns() - begin) / 1e6);
	tell("peak_mib", (double)used.ru_maxrss / 1024);
	return 0;
}
