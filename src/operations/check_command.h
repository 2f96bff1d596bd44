/*
 * operations/check_command.h - what its files share: a port that a command asks for, and
 * what there is instead.
 */
#ifndef OPERATIONS_CHECK_COMMAND_H
#define OPERATIONS_CHECK_COMMAND_H

#include "formats/shell_ports.h"
#include "operations/call.h"
#include "operations/place.h"
#include "registry/look.h"
#include "registry/release.h"

/* Whose directory a command would run in, and what is entered for it. */
struct command_place {
	const char *folder;  /* absolute; NULL: nobody knows which */
	bool can_be_entered; /* by `portbook get` there */
	bool is_known;	     /* it is a project's; the rest is only then */
	struct place place;
	struct entry_list entries; /* TCP, of the instance and the environment */
};

struct judged {
	const struct shell_port *port;
	const struct command_place *at;
	uint16_t first, last; /* what it would listen on */
	enum verdict verdict;
	bool is_unsure, is_denied;
	const char *message;
	const struct entry *own; /* the entry that fits it; NULL: none does */
	const char *named;	 /* the service in the name of its script; NULL: none */
	bool is_configured;	 /* `portbook config` changes it in the script, to that of `own` */
	const char *service;	 /* what it would be called */
	const char *instead; /* "3101", "$(portbook get web)"; NULL: nothing can be entered there */
};

/*
 * What the name of its script tells: `named`, and where the number is in package.json, whether
 * `portbook config --format package-json`, said in `here`, changes it.
 */
MUST_CHECK bool judged_script(struct call *c, const struct command_place *here,
			      const struct entry_filter *which, struct judged *j, struct err *err);

/* What the port is for, and the entry that fits: `own`, `service` and `instead`. */
MUST_CHECK bool judged_instead(struct call *c, struct judged *j, struct err *err);

/* The same, where another server of the command has that port already. */
MUST_CHECK bool judged_instead_other(struct call *c, struct judged *j, struct err *err);

/*
 * The command with what is to be written instead of what is denied; NULL: nothing in it can
 * be put right, or not all.  In the arena.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool judged_rewrite(struct call *c, const char *command, const struct judged *judged,
			       unsigned count, const char **ret, struct err *err);

/* What is said to who wrote the command. */
MUST_CHECK bool judged_reason(struct call *c, const struct judged *judged, unsigned count,
			      const char *rewritten, const char **ret, struct err *err);

#endif
