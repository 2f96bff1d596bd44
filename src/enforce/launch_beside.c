/*
 * Three processes: `run`, which its parent and the terminal know; the supervisor, its
 * child; and the command, which is the supervisor's.  The supervisor adopts what
 * the command leaves behind (PR_SET_CHILD_SUBREAPER), so that all it judges are its
 * descendants.  The command is in run's process group: the terminal's signals reach it
 * without us.  `run` passes on those that were sent to it alone, stops when
 * the command stops, and ends as it ended.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/foreign.h"
#include "enforce/launching.h"

/* What the supervisor tells `run` of the command. */
struct report {
	pid_t pid;
	int status; /* as waitpid has it; -1: it is about to begin, -2: there can be no supervisor */
};
#define IS_BEGINNING  (-1)
#define IS_IMPOSSIBLE (-2)

struct beside {
	struct supervisor s;
	int run;     /* a pidfd of `run`; -1: it has ended */
	int reports; /* to it */
	int signals; /* our children's */
	pid_t command;
};

static void report(struct beside *b, int status)
{
	const struct report r = { .pid = b->command, .status = status };

	if (b->reports >= 0)
		(void)!send(b->reports, &r, sizeof(r), MSG_NOSIGNAL);
}

/* The supervisor. */

static void forget_run(struct beside *b)
{
	fd_cleanup(&b->run);
	fd_cleanup(&b->reports);
	b->run = b->reports = -1;
}

static void reap(struct beside *b)
{
	struct signalfd_siginfo info;
	pid_t pid;
	int status;

	(void)!read(b->signals, &info, sizeof(info));
	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != b->command)
			continue;
		report(b, status);
		if (WIFSTOPPED(status))
			continue;
		b->command = 0;
		forget_run(b);
	}
}

/* Only a signal that nobody can pass on ends it before the command. */
static void follow_run(struct beside *b)
{
	if (b->command)
		kill(b->command, SIGKILL);
	forget_run(b);
}

/* Without a listener, too: of a command that has another supervisor, or cannot be started. */
static bool is_over(const struct beside *b, const struct pollfd *listener)
{
	return !b->command && (listener->fd < 0 ||
			       ((listener->revents & POLLHUP) && !(listener->revents & POLLIN)));
}

static _Noreturn void supervise(struct beside *b)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = b->s.listener, .events = POLLIN },
					{ .fd = b->signals, .events = POLLIN },
					{ .fd = b->run, .events = POLLIN },
					{ .fd = supervisor_wakes(&b->s), .events = POLLIN } };

		if (poll(fds, ARRAY_LEN(fds), -1) < 0)
			continue;
		if ((fds[0].revents & POLLIN) && !supervisor_answer(&b->s))
			break;
		/* Before it is told that the command has ended, as it may be started again at once. */
		if (fds[1].revents || fds[3].revents)
			supervisor_look(&b->s);
		if (fds[1].revents)
			reap(b);
		if (b->run >= 0 && fds[2].revents)
			follow_run(b);
		if (is_over(b, &fds[0]))
			break;
	}
	supervisor_end(&b->s);
	_exit(0);
}

