/*
 * A server of which the test has both ends: its client, and its book, which is a function.  So what
 * comes in which moment of its end is no matter of luck.
 */
#include "lib/check.h"

#include <signal.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "http/server.h"
#include "lib/folder.h"
#include "loop/loop.h"

#define REQUEST(what, body)                                    \
	what " HTTP/1.1\r\n"                                   \
	     "Host: localhost\r\n"                             \
	     "Accept: application/json, text/event-stream\r\n" \
	     "Content-Type: application/json\r\n"              \
	     "Content-Length: " body

struct scene {
	struct listening listening;
	int removals; /* inotify: of the folder with the socket */
	int client;   /* connected */
	const char *late;
	unsigned calls, complaints;
	char got[4096];
};

static void send_text(const struct scene *s, const char *text)
{
	CHECK(send(s->client, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

/* One reply: the server sends it at once. */
static void receive(struct scene *s)
{
	ssize_t len = recv(s->client, s->got, sizeof(s->got) - 1, 0);

	CHECK(len >= 0);
	s->got[len] = '\0';
}

static void connect_client(struct scene *s)
{
	struct sockaddr_un to = { 0 };
	socklen_t size = sizeof(to);

	CHECK(getsockname(s->listening.fd, (struct sockaddr *)&to, &size) == 0);
	s->client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(s->client >= 0 && connect(s->client, (struct sockaddr *)&to, size) == 0);
}

/* What listens has gone when the server has been told to end. */
static void wait_for_end_of_listening(const struct scene *s)
{
	char event[sizeof(struct inotify_event) + NAME_MAX + 1];

	CHECK(read(s->removals, event, sizeof(event)) > 0);
}

/*
 * The audit at the start, in the queue's thread.  It is not over before the server's end has begun,
 * and no request is under way then: the server is done with its loop, and waits for the queue.
 */
static bool audit(void *scene, const char *operation, const json_t *input, const struct call_io *io,
		  json_t **ret, struct err *err)
{
	struct scene *s = scene;

	s->calls++;
	send_text(s, REQUEST("GET /healthz", "0\r\n\r\n"));
	receive(s);
	CHECK(!strncmp(s->got, "HTTP/1.1 200 ", 13), "%s", s->got);
	CHECK(kill(getpid(), SIGTERM) == 0);
	wait_for_end_of_listening(s);
	return fail(err, ERR_IO, "no audit");
}

/* Of the audit, in the server's thread: the queue has finished, and connections are still open. */
static void send_late(void *scene, const struct err *err)
{
	struct scene *s = scene;

	s->complaints++;
	send_text(s, s->late);
}

static void serve(struct scene *s)
{
	static const int ending[] = { SIGTERM, 0 };
	const struct transport writes = { .call = audit, .arg = s };
	struct server_options options = {
		.listening = &s->listening,
		.n_listening = 1,
		.writes = &writes,
		.audit_every_ms = 1,
		.say = send_late,
		.say_arg = s,
	};
	struct err err = { 0 };

	CHECK(signals_open(ending, &options.signals, &err), "%s", err.text);
	CHECK(server_run(&options, &err), "%s", err.text);
	fd_cleanup(&options.signals);
}

static void open_scene(struct scene *s, const struct folder *f)
{
	char where[sizeof("unix:/s") + sizeof(f->path)];
	struct err err = { 0 };

	snprintf(where, sizeof(where), "unix:%s/s", f->path);
	CHECK(listen_open(where, NULL, &s->listening, &err), "%s", err.text);
	s->removals = inotify_init1(IN_CLOEXEC);
	CHECK(inotify_add_watch(s->removals, f->path, IN_DELETE) >= 0);
	connect_client(s);
}

/* libmicrohttpd aborts when it is stopped with a request that waits for the queue. */
static void test_server__refuses_what_comes_when_the_queue_has_finished(void **state)
{
	static const char *const late[] = {
		REQUEST("PUT /api/v1/projects/shop/services/web", "2\r\n\r\n{}"),
		REQUEST("POST /mcp",
			"40\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"),
	};

	for (size_t i = 0; i < ARRAY_LEN(late); i++) {
		CLEANUP(folder_cleanup) struct folder f = folder_make();
		struct scene s = { .late = late[i] };

		open_scene(&s, &f);
		serve(&s);
		receive(&s);
		CHECK(s.calls == 1 && s.complaints == 1);
		CHECK(!strncmp(s.got, "HTTP/1.1 503 ", 13), "row %zu: '%s'", i, s.got);
		CHECK(strstr(s.got, "\"code\":\"interrupted\""), "row %zu: '%s'", i, s.got);
		CHECK(strstr(s.got, "Connection: close\r\n"), "row %zu: '%s'", i, s.got);
		fd_cleanup(&s.client);
		fd_cleanup(&s.removals);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server__refuses_what_comes_when_the_queue_has_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
