/*
 * Many processes that listen, each on its share of the ports, half of them on
 * IPv4 and half on IPv6, with some more files open; while they do, run WORD.
 * In namespaces of its own (unshare -n -p -f --mount-proc), so that they are all
 * there is.
 *
 * usage: crowd LISTENERS PROCESSES FIRST_PORT FILES WORD...
 * Exit status: WORD's
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

extern char **environ;

static void listen_on(unsigned port)
{
	const struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
					 .sin6_port = htons((uint16_t)port) };
	bool six = port % 2;
	int s = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	int failed = six ? bind(s, (const struct sockaddr *)&v6, sizeof(v6))
			 : bind(s, (const struct sockaddr *)&v4, sizeof(v4));

	if (s < 0 || failed || listen(s, 8) < 0)
		die("cannot listen on %u: %s", port, strerror(errno));
}

int main(int argc, char **argv)
{
	unsigned listeners, processes, first, files;
	int ready[2], status;
	char byte = 0;
	pid_t pid;

	if (argc < 6)
		die("usage: crowd LISTENERS PROCESSES FIRST_PORT FILES WORD...");
	listeners = number_or_die(argv[1], 40000);
	processes = number_or_die(argv[2], 10000);
	first = number_or_die(argv[3], 20000);
	files = number_or_die(argv[4], 1000);
	if (pipe2(ready, O_CLOEXEC) < 0)
		die("cannot make a pipe: %s", strerror(errno));
	for (unsigned i = 0; i < processes; i++) {
		if (fork() != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (unsigned n = i; n < listeners; n += processes)
			listen_on(first + n);
		for (unsigned n = 0; n < files; n++)
			if (open("/dev/null", O_RDONLY) < 0)
				die("cannot open a file: %s", strerror(errno));
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	for (unsigned i = 0; i < processes; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("a process is missing");
	status = posix_spawn(&pid, argv[5], NULL, NULL, argv + 5, environ);
	if (status)
		die("cannot start '%s': %s", argv[5], strerror(status));
	if (waitpid(pid, &status, 0) < 0)
		die("cannot wait: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