static int open_signals(void)
{
	sigset_t children;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	return signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* In the process that becomes the command; it waits until it may go on. */
static bool begin_command(const struct launching *l, struct handover *c, pid_t group,
			  const sigset_t *mask, struct err *err)
{
	fd_cleanup(&c->ours);
	c->ours = -1;
	(void)setpgid(0, group);
	if (handover_receive(c->theirs, NULL) != SAYS_YES)
		_exit(126);
	sigprocmask(SIG_SETMASK, mask, NULL);
	return launch_filtered(l, c->theirs, err);
}

static _Noreturn void be_supervisor(struct beside *b, const struct launching *l, struct handover *c)
{
	int *const kept[] = { &c->ours, &b->run, &b->reports, &b->signals };
	uint64_t start;

	fd_cleanup(&c->theirs);
	c->theirs = -1;
	if (b->command < 0 || !supervisor_can_reach(b->command, STDERR_FILENO)) {
		report(b, IS_IMPOSSIBLE);
		_exit(0);
	}
	report(b, IS_BEGINNING);
	start = foreign_start(b->command);
	supervisor_settle(&b->s, l, kept, ARRAY_LEN(kept));
	if (handover_send(c->ours, SAYS_YES, -1) && supervisor_take_listener(&b->s, c->ours))
		launch_note(l, &b->s.book, b->command, start);
	fd_cleanup(&c->ours);
	supervise(b);
}

/* In the child of `run`; returns in the process that was to become the command. */
static bool begin_both(const struct launching *l, int reports, pid_t run, const sigset_t *mask,
		       struct err *err)
{
	CLEANUP(handover_cleanup) struct handover c = HANDOVER_NONE;
	struct beside b = {
		.s = { .listener = -1,
		       .assignment = l->assignment,
		       .book = l->book,
		       .holding = l->holding },
		.run = (int)syscall(SYS_pidfd_open, run, 0),
		.reports = reports,
		.signals = open_signals(),
	};
	pid_t group = getpgrp();

	speaker_init(&b.s.speaker, l->quiet);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	/* Out of the terminal's job, and in its session still, so that the command can be in the job. */
	(void)setpgid(0, 0);
	if (b.run < 0 || b.signals < 0 || !handover_open(&c, err))
		_exit(1);
	b.command = fork();
	if (b.command == 0)
		return begin_command(l, &c, group, mask, err);
	b.s.speaker.leader = b.command;
	be_supervisor(&b, l, &c);
}

/* `run`. */

static _Noreturn void end_as(int status)
{
	const struct rlimit none = { 0, 0 };
	sigset_t one;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	/* The command has left its core already. */
	(void)setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	raise(WTERMSIG(status));
	_exit(128 + WTERMSIG(status));
}

/* What the terminal sends goes to the whole job, and so to the command. */
static bool is_of_terminal(const struct signalfd_siginfo *info)
{
	return info->ssi_code == SI_KERNEL;
}

static void pass_on(int signals, pid_t command)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD && !is_of_terminal(&info))
			kill(command, (int)info.ssi_signo);
}

static bool fail_beside(struct err *err)
{
	return fail(err, ERR_NOT_PERMITTED,
		    "a supervisor may not reach the descriptors of the programs it judges "
		    "(pidfd_getfd; Yama's ptrace_scope, or this container, forbids it)");
}

/*
 * Ends as the command; returns when that never began, or nobody knows.  A signal waits until there
 * is somebody to pass it on to.
 */
static bool follow_command(int reports, int signals, struct err *err)
{
	pid_t command = 0;

	for (;;) {
		struct pollfd fds[] = { { .fd = reports, .events = POLLIN },
					{ .fd = command ? signals : -1, .events = POLLIN } };
		struct report r;

		if (poll(fds, ARRAY_LEN(fds), -1) < 0)
			continue;
		if (fds[1].revents)
			pass_on(signals, command);
		if (!fds[0].revents)
			continue;
		if (recv(reports, &r, sizeof(r), 0) != sizeof(r))
			return fail(err, ERR_IO, "the supervisor of the command was killed");
		command = r.pid;
		if (r.status == IS_IMPOSSIBLE)
			return fail_beside(err);
		if (r.status == IS_BEGINNING)
			continue;
		if (!WIFSTOPPED(r.status))
			end_as(r.status);
		raise(SIGSTOP);
		kill(command, SIGCONT);
	}
}

bool launch_beside(const struct launching *l, struct err *err)
{
	CLEANUP(handover_cleanup) struct handover c = HANDOVER_NONE;
	CLEANUP(fd_cleanup) int signals = -1;
	sigset_t all, before;
	pid_t run = getpid(), pid;

	if (!handover_open(&c, err))
		return false;
	/* Before the fork, or the end of a short command is missed. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		return begin_both(l, c.theirs, run, &before, err);
	fd_cleanup(&c.theirs);
	c.theirs = -1;
	signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (pid < 0)
		fail(err, ERR_IO, "cannot fork: %s", strerror(errno));
	else
		follow_command(c.ours, signals, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return false;
}
