/*
 * cli/protect.h - what `protect` does, a step at a time, and what protects a project now.
 *
 * What was done is kept in a file, so that --undo takes back that and nothing else.
 */
#ifndef CLI_PROTECT_H
#define CLI_PROTECT_H

#include <limits.h>

#include "cli/run.h"

/* protect_unit.c */

struct protect_unit {
	const char *unit;     /* what is enabled */
	const char *files[3]; /* to be written; NULL at the end */
	const char *what;     /* for people: "the guard" */
	const char *instead;  /* what to do where there is no systemd */
};
extern const struct protect_unit protect_units[];
#define PROTECT_UNITS 2

/* The folder of units of this user; of root, the system's. Errors: ERR_INVALID. */
MUST_CHECK bool protect_unit_folder(char ret[static PATH_MAX], struct err *err);

/* Is it enabled there? */
bool protect_unit_is_enabled(const struct protect_unit *u);

/*
 * Write its files, where there are none, and enable it; `written` gets what was: an array of
 * {path, text}.  On failure nothing is there that was not before.
 * Errors: ERR_NOT_FOUND, ERR_IO  there is no systemd, or it refuses: nothing was done
 */
MUST_CHECK bool protect_unit_enable(struct run *r, const struct protect_unit *u, json_t *written,
				    struct err *err);

/* Disable it, and take away those of `written` that are as they were written. */
MUST_CHECK bool protect_unit_disable(const char *unit, const json_t *written, struct err *err);

/* protect_status.c */

/* Hooks of git's that ask the book. */
struct protect_hooks {
	bool git, pre_commit;
};

/* False: no repository is there. Of one with hooks elsewhere (core.hooksPath) none are seen. */
bool protect_hooks_find(const char *folder, struct protect_hooks *ret);

/* False: this user has no Claude Code. */
bool protect_agent_find(bool *ret_has_hook);

/* Add to each project of `status`' answer protectedBy: an array of names. */
MUST_CHECK bool protect_add_status(struct run *r, json_t *answer, struct err *err);

#endif
