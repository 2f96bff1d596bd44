/*
 * Syscalls: sendto, recvfrom
 */
#include "sandbox/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"

static bool send_all(int fd, const char *bytes, size_t len, struct err *err)
{
	while (len) {
		ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return fail(err, ERR_IO, "the process beside this one: %s",
				    strerror(errno));
		bytes += sent < 0 ? 0 : sent;
		len -= sent < 0 ? 0 : (size_t)sent;
	}
	return true;
}

static bool receive_all(int fd, char *bytes, size_t len, struct err *err)
{
	while (len) {
		ssize_t got = recv(fd, bytes, len, 0);

		if (got == 0)
			return fail(err, ERR_NOT_FOUND, "the process beside this one has ended");
		if (got < 0 && errno != EINTR)
			return fail(err, ERR_IO, "the process beside this one: %s",
				    strerror(errno));
		bytes += got < 0 ? 0 : got;
		len -= got < 0 ? 0 : (size_t)got;
	}
	return true;
}

bool channel_send(int fd, json_t *message, struct err *err)
{
	CLEANUP(json_cleanup) json_t *owned = message;
	CLEANUP(text_release) struct text text = { 0 };
	uint32_t len;

	if (!message)
		return fail_memory(err);
	text_add_json(&text, message, JSON_COMPACT);
	if (!text_ok(&text))
		return fail_memory(err);
	if (text.len > MESSAGE_MAX)
		return fail(err, ERR_INVALID, "a message of %zu bytes is too long", text.len);
	len = (uint32_t)text.len;
	return send_all(fd, (const char *)&len, sizeof(len), err) &&
	       send_all(fd, text_str(&text), text.len, err);
}

bool channel_receive(int fd, json_t **ret, struct err *err)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	uint32_t len;
	char *bytes;

	if (!receive_all(fd, (char *)&len, sizeof(len), err))
		return false;
	if (len > MESSAGE_MAX)
		return fail(err, ERR_INVALID, "a message of %u bytes is too long", len);
	bytes = arena_alloc(&a, len + 1u);
	if (!bytes)
		return fail_memory(err);
	return receive_all(fd, bytes, len, err) && json_parse(bytes, len, ret, err);
}
