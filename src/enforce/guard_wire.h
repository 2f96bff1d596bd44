/*
 * enforce/guard_wire.h - how a guard is found, and what is said to it.
 *
 * A guard has a socket in a folder that is its user's alone, and belongs to one network namespace:
 * the ports that it holds are that one's.  A message is a JSON object, in one packet, perhaps with
 * a file.  Who asks says {"ask":"take","protocol":"tcp","port":3100}; the answer has "success".
 */
#ifndef ENFORCE_GUARD_WIRE_H
#define ENFORCE_GUARD_WIRE_H

#include <limits.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/json.h"

/* Rationale: an answer has a sentence at most; what is longer goes by a file. */
#define GUARD_MESSAGE_MAX 4096

/* Where guards may be, the place that is to be preferred first. */
#define GUARD_PLACES 3

/*
 * The path of the socket in the nth place.  False: there is no such place.
 * Source: file-hierarchy(7), /run/user/UID.
 */
bool guard_path(unsigned place, char ret[static PATH_MAX]);

/*
 * The folder of that path, made if it is not there.
 * Errors: ERR_NOT_PERMITTED  it is not this user's alone
 *         ERR_IO             it cannot be made
 */
MUST_CHECK bool guard_folder_make(const char *path, struct err *err);

/* Errors: ERR_INVALID (the path is too long). */
MUST_CHECK bool guard_address(const char *path, struct sockaddr_un *ret, struct err *err);

/* Who is at the other end. */
MUST_CHECK bool guard_peer(int fd, uid_t *ret_uid, pid_t *ret_pid, struct err *err);

/*
 * Send a message, with the file `passed` (-1: none), which stays the caller's.
 * Errors: ERR_IO  also where the other end does not read
 */
MUST_CHECK bool message_send(int fd, const json_t *message, int passed, struct err *err);

/*
 * Take one.  `*ret_passed` -1: it has no file; the caller closes it.
 * Errors: ERR_NOT_FOUND  the other end is gone
 *         ERR_BUSY       it has said nothing in the time that the socket has
 *         ERR_INVALID    it is no message
 *         ERR_IO         also where its file found no place
 */
MUST_CHECK bool message_receive(int fd, json_t **ret, int *ret_passed, struct err *err);

/* What is longer than a message may be: a file for it, which the caller closes; -1: no memory. */
int message_file_make(const json_t *json);
/* Errors: ERR_INVALID  there is no JSON in it; ERR_IO, ERR_MEMORY */
MUST_CHECK bool message_file_read(int fd, json_t **ret, struct err *err);

#endif
