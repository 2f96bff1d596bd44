/*
 * gate/kernel.h - the program at the kernel's gate: loading it, telling it, hearing from it.
 *
 * It is attached to the root of control groups, so that it is asked for every process, and judges one
 * network namespace: that of who opened it.  Pinned, it stays when the process ends, with all that it
 * was told; who opens it then goes on with that.
 */
#ifndef GATE_KERNEL_H
#define GATE_KERNEL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "gate/shared.h"

struct kernel;

/* Somebody was, or would have been, refused. */
typedef void kernel_report_fn(void *arg, const struct gate_report *r);

/* Errors: ERR_NOT_PERMITTED  only root may. */
MUST_CHECK bool kernel_check_root(struct err *err);

/*
 * `only_report`: nobody is refused, and nothing is pinned.
 * Errors: ERR_NOT_PERMITTED  this user may not, or the kernel or the machine lacks what is named
 *         ERR_TAKEN          `only_report`, and what another one has pinned goes on refusing
 *         ERR_MEMORY
 */
MUST_CHECK bool kernel_open(bool only_report, kernel_report_fn *report, void *arg,
			    struct kernel **ret, struct err *err);

/* What is pinned stays. NULL is fine. */
void kernel_free(struct kernel *k);

/* False: somebody else has detached it, and nobody is refused. */
bool kernel_is_attached(const struct kernel *k);

/* What was pinned is taken away, and nobody refused from then on; `*ret_was` whether there was. */
MUST_CHECK bool kernel_detach(bool *ret_was, struct err *err);

/*
 * From now on these are kept, for users and units; runs that are known stay so.  In such an order
 * that no owner is refused in between.  The arrays are put into another order.
 * Errors: ERR_IO  the kernel has no room for them
 */
MUST_CHECK bool kernel_keep(struct kernel *k, struct gate_port *ports, unsigned n_ports,
			    struct gate_owner *owners, unsigned n_owners, struct err *err);

/* A process is a run of the service that has this port; both protocols. */
MUST_CHECK bool kernel_admit(struct kernel *k, __u16 port, pid_t pid, struct err *err);
/* All that was said of a process is forgotten. */
void kernel_forget(struct kernel *k, pid_t pid);
/* Each process that is known as a run. */
void kernel_each_run(struct kernel *k, void (*fn)(void *arg, pid_t pid), void *arg);

/* Ready to read when there are reports; kernel_hear has them told. */
int kernel_fd(const struct kernel *k);
void kernel_hear(struct kernel *k);

#endif
