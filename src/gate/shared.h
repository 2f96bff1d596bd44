/*
 * gate/shared.h - what the program in the kernel and the one that loads it say to each other.
 *
 * For both compilers: fixed sizes, no padding that is not named, as a key is compared by its bytes.
 */
#ifndef GATE_SHARED_H
#define GATE_SHARED_H

#include <linux/types.h>

/* Rationale: systemd's names of units have at most 255 characters, and few more than 40. */
#define GATE_NAME_SIZE 128

/* Rationale: all ports of both protocols, and for each a user, a unit and some runs. */
#define GATE_PORTS_MAX	131072
#define GATE_OWNERS_MAX 524288

struct gate_port {
	__u16 port;
	__u8 protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	__u8 zero;
};

/* Set before the program is loaded. */
struct gate_constants {
	__u64 only_netns;
	__u32 only_report, zero;
};

enum gate_owner_kind {
	GATE_USER, /* id is the uid, as the first user namespace has it */
	GATE_RUN,  /* id is the process, as the first pid namespace has it, of a `portbook run` */
	GATE_UNIT, /* name is that of a control group outside of user.slice */
};

struct gate_owner {
	struct gate_port port;
	__u32 kind, id;
	char name[GATE_NAME_SIZE];
};

/* Somebody asked for a port whose it is not. */
struct gate_report {
	struct gate_port port;
	__u32 uid, pid;
	char program[16];
};

/* Who was reported, and when, so that one who does not give up is reported once a second. */
struct gate_said {
	struct gate_port port;
	__u32 pid;
};

#endif
