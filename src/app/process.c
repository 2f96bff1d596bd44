#include "app/process.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/json.h"

/*
 * A descriptor of the first three that is closed would be given to the book's file, and a message
 * be written into it.  It is opened the wrong way round, so that using it is still an error.
 */
static void keep_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* jansson would read /dev/urandom; the kernel has put 16 random bytes into this process already. */
static void seed_json(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);
	size_t seed = 0;

	if (random)
		memcpy(&seed, random, sizeof(seed));
	json_object_seed(seed); /* 0: it finds a seed itself */
}

static void do_nothing(int signal)
{
	(void)signal;
}

/* A handler, where it was not ignored: the programs that we become have it as it was. */
static void survive(int number)
{
	if (signal(number, do_nothing) == SIG_IGN)
		signal(number, SIG_IGN);
}

void process_prepare(void)
{
	/* A file that may not grow, and a reader that has gone, are errors of a write, not a death. */
	survive(SIGXFSZ);
	survive(SIGPIPE);
	keep_standard_files();
	seed_json();
}
