#include "cli/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/screen.h"

/* Rationale: what takes less is not long; more often than that nobody can read. */
#define FIRST_SHOWN_MS 300
#define SHOWN_EACH_MS  100

/* One that is ignored (nohup, a job in the background) stays so: while blocked it would arrive. */
static void signals_of_end(sigset_t *ret)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction now;

	sigemptyset(ret);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(ret, signals[i]);
}

/* Where the signals cannot be caught they end the program, and the book undoes what was open. */
static void catch_signals(struct watch *w)
{
	sigset_t set;

	signals_of_end(&set);
	if (sigprocmask(SIG_BLOCK, &set, &w->before) < 0)
		return;
	w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	w->catches = w->signals >= 0;
	if (!w->catches)
		sigprocmask(SIG_SETMASK, &w->before, NULL);
}

static void take_signal(struct watch *w)
{
	struct signalfd_siginfo info;

	if (w->catches && !w->signal &&
	    read(w->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		w->signal = (int)info.ssi_signo;
}

static bool go_on(struct watch *w, struct err *err)
{
	return !w->signal || fail(err, ERR_INTERRUPTED, "interrupted: %s", w->interrupted);
}

/* stderr of a terminal; that it cannot be written to is nobody's loss. */
static void write_line(const char *line)
{
	(void)!write(STDERR_FILENO, line, strlen(line));
}

void watch_clear(struct watch *w)
{
	char line[256];

	if (!w->width)
		return;
	snprintf(line, sizeof(line), "\r%*s\r", (int)(w->width < 200 ? w->width : 200), "");
	write_line(line);
	w->width = 0;
}

static void show(struct watch *w, const char *doing, uint64_t done, uint64_t total)
{
	unsigned columns = screen_columns(STDERR_FILENO), before = w->width, width;
	CLEANUP(text_release) struct text said = { 0 }, line = { 0 };

	if (total)
		text_addf(&said, "portbook: %s: %u%%", doing, (unsigned)(done * 100 / total));
	else
		text_addf(&said, "portbook: %s: %llu", doing, (unsigned long long)done);
	text_add(&line, "\r");
	/* The last column stays free: a terminal may go to the next line there. */
	width = screen_add(&line, text_str(&said), columns > 1 ? columns - 1 : 1);
	if (before > width)
		text_addf(&line, "%*s\r", (int)(before - width), "");
	write_line(text_str(&line));
	w->width = width;
}

static void show_now_and_then(struct watch *w, const char *doing, uint64_t done, uint64_t total)
{
	int64_t now = clock_now_ms();

	if (now < w->since_ms || now < w->shown_ms)
		w->since_ms = w->shown_ms = now; /* the clock was set back */
	if (now - w->since_ms < FIRST_SHOWN_MS || now - w->shown_ms < SHOWN_EACH_MS)
		return;
	w->shown_ms = now;
	take_signal(w);
	if (w->wanted && !w->signal)
		show(w, doing, done, total);
}

static bool watch_step(struct progress *p, const char *doing, uint64_t done, uint64_t total,
		       struct err *err)
{
	struct watch *w = (struct watch *)p;

	if (!w->catches)
		catch_signals(w);
	show_now_and_then(w, doing, done, total);
	return go_on(w, err);
}

struct progress *watch_start(struct watch *w, bool shows, const char *interrupted)
{
	if (w->progress.step)
		return &w->progress;
	w->progress.step = watch_step;
	w->interrupted = interrupted;
	w->wanted = shows && isatty(STDERR_FILENO);
	w->since_ms = clock_now_ms();
	return &w->progress;
}

bool watch_wait(struct watch *w, int fd, short events, struct err *err)
{
	struct pollfd fds[] = { { .fd = fd, .events = events },
				{ .fd = w->catches ? w->signals : -1, .events = POLLIN } };
	int n;

	do {
		n = poll(fds, ARRAY_LEN(fds), -1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(err, ERR_IO, "cannot wait: %s", strerror(errno));
	take_signal(w);
	return go_on(w, err);
}

void watch_finish(struct watch *w)
{
	take_signal(w);
	w->signal = 0;
}

void watch_end(struct watch *w)
{
	int came = w->signal;

	watch_clear(w);
	if (!w->catches)
		return;
	close(w->signals);
	w->catches = false;
	if (came)
		signal(came, SIG_DFL);
	if (came)
		raise(came);
	sigprocmask(SIG_SETMASK, &w->before, NULL);
}
