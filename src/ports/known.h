/*
 * ports/known.h - programs that listen where everybody expects them, and what to call others.
 */
#ifndef PORTS_KNOWN_H
#define PORTS_KNOWN_H

#include <stdint.h>

#include "ports/entry.h"
#include "ports/name.h"

/*
 * The service that a port is well known for, "postgresql" for 5432; NULL: for none, or
 * `program` is another one.  Where that is not known (NULL, or it only passes on), ports
 * that many programs take say nothing.
 */
const char *known_service(enum protocol protocol, uint16_t port, const char *program);

/* Does it run other programs (node, python3.11), so that its name tells nothing of a service? */
bool program_is_interpreter(const char *program);

/*
 * What a service is called by its program: "nginx"; "node-3000" where the program
 * tells nothing of it; "port-3000" where it is not known.
 */
void program_service(const char *program, uint16_t port, char ret[static NAME_SIZE]);

#endif
