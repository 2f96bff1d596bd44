/*
 * observe/processes.h - which process has a socket open.
 *
 * For observe/ alone.  An ordinary user may look into their own processes
 * only, root into all; what may not be read is not found, and no error.
 */
#ifndef OBSERVE_PROCESSES_H
#define OBSERVE_PROCESSES_H

#include <stdbool.h>

#include "observe/sockets.h"
#include "registry/listeners.h"

/*
 * A process that has one of these sockets open: the newest of a socket's own
 * user, else the newest of all.  One that ends meanwhile is passed over.
 * Fills uid (the socket's), pid, program and cwd of `ret`; what cannot be shown
 * in a program's name becomes '?', and a cwd that was deleted is still named.
 * False: none is found, and `*ret` is untouched.
 */
bool process_of_sockets(const struct socket_row *rows, unsigned count, struct listener *ret);

#endif
