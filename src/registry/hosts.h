/*
 * registry/hosts.h - the machines that a book knows.
 */
#ifndef REGISTRY_HOSTS_H
#define REGISTRY_HOSTS_H

#include "registry/registry.h"

/* What a machine has. */
struct host_usage {
	const char *host;
	unsigned services, ports; /* ports: numbers, as entry_count counts them */
	uint16_t last_port;	  /* while it is counted */
};

struct host_list {
	struct host_usage *items;
	unsigned count, room;
};

/*
 * The machines that have an entry or a block, by name; `project_id` NULL: of
 * all projects, and this machine in any case.
 */
MUST_CHECK bool hosts_read(struct registry *r, const char *project_id, struct arena *a,
			   struct host_list *ret, struct err *err);

/*
 * Is the name of this machine in the book the one that every machine has which
 * says none, in a book that others may share?  Then what this machine does not
 * see may be on another.
 */
bool host_is_anybodys(const struct registry *r);

/* What that means, and what to do. */
#define HOST_IS_ANYBODYS                                                                     \
	"this machine is '" HOST_DEFAULT "' in a shared book, as any other is that says no " \
	"name: they have one port space, and none can tell its ports from another's"
#define HOST_REMEDY "give each its own name in its configuration: `host: NAME`"

/*
 * Is the project on another machine, too?  It has one path, which may be that
 * one's: that nothing is there on this machine means nothing then.
 */
MUST_CHECK bool project_is_elsewhere(struct registry *r, const char *project_id, const char *host,
				     bool *ret, struct err *err);

#endif
