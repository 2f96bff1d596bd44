/*
 * enforce/filter.h - which system calls the kernel brings to a supervisor, or refuses.
 *
 * A filter stays with the process and all it starts, and cannot be taken off.  A
 * process that may not set one without it gives up no_new_privs for it: programs
 * like sudo then cannot become another user.
 */
#ifndef ENFORCE_FILTER_H
#define ENFORCE_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

#include "base/err.h"

/* Rationale: both ABIs of a machine, each with five calls that are looked at more closely. */
#define FILTER_SIZE 80

struct filter {
	struct sock_filter code[FILTER_SIZE];
	unsigned short len;
};

/*
 * bind and listen wait for a supervisor; io_uring, x32 and SMC, which would go
 * around it, are refused.
 */
void filter_make_supervised(struct filter *ret);

/* What goes around Landlock's rules for ports is refused: MPTCP and SMC. */
void filter_make_static(struct filter *ret);

/*
 * `*ret_nested` (and false): the process has a supervisor already.
 * Errors: ERR_NOT_PERMITTED  the kernel, or who made this container, does not let it
 */
MUST_CHECK bool filter_supervise(int *ret_listener, bool *ret_nested, struct err *err);
MUST_CHECK bool filter_refuse(struct err *err);

#endif
