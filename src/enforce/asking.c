#include "enforce/asking.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

/* The new process. */

static json_t *error_json(const struct err *err)
{
	return json_pack("{s:s, s:s, s:s}", "code", err_name(err->code), "message", err->text,
			 "hint", err->hint);
}

static void write_all(int fd, const char *bytes)
{
	size_t left = strlen(bytes);

	while (left) {
		ssize_t n = write(fd, bytes, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		bytes += n;
		left -= (size_t)n;
	}
}

/* {"answer": ...} or {"error": ...} */
static _Noreturn void ask_and_end(const struct book_link *b, const char *operation,
				  const json_t *input, int to)
{
	CLEANUP(json_text_cleanup) char *text = NULL;
	struct err err = { 0 };
	json_t *answer = NULL, *said = json_object();
	bool ok;

	ok = b->ask(b->arg, operation, input, &answer, &err);
	if (json_put(said, ok ? "answer" : "error", ok ? answer : error_json(&err)) &&
	    json_format(said, &text, NULL))
		write_all(to, text);
	_exit(0);
}

/* Who waits for it. */

/* False: the time is over. */
static bool read_all(int from, struct text *ret)
{
	int64_t until_ms = clock_steady_ms() + ASKING_MS;
	char piece[4096];

	for (;;) {
		struct pollfd one = { .fd = from, .events = POLLIN };
		int64_t left = until_ms - clock_steady_ms();
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&one, 1, (int)left) <= 0)
			continue;
		n = read(from, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		text_add_bytes(ret, piece, (size_t)n);
	}
}

static bool take_answer(const struct text *said, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *json = NULL;
	const json_t *error;

	if (!json_parse(text_str(said), said->len, &json, NULL))
		return fail(err, ERR_IO, "the process that asks the book has ended");
	error = json_object_get(json, "error");
	if (error) {
		fail(err, err_from_name(json_text_of(error, "code")), "%s",
		     json_text_of(error, "message"));
		if (json_text_of(error, "hint"))
			fail_hint(err, "%s", json_text_of(error, "hint"));
		return false;
	}
	*ret = json_incref(json_object_get(json, "answer"));
	return true;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

bool ask_book(const struct book_link *b, const char *operation, const json_t *input, json_t **ret,
	      struct err *err)
{
	CLEANUP(text_release) struct text said = { 0 };
	int ends[2];
	bool in_time;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, ERR_IO, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		ask_and_end(b, operation, input, fd_keep_only(ends[1]));
	close(ends[1]);
	in_time = pid > 0 && read_all(ends[0], &said);
	close(ends[0]);
	if (pid < 0)
		return fail(err, ERR_IO, "cannot fork: %s", strerror(errno));
	end(pid);
	if (!in_time)
		return fail(err, ERR_BUSY, "the book has not answered within %d s",
			    ASKING_MS / 1000);
	return take_answer(&said, ret, err);
}

void leave_standard_files(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	fd_cleanup(&null);
}

/* With nothing open that anybody may wait for. */
static _Noreturn void tell_and_end(const struct book_link *b, const char *operation,
				   const json_t *input)
{
	setsid();
	leave_standard_files();
	(void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	ask_and_end(b, operation, input, STDOUT_FILENO);
}

/* Those of before that are done by now. */
static void reap_told(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

void tell_book(const struct book_link *b, const char *operation, const json_t *input)
{
	pid_t pid = fork();

	/* The one in between makes that a command has no child that it did not start. */
	if (pid == 0) {
		if (b->reaps || fork() == 0)
			tell_and_end(b, operation, input);
		_exit(0);
	}
	if (b->reaps)
		reap_told();
	while (!b->reaps && pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Who tells is our child, or was left to us by the one in between. */
void wait_for_told(void)
{
	int64_t until_ms = clock_steady_ms() + ASKING_MS;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0 && clock_steady_ms() < until_ms)
		if (pid == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}
