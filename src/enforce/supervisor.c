#include "enforce/supervisor.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* A call that waits. */
struct waiting {
	const struct seccomp_notif *notif;
	struct socket_call call;
	struct foreign_address address; /* of a bind */
	int error;			/* with which that could not be read; 0: it could */
	int socket;			/* a copy of the program's descriptor */
	bool is_here;			/* in the network where the book's ports are */
	struct assignment *assignment;
};

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

/* What is said. */

/* "consilio/web", "consilio@2/web" */
#define SUBJECT_SIZE (2 * NAME_SIZE + 16)

static const char *subject(char ret[static SUBJECT_SIZE], const char *project, unsigned instance,
			   const char *service)
{
	if (instance == 1)
		snprintf(ret, SUBJECT_SIZE, "%s/%s", project, service);
	else
		snprintf(ret, SUBJECT_SIZE, "%s@%u/%s", project, instance, service);
	return ret;
}

/* "3000 (meta-supervisor/dashboard)", "3000" */
#define PORT_TEXT_SIZE (SUBJECT_SIZE + 16)

static void port_text(char ret[static PORT_TEXT_SIZE], uint16_t port, const json_t *holder)
{
	const char *project = json_text_of(holder, "projectName");
	const char *service = json_text_of(holder, "serviceName");
	char name[SUBJECT_SIZE];

	if (project && service)
		snprintf(ret, PORT_TEXT_SIZE, "%u (%s)", port,
			 subject(name, project, (unsigned)json_int_of(holder, "instance", 1),
				 service));
	else
		snprintf(ret, PORT_TEXT_SIZE, "%u", port);
}

static void own_text(char ret[static PORT_TEXT_SIZE], struct assignment *a, uint16_t port)
{
	const struct own_port *own = assignment_own(a, port);
	char name[SUBJECT_SIZE];

	snprintf(ret, PORT_TEXT_SIZE, "%u (%s)", port,
		 subject(name, a->project, a->instance, own ? own->service : a->service));
}

/* The guard's log tells of it, where there is one. */
static void note_try(struct supervisor *s, const struct waiting *w, uint16_t asked,
		     const char *program)
{
	guard_note_try(&s->holding.guard, PROTO_TCP, asked, program, (pid_t)w->notif->pid);
}

static void say_instead(struct supervisor *s, const struct waiting *w, uint16_t asked,
			const json_t *holder, uint16_t port)
{
	char program[PROGRAM_SIZE], wanted[PORT_TEXT_SIZE], has[PORT_TEXT_SIZE];

	foreign_program((pid_t)w->notif->pid, program);
	note_try(s, w, asked, program);
	port_text(wanted, asked, holder);
	own_text(has, w->assignment, port);
	say_to(&s->speaker, (pid_t)w->notif->pid, "%s asked for %s; it listens on %s", program,
	       wanted, has);
}

/* A program may try again and again, and both families of addresses at once. */
static bool is_said_again(struct assignment *a, uint16_t asked)
{
	bool again = a->said == asked;

	a->said = asked;
	return again;
}

static void say_refused(struct supervisor *s, const struct waiting *w, uint16_t asked,
			const json_t *holder, const struct err *why)
{
	char program[PROGRAM_SIZE], wanted[PORT_TEXT_SIZE];

	if (is_said_again(w->assignment, asked))
		return;
	foreign_program((pid_t)w->notif->pid, program);
	note_try(s, w, asked, program);
	port_text(wanted, asked, holder);
	if (why->text[0])
		say_to(&s->speaker, (pid_t)w->notif->pid, "%s asked for %s and gets EADDRINUSE: %s",
		       program, wanted, why->text);
	else
		say_to(&s->speaker, (pid_t)w->notif->pid,
		       "%s asked for %s and gets EADDRINUSE; run --map %u=NAME gives it a port of "
		       "its own",
		       program, wanted, asked);
}

