/*
 * observe/observe.h - the listeners of this machine.
 *
 * The parts: listeners.c answers registry/listeners.h for every system from
 * what sockets.h and processes.h tell; only their implementations know one
 * system (here *_linux.c, each other system one file).
 * May include: registry, ports, base.
 */
#ifndef OBSERVE_OBSERVE_H
#define OBSERVE_OBSERVE_H

#include "registry/listeners.h"

/* Holds nothing open and remembers nothing: every question is a new look. */
extern const struct listeners listeners_of_machine;

#endif
