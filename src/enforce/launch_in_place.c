/*
 * A supervisor that is nobody's child, and the command is what `run` was.  It may begin while the
 * book is read (launch_prepare): what takes time is done when there is something to judge.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/foreign.h"
#include "enforce/launching.h"

/* Rationale: what most programs take to start; who looks into the history is not quicker. */
#define NOTE_AFTER_MS 50

static _Noreturn void supervise(struct supervisor *s)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = s->listener, .events = POLLIN },
					{ .fd = supervisor_wakes(s), .events = POLLIN } };

		if (poll(fds, ARRAY_LEN(fds), -1) < 0)
			continue;
		if (fds[0].revents & POLLIN ? !supervisor_answer(s) : fds[0].revents != 0)
			break;
		if (fds[1].revents)
			supervisor_look(s);
	}
	supervisor_end(s);
	_exit(0);
}

/* The command needs the processor now, and its first bind an answer; then the book is told. */
static void let_it_begin(struct supervisor *s)
{
	struct pollfd one = { .fd = s->listener, .events = POLLIN };

	if (poll(&one, 1, NOTE_AFTER_MS) > 0 && (one.revents & POLLIN))
		(void)!supervisor_answer(s);
}

static _Noreturn void be_supervisor(const struct launching *l, const struct speaker *speaker,
				    struct handover *c)
{
	struct supervisor s = { .listener = -1,
				.assignment = l->assignment,
				.book = l->book,
				.speaker = *speaker,
				.holding = l->holding };
	int *const kept[] = { &c->theirs };
	bool reaches = !l->not_in_place && supervisor_can_reach(speaker->leader, STDERR_FILENO);
	/* Now: a short command may have ended before there is time for it. */
	uint64_t start = foreign_start(speaker->leader);

	fd_cleanup(&c->ours);
	if (!handover_send(c->theirs, reaches ? SAYS_YES : SAYS_NO, -1) || !reaches)
		_exit(0);
	supervisor_settle(&s, l, kept, ARRAY_LEN(kept));
	if (!supervisor_take_listener(&s, c->theirs))
		_exit(0);
	/* The command begins meanwhile: what it binds waits. */
	fd_cleanup(&c->theirs);
	s.book.reaps = true;
	let_it_begin(&s);
	launch_note(l, &s.book, speaker->leader, start);
	supervise(&s);
}

/*
 * Nobody's child, so that the command never sees one it did not start; and with a
 * session of its own, so that it is no part of the terminal's job.
 */
static _Noreturn void be_between(const struct launching *l, const struct speaker *speaker,
				 struct handover *c)
{
	setsid();
	if (fork() == 0)
		be_supervisor(l, speaker, c);
	_exit(0);
}

bool launch_prepare(struct launching *l, struct err *err)
{
	CLEANUP(handover_cleanup) struct handover c = HANDOVER_NONE;
	struct speaker speaker;
	sigset_t all, before;

	if (!handover_open(&c, err))
		return false;
	speaker_init(&speaker, l->quiet);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	l->between = fork();
	if (l->between == 0)
		be_between(l, &speaker, &c);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (l->between < 0)
		return fail(err, ERR_IO, "cannot fork: %s", strerror(errno));
	l->supervisor = fd_take(&c.ours);
	return true;
}

bool launch_supervised(struct launching *l, struct err *err)
{
	CLEANUP(fd_cleanup) int supervisor = -1;

	if (l->supervisor < 0 && !launch_prepare(l, err))
		return false;
	supervisor = fd_take(&l->supervisor);
	while (waitpid(l->between, NULL, 0) < 0 && errno == EINTR)
		;
	if (handover_receive(supervisor, NULL) == SAYS_YES)
		return launch_filtered(l, supervisor, err);
	return launch_beside(l, err);
}
