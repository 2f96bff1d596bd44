/*
 * observe/proc_numbers_linux.h - the numbers of a folder of /proc: processes, or open files.
 */
#ifndef OBSERVE_PROC_NUMBERS_LINUX_H
#define OBSERVE_PROC_NUMBERS_LINUX_H

#include <stdbool.h>

/* False: no more of them. */
typedef bool number_fn(const char *name, int number, void *arg);

/* From its beginning; what cannot be read any more ends it. */
void proc_each_number(int folder, number_fn *fn, void *arg);

#endif
