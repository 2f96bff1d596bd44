#include "enforce/supervisor_inside.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/foreign.h"
#include "enforce/nested.h"
#include "enforce/system_guard.h"
#include "enforce/verdict.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   _IOW('!', 4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
#define PROTOCOL_SCTP 132 /* a stream with ports of its own */

/* Besides 0 and negative errors: what the program gets. */
#define BY_KERNEL 1 /* the kernel carries it out, as it is no TCP port */
#define GONE	  2 /* who waited was killed */

static bool still_waits(const struct supervisor *s, const struct waiting *w)
{
	__u64 id = w->notif->id;

	return ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* What kind of socket it is. */

static int option(int socket, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(socket, SOL_SOCKET, name, &value, &len) < 0 ? -1 : value;
}

static bool is_internet(int socket)
{
	int family = option(socket, SO_DOMAIN);

	return family == AF_INET || family == AF_INET6;
}

static bool has_tcp_port(int socket)
{
	return option(socket, SO_TYPE) == SOCK_STREAM &&
	       option(socket, SO_PROTOCOL) != PROTOCOL_SCTP;
}

static uint64_t network_of(int socket)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	return getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0 ? 0 : cookie;
}

/* Inside a network namespace of its own a program may listen where it likes. */
static bool is_judged(const struct waiting *w)
{
	return w->is_here && has_tcp_port(w->socket);
}

/* Asking and telling the book. */

json_t *supervisor_input(const struct assignment *a, const char *service)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i}", "projectName", a->project, "serviceName",
			 service, "environment", a->environment, "host", a->host, "instance",
			 (int)a->instance);
}

static json_t *note_input(const struct assignment *a, const struct own_port *own, const char *event)
{
	json_t *input = supervisor_input(a, own->service);

	if (json_put_text(input, "event", event) && json_put_int(input, "port", own->port))
		return input;
	json_decref(input);
	return NULL;
}

/*
 * Only when the program has its answer, and we nothing of it: who tells the book is a
 * copy of us, and would keep the socket for a moment that the program has closed.
 */
static void note_listening(struct supervisor *s)
{
	struct assignment *a = s->listening.assignment;
	struct own_port *own = a ? assignment_own(a, s->listening.port) : NULL;
	CLEANUP(json_cleanup) json_t *input = NULL;

	s->listening.assignment = NULL;
	if (!own || own->is_up)
		return;
	own->is_up = true;
	input = note_input(a, own, "listening");
	if (input)
		tell_book(&s->book, "run-note", input);
}

/* Carrying it out. */

/* What is held is of this network alone. */
static int bind_on(struct supervisor *s, const struct waiting *w, const struct foreign_address *a)
{
	const struct sockaddr *at = (const struct sockaddr *)(const void *)a->bytes;

	if (w->is_here)
		return bind_for(s, w->socket, at, a->len);
	return bind(w->socket, at, a->len) < 0 ? -errno : 0;
}

static int bind_judged(struct supervisor *s, const struct waiting *w, struct foreign_address *a)
{
	struct bind_verdict v = supervisor_judge(s, w, a->port);
	int error;

	if (v.answer == BIND_REFUSED)
		return -v.error;
	if (v.answer == BIND_INSTEAD)
		address_set_port(a, v.port);
	error = bind_on(s, w, a);
	if (error == -EADDRINUSE)
		supervisor_say_taken(s, w, a->port);
	if (!error && a->port == w->assignment->port)
		w->assignment->is_taken = true;
	return error;
}

static int read_address(const struct waiting *w, struct foreign_address *ret)
{
	unsigned char bytes[ADDRESS_MAX];

	if (w->call.length < 0 || w->call.length > ADDRESS_MAX)
		return -EINVAL;
	if (!foreign_read((pid_t)w->notif->pid, w->call.address, bytes, (size_t)w->call.length))
		return errno == EFAULT ? -EFAULT : -EACCES;
	*ret = address_read(bytes, (size_t)w->call.length);
	return 0;
}

static int answer_bind(struct supervisor *s, struct waiting *w)
{
	struct foreign_address *a = &w->address;

	if (w->error)
		return w->error;
	return a->has_port && is_judged(w) ? bind_judged(s, w, a) : bind_on(s, w, a);
}

static uint16_t port_of(int socket)
{
	struct sockaddr_in6 at = { 0 };
	socklen_t len = sizeof(at);

	/* The port of both families is in the same place. */
	return getsockname(socket, (struct sockaddr *)&at, &len) < 0 ? 0 : ntohs(at.sin6_port);
}

/* The kernel would give it any port. */
static int bind_unbound(struct supervisor *s, const struct waiting *w)
{
	uint16_t port = verdict_of_unbound(w->assignment);
	const struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int error;

	if (!port)
		return 0;
	error = option(w->socket, SO_DOMAIN) == AF_INET6
			? bind_for(s, w->socket, (const struct sockaddr *)&any6, sizeof(any6))
			: bind_for(s, w->socket, (const struct sockaddr *)&any, sizeof(any));
	if (!error)
		w->assignment->is_taken = true;
	return error;
}

