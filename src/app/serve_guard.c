#include "app/serve_guard.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "book/session.h"
#include "cli/guarding.h"
#include "sandbox/channel.h"

/* In the guard's process. */

/* The server waits for that. */
static void tell_ready(void *arg, const struct guard_counts *c)
{
	const int *channel = arg;
	json_t *said = json_pack("{s:i, s:i, s:i, s:i, s:i}", "held", (int)c->held, "inUse",
				 (int)c->in_use, "notHeld", (int)c->left, "limited",
				 (int)c->limited, "limit", (int)c->limit);

	(void)!channel_send(*channel, said, NULL);
}

/* A terminal, or systemd, tells both: it ends when the server has. */
static void ignore_endings(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
}

static bool guard(const struct serve_options *o, int channel, struct err *err)
{
	const struct guarded_book book = {
		.options = {
			.book = o->book,
			.named_by = "--book",
			.follows_sudo = true,
		},
	};
	struct guard_options options = {
		.unasked = o->guards_defaults,
		.partner = channel,
		.ready = tell_ready,
		.arg = &channel,
	};
	struct session *s = NULL;
	bool ok = session_open(&book.options, &s, err) && guarding_run(s, &book, &options, err);

	session_free(s);
	return ok;
}

static _Noreturn void be_guard(const struct serve_options *o, int channel)
{
	struct err err = { 0 };

	prctl(PR_SET_NAME, "portbook-guard");
	ignore_endings();
	/* Nothing of what the server was handed, or listens on. */
	channel = fd_keep_only(channel);
	if (guard(o, channel, &err))
		_exit(0);
	(void)!channel_send_error(channel, &err, NULL);
	_exit(1);
}

/* In the server's. */

bool serve_guard_start(const struct serve_options *o, int *ret_fd, json_t **ret_said,
		       struct err *err)
{
	CLEANUP(fd_cleanup) int ours = -1;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail(err, ERR_IO, "no pair of sockets: %s", strerror(errno));
	ours = pair[0];
	pid = fork();
	if (pid == 0)
		be_guard(o, pair[1]);
	close(pair[1]);
	if (pid < 0)
		return fail(err, ERR_IO, "no process for a guard: %s", strerror(errno));
	if (!channel_receive_answer(ours, ret_said, err))
		return false;
	*ret_fd = fd_take(&ours);
	return true;
}
