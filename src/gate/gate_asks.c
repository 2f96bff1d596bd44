/*
 * Who asks, and who runs.  Anybody may ask how it stands.  What a process runs it may say who could
 * also enter it: root, and who may write the file of the book.
 */
#include "gate/gate_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/guard_wire.h"
#include "enforce/system_guard.h"

/* Rationale: everybody who starts something at once. */
#define BACKLOG 128

/* Source: PROC_PID_INIT_INO, linux/proc_ns.h of the kernel. */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCU

/* Rationale: an answer takes less than a millisecond; who stays makes room for who comes. */
#define ASKERS_MAX 256

/* Rationale: a user is in a few dozens of groups at most. */
#define GROUPS_MAX 1024

/* Runs. */

static void forget(struct running *r)
{
	struct running **at = &r->gate->running;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	kernel_forget(r->gate->kernel, r->pid);
	loop_remove(r->gate->loop, r->process);
	close(r->process);
	free(r);
}

static void hear_end(void *arg, uint32_t events)
{
	forget(arg);
}

static bool is_known(const struct gate *g, pid_t pid)
{
	for (const struct running *r = g->running; r; r = r->next)
		if (r->pid == pid)
			return true;
	return false;
}

/* From now on until its end. */
static bool follow(struct gate *g, pid_t pid, struct err *err)
{
	CLEANUP(fd_cleanup) int process = -1;
	struct running *r;

	if (is_known(g, pid))
		return true;
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process < 0)
		return fail(err, ERR_NOT_FOUND, "the process %d has ended", (int)pid);
	r = calloc(1, sizeof(*r));
	if (!r)
		return fail_memory(err);
	*r = (struct running){ .gate = g, .next = g->running, .pid = pid, .process = process };
	if (!loop_add(g->loop, process, EPOLLIN, hear_end, r, err)) {
		free(r);
		return false;
	}
	(void)fd_take(&process);
	g->running = r;
	return true;
}

static void take_over(void *arg, pid_t pid)
{
	struct gate *g = arg;

	if (!follow(g, pid, NULL))
		kernel_forget(g->kernel, pid);
}

void gate_runs_take_over(struct gate *g)
{
	kernel_each_run(g->kernel, take_over, g);
}

/* Who may say so. */

