/*
 * operations/lint_judge.h - a port that a file names, held against the book. Pure.
 *
 * May include: formats, ports, base.
 */
#ifndef OPERATIONS_LINT_JUDGE_H
#define OPERATIONS_LINT_JUDGE_H

#include <stdbool.h>

#include "formats/mention.h"
#include "ports/entry.h"
#include "ports/port_set.h"

enum lint_rule {
	LINT_FINE,
	LINT_OTHER_PROJECT,
	LINT_OTHER_INSTANCE,
	LINT_OTHER_SERVICE, /* of this instance */
	LINT_RESERVED,
	LINT_UNREGISTERED,
};
#define LINT_RULE_COUNT 6

/* "other-project" ... */
const char *lint_rule_name(enum lint_rule rule);

/* What the book has of a machine, seen from where the files are. */
struct lint_scene {
	const struct entry *entries; /* all live ones of the host, by port */
	unsigned count;
	const struct entry *own; /* those of this project and instance */
	unsigned n_own;
	const char *project_id; /* NULL: the book does not know the directory */
	unsigned instance;
	const char *environment;		      /* whose ports are the ones to use */
	const struct port_set *reserved[PROTO_COUNT]; /* from this project */
};

struct lint_verdict {
	enum lint_rule rule;
	const char *severity;	   /* "error", "warning", "note" */
	const struct entry *owner; /* NULL: nobody */
	/* Of another rule than LINT_FINE: */
	char service[NAME_SIZE];     /* the one it is about, entered or not; "": who knows */
	const struct entry *instead; /* the port to use; NULL: the service has none for it */
	bool has_other;		     /* that service has a port, but not so many */
	bool is_sure;		     /* that it is that one, and that the number may be replaced */
};

/* `file` is the mention's, relative: "apps/api/.env" speaks of "api". */
struct lint_verdict lint_judge(const struct lint_scene *s, const struct mention *m,
			       const char *file);

#endif
