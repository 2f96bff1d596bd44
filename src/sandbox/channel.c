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

json_t *channel_error(const struct err *err)
{
	json_t *json = json_pack("{s:s, s:s}", "error", err->text, "code", err_name(err->code));

	if (json && err->hint[0] && !json_put_text(json, "hint", err->hint)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

bool channel_send_error(int fd, const struct err *what, struct err *err)
{
	return channel_send(fd, channel_error(what), err);
}

static bool fail_as_told(const json_t *answer, struct err *err)
{
	const char *text = json_text_of(answer, "error"), *hint = json_text_of(answer, "hint");
	enum err_code code = err_from_name(json_text_of(answer, "code"));

	fail(err, code == ERR_NONE ? ERR_IO : code, "%s", text ? text : "looking failed");
	return hint && fail_hint(err, "%s", hint);
}

bool channel_receive_answer(int fd, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (!channel_receive(fd, &answer, err))
		return false;
	if (json_text_of(answer, "error"))
		return fail_as_told(answer, err);
	*ret = json_incref(answer);
	return true;
}
