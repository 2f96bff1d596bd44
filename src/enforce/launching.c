#include "enforce/launching.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/foreign.h"

/* Rationale: a supervisor has a listener, a port that it holds, and four ends of channels. */
#define KEPT_MAX 8

/* The supervisor. */

bool supervisor_can_reach(pid_t pid, int fd)
{
	CLEANUP(fd_cleanup) int process = foreign_hold(pid);
	CLEANUP(fd_cleanup) int copy = process < 0 ? -1 : foreign_descriptor(process, fd);

	return copy >= 0;
}

/* NULL: none has that number or a higher one. */
static int *lowest_from(int at, int *const kept[], unsigned count)
{
	int *lowest = NULL;

	for (unsigned i = 0; i < count; i++)
		if (*kept[i] >= at && (!lowest || *kept[i] < *lowest))
			lowest = kept[i];
	return lowest;
}

/*
 * What is kept gets the numbers from 3 on, the lowest first, so that none is laid over another and
 * all above can be closed.  No number is needed that was not there: no limit is in the way.
 */
static void keep_only(int *const kept[], unsigned count)
{
	int at = STDERR_FILENO + 1, *next;

	for (; (next = lowest_from(at, kept, count)); at++)
		if (*next != at)
			*next = dup3(*next, at, O_CLOEXEC);
	(void)syscall(SYS_close_range, at, ~0U, 0);
}

/* Who ends a program by a word of its command line does not mean the supervisor. */
static void hide_command(const struct launching *l)
{
	for (char *const *word = l->hide; *word; word++)
		memset(*word, 0, strlen(*word));
	(void)prctl(PR_SET_NAME, "portbook-run");
}

void supervisor_settle(struct supervisor *s, const struct launching *l, int *const kept[],
		       unsigned count)
{
	int *all[KEPT_MAX] = { &s->listener, &s->holding.fd };

	for (unsigned i = 0; i < count && i + 2 < KEPT_MAX; i++)
		all[i + 2] = kept[i];
	leave_standard_files();
	keep_only(all, count + 2);
	hide_command(l);
	supervisor_prepare(s);
}

bool supervisor_take_listener(struct supervisor *s, int channel)
{
	if (handover_receive(channel, &s->listener) == SAYS_READY && supervisor_begin(s))
		return handover_send(channel, SAYS_READY, -1);
	fd_cleanup(&s->listener);
	s->listener = -1;
	return false;
}
