/*
 * Syscalls: getsockopt, sendmsg, recvmsg, close, mkdir, lstat, stat
 */
#include "enforce/guard_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

/* Rationale: 131,070 ports with a sentence each. */
#define ANSWER_MAX (64 << 20)

/* Where. */

static bool is_own_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

static bool folder_of_environment(char ret[static PATH_MAX])
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	return folder && *folder == '/' && is_own_folder(folder) &&
	       snprintf(ret, PATH_MAX, "%s/portbook", folder) < PATH_MAX;
}

static bool folder_of_session(char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "/run/user/%u", (unsigned)geteuid());
	if (!is_own_folder(ret))
		return false;
	snprintf(ret, PATH_MAX, "/run/user/%u/portbook", (unsigned)geteuid());
	return true;
}

static bool folder_of_user(char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/portbook-%u", geteuid() ? "/tmp" : "/run", (unsigned)geteuid());
	return true;
}

bool guard_path(unsigned place, char ret[static PATH_MAX])
{
	static bool (*const folders[GUARD_PLACES])(char *) = {
		folder_of_environment,
		folder_of_session,
		folder_of_user,
	};
	char folder[PATH_MAX];
	struct stat net;

	return place < GUARD_PLACES && folders[place](folder) &&
	       stat("/proc/self/ns/net", &net) == 0 &&
	       snprintf(ret, PATH_MAX, "%s/guard-%llu.sock", folder,
			(unsigned long long)net.st_ino) < PATH_MAX;
}

bool guard_folder_make(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	struct stat st;

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return fail(err, ERR_IO, "cannot make '%.200s': %s", folder, strerror(errno));
	if (lstat(folder, &st) < 0 || !is_own_folder(folder) || (st.st_mode & 022))
		return fail(err, ERR_NOT_PERMITTED,
			    "'%.200s' is no folder of yours alone, so no guard can be found there",
			    folder);
	return true;
}

bool guard_address(const char *path, struct sockaddr_un *ret, struct err *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(a.sun_path))
		return fail(err, ERR_INVALID, "'%.200s' is longer than a socket's path may be",
			    path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	*ret = a;
	return true;
}

bool guard_peer(int fd, uid_t *ret_uid, pid_t *ret_pid, struct err *err)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return fail(err, ERR_IO, "nobody knows who asks: %s", strerror(errno));
	*ret_uid = who.uid;
	*ret_pid = who.pid;
	return true;
}

/* What. */

union passing {
	struct cmsghdr header; /* for its alignment */
	char room[CMSG_SPACE(sizeof(int))];
};

static void pass(struct msghdr *m, union passing *p, int fd)
{
	m->msg_control = p->room;
	m->msg_controllen = sizeof(p->room);
	p->header = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	memcpy(CMSG_DATA(&p->header), &fd, sizeof(fd));
}

bool message_send(int fd, const json_t *message, int passed, struct err *err)
{
	CLEANUP(json_text_cleanup) char *text = NULL;
	union passing room = { .room = { 0 } };
	struct iovec bytes;
	struct msghdr m = { .msg_iov = &bytes, .msg_iovlen = 1 };

	if (!json_format(message, &text, err))
		return false;
	bytes = (struct iovec){ .iov_base = text, .iov_len = strlen(text) };
	if (passed >= 0)
		pass(&m, &room, passed);
	return sendmsg(fd, &m, MSG_NOSIGNAL) >= 0 ||
	       fail(err, ERR_IO, "cannot send a message: %s", strerror(errno));
}

/* A packet has one file at most: there is room for no more, and the kernel drops those. */
static int passed_with(struct msghdr *m)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

bool message_receive(int fd, json_t **ret, int *ret_passed, struct err *err)
{
	char text[GUARD_MESSAGE_MAX];
	union passing room = { .room = { 0 } };
	struct iovec bytes = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr m = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = room.room,
		.msg_controllen = sizeof(room.room),
	};
	ssize_t len = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	CLEANUP(fd_cleanup) int passed = -1;

	if (len < 0)
		return fail(err, errno == EAGAIN ? ERR_BUSY : ERR_IO, "cannot take a message: %s",
			    strerror(errno));
	passed = passed_with(&m);
	if (len == 0)
		return fail(err, ERR_NOT_FOUND, "the other end is gone");
	if (m.msg_flags & MSG_CTRUNC)
		return fail(err, ERR_IO, "no file can be taken: as many are open as may be");
	if (m.msg_flags & MSG_TRUNC)
		return fail(err, ERR_INVALID, "a message of more than %d bytes", GUARD_MESSAGE_MAX);
	if (!json_parse(text, (size_t)len, ret, err))
		return false;
	*ret_passed = fd_take(&passed);
	return true;
}

/* By a file. */

static bool write_all(int fd, const char *text)
{
	size_t len = strlen(text), done = 0;

	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

int message_file_make(const json_t *json)
{
	CLEANUP(json_text_cleanup) char *text = NULL;
	CLEANUP(fd_cleanup) int fd = -1;

	if (!json_format(json, &text, NULL))
		return -1;
	fd = memfd_create("portbook-message", MFD_CLOEXEC);
	return fd >= 0 && write_all(fd, text) ? fd_take(&fd) : -1;
}

bool message_file_read(int fd, json_t **ret, struct err *err)
{
	CLEANUP(text_release) struct text all = { 0 };
	char bytes[65536];
	ssize_t n;

	while ((n = pread(fd, bytes, sizeof(bytes), (off_t)all.len)) > 0 && all.len < ANSWER_MAX)
		text_add_bytes(&all, bytes, (size_t)n);
	if (n < 0)
		return fail(err, ERR_IO, "cannot read what was said: %s", strerror(errno));
	if (!text_ok(&all))
		return fail_memory(err);
	return json_parse(text_str(&all), all.len, ret, err);
}