static void say_strict(struct supervisor *s, const struct waiting *w, uint16_t asked)
{
	char program[PROGRAM_SIZE], has[PORT_TEXT_SIZE];

	if (is_said_again(w->assignment, asked))
		return;
	foreign_program((pid_t)w->notif->pid, program);
	note_try(s, w, asked, program);
	own_text(has, w->assignment, w->assignment->port);
	say_to(&s->speaker, (pid_t)w->notif->pid,
	       "%s asked for %u and gets EACCES: run --strict lets it have %s", program, asked,
	       has);
}

static void say_taken(const struct supervisor *s, const struct waiting *w, uint16_t port)
{
	struct own_port *own = assignment_own(w->assignment, port);
	char program[PROGRAM_SIZE], has[PORT_TEXT_SIZE];

	if (!own || own->is_said)
		return;
	own->is_said = true;
	foreign_program((pid_t)w->notif->pid, program);
	own_text(has, w->assignment, port);
	say_to(&s->speaker, (pid_t)w->notif->pid,
	       "%s cannot have %s: somebody listens there; portbook show %u says who", program, has,
	       port);
}

/* Judging a port. */

static bool ask_port(const struct supervisor *s, const struct assignment *a, uint16_t asked,
		     json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = supervisor_input(a, a->service);

	if (!json_put_int(input, "asked", asked) || !json_put_bool(input, "enter", a->is_taken))
		return fail_memory(err);
	return ask_book(&s->book, "run-port", input, ret, err);
}

/* True: what is given is remembered. */
static bool remember(struct assignment *a, uint16_t asked, const struct bind_verdict *v,
		     const char *service)
{
	if (v->answer == BIND_AS_ASKED)
		return assignment_add_own(a, asked, service);
	return v->answer == BIND_INSTEAD && assignment_add_own(a, v->port, service) &&
	       assignment_give(a, asked, v->port);
}

static struct bind_verdict judge_with_book(struct supervisor *s, const struct waiting *w,
					   uint16_t asked)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct assignment *a = w->assignment;
	struct err err = { 0 };
	struct port_in_book book = { .is_known = ask_port(s, a, asked, &answer, &err) };
	const json_t *holder = json_object_get(answer, "holder");
	const char *service = json_text_of(answer, "serviceName");
	struct bind_verdict v;

	book.is_held = json_is_object(holder);
	book.port = (uint16_t)json_int_of(answer, "port", 0);
	v = verdict_with_book(a, asked, &book);
	if (v.answer != BIND_REFUSED && !remember(a, asked, &v, service ? service : a->service))
		v = (struct bind_verdict){ .answer = BIND_REFUSED, .error = EADDRINUSE };
	if (v.answer != BIND_REFUSED)
		(void)system_guard_admit(v.answer == BIND_INSTEAD ? &v.port : &asked, 1);
	if (v.answer == BIND_REFUSED)
		say_refused(s, w, asked, holder, &err);
	else if (v.answer == BIND_INSTEAD)
		say_instead(s, w, asked, holder, v.port);
	return v;
}

static struct bind_verdict judge(struct supervisor *s, const struct waiting *w, uint16_t asked)
{
	struct bind_verdict v = verdict_of(w->assignment, asked);

	if (v.answer == BIND_ASK_BOOK)
		return judge_with_book(s, w, asked);
	if (v.answer == BIND_REFUSED)
		say_strict(s, w, asked);
	return v;
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
	struct bind_verdict v = judge(s, w, a->port);
	int error;

	if (v.answer == BIND_REFUSED)
		return -v.error;
	if (v.answer == BIND_INSTEAD)
		address_set_port(a, v.port);
	error = bind_on(s, w, a);
	if (error == -EADDRINUSE)
		say_taken(s, w, a->port);
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
	bool judged = is_judged(w);
	int error = judged && !port_of(w->socket) ? bind_unbound(s, w) : 0;

	if (error)
		return error;
	error = listen_for(s, w->socket, w->call.backlog);
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
	note_ended(s, s->assignment);
	for (unsigned i = 0; i < s->n_delegated; i++)
		note_ended(s, s->delegated[i].assignment);
}
