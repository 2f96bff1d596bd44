/*
 * Docker and Podman listen on a unix socket, and tell whoever may connect to it
 * which containers run.  All that are found are asked, as a machine may have
 * both, and a user one of their own.  One question, in HTTP/1.0, so that the
 * engine closes when it has answered.
 *
 * No engine may hold up who looks: connecting, asking and reading have one
 * deadline together, for all engines.
 */
#include "observe/containers.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/fd.h"
#include "base/text.h"
#include "observe/engine_answer.h"

/* Rationale: an engine answers in some ms; a busy machine's in a few hundred. */
#define DEADLINE_MS 2000
/* Rationale: a container takes 2 to 4 KB, so some thousands. */
#define ANSWER_MAX ((size_t)16 << 20)

static const char REQUEST[] = "GET /containers/json HTTP/1.0\r\nHost: localhost\r\n\r\n";

struct asking {
	struct containers_found found;
	int64_t deadline_ms;
	const char *notice;
	bool was_slow;
};

static bool fail_slow(struct asking *k, struct err *err)
{
	k->was_slow = true;
	return fail(err, ERR_IO, "it does not answer");
}

static bool fail_errno(struct err *err)
{
	return fail(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s", strerror(errno));
}

/* Until the socket can be read or written, or there is no time left. */
static bool wait_for(struct asking *k, int fd, short events, struct err *err)
{
	for (;;) {
		struct pollfd one = { .fd = fd, .events = events };
		int64_t left = k->deadline_ms - clock_steady_ms();
		int n = left > 0 ? poll(&one, 1, (int)left) : 0;

		if (n > 0)
			return true;
		if (n == 0)
			return fail_slow(k, err);
		if (errno != EINTR)
			return fail_errno(err);
	}
}

static bool connect_to(struct asking *k, const char *path, int *ret, struct err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	CLEANUP(fd_cleanup) int fd = -1;

	/* Nobody can listen there, either. */
	if (snprintf(at.sun_path, sizeof(at.sun_path), "%s", path) >= (int)sizeof(at.sun_path))
		return fail(err, ERR_NOT_FOUND, "its path is too long");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail_errno(err);
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		/* unix(7): its queue is full, which waiting does not tell of. */
		return errno == EAGAIN ? fail_slow(k, err) : fail_errno(err);
	*ret = fd_take(&fd);
	return true;
}

static bool send_request(struct asking *k, int fd, struct err *err)
{
	for (size_t sent = 0; sent < sizeof(REQUEST) - 1;) {
		ssize_t n = send(fd, REQUEST + sent, sizeof(REQUEST) - 1 - sent, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return fail_errno(err);
		else if (!wait_for(k, fd, POLLOUT, err))
			return false;
	}
	return true;
}

/* All that it says until it closes. */
static bool receive_answer(struct asking *k, int fd, struct text *ret, struct err *err)
{
	char bytes[16384];

	while (wait_for(k, fd, POLLIN, err)) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

		if (n == 0)
			return text_ok(ret) || fail_memory(err);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return fail_errno(err);
		if (n > 0)
			text_add_bytes(ret, bytes, (size_t)n);
		if (ret->len > ANSWER_MAX)
			return fail(err, ERR_INVALID, "its answer is too long");
	}
	return false;
}

static bool ask(struct asking *k, const char *path, struct err *err)
{
	CLEANUP(text_release) struct text answer = { 0 };
	CLEANUP(fd_cleanup) int fd = -1;

	return connect_to(k, path, &fd, err) && send_request(k, fd, err) &&
	       receive_answer(k, fd, &answer, err) &&
	       engine_answer_parse(text_str(&answer), answer.len, &k->found, err);
}

/* An engine that is not there is not missed; of others the first is told of. */
static void ask_engine(struct asking *k, const char *path)
{
	struct err why = { 0 };

	if (ask(k, path, &why) || why.code == ERR_NOT_FOUND || k->notice)
		return;
	k->notice = arena_printf(k->found.arena, "'%s' cannot be asked: %s", path, why.text);
}

/* DOCKER_HOST=unix:///run/docker.sock; one that is reached by network is not asked. */
static void ask_named(struct asking *k, const char *variable)
{
	const char *url = getenv(variable);

	if (url && eat_word(&url, "unix://") && *url == '/')
		ask_engine(k, url);
}

static void ask_of_user(struct asking *k, const char *name)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	const char *path = folder && *folder == '/'
				   ? arena_printf(k->found.arena, "%s/%s", folder, name)
				   : NULL;

	if (path)
		ask_engine(k, path);
}

void containers_ask(struct arena *a, struct container_list *ret)
{
	struct asking k = { .found.arena = a, .deadline_ms = clock_steady_ms() + DEADLINE_MS };

	ask_named(&k, "DOCKER_HOST");
	ask_named(&k, "CONTAINER_HOST");
	ask_engine(&k, "/var/run/docker.sock");
	ask_engine(&k, "/run/podman/podman.sock");
	ask_of_user(&k, "docker.sock");
	ask_of_user(&k, "podman/podman.sock");
	*ret = (struct container_list){ .items = k.found.items,
					.count = k.found.count,
					.notice = k.notice,
					.was_slow = k.was_slow };
}
