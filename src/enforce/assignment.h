/*
 * enforce/assignment.h - what a command that is run may listen on, and what it gets instead.
 *
 * A value: no descriptors, no book.  verdict.h decides by it.
 */
#ifndef ENFORCE_ASSIGNMENT_H
#define ENFORCE_ASSIGNMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "ports/name.h"

/* Rationale: a block has 100 ports, and few projects have more than one block. */
#define OWN_MAX 1024

/* Rationale: a program has a few ports of its own mind; one that tries them all is refused. */
#define GIVEN_MAX 64

/* A port of the instance. */
struct own_port {
	uint16_t port;
	char service[NAME_SIZE];
	bool is_up;   /* it listened, and the book was told */
	bool is_said; /* that somebody else has it */
};

/* What was given for a port that is not the instance's. */
struct given_port {
	uint16_t asked, port;
};

struct assignment {
	char project[NAME_SIZE], service[NAME_SIZE], environment[NAME_SIZE], host[NAME_SIZE];
	unsigned instance;
	uint16_t port; /* the service's */
	bool refuses;  /* a port that is not the instance's is refused, and not replaced */
	uint16_t said; /* of what was refused: the last that was said; 0: none */
	bool is_taken; /* the service's port was bound, as itself or instead of another */

	struct own_port own[OWN_MAX]; /* the service's among them */
	unsigned n_own;
	struct given_port given[GIVEN_MAX];
	unsigned n_given;
};

/*
 * Empty, and in memory that a process shares with those that it forks: a supervisor may begin
 * before it is known what it has to judge.  NULL: no memory.
 */
struct assignment *assignment_new(void) MUST_CHECK;

/* For CLEANUP, of such a one; NULL is fine. */
void assignment_free(struct assignment **a);

/* NULL: it is not the instance's. */
struct own_port *assignment_own(struct assignment *a, uint16_t port);

/* 0: nothing was given for it yet. */
uint16_t assignment_given(const struct assignment *a, uint16_t asked);

/* Both do nothing where it is known already; false: there is no room for more. */
MUST_CHECK bool assignment_add_own(struct assignment *a, uint16_t port, const char *service);
MUST_CHECK bool assignment_give(struct assignment *a, uint16_t asked, uint16_t port);

/* As it goes from a run inside of another to that one's supervisor; NULL: no memory. */
json_t *assignment_json(const struct assignment *a) MUST_CHECK;

/* Errors: ERR_INVALID  it is none */
MUST_CHECK bool assignment_read(const json_t *json, struct assignment *ret, struct err *err);

#endif
