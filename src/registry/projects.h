/*
 * registry/projects.h - the owners of ports.
 */
#ifndef REGISTRY_PROJECTS_H
#define REGISTRY_PROJECTS_H

#include "registry/registry.h"

struct project_new {
	const char *name; /* folded here */
	int number;	  /* -1: the lowest free one */
	const char *path; /* NULL: none */
	const char *owner, *description;
	enum project_status status;
	const char *host; /* where its block is opened */
	int64_t since_ms; /* when it was first known; 0: now */
};

/*
 * Enter a project and open its block.
 * Errors: ERR_TAKEN      another has the name, number or path
 *         ERR_INVALID    the name is none, or no block has that number
 *         ERR_EXHAUSTED  no number is left
 */
MUST_CHECK bool project_add(struct registry *r, const struct project_new *what, struct arena *a,
			    struct project *ret, struct err *err);

/*
 * The project with this name.
 * Errors: ERR_NOT_FOUND, naming the nearest known ones and how to enter it.
 */
MUST_CHECK bool project_need(struct registry *r, const char *name, struct arena *a,
			     struct project *ret, struct err *err);

struct project_list {
	struct project *items;
	unsigned count;
};

/* All of them, by number, then name: in the arena, so that the book may be asked meanwhile. */
MUST_CHECK bool projects_read(struct registry *r, struct arena *a, struct project_list *ret,
			      struct err *err);

/* What project_set changes: NULL and -1 leave it as it is, "" clears. */
struct project_change {
	const char *name, *path, *owner, *description;
	int number;
	int status;
	const char *host; /* where a new number's block is opened */
	const char *op;	  /* what the history calls it */
};
#define PROJECT_CHANGE_NONE                \
	{                                  \
		.number = -1, .status = -1 \
	}

/*
 * Errors: as project_add; ERR_INVALID  a new number for a project that holds ports.
 */
MUST_CHECK bool project_set(struct registry *r, const struct project *project,
			    const struct project_change *change, struct arena *a,
			    struct project *ret, struct err *err);

/*
 * Strike out a project that holds nothing: with it go its blocks, instances and
 * released entries; its history stays.
 * Errors: ERR_TAKEN  it holds ports.
 */
MUST_CHECK bool project_remove(struct registry *r, const struct project *project, struct err *err);

#endif
