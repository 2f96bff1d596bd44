/*
 * sandbox/channel.h - messages between two processes of this program: JSON, with its length
 * before it, over a pair of sockets.
 */
#ifndef SANDBOX_CHANNEL_H
#define SANDBOX_CHANNEL_H

#include "base/json.h"

/* Rationale: 10,000 listeners with ten processes each. */
#define MESSAGE_MAX ((size_t)64 << 20)

/* Takes the reference, also of NULL, which is no memory. Errors: ERR_IO, ERR_MEMORY */
MUST_CHECK bool channel_send(int fd, json_t *message, struct err *err);

/* Errors: ERR_NOT_FOUND  the other one has ended; ERR_IO, ERR_INVALID, ERR_MEMORY */
MUST_CHECK bool channel_receive(int fd, json_t **ret, struct err *err);

/* Errors are answers, too. */
json_t *channel_error(const struct err *err) MUST_CHECK;
MUST_CHECK bool channel_send_error(int fd, const struct err *what, struct err *err);

/* Errors: that which was told, or those of channel_receive */
MUST_CHECK bool channel_receive_answer(int fd, json_t **ret, struct err *err);

#endif