static int answer_listen(struct supervisor *s, const struct waiting *w)
{
	const struct who_listens who = {
		.socket = w->socket,
		.backlog = w->call.backlog,
		.tid = (pid_t)w->notif->pid,
		.fd = w->call.fd,
	};
	bool judged = is_judged(w);
	int error = judged && !port_of(w->socket) ? bind_unbound(s, w) : 0;

	if (error)
		return error;
	error = listen_for(s, &who);
	if (error)
		return error;
	if (judged)
		s->listening = (struct listening){ w->assignment, port_of(w->socket) };
	return 0;
}

/* A socket that is no internet socket. */
static int answer_other(struct supervisor *s, const struct waiting *w)
{
	if (w->call.kind == CALL_BIND && !w->error && nested_is_request(&w->address))
		return nested_accept(s, (pid_t)w->notif->pid, &w->address);
	return BY_KERNEL;
}

static int answer_socket(struct supervisor *s, struct waiting *w)
{
	if (!is_internet(w->socket))
		return answer_other(s, w);
	w->is_here = network_of(w->socket) == s->network;
	w->assignment = nested_assignment(s, (pid_t)w->notif->pid);
	return w->call.kind == CALL_BIND ? answer_bind(s, w) : answer_listen(s, w);
}

/*
 * Who still waits has had its number all the time: so the process that is held is the one that
 * called, and so was the memory that was read.
 */
static int answer_call(struct supervisor *s, struct waiting *w)
{
	CLEANUP(fd_cleanup) int process = foreign_hold((pid_t)w->notif->pid);

	if (process >= 0 && w->call.kind == CALL_BIND)
		w->error = read_address(w, &w->address);
	if (process < 0 || !still_waits(s, w))
		return GONE;
	w->socket = foreign_descriptor(process, w->call.fd);
	if (w->socket < 0)
		return errno == EBADF ? -EBADF : -EACCES;
	return answer_socket(s, w);
}

static bool read_call(const struct seccomp_notif *n, struct socket_call *ret)
{
	uint32_t words[3] = { 0 };
	uint64_t at;

	if (call_has_words(&n->data, &at) && !foreign_read((pid_t)n->pid, at, words, sizeof(words)))
		return false;
	*ret = call_read(&n->data, words);
	return true;
}

static int answer_of(struct supervisor *s, const struct seccomp_notif *n)
{
	struct waiting w = { .notif = n, .socket = -1 };
	int answer;

	if (!read_call(n, &w.call))
		return -EFAULT;
	if (w.call.kind == CALL_OF_NO_SOCKET)
		return BY_KERNEL;
	answer = answer_call(s, &w);
	fd_cleanup(&w.socket);
	return answer;
}

/* The kernel may know longer messages than the headers. */
union message {
	struct seccomp_notif notif;
	struct seccomp_notif_resp response;
	unsigned char room[512];
};

/* Who asked may be gone (ENOENT), or a signal came: the next one is answered. */
static bool has_lost_call(void)
{
	return errno == ENOENT || errno == EINTR;
}

bool supervisor_answer(struct supervisor *s)
{
	union message call = { 0 }, said = { 0 };
	int answer;

	if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return has_lost_call();
	answer = answer_of(s, &call.notif);
	if (answer == GONE)
		return true;
	said.response.id = call.notif.id;
	said.response.error = answer < 0 ? answer : 0;
	said.response.flags = answer == BY_KERNEL ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
	/* Who was killed meanwhile needs no answer. */
	(void)ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &said);
	note_listening(s);
	return true;
}

void supervisor_look(struct supervisor *s)
{
	copies_look(&s->holding.copies, &s->holding.guard);
}

void supervisor_prepare(struct supervisor *s)
{
	CLEANUP(fd_cleanup) int any = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	s->network = any < 0 ? 0 : network_of(any);
}

/* A listener knows the question, and nobody who waits by this number. */
static bool is_listener(int fd)
{
	__u64 nobody = 0;

	return ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &nobody) < 0 && errno == ENOENT;
}

bool supervisor_begin(struct supervisor *s)
{
	if (!is_listener(s->listener))
		return false;
	system_guard_admit_all(s->assignment);
	/* A quarter of the time for a bind, where the kernel can (6.6). */
	(void)ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	return true;
}

static void note_ended(const struct supervisor *s, const struct assignment *a)
{
	for (unsigned i = 0; i < a->n_own; i++) {
		CLEANUP(json_cleanup) json_t *input = NULL, *answer = NULL;

		if (!a->own[i].is_up)
			continue;
		input = note_input(a, &a->own[i], "ended");
		/* The book is told as it can be: there is nobody left to hear that it could not. */
		if (input)
			(void)!s->book.ask(s->book.arg, "run-note", input, &answer, NULL);
	}
}

void supervisor_forget(struct supervisor *s, const struct assignment *a)
{
	for (unsigned i = 0; i < a->n_own; i++) {
		CLEANUP(json_cleanup)
		json_t *input = a->own[i].is_up ? note_input(a, &a->own[i], "ended") : NULL;

		if (input)
			tell_book(&s->book, "run-note", input);
	}
}

void supervisor_end(struct supervisor *s)
{
	/* Before the book, which may take its time. */
	holding_end(&s->holding);
	wait_for_told();
	note_ended(s, s->assignment);
	for (unsigned i = 0; i < s->n_delegated; i++)
		note_ended(s, s->delegated[i].assignment);
}
