/*
 * The guard asks each second, and whenever somebody waits: {"number": 7, "all": false}.  Each question
 * gets an answer, with that number and either what went wrong or, in a file, what the operation
 * `guard` says, where the book has changed; and so does each change of the book by itself.
 */
#include "enforce/book_follower.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/utf8.h"
#include "enforce/guard_wire.h"
#include "operations/changes.h"

/* Rationale: who asks a guard gives up after two seconds (guard_client.c), and may wait for two answers. */
#define PATIENCE_MS 750

/* Rationale: a busy machine, or a network that loses packets, is no outage. */
#define SILENCE_MS 5000

struct book_follower {
	const struct book_source *source;
	const struct book_hearer *hearer;
	struct loop *loop;
	pid_t pid;
	int fd; /* -1: the process has ended */
	int64_t asked, answered;
	int64_t owes_since_ms; /* monotonic; 0: each question has its answer */
	bool wants_all;	       /* what it said was not taken in */
	bool has_read;
	bool has_failed; /* to be read, because of `failure`; silence is none yet */
	struct err failure;
	struct outage outage;
};

/* The process that reads. */

struct reading {
	struct transport book;
	struct watcher *watcher; /* NULL: nobody tells of changes */
	int channel;
	int64_t seq; /* of the newest change that was told */
	bool has_told;
};

static bool read_all(struct reading *r, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_object();
	const struct call_io io = { 0 };

	return input ? r->book.call(r->book.arg, "guard", input, &io, ret, err) : fail_memory(err);
}

/* The number first: what changes in between is read again. */
static bool read_changes(struct reading *r, bool all, json_t **ret, struct err *err)
{
	int64_t seq = r->seq;

	if (!changes_newest(&r->book, &seq, err))
		return false;
	if (r->has_told && !all && seq == r->seq)
		return true;
	if (!read_all(r, ret, err))
		return false;
	r->seq = seq;
	return r->has_told = true;
}

static json_t *message_of(int64_t number, bool ok, const struct err *why)
{
	json_t *m = json_object();
	struct err readable = *why;

	utf8_repair(readable.text);
	utf8_repair(readable.hint);
	if (json_put_int(m, "number", number) && json_put_bool(m, "read", ok) &&
	    (ok || (json_put_text(m, "code", err_name(why->code)) &&
		    json_put_text(m, "message", readable.text) &&
		    json_put_text(m, "hint", readable.hint))))
		return m;
	json_decref(m);
	return NULL;
}

static bool say(int channel, int64_t number, bool ok, const json_t *answer, const struct err *why)
{
	CLEANUP(json_cleanup) json_t *m = message_of(number, ok, why);
	CLEANUP(fd_cleanup) int file = answer ? message_file_make(answer) : -1;

	return m && (!answer || file >= 0) && message_send(channel, m, file, NULL);
}

static bool read_and_say(struct reading *r, int64_t number, bool all)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err why = { 0 };
	bool ok = read_changes(r, all, &answer, &why);

	return say(r->channel, number, ok, answer, &why);
}

/*
 * It waits to be ended: the end of a process that was asked something in between (ECONNRESET) is heard
 * before what it has said.
 */
static void say_unopened(int channel, const struct err *why)
{
	CLEANUP(json_cleanup) json_t *m = message_of(0, false, why);

	if (json_put_bool(m, "ends", true) && message_send(channel, m, -1, NULL))
		for (;;)
			pause();
}

/* All that were asked by now have one answer. False: nobody asks any more. */
static bool hear_questions(struct reading *r)
{
	struct pollfd more = { .fd = r->channel, .events = POLLIN };
	int64_t number = 0;
	bool all = false;

	do {
		CLEANUP(json_cleanup) json_t *question = NULL;
		CLEANUP(fd_cleanup) int passed = -1;

		if (!message_receive(r->channel, &question, &passed, NULL))
			return false;
		number = json_int_of(question, "number", number);
		all = all || json_bool_of(question, "all");
	} while (poll(&more, 1, 0) > 0);
	if (r->watcher)
		(void)watcher_hear(r->watcher);
	return read_and_say(r, number, all);
}

