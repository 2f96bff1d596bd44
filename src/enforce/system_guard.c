#include "enforce/system_guard.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/guard_wire.h"

/* Rationale: who starts a program waits no longer for the book, either. */
#define ANSWER_S 2

bool system_guard_path(char *ret, size_t size)
{
	struct stat net;

	return stat("/proc/self/ns/net", &net) == 0 &&
	       snprintf(ret, size, SYSTEM_GUARD_FOLDER "/system-guard-%llu.sock",
			(unsigned long long)net.st_ino) < (int)size;
}

/* -1: there is none. */
static int find(void)
{
	CLEANUP(fd_cleanup) int fd = -1;
	const struct timeval limit = { .tv_sec = ANSWER_S };
	char path[PATH_MAX];
	struct sockaddr_un at;

	if (!system_guard_path(path, sizeof(path)) || access(path, F_OK) < 0 ||
	    !guard_address(path, &at, NULL))
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	return fd_take(&fd);
}

static bool exchange(int fd, const json_t *ask, json_t **ret, int *ret_file, struct err *err)
{
	return message_send(fd, ask, -1, err) && message_receive(fd, ret, ret_file, err);
}

static bool admit_some(int fd, const uint16_t *ports, unsigned count)
{
	CLEANUP(json_cleanup) json_t *list = json_array(), *ask = NULL, *answer = NULL;
	CLEANUP(fd_cleanup) int file = -1;

	for (unsigned i = 0; i < count; i++)
		if (!json_append(list, json_integer(ports[i])))
			return false;
	ask = json_pack("{s:s, s:O}", "ask", "run", "ports", list);
	return ask && exchange(fd, ask, &answer, &file, NULL) && json_bool_of(answer, "success");
}

bool system_guard_admit(const uint16_t *ports, unsigned count)
{
	CLEANUP(fd_cleanup) int fd = find();
	bool all = fd >= 0;

	for (unsigned at = 0; all && at < count; at += ADMIT_PORTS_MAX)
		all = admit_some(fd, ports + at,
				 count - at < ADMIT_PORTS_MAX ? count - at : ADMIT_PORTS_MAX);
	return all;
}

void system_guard_admit_all(const struct assignment *a)
{
	uint16_t ports[OWN_MAX];

	for (unsigned i = 0; i < a->n_own; i++)
		ports[i] = a->own[i].port;
	(void)system_guard_admit(ports, a->n_own);
}

bool system_guard_status(json_t **ret, struct err *err)
{
	CLEANUP(fd_cleanup) int fd = find();
	CLEANUP(fd_cleanup) int file = -1;
	CLEANUP(json_cleanup) json_t *ask = json_pack("{s:s}", "ask", "status"), *answer = NULL;

	if (fd < 0)
		return fail(err, ERR_NOT_FOUND, "no guard of the whole machine runs here");
	if (!ask)
		return fail_memory(err);
	return exchange(fd, ask, &answer, &file, err) && message_file_read(file, ret, err);
}
