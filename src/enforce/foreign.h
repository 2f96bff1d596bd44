/*
 * enforce/foreign.h - reading the process that waits for an answer.
 *
 * What it says is read once, judged, and then used: the process, another thread
 * of it, or whoever shares its memory may change it at any time, and that must not
 * matter.
 */
#ifndef ENFORCE_FOREIGN_H
#define ENFORCE_FOREIGN_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/macros.h"

/* Rationale: the kernel takes no longer address (struct sockaddr_storage). */
#define ADDRESS_MAX 128

enum socket_call_kind {
	CALL_OF_NO_SOCKET,
	CALL_BIND,
	CALL_LISTEN,
};

/* bind(2) or listen(2), however it was called. */
struct socket_call {
	enum socket_call_kind kind;
	int fd;
	uint64_t address; /* bind: where it is in the process, */
	int32_t length;	  /* and how long; may be anything */
	int backlog;	  /* listen */
};

/* Bytes that are an address, perhaps, and the port that is in them. */
struct foreign_address {
	unsigned char bytes[ADDRESS_MAX];
	socklen_t len;
	uint16_t port; /* 0: none, or 0 */
	bool has_port; /* an internet socket takes these bytes for an address with a port */
};

/* Pure. */

/* The arguments of the call are three words in memory, here: i386's socketcall. */
bool call_has_words(const struct seccomp_data *d, uint64_t *ret_at);

/* `words`: those, where there are any. */
struct socket_call call_read(const struct seccomp_data *d, const uint32_t words[static 3]);

/* Whatever the bytes are; at most ADDRESS_MAX of them. */
struct foreign_address address_read(const void *bytes, size_t len);
void address_set_port(struct foreign_address *a, uint16_t port);

/* Nothing stays that could do something to a terminal. */
void name_make_safe(char *name);

/* Of the machine. */

/* Descriptor of the process, -1 with errno; `tid` may be a thread's. */
int foreign_hold(pid_t tid);

/* A copy of its descriptor; -1 with errno. */
int foreign_descriptor(int process, int fd);

/* False with errno. */
MUST_CHECK bool foreign_read(pid_t tid, uint64_t at, void *to, size_t len);

/* What a person calls the program: "node". */
#define PROGRAM_SIZE 64
void foreign_program(pid_t tid, char ret[static PROGRAM_SIZE]);

/* Whether a process has the socket of that number (st_ino) as that descriptor. */
enum having {
	HAS_NOT,
	HAS_IT, /* or has no files at all any more, as who ends, or whose first thread has ended */
	HAS_UNSEEN,
};
enum having foreign_has(pid_t pid, int fd, ino_t socket);

/* Any process that has it, but this one.  False: none that can be looked into. */
MUST_CHECK bool foreign_find(ino_t socket, pid_t *ret_pid, int *ret_fd);

/* The process that a thread is of. */
pid_t foreign_of_thread(pid_t tid);

/* 0: it cannot be read. */
pid_t foreign_parent(pid_t pid);
uint64_t foreign_start(pid_t pid);

/* It has begun to end. */
bool foreign_is_ending(pid_t pid);

#endif
