/*
 * Processes that write to one book without pause, each through its own session: what a command
 * does, without the start of a program for each call.  For tests/cli; not a test by itself.
 *
 * usage: writers share BOOK PROCESSES SECONDS
 *        writers each BOOK PROCESSES SERVICES
 *        writers talk BOOK PROJECT
 *
 *	share	each process allocates a port and releases it, for so long.  Says, as JSON:
 *		commits, fewest, most (commits of one process), slowest_ms, errors (texts)
 *	each	each process gets ports for so many services of the project `shop`, at once.
 *		Says lines: "SERVICE PORT"
 *	talk	until it is killed: allocates a port and says "+PORT"; holds HELD of them, and
 *		releases the oldest and says "-PORT".  A line is said when it is true.
 *
 * The project is in the book, and its range has room.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/macros.h"
#include "book/session.h"

/* Rationale: four times the processors of any machine the tests run on. */
#define MAX_PROCESSES 64
#define HELD	      4

/* What the processes share. */
struct tally {
	bool go, stop;
	struct {
		bool is_ready;
		unsigned commits;
		int64_t slowest_ns;
		char error[ERR_TEXT_SIZE]; /* "": none */
	} process[MAX_PROCESSES];
};

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "writers: %s: %s\n", what, why);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static struct session *open_or_die(const char *book)
{
	const struct session_options options = { .book = book };
	struct session *s;
	struct err err = { 0 };

	if (!session_open(&options, &s, &err))
		die(book, err.text);
	return s;
}

/* `operation`: get or allocate. */
static bool ask_port(struct session *s, const char *operation, const char *project,
		     const char *service, int *ret_port, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_object(), *answer = NULL;

	if (!json_put_text(input, "projectName", project) ||
	    !json_put_text(input, "serviceName", service) ||
	    !session_call(s, operation, input, &answer, err))
		return false;
	*ret_port = (int)json_int_of(answer, "port", 0);
	return true;
}

static bool release(struct session *s, int port, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_object(), *answer = NULL;

	return json_put_int(input, "port", port) && session_call(s, "release", input, &answer, err);
}

/* ---- many ---- */

typedef void work_fn(struct session *s, unsigned number, struct tally *t);

static void work_when_all_are_ready(work_fn *work, const char *book, unsigned number,
				    struct tally *t)
{
	struct session *s = open_or_die(book);

	__atomic_store_n(&t->process[number].is_ready, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&t->go, __ATOMIC_SEQ_CST))
		usleep(1000);
	work(s, number, t);
	session_free(s);
}

/* Processes that have the book's session, and all begin at once. */
static struct tally *start(work_fn *work, const char *book, unsigned processes)
{
	struct tally *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);

	if (t == MAP_FAILED || !processes || processes > MAX_PROCESSES)
		die(book, "no memory, or too many processes");
	for (unsigned i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("cannot fork", strerror(errno));
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			work_when_all_are_ready(work, book, i, t);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < processes; i++)
		while (!__atomic_load_n(&t->process[i].is_ready, __ATOMIC_SEQ_CST))
			if (waitpid(-1, NULL, WNOHANG) > 0)
				die(book, "a process ended before it was ready");
			else
				usleep(1000);
	__atomic_store_n(&t->go, true, __ATOMIC_SEQ_CST);
	return t;
}

/* True: all of them have left with 0. */
static bool wait_for_all(void)
{
	bool ok = true;
	int status;

	while (waitpid(-1, &status, 0) > 0)
		ok = ok && status == 0;
	return ok;
}

/* ---- share ---- */

static bool allocate_and_release(struct session *s, unsigned number, struct err *err)
{
	char service[16];
	int port;

	snprintf(service, sizeof(service), "w%u", number);
	return ask_port(s, "allocate", "shared-services", service, &port, err) &&
	       release(s, port, err);
}

