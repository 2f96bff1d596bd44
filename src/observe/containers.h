/*
 * observe/containers.h - the engines of containers on this machine, asked for names.
 *
 * For observe/ alone.  An engine's socket is the only one that looking connects to.
 */
#ifndef OBSERVE_CONTAINERS_H
#define OBSERVE_CONTAINERS_H

#include "registry/listeners.h"

/* As containers() of registry/listeners.h. */
void containers_ask(struct arena *a, struct container_list *ret);

#endif
