/*
 * Linux holds a process by a pidfd (pidfd_open(2), since 5.3): a signal through
 * it reaches that process or none, and poll(2) tells when it has ended.
 *
 * /proc may be mounted for another pid namespace than ours, and then shows
 * other numbers than pidfd_open takes.  The kernel says in /proc/self/fdinfo
 * which number the held process has there: it has to be the one that was meant.
 */
#include "enforce/signals.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/fd.h"

/* Rationale: /proc/PID/status has 60 lines, some with a list of all processors. */
#define STATUS_SIZE 65536

/* Rationale: poll is given as many; of more, the rest is seen at the next turn. */
#define POLL_MAX 256

/* The number in the line "Name:\t1234"; false: there is no such line. */
static bool number_in(const char *text, const char *name, int64_t *ret)
{
	const char *at = strstr(text, name);
	uint64_t number;
	bool negative;

	if (!at)
		return false;
	at += strlen(name);
	eat_blanks(&at);
	negative = eat_char(&at, '-');
	if (!eat_number(&at, INT_MAX, &number))
		return false;
	*ret = negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static bool number_in_file(const char *path, const char *name, int64_t *ret, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };

	return file_read(path, STATUS_SIZE, &text, err) &&
	       (number_in(text_str(&text), name, ret) ||
		fail(err, ERR_IO, "'%s' has no line '%s'", path, name + 1));
}

/* Who asks. */

static bool parent_of(const char *process, pid_t *ret, struct err *err)
{
	char path[sizeof("/proc/2147483647/status")];
	int64_t parent = 0;

	snprintf(path, sizeof(path), "/proc/%s/status", process);
	if (!number_in_file(path, "\nPPid:", &parent, err))
		return false;
	*ret = (pid_t)parent;
	return true;
}

struct line {
	struct arena *arena;
	pid_t *pids;
	unsigned count, room;
};

static bool line_add(struct line *l, pid_t pid, struct err *err)
{
	pid_t *grown = arena_grow(l->arena, l->pids, l->count, &l->room, sizeof(*l->pids));

	if (!grown)
		return fail_memory(err);
	l->pids = grown;
	l->pids[l->count++] = pid;
	return true;
}

/*
 * A parent that this user may not see ends the line: it is not found to hold a
 * port either.
 */
static bool line_follow(struct line *l, struct err *err)
{
	char name[sizeof("2147483647")] = "self";
	pid_t pid;

	if (!parent_of(name, &pid, err))
		return false;
	while (pid > 0) {
		if (!line_add(l, pid, err))
			return false;
		snprintf(name, sizeof(name), "%d", pid);
		if (!parent_of(name, &pid, NULL))
			return true;
	}
	return true;
}

static bool fail_namespace(struct err *err)
{
	fail(err, ERR_IO, "/proc shows the processes of another pid namespace than this one's");
	return fail_hint(err, "nobody can be ended from here: run it outside, or mount /proc anew");
}

static bool machine_asker(void *ctx, struct arena *a, struct asker *ret, struct err *err)
{
	struct line line = { .arena = a };
	int64_t pid = 0;

	if (!number_in_file("/proc/self/status", "\nPid:", &pid, err) || !line_follow(&line, err)) {
		if (err)
			err->code = err->code == ERR_MEMORY ? ERR_MEMORY : ERR_IO;
		return fail_while(err, "looking what this process descends from");
	}
	if (pid != getpid())
		return fail_namespace(err);
	*ret = (struct asker){
		.pid = (pid_t)pid,
		.uid = geteuid(),
		.ancestors = line.pids,
		.n_ancestors = line.count,
	};
	return true;
}

/* Holding. */

/* -1: it has ended. */
static bool number_of_held(int held, int64_t *ret, struct err *err)
{
	char path[sizeof("/proc/self/fdinfo/2147483647")];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", held);
	return number_in_file(path, "\nPid:", ret, err);
}

static bool machine_hold(void *ctx, pid_t pid, int *ret, struct err *err)
{
	CLEANUP(fd_cleanup) int held = (int)syscall(SYS_pidfd_open, pid, 0);
	int64_t number = 0;

	*ret = -1;
	if (held < 0 && errno == ESRCH)
		return true;
	if (held < 0)
		return fail(err, ERR_IO, "cannot hold the process %d: %s", pid, strerror(errno));
	if (!number_of_held(held, &number, err))
		return false;
	if (number > 0 && number != pid)
		return fail_namespace(err);
	*ret = fd_take(&held);
	return true;
}

static void machine_let_go(void *ctx, int held)
{
	close(held);
}

static enum sending machine_send(void *ctx, int held, int signal)
{
	if (syscall(SYS_pidfd_send_signal, held, signal, NULL, 0) == 0)
		return SENDING_DONE;
	return errno == ESRCH ? SENDING_GONE : SENDING_REFUSED;
}

static bool machine_has_ended(void *ctx, int held)
{
	struct pollfd one = { .fd = held, .events = POLLIN };

	return poll(&one, 1, 0) > 0;
}

static void machine_wait(void *ctx, const int *held, unsigned count, int64_t ms)
{
	struct pollfd all[POLL_MAX];

	if (count > POLL_MAX)
		count = POLL_MAX;
	for (unsigned i = 0; i < count; i++)
		all[i] = (struct pollfd){ .fd = held[i], .events = POLLIN };
	poll(all, count, ms > INT_MAX ? INT_MAX : (int)ms);
}

static int64_t machine_now_ms(void *ctx)
{
	return clock_steady_ms();
}

static const struct signals_ops machine_ops = {
	.asker = machine_asker,
	.hold = machine_hold,
	.let_go = machine_let_go,
	.send = machine_send,
	.has_ended = machine_has_ended,
	.wait = machine_wait,
	.now_ms = machine_now_ms,
};

const struct signals signals_of_machine = { .ops = &machine_ops };