static bool hear_change(struct reading *r)
{
	return !watcher_hear(r->watcher) || read_and_say(r, 0, false);
}

static void follow(struct reading *r)
{
	struct pollfd of[] = {
		{ .fd = r->channel, .events = POLLIN },
		{ .fd = r->watcher ? r->watcher->fd : -1, .events = POLLIN },
	};
	bool goes_on = true;
	int64_t seq = r->seq;

	while (goes_on) {
		if (poll(of, ARRAY_LEN(of), -1) < 0)
			goes_on = errno == EINTR;
		else if (of[0].revents)
			goes_on = hear_questions(r);
		else if (of[1].revents)
			goes_on = hear_change(r);
		if (r->seq != seq)
			(void)malloc_trim(0);
		seq = r->seq;
	}
}

/* A terminal, or systemd, tells both: the guard ends it. */
static void leave_signals_to_guard(void)
{
	sigset_t none;

	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* To be said again whenever the user has changed: prctl(2), PR_SET_PDEATHSIG. */
static void end_with(pid_t guard)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guard)
		_exit(0);
}

static _Noreturn void be_follower(const struct book_source *source, bool again, int channel,
				  pid_t guard)
{
	struct reading r = { .channel = fd_keep_only(channel) };
	struct err why = { 0 };
	bool is_open;

	(void)send(r.channel, "", 1, MSG_NOSIGNAL);
	leave_signals_to_guard();
	end_with(guard);
	(void)prctl(PR_SET_NAME, "portbook-follow");
	is_open = source->open(source->arg, again, &r.book, &r.watcher, &why);
	end_with(guard);
	if (is_open)
		follow(&r);
	else
		say_unopened(r.channel, &why);
	_exit(0);
}

/* The guard. */

static void note(struct book_follower *r, bool was_read, const struct err *why)
{
	if (outage_note(&r->outage, was_read, why, clock_now_ms()) &&
	    (r->has_read || !r->has_failed))
		r->hearer->outage(r->hearer->arg, &r->outage);
}

static void note_failure(struct book_follower *r, const struct err *why)
{
	r->has_failed = true;
	r->failure = *why;
	note(r, false, why);
}

static void note_silence(struct book_follower *r)
{
	struct err why = { 0 };

	(void)fail(&why, ERR_BUSY, "it has not answered for %d s", SILENCE_MS / 1000);
	note(r, false, &why);
}

static void close_follower(struct book_follower *r)
{
	if (r->fd < 0)
		return;
	loop_remove(r->loop, r->fd);
	fd_cleanup(&r->fd);
	r->fd = -1;
	kill(r->pid, SIGKILL);
	while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		;
	r->answered = r->asked;
	r->owes_since_ms = 0;
}

static bool take_in(struct book_follower *r, int file, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool ok = message_file_read(file, &answer, err) &&
		  r->hearer->take_in(r->hearer->arg, answer, err);

	r->wants_all = !ok;
	r->has_read = r->has_read || ok;
	return ok;
}

static bool take_message(struct book_follower *r, const json_t *m, int file, struct err *err)
{
	const char *hint = json_text_of(m, "hint");

	if (json_bool_of(m, "read"))
		return file < 0 || take_in(r, file, err);
	fail(err, err_from_name(json_text_of(m, "code")), "%s", json_text_of(m, "message"));
	return hint ? fail_hint(err, "%s", hint) : false;
}

static void hear(void *arg, uint32_t events)
{
	CLEANUP(json_cleanup) json_t *m = NULL;
	CLEANUP(fd_cleanup) int file = -1;
	struct book_follower *r = arg;
	struct err why = { 0 };
	bool ok;

	if (!message_receive(r->fd, &m, &file, &why)) {
		close_follower(r);
		if (why.code == ERR_NOT_FOUND)
			(void)fail(&why, ERR_IO, "the process that reads it has ended");
		note_failure(r, &why);
		return;
	}
	ok = take_message(r, m, file, &why);
	/* The answer of a large book is as large as all else, and a guard runs for months. */
	if (file >= 0)
		(void)malloc_trim(0);
	if (json_int_of(m, "number", 0) > r->answered)
		r->answered = json_int_of(m, "number", 0);
	r->owes_since_ms = r->answered < r->asked ? clock_steady_ms() : 0;
	if (!ok)
		note_failure(r, &why);
	else if (!r->wants_all)
		note(r, true, NULL);
	if (json_bool_of(m, "ends"))
		close_follower(r);
}

