#include "enforce/nested.h"
#include "enforce/system_guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

/* A kernel that knows nothing of it binds the name, or says why not; never this. */
#define TAKEN EREMOTEIO

/* Rationale: an assignment of OWN_MAX ports with names of 63. */
#define REQUEST_MAX 131072

/* Rationale: npm, a shell and a runner or two are between a program and its run. */
#define ANCESTORS_MAX 64

/* sun_path of an abstract name, which starts with NUL. */
struct request {
	unsigned short family;
	char name[14];
	uint64_t at; /* the assignment, as JSON, in who asks */
	uint32_t len;
} __attribute__((packed));

static const char request_name[14] = "\0portbook-run";

bool nested_ask(const struct assignment *a)
{
	CLEANUP(fd_cleanup) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CLEANUP(json_cleanup) json_t *json = assignment_json(a);
	CLEANUP(json_text_cleanup) char *text = NULL;
	union {
		struct request request;
		struct sockaddr address;
	} to = { .request = { .family = AF_UNIX } };

	if (fd < 0 || !json || !json_format(json, &text, NULL))
		return false;
	memcpy(to.request.name, request_name, sizeof(request_name));
	to.request.at = (uint64_t)(uintptr_t)text;
	to.request.len = (uint32_t)strlen(text);
	return bind(fd, &to.address, sizeof(to.request)) < 0 && errno == TAKEN;
}

bool nested_is_request(const struct foreign_address *a)
{
	struct request r;

	if (a->len != sizeof(r))
		return false;
	memcpy(&r, a->bytes, sizeof(r));
	return r.family == AF_UNIX && !memcmp(r.name, request_name, sizeof(request_name));
}

/* NULL: it is none, or there is no memory. */
static struct assignment *read_assignment(pid_t tid, const struct foreign_address *a)
{
	CLEANUP(json_cleanup) json_t *json = NULL;
	struct assignment *read = NULL;
	struct request r;
	char *text;

	memcpy(&r, a->bytes, sizeof(r));
	text = r.len <= REQUEST_MAX ? malloc((size_t)r.len + 1) : NULL;
	if (text && foreign_read(tid, r.at, text, r.len) && json_parse(text, r.len, &json, NULL))
		read = malloc(sizeof(*read));
	free(text);
	if (read && assignment_read(json, read, NULL))
		return read;
	free(read);
	return NULL;
}

static bool is_there(const struct delegated *d)
{
	return foreign_start(d->pid) == d->start;
}

/* Room for one more: also where the one that was there has ended.  NULL: none. */
static struct delegated *find_room(struct supervisor *s)
{
	if (s->n_delegated < DELEGATED_MAX)
		return &s->delegated[s->n_delegated++];
	for (unsigned i = 0; i < s->n_delegated; i++)
		if (!is_there(&s->delegated[i])) {
			supervisor_forget(s, s->delegated[i].assignment);
			free(s->delegated[i].assignment);
			return &s->delegated[i];
		}
	return NULL;
}

int nested_accept(struct supervisor *s, pid_t tid, const struct foreign_address *a)
{
	struct assignment *assignment = read_assignment(tid, a);
	struct delegated *room = assignment ? find_room(s) : NULL;

	if (!room) {
		free(assignment);
		return -EINVAL;
	}
	*room = (struct delegated){
		.pid = foreign_of_thread(tid),
		.assignment = assignment,
	};
	room->start = foreign_start(room->pid);
	system_guard_admit_all(assignment);
	return -TAKEN;
}

/* The newest of it: a run may have become another run. */
static struct assignment *assigned_to(struct supervisor *s, pid_t pid)
{
	for (unsigned i = s->n_delegated; i-- > 0;)
		if (s->delegated[i].pid == pid && is_there(&s->delegated[i]))
			return s->delegated[i].assignment;
	return NULL;
}

struct assignment *nested_assignment(struct supervisor *s, pid_t tid)
{
	pid_t pid = s->n_delegated ? foreign_of_thread(tid) : 0;

	for (unsigned i = 0; pid > 1 && i < ANCESTORS_MAX; i++) {
		struct assignment *a = assigned_to(s, pid);

		if (a)
			return a;
		pid = foreign_parent(pid);
	}
	return s->assignment;
}