static void share_work(struct session *s, unsigned number, struct tally *t)
{
	struct err err = { 0 };

	while (!__atomic_load_n(&t->stop, __ATOMIC_SEQ_CST)) {
		int64_t begin = now_ns(), took;

		if (!allocate_and_release(s, number, &err)) {
			memcpy(t->process[number].error, err.text, sizeof(err.text));
			break;
		}
		took = now_ns() - begin;
		t->process[number].commits += 2;
		if (took > t->process[number].slowest_ns)
			t->process[number].slowest_ns = took;
	}
}

static json_t *report(const struct tally *t, unsigned processes)
{
	unsigned commits = 0, fewest = t->process[0].commits, most = 0;
	json_t *answer = json_object(), *errors = json_array();
	int64_t slowest_ns = 0;

	for (unsigned i = 0; i < processes; i++) {
		unsigned n = t->process[i].commits;
		int64_t ns = t->process[i].slowest_ns;

		commits += n;
		fewest = n < fewest ? n : fewest;
		most = n > most ? n : most;
		slowest_ns = ns > slowest_ns ? ns : slowest_ns;
		if (t->process[i].error[0] &&
		    !json_append(errors, json_string(t->process[i].error)))
			die("report", "no memory");
	}
	if (!json_put_int(answer, "commits", commits) || !json_put_int(answer, "fewest", fewest) ||
	    !json_put_int(answer, "most", most) ||
	    !json_put_int(answer, "slowest_ms", slowest_ns / 1000000) ||
	    !json_put(answer, "errors", errors))
		die("report", "no memory");
	return answer;
}

static bool share(const char *book, unsigned processes, unsigned seconds)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	CLEANUP(json_text_cleanup) char *text = NULL;
	struct tally *t = start(share_work, book, processes);
	bool ok;

	sleep(seconds);
	__atomic_store_n(&t->stop, true, __ATOMIC_SEQ_CST);
	ok = wait_for_all();
	answer = report(t, processes);
	text = json_dumps(answer, JSON_COMPACT);
	puts(text);
	return ok;
}

/* ---- each ---- */

static unsigned services;

static void each_work(struct session *s, unsigned number, struct tally *t)
{
	struct err err = { 0 };
	char service[32], line[64];
	int port, len;

	(void)t;
	for (unsigned i = 0; i < services; i++) {
		snprintf(service, sizeof(service), "s%ux%u", number, i);
		if (!ask_port(s, "get", "shop", service, &port, &err))
			die(service, err.text);
		len = snprintf(line, sizeof(line), "%s %d\n", service, port);
		if (write(STDOUT_FILENO, line, (size_t)len) != len)
			die(service, strerror(errno));
	}
}

/* ---- talk ---- */

static void say(char sign, int port)
{
	char line[16];
	int len = snprintf(line, sizeof(line), "%c%d\n", sign, port);

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		exit(0); /* nobody listens any more */
}

static _Noreturn void talk(const char *book, const char *project)
{
	struct session *s = open_or_die(book);
	struct err err = { 0 };
	int held[HELD] = { 0 };
	char service[32];

	snprintf(service, sizeof(service), "w%d", (int)getpid());
	for (unsigned i = 0;; i = (i + 1) % HELD) {
		if (held[i]) {
			if (!release(s, held[i], &err))
				die("release", err.text);
			say('-', held[i]);
		}
		if (!ask_port(s, "allocate", project, service, &held[i], &err))
			die("allocate", err.text);
		say('+', held[i]);
	}
}

static unsigned number_of(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "share"))
		return share(argv[2], number_of(argv[3]), number_of(argv[4])) ? 0 : 1;
	if (argc == 5 && !strcmp(argv[1], "each")) {
		services = number_of(argv[4]);
		start(each_work, argv[2], number_of(argv[3]));
		return wait_for_all() ? 0 : 1;
	}
	if (argc == 4 && !strcmp(argv[1], "talk"))
		talk(argv[2], argv[3]);
	fprintf(stderr, "usage: writers share BOOK PROCESSES SECONDS | each BOOK PROCESSES SERVICES"
			" | talk BOOK PROJECT\n");
	return 64;
}