static bool is_in(gid_t gid, const gid_t *groups, socklen_t size)
{
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static bool has_group(int fd, const struct ucred *who, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof(groups);

	return who->gid == gid || (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0 &&
				   is_in(gid, groups, size));
}

/* As the modes of the book's file have it; other books show nobody's rights here. */
static bool may_write_book(const struct gate *g, int fd, const struct ucred *who)
{
	struct stat st;

	if (who->uid == 0)
		return true;
	if (*g->options->book_name != '/' || stat(g->options->book_name, &st) < 0)
		return false;
	if (st.st_uid == who->uid)
		return st.st_mode & S_IWUSR;
	if (has_group(fd, who, st.st_gid))
		return st.st_mode & S_IWGRP;
	return st.st_mode & S_IWOTH;
}

/* Answers. */

bool gate_knows_runs(void)
{
	struct stat pids;

	return stat("/proc/self/ns/pid", &pids) == 0 && pids.st_ino == FIRST_PID_NAMESPACE;
}

static bool answer_run(struct asker *a, const json_t *ask, struct err *err)
{
	const json_t *ports = json_object_get(ask, "ports"), *one;
	size_t i;

	if (!a->may_run)
		return fail(err, ERR_NOT_PERMITTED,
			    "who may not write the book runs none of its "
			    "services");
	if (!gate_knows_runs())
		return fail(err, ERR_NOT_PERMITTED, "this guard's processes have other numbers");
	if (json_array_size(ports) > ADMIT_PORTS_MAX)
		return fail(err, ERR_INVALID, "more than %d ports", ADMIT_PORTS_MAX);
	if (!follow(a->gate, a->pid, err))
		return false;
	json_array_foreach(ports, i, one)
		if (!kernel_admit(a->gate->kernel, (uint16_t)json_integer_value(one), a->pid, err))
			return false;
	return true;
}

static json_t *keep_json(const struct keep *k)
{
	json_t *o = json_object();

	if (json_put_int(o, "port", k->port) &&
	    json_put_text(o, "protocol", k->protocol == PROTO_UDP ? "udp" : "tcp") &&
	    json_put_text(o, "name", k->name) &&
	    json_put_text(o, "state", k->why == KEEP_IT ? "kept" : "not_kept") &&
	    json_put_text(o, "reason", keep_why_text(k->why)) &&
	    json_put_text(o, "unit", *k->owner.unit ? k->owner.unit : NULL) &&
	    json_put_text(o, "allocatedBy", k->entered_by))
		return o;
	json_decref(o);
	return NULL;
}

static json_t *status_json(const struct gate *g)
{
	json_t *o = json_object(), *ports = json_array();
	bool ok = json_put(o, "ports", ports);

	for (unsigned i = 0; ok && i < g->keeps.count; i++)
		ok = json_append(ports, keep_json(&g->keeps.items[i]));
	if (ok && json_put_bool(o, "success", true) && json_put_int(o, "guardPid", getpid()) &&
	    json_put_text(o, "book", g->options->book_name) &&
	    json_put_time(o, "since", g->since_ms) &&
	    outage_put(o, book_follower_outage(g->follower)) &&
	    json_put_bool(o, "dryRun", g->options->only_report) &&
	    json_put_int(o, "kept", g->keeps.kept) &&
	    json_put_int(o, "notKept", g->keeps.count - g->keeps.kept) &&
	    json_put_int(o, "refused", g->refused))
		return o;
	json_decref(o);
	return NULL;
}

static void answer_status(struct asker *a)
{
	CLEANUP(json_cleanup)
	json_t *status = status_json(a->gate), *said = json_pack("{s:b}", "success", 1);
	CLEANUP(fd_cleanup) int file = status ? message_file_make(status) : -1;

	if (said && file >= 0)
		(void)!message_send(a->fd, said, file, NULL);
}

static void answer(struct asker *a, const json_t *ask)
{
	const char *what = json_text_of(ask, "ask");
	CLEANUP(json_cleanup) json_t *said = NULL;
	struct err err = { 0 };
	bool ok;

	if (what && !strcmp(what, "status")) {
		answer_status(a);
		return;
	}
	ok = what && !strcmp(what, "run") ? answer_run(a, ask, &err)
					  : fail(&err, ERR_INVALID, "that is no question");
	said = json_pack("{s:b, s:s}", "success", ok, "message", err.text);
	if (said)
		(void)!message_send(a->fd, said, -1, NULL);
}

/* The socket. */

static void leave(struct asker *a)
{
	struct asker **at = &a->gate->askers;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	a->gate->n_askers--;
	loop_remove(a->gate->loop, a->fd);
	close(a->fd);
	free(a);
}

/* The newest is the first. */
static struct asker *oldest_of(const struct gate *g)
{
	struct asker *a = g->askers;

	while (a->next)
		a = a->next;
	return a;
}

static void hear(void *arg, uint32_t events)
{
	CLEANUP(json_cleanup) json_t *ask = NULL;
	CLEANUP(fd_cleanup) int file = -1;
	struct asker *a = arg;

	if (message_receive(a->fd, &ask, &file, NULL))
		answer(a, ask);
	else
		leave(a);
}

static void let_in(struct gate *g)
{
	CLEANUP(fd_cleanup)
	int fd = accept4(g->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred who;
	socklen_t size = sizeof(who);
	struct asker *a;

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return;
	a = calloc(1, sizeof(*a));
	if (!a)
		return;
	*a = (struct asker){ .gate = g, .next = g->askers, .fd = fd, .pid = who.pid };
	a->may_run = may_write_book(g, fd, &who);
	if (!loop_add(g->loop, fd, EPOLLIN, hear, a, NULL)) {
		free(a);
		return;
	}
	(void)fd_take(&fd);
	g->askers = a;
	g->n_askers++;
}

/* Who takes the place of another one is let in when the loop says so again: no event is mixed up. */
static void visit(void *arg, uint32_t events)
{
	struct gate *g = arg;

	if (g->n_askers < ASKERS_MAX)
		let_in(g);
	else
		leave(oldest_of(g));
}

static bool lock(struct gate *g, struct err *err)
{
	char name[PATH_MAX];
	CLEANUP(fd_cleanup) int fd = -1;

	if ((mkdir(SYSTEM_GUARD_FOLDER, 0755) < 0 && errno != EEXIST) ||
	    chmod(SYSTEM_GUARD_FOLDER, 0755) < 0)
		return fail(err, ERR_IO, "cannot make '" SYSTEM_GUARD_FOLDER "': %s",
			    strerror(errno));
	if (snprintf(name, sizeof(name), "%s.lock", g->path) >= (int)sizeof(name))
		return fail(err, ERR_INVALID, "the path of the socket is too long");
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(err, ERR_IO, "cannot make '%.200s': %s", name, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		fail(err, ERR_TAKEN, "a guard of the whole machine runs here already");
		return fail_hint(err, "portbook guard status --system says which");
	}
	(void)!unlink(g->path);
	g->lock = fd_take(&fd);
	return true;
}

bool gate_listen(struct gate *g, struct err *err)
{
	struct sockaddr_un at;

	if (!system_guard_path(g->path, sizeof(g->path)))
		return fail(err, ERR_IO, "there is no place for the guard's socket");
	if (!lock(g, err) || !guard_address(g->path, &at, err))
		return false;
	g->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (g->socket < 0 || bind(g->socket, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    chmod(g->path, 0666) < 0 || listen(g->socket, BACKLOG) < 0)
		return fail(err, ERR_IO, "cannot listen on '%.200s': %s", g->path, strerror(errno));
	return loop_add(g->loop, g->socket, EPOLLIN, visit, g, err);
}

/* What the kernel knows of runs stays there, for who comes next. */
void gate_asks_end(struct gate *g)
{
	for (struct asker *a = g->askers, *after; a; a = after) {
		after = a->next;
		close(a->fd);
		free(a);
	}
	for (struct running *r = g->running, *next; r; r = next) {
		next = r->next;
		close(r->process);
		free(r);
	}
	if (g->socket >= 0)
		unlink(g->path);
	fd_cleanup(&g->socket);
	fd_cleanup(&g->lock);
}
