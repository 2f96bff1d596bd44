/*
 * sandbox/calls.h - the system calls that this process may make from now on.
 *
 * The list is made from the lines "Syscalls:" of the sources, and from libraries.calls for what
 * libraries make (tools/syscalls.py).  Another call fails with EPERM.
 */
#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include "base/err.h"

/*
 * For this thread and those that it starts.  With `kills`, as tests want it, another call ends
 * the process.
 * Errors: ERR_IO  the kernel has no seccomp
 */
MUST_CHECK bool calls_close(bool kills, struct err *err);

/* A build with sanitizers, which make calls of their own: there is no filter, and this is false. */
bool calls_can_close(void);

#endif
