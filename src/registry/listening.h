/*
 * registry/listening.h - what listens on the ports of this machine, for the use cases.
 *
 * Only the book's own host can be looked at: of another one nothing is known.
 */
#ifndef REGISTRY_LISTENING_H
#define REGISTRY_LISTENING_H

#include "registry/registry.h"

/* Is it this machine, and is there somebody who can look? */
bool can_look(const struct registry *r, const char *host);

/*
 * What listens; nothing where it cannot be looked at.  A look that had to be
 * made in another way than usual is noted.
 * Errors: ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool registry_look(struct registry *r, const char *host, const struct look *what,
			      struct arena *a, struct listener_list *ret, struct err *err);

/*
 * Ask the engines of containers what they know of who listens there: once for a
 * list, and only where they could tell something.  What they could not be asked
 * is noted, when a container stays without its name for that.
 */
void registry_name_containers(struct registry *r, struct arena *a, struct listener_list *list,
			      struct listener *l);

/*
 * Who listens on the port of this machine.  Never an error: where it cannot be
 * seen it is nobody, and a note says that it could not.
 */
bool listener_on(struct registry *r, const char *host, enum protocol protocol, uint16_t port,
		 struct arena *a, struct listener *ret);

/* The listener of that port; NULL: nothing listens. */
struct listener *listener_in(const struct listener_list *list, enum protocol protocol,
			     uint16_t port);

/* The process that was started first, NULL where none is known. */
const struct process *listener_leader(const struct listener *l);

/*
 * The folder that tells whose the process is: its own, or in which compose was run for
 * its container.  NULL: none is known.  A helper of containers works where its engine
 * was started, which tells nothing.
 */
const char *process_folder(const struct process *p);

/* Is the folder the path, or below it? False when either is NULL, and for "/". */
bool folder_is_below(const char *folder, const char *path);

/*
 * Does one of its processes work in the project's folder, or in the worktree of
 * that instance, or was compose run there for its container?  No, when it
 * cannot be told.
 */
MUST_CHECK bool listener_is_own(struct registry *r, const struct project *p, unsigned instance,
				const struct listener *l, bool *ret, struct err *err);

/* "node (pid 1234, user deploy, cwd /srv/x)", "a process of the user eva"; NULL: no memory. */
const char *process_text(struct arena *a, const struct process *p) MUST_CHECK;
/* The same of its leader and one more, or "and 3 more"; of a socket that led to nobody its user. */
const char *listener_text(struct arena *a, const struct listener *l) MUST_CHECK;
/* The same, with this one of its processes first. */
const char *listener_text_of(struct arena *a, const struct listener *l,
			     const struct process *p) MUST_CHECK;

/* A new reference; NULL: no memory.  In short: port, pid, program, cwd, uid, user, container. */
json_t *listener_json(const struct listener *l) MUST_CHECK;
json_t *listener_json_short(const struct listener *l) MUST_CHECK;
/* As listener_json, into an object. */
MUST_CHECK bool listener_json_into(json_t *object, const struct listener *l);
/* {pid, program, user, cwd, command, startedAt, cgroup, unit, container}. */
MUST_CHECK bool process_json_into(json_t *object, const struct process *p);

#endif