static bool start(struct book_follower *r, struct err *err)
{
	CLEANUP(fd_cleanup) int ours = -1;
	const pid_t guard = getpid();
	int ends[2];
	char closed;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail(err, ERR_IO, "no pair of sockets: %s", strerror(errno));
	ours = ends[0];
	r->pid = fork();
	if (r->pid == 0)
		be_follower(r->source, r->has_read, ends[1], guard);
	close(ends[1]);
	if (r->pid < 0)
		return fail(err, ERR_IO, "no process to read the book: %s", strerror(errno));
	/* A port would be held until both have closed it: so none is let go before the other one has. */
	(void)!recv(ours, &closed, 1, 0);
	r->fd = fd_take(&ours);
	(void)fcntl(r->fd, F_SETFL, O_NONBLOCK);
	if (loop_add(r->loop, r->fd, EPOLLIN, hear, r, err))
		return true;
	close_follower(r);
	return false;
}

bool book_follower_open(const struct book_source *source, const struct book_hearer *hearer,
			struct loop *loop, struct book_follower **ret, struct err *err)
{
	struct book_follower *r = calloc(1, sizeof(*r));

	if (!r)
		return fail_memory(err);
	*r = (struct book_follower){ .source = source, .hearer = hearer, .loop = loop, .fd = -1 };
	if (!start(r, err)) {
		free(r);
		return false;
	}
	(void)book_follower_ask(r);
	*ret = r;
	return true;
}

void book_follower_free(struct book_follower *r)
{
	if (!r)
		return;
	close_follower(r);
	free(r);
}

static int64_t owes_for_ms(const struct book_follower *r)
{
	return r->owes_since_ms ? clock_steady_ms() - r->owes_since_ms : 0;
}

static bool send_question(struct book_follower *r)
{
	const int64_t number = r->asked + 1;
	CLEANUP(json_cleanup) json_t *question = json_object();

	if (r->fd < 0 || !json_put_int(question, "number", number) ||
	    !json_put_bool(question, "all", r->wants_all) ||
	    !message_send(r->fd, question, -1, NULL))
		return false;
	r->asked = number;
	if (!r->owes_since_ms)
		r->owes_since_ms = clock_steady_ms();
	return true;
}

int64_t book_follower_ask(struct book_follower *r)
{
	if (!r || r->outage.since_ms || owes_for_ms(r) >= PATIENCE_MS || !send_question(r))
		return 0;
	return r->asked;
}

bool book_follower_owes(const struct book_follower *r, int64_t question)
{
	return r && question > r->answered && owes_for_ms(r) < PATIENCE_MS;
}

int book_follower_patience_ms(const struct book_follower *r)
{
	int64_t left = PATIENCE_MS - owes_for_ms(r);

	return left > 0 ? (int)left : 0;
}

void book_follower_tick(struct book_follower *r)
{
	struct err err = { 0 };

	if (r->fd < 0 && !start(r, &err))
		note_failure(r, &err);
	if (owes_for_ms(r) >= SILENCE_MS)
		note_silence(r);
	if (!r->owes_since_ms)
		(void)send_question(r);
}

bool book_follower_has_read(const struct book_follower *r)
{
	return r->has_read;
}

bool book_follower_cannot_begin(const struct book_follower *r, struct err *err)
{
	if (r->has_read || !r->has_failed)
		return false;
	*err = r->failure;
	return true;
}

const struct outage *book_follower_outage(const struct book_follower *r)
{
	static const struct outage none = { 0 };

	return r ? &r->outage : &none;
}
