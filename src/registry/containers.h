/*
 * registry/containers.h - which container listens, by what its engine tells.
 *
 * Pure: everything that decides is an argument.  The kernel says in which
 * container a process is, by its control group.  It does not say for which one
 * a docker-proxy or the like has a port open: the engine's list of published
 * ports does.
 */
#ifndef REGISTRY_CONTAINERS_H
#define REGISTRY_CONTAINERS_H

#include "registry/listeners.h"

/* Could an engine tell more of who listens?  Also, where it cannot be seen who does. */
bool listener_may_be_contained(const struct listener *l);

/*
 * The one that the process is in or passes on to; NULL: none of them, or it
 * cannot be told which, as where two have the port on any address.
 */
const struct container *container_of_process(const struct container_list *all,
					     const struct listener *l, const struct process *p);

/*
 * Say in its processes what is known of their containers; one that cannot be
 * seen is added, when a container has the port.  False: a container stays
 * without its name.
 */
bool listener_name_containers(const struct container_list *all, struct arena *a,
			      struct listener *l);

#endif
