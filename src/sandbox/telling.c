/*
 * sandbox/telling.c - the command that is told of changes, one run at a time, each with an end.
 *
 * A run is a process group of its own.  Who runs for too long is asked to end, and then made to.
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/aide_own.h"

/* Rationale: whoever was asked to end has a moment to do so. */
#define GRACE_MS 2000
/* Rationale: an hour of a book that changes each second, of a command that takes so long. */
#define WAITING_MAX 1000

struct telling {
	const struct aide_options *options;
	int epoll, timer, child; /* child: its pidfd, -1: none runs */
	pid_t pid;
	bool was_asked; /* to end */
	json_t *waiting;
};

static void say(const char *what, int number)
{
	fprintf(stderr, "portbook-serve: the command of --notify %s %d\n", what, number);
}

bool telling_open(const struct aide_options *o, struct telling **ret, struct err *err)
{
	struct telling *c = calloc(1, sizeof(*c));
	struct epoll_event event = { .events = EPOLLIN };

	if (!c)
		return fail_memory(err);
	*c = (struct telling){ .options = o, .child = -1, .waiting = json_array() };
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	*ret = c;
	return (c->waiting && c->epoll >= 0 && c->timer >= 0 &&
		epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->timer, &event) == 0) ||
	       fail(err, ERR_IO, "no aide: %s", strerror(errno));
}

int telling_fd(const struct telling *c)
{
	return c->epoll;
}

bool telling_is_busy(const struct telling *c)
{
	return c->child >= 0;
}

static void set_timer(struct telling *c, int64_t ms)
{
	const struct itimerspec when = { .it_value = { ms / 1000, ms % 1000 * 1000000 } };

	timerfd_settime(c->timer, 0, &when, NULL);
}

/* In the child. */

static void become(const struct aide_options *o)
{
	if (!o->user_name)
		return;
	if (initgroups(o->user_name, o->gid) < 0 || setresgid(o->gid, o->gid, o->gid) < 0 ||
	    setresuid(o->uid, o->uid, o->uid) < 0 || setenv("HOME", o->user_home, 1) < 0)
		_exit(126);
}

/* What this program ignores is not what others expect. */
static void reset_signals(void)
{
	static const int changed[] = { SIGINT, SIGHUP, SIGTERM, SIGPIPE, SIGXFSZ };
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LEN(changed); i++)
		signal(changed[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void run(const struct aide_options *o, int input)
{
	setpgid(0, 0);
	reset_signals();
	become(o);
	/* What the server says on stdout is for who started it. */
	if (dup2(input, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(126);
	execl("/bin/sh", "sh", "-c", o->command, (char *)NULL);
	_exit(127);
}

/* The next one. */

static bool write_message(int fd, const json_t *message)
{
	CLEANUP(text_release) struct text text = { 0 };

	text_add_json(&text, message, JSON_COMPACT);
	text_add(&text, "\n");
	return text_ok(&text) && write(fd, text_str(&text), text.len) == (ssize_t)text.len &&
	       lseek(fd, 0, SEEK_SET) == 0;
}

static void start(struct telling *c, const json_t *message)
{
	CLEANUP(fd_cleanup) int input = memfd_create("notice", MFD_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	if (input < 0 || !write_message(input, message)) {
		say("cannot be told anything: error", errno);
		return;
	}
	c->pid = fork();
	if (c->pid == 0)
		run(c->options, input);
	c->child = c->pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->child < 0) {
		say("cannot be run: error", errno);
		return;
	}
	/* Whoever comes first: it may have to be ended before it has done so itself. */
	setpgid(c->pid, c->pid);
	c->was_asked = false;
	set_timer(c, c->options->command_max_ms);
	epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->child, &event);
}

static void start_next(struct telling *c)
{
	while (c->child < 0 && json_array_size(c->waiting)) {
		CLEANUP(json_cleanup) json_t *next = json_incref(json_array_get(c->waiting, 0));

		json_array_remove(c->waiting, 0);
		start(c, next);
	}
}

void telling_add(struct telling *c, json_t *message)
{
	if (!c->options->command)
		return;
	if (json_array_size(c->waiting) >= WAITING_MAX)
		say("takes too long: forgotten is one notice of", WAITING_MAX);
	else if (json_array_append(c->waiting, message) < 0)
		say("is not told of a change: error", ENOMEM);
	start_next(c);
}

/* The end of one. */

static void end(struct telling *c, int status)
{
	if (WIFSIGNALED(status))
		say(c->was_asked ? "took too long, and was ended by signal" : "ended by signal",
		    WTERMSIG(status));
	else if (WEXITSTATUS(status))
		say("ended with status", WEXITSTATUS(status));
	fd_cleanup(&c->child);
	c->child = -1;
	set_timer(c, 0);
	start_next(c);
}

static bool timer_rang(struct telling *c)
{
	uint64_t count;

	return read(c->timer, &count, sizeof(count)) == sizeof(count);
}

void telling_hear(struct telling *c)
{
	int status;

	if (c->child < 0)
		return;
	if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
		end(c, status);
		return;
	}
	if (!timer_rang(c))
		return;
	kill(-c->pid, c->was_asked ? SIGKILL : SIGTERM);
	c->was_asked = true;
	set_timer(c, GRACE_MS);
}
