/*
 * gate/kernel_inside.h - the program at the gate, its tables and its pins: for the files kernel*.c
 * alone.
 */
#ifndef GATE_KERNEL_INSIDE_H
#define GATE_KERNEL_INSIDE_H

#include <bpf/libbpf.h>
#include <limits.h>

#include "gate/kernel.h"

/* As bind.bpf.c calls them. */
#define KERNEL_MAPS	4
#define KERNEL_PROGRAMS 2
extern const char *const kernel_map_names[KERNEL_MAPS];
extern const char *const kernel_program_names[KERNEL_PROGRAMS];

struct kernel {
	struct bpf_object *object;
	struct bpf_link *links[KERNEL_PROGRAMS];
	struct ring_buffer *reports;
	kernel_report_fn *report;
	void *arg;
	int ports, owners;
};

/* kernel_pins.c */

/* The first place where a file system of that type is mounted. */
MUST_CHECK bool kernel_find_mount(const char *type, char ret[static PATH_MAX]);

/* The number of this network namespace. Errors: ERR_NOT_PERMITTED. */
MUST_CHECK bool kernel_network(__u64 *ret, struct err *err);

/*
 * The folder of this network namespace in the bpffs; made, if `makes`.
 * Errors: ERR_NOT_PERMITTED  there is no bpffs, or it cannot be made; ERR_INVALID
 */
MUST_CHECK bool kernel_find_pins(bool makes, char ret[static PATH_MAX], struct err *err);

/* The path of one of them in there. False: it is too long. */
MUST_CHECK bool kernel_pin_of(const char *pins, const char *name, char ret[static PATH_MAX]);

/* What libbpf would say on stderr is said by us. */
void kernel_be_quiet(void);

#endif
