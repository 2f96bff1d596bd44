/*
 * exec-held: becomes a command that gets its ports as sockets which listen.
 *
 * Source: sd_listen_fds(3): the sockets are the files from 3 on, LISTEN_FDS says how many,
 * LISTEN_PID for whom, LISTEN_FDNAMES what they are called.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "book/session.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/held.h"
#include "enforce/guard_client.h"
#include "enforce/system_guard.h"

#define FIRST_FD 3

/* Rationale: a service has one port, some have two or three. */
#define SOCKETS_MAX 16

static const struct arg_spec args[] = { { "SERVICE", VALUE_SERVICE }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "address", .letter = 'a', .kind = VALUE_TEXT, .arg = "ADDRESS",
	  .help = "where to listen: 127.0.0.1, 0.0.0.0, ::1, or :: for all; 127.0.0.1" },
	OPTION_INSTANCE,
	OPTION_ENV,
	{ 0 },
};
/* clang-format on */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct sockets {
	int fds[SOCKETS_MAX];
	unsigned count;
	uint16_t first_port;
	struct text names; /* "web:web" */
};

static void sockets_release(struct sockets *s)
{
	for (unsigned i = 0; i < s->count; i++)
		fd_cleanup(&s->fds[i]);
	text_release(&s->names);
}

/* Sockets that listen. */

static bool parse_address(const char *text, union address *ret, struct err *err)
{
	union address a = { 0 };

	a.v4.sin_family = AF_INET;
	if (inet_pton(AF_INET, text, &a.v4.sin_addr) != 1) {
		a.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
		if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) != 1) {
			fail(err, ERR_INVALID, "'%.100s' is no address", text);
			return fail_hint(err, "127.0.0.1, 0.0.0.0, ::1 or ::");
		}
	}
	*ret = a;
	return true;
}

static bool fail_socket(const json_t *row, int why, struct err *err)
{
	uint16_t port = held_port(row);

	fail(err,
	     why == EADDRINUSE ? ERR_TAKEN
	     : why == EACCES   ? ERR_NOT_PERMITTED
			       : ERR_IO,
	     "cannot listen on %u for '%s/%s': %s", port, text_or(row, "projectName", "?"),
	     text_or(row, "serviceName", "?"), strerror(why));
	return why != EADDRINUSE ? false
				 : fail_hint(err, "portbook check %u says who has it", port);
}

static bool open_one(struct guard_client *guard, const json_t *row, union address at, int *ret,
		     struct err *err)
{
	bool is_udp = held_protocol(row) == PROTO_UDP;
	CLEANUP(fd_cleanup)
	int fd = socket(at.any.sa_family, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	socklen_t len = at.any.sa_family == AF_INET ? sizeof(at.v4) : sizeof(at.v6);
	const uint16_t port = held_port(row);
	struct handed was;
	const int on = 1;
	int why;

	/* In both families the port is in the same place. */
	at.v4.sin_port = htons(port);
	(void)system_guard_admit(&port, 1);
	if (fd >= 0 && !is_udp)
		(void)!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	why = fd < 0 ? errno : guard_bind(guard, fd, &at.any, len, &was);
	if (!why)
		why = guard_listen(guard, fd, SOMAXCONN, &was);
	if (why)
		return fail_socket(row, why, err);
	*ret = fd_take(&fd);
	return true;
}

static bool open_all(struct run *r, const json_t *rows, struct sockets *s, struct err *err)
{
	/* Not disconnected: its end is what the guard sees when the command begins. */
	struct guard_client guard = { .fd = -1, .what = "exec-held", .becomes = true };
	const char *text = run_text(r, "address");
	union address at;
	const json_t *row;
	size_t i;

	if (!parse_address(text ? text : "127.0.0.1", &at, err))
		return false;
	json_array_foreach(rows, i, row) {
		if (s->count == SOCKETS_MAX)
			return fail(err, ERR_INVALID, "more than %d ports", SOCKETS_MAX);
		if (!open_one(&guard, row, at, &s->fds[s->count], err))
			return false;
		s->count++;
		text_addf(&s->names, "%s%s", i ? ":" : "", text_or(row, "serviceName", "unknown"));
	}
	s->first_port = held_port(json_array_get(rows, 0));
	return text_ok(&s->names) || fail_memory(err);
}

/* Becoming the command. */

/* Out of the way first: one of them may be where another one belongs. */
static bool place_files(struct sockets *s, struct err *err)
{
	for (unsigned i = 0; i < s->count; i++) {
		int away = fcntl(s->fds[i], F_DUPFD_CLOEXEC, FIRST_FD + SOCKETS_MAX);

		if (away < 0)
			return fail(err, ERR_IO, "cannot hand over a socket: %s", strerror(errno));
		fd_cleanup(&s->fds[i]);
		s->fds[i] = away;
	}
	for (unsigned i = 0; i < s->count; i++)
		if (dup2(s->fds[i], FIRST_FD + (int)i) < 0)
			return fail(err, ERR_IO, "cannot hand over a socket: %s", strerror(errno));
	return true;
}

static bool put_number(const char *name, long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", number);
	return setenv(name, text, 1) == 0;
}

static bool put_variables(const struct sockets *s)
{
	return put_number("LISTEN_FDS", s->count) && put_number("LISTEN_PID", getpid()) &&
	       setenv("LISTEN_FDNAMES", text_str(&s->names), 1) == 0 &&
	       put_number("PORT", s->first_port);
}

static bool become(struct run *r, struct sockets *s, struct err *err)
{
	char **words = r->behind;

	/* The book's files may be where sockets go, and the command is to see none of them. */
	output_flush_notes(&r->out);
	session_free(r->session);
	r->session = NULL;
	if (!put_variables(s))
		return fail_memory(err);
	if (!place_files(s, err))
		return false;
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	execvp(words[0], words);
	return fail(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot start '%.200s': %s",
		    words[0], strerror(errno));
}

static bool run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *rows = NULL;
	CLEANUP(sockets_release) struct sockets s = { 0 };

	if (!r->n_behind) {
		fail(err, ERR_INVALID, "what is to be started stands behind '--'");
		return fail_hint(err, "portbook exec-held %s -- COMMAND...", r->args[0]);
	}
	return held_ports(r, "exec-held", true, &rows, err) && open_all(r, rows, &s, err) &&
	       become(r, &s, err);
}

static const struct example examples[] = {
	{ "portbook exec-held shop/web -- node server.js", "server.js listens on { fd: 3 }" },
	{ "portbook exec-held web --address :: -- ./server",
	  "for all addresses, of both families" },
	{ NULL, NULL },
};

const struct command cmd_exec_held = {
	.name = "exec-held",
	.group = GROUP_ENFORCING,
	.summary = "start a program with its ports as sockets",
	.text = "For programs that take sockets which listen already, as systemd hands them over: "
		"they are the files from 3 on, by LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES. What a "
		"guard holds goes over without a gap: at no moment could anybody else bind it. The "
		"program takes this command's place and has its pid; PORT is the service's port.\n\n"
		"From the first time on a guard holds the ports of this service while it is down. "
		"Without a guard the sockets are opened all the same.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.behind = "COMMAND...",
	.options = options,
	.sends = SENDS_ALL | SENDS_NO_OTHER_HOST,
	.operation = "get",
	.run = run,
};
