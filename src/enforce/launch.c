#include "enforce/launch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/filter.h"
#include "enforce/foreign.h"
#include "enforce/landlock.h"
#include "enforce/launching.h"
#include "enforce/nested.h"
#include "enforce/system_guard.h"

/* Rationale: what a slow command takes from its start to its listen. */
#define LEFT_MS 30000

bool launch_exec(const struct launching *l, struct err *err)
{
	execvp(l->command[0], l->command);
	return fail(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot start '%s': %s",
		    l->command[0], strerror(errno));
}

static bool launch_nested(const struct launching *l, struct err *err)
{
	if (!nested_ask(l->assignment)) {
		fail(err, ERR_NOT_PERMITTED,
		     "this runs under a supervisor for system calls already, which is not ours");
		return false;
	}
	launch_note(l, &l->book, getpid(), foreign_start(getpid()));
	return launch_exec(l, err);
}

bool launch_filtered(const struct launching *l, int channel, struct err *err)
{
	CLEANUP(fd_cleanup) int listener = -1;
	bool nested;

	if (!filter_supervise(&listener, &nested, err))
		return nested && launch_nested(l, err);
	if (!handover_send(channel, SAYS_READY, listener) ||
	    handover_receive(channel, NULL) != SAYS_READY)
		return fail(err, ERR_IO, "the supervisor has ended before the command began");
	fd_cleanup(&listener);
	listener = -1;
	return launch_exec(l, err);
}

/* Nobody is there at the moment of its bind: the user's guard lets go before. */
static void leave_port(const struct assignment *a)
{
	const struct yielding y = {
		.protocol = PROTO_TCP,
		.port = a->port,
		.for_ms = LEFT_MS,
		.process = -1,
		.what = "run",
	};
	bool was_held;

	system_guard_admit_all(a);
	(void)!guard_yield(&y, &was_held, NULL);
}

bool launch_with_rules(const struct launching *l, struct err *err)
{
	const struct assignment *a = l->assignment;
	uint16_t ports[OWN_MAX];

	for (unsigned i = 0; i < a->n_own; i++)
		ports[i] = a->own[i].port;
	if (!landlock_allow_ports(ports, a->n_own, err) || !filter_refuse(err))
		return false;
	launch_note(l, &l->book, getpid(), foreign_start(getpid()));
	leave_port(a);
	return launch_exec(l, err);
}

bool launch_plain(const struct launching *l, struct err *err)
{
	launch_note(l, &l->book, getpid(), foreign_start(getpid()));
	leave_port(l->assignment);
	return launch_exec(l, err);
}

int launch_exit_status(const struct err *err)
{
	if (err->code == ERR_NOT_FOUND)
		return 127;
	return err->code == ERR_IO ? 126 : 0;
}

void launch_note(const struct launching *l, const struct book_link *book, pid_t pid, uint64_t start)
{
	const struct assignment *a = l->assignment;
	CLEANUP(json_cleanup) json_t *input = supervisor_input(a, a->service);

	if (json_put_text(input, "event", "started") && json_put_int(input, "port", a->port) &&
	    json_put_int(input, "pid", pid) && json_put_int(input, "startedAt", (int64_t)start) &&
	    json_put_text(input, "program", l->program))
		tell_book(book, "run-note", input);
}
