/*
 * cli/command.h - a command is a descriptor: help, parsing and the call follow from it.
 *
 * The usual command is data only: its arguments and options become the input
 * of its operation, and `render` writes the answer for a person.  One that
 * does more (asks, writes files, calls twice) has `run`.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

struct run;

/* What an argument or option does with its text. */
enum value_kind {
	VALUE_FLAG,  /* takes none: true */
	VALUE_FIXED, /* takes none: `fixed` */
	VALUE_TEXT,
	VALUE_INT, /* within min and max */
	VALUE_PORT,
	VALUE_PATH,	       /* made absolute */
	VALUE_LIST,	       /* "a,b": an array; may be repeated */
	VALUE_PAIR,	       /* "K=V": a member of an object; may be repeated */
	VALUE_PAIR_OR_NULL,    /* the same; "K=" is null */
	VALUE_SERVICE,	       /* "project@2/service": projectName, instance, serviceName */
	VALUE_SERVICE_OR_PORT, /* digits: port */
	VALUE_PROJECT,	       /* "project@2": projectName, instance */
	VALUE_OWN,	       /* kept as it is for the command, in run.args */
};
#define VALUE_KIND_COUNT 13

/* What a half-typed argument may become: see cli/complete.h. */
enum completes {
	COMPLETES_BY_KIND, /* what its kind says: a service, a project, a folder; else nothing */
	COMPLETES_NOTHING,
	COMPLETES_SERVICE,	   /* also project/service and project@2/service */
	COMPLETES_SERVICE_OR_PORT, /* or a port that is entered */
	COMPLETES_ANYTHING,	   /* a service, a project or such a port */
	COMPLETES_PROJECT,	   /* also project@2 */
	COMPLETES_PROJECT_NAME,
	COMPLETES_SERVICE_NAME,
	COMPLETES_INSTANCE,
	COMPLETES_ENVIRONMENT,
	COMPLETES_TYPE,
	COMPLETES_ROLE,
	COMPLETES_HOST,
	COMPLETES_PORT,	    /* that the service has */
	COMPLETES_RESERVED, /* ports that were reserved by hand */
	COMPLETES_POLICY,
	COMPLETES_POLICY_OR_FILE,
	COMPLETES_COMMAND,
	COMPLETES_TOKEN, /* the name of one, in the file that --tokens says */
	COMPLETES_FILE,
	COMPLETES_FOLDER,
};
#define COMPLETES_COUNT 21

struct option_spec {
	const char *name; /* the long one, without "--"; NULL ends a table */
	char letter;	  /* 0: none */
	enum value_kind kind;
	const char *arg; /* its argument's name in help; NULL: takes none */
	const char
		*otherwise; /* what it is without its argument, which is a number; NULL: refused */
	const char *field;  /* the member of the input; NULL: for the command, in run.own */
	const char *help;
	const char *fixed;	    /* VALUE_FIXED */
	int64_t min, max;	    /* VALUE_INT */
	const char *const *choices; /* the only texts that are allowed; NULL-terminated */
	bool may_be_other; /* `choices` are what completion offers; the operation refuses others */
	enum completes completes;
	enum completes args_complete; /* when it is given, the arguments become this */
};

struct arg_spec {
	const char *name; /* in help; NULL ends a table */
	enum value_kind kind;
	const char *field; /* the member of the input, where the kind does not say it */
	enum completes completes;
	const char *const *choices; /* what completion offers; the command itself refuses others */
};

struct example {
	const char *command, *what; /* NULL, NULL ends a table */
};

/* Under which heading `portbook help` lists it. */
enum command_group {
	GROUP_PORTS,
	GROUP_LOOK,
	GROUP_DIRECTORY,
	GROUP_ENFORCING,
	GROUP_BOOK,
	GROUP_FILES,
	GROUP_SERVING,
	GROUP_HELP,
};
#define GROUP_COUNT 8

/* What of the surroundings goes into the input, where the operation takes it. */
#define SENDS_PATH 1u /* the working directory */
#define SENDS_HOST 2u /* --host */
#define SENDS_ENV  4u /* PORTBOOK_ENV, unless --env was given */
#define SENDS_ALL  (SENDS_PATH | SENDS_HOST | SENDS_ENV)
/* Nothing: the command looks at this machine, and --host may not name another. */
#define SENDS_NO_OTHER_HOST 8u

struct command {
	const char *name; /* two words in a family: "project add" */
	enum command_group group;
	const char *summary;		/* one line of at most 55 columns, no full stop */
	const char *text;		/* paragraphs with an empty line between; NULL: none */
	const struct example *examples; /* NULL: none */
	const struct arg_spec *args;	/* NULL: none */
	unsigned min_args;
	const char *behind; /* what has to stand behind "--", for help; it goes to run.behind */
	bool repeats;	    /* the last argument may be repeated; its kind is VALUE_OWN */
	bool is_hidden;	    /* for programs: neither help nor completion shows it */
	const struct option_spec *options; /* NULL: none */
	const char *operation;
	unsigned sends; /* SENDS_... */

	/* NULL: call the operation with run.input and show its answer. */
	bool (*run)(struct run *r, struct err *err);

	/* Write the answer for a person into r->out; with --json it is not called. */
	bool (*render)(struct run *r, const json_t *answer, struct err *err);
};

/* In alphabetical order, NULL at the end; the bare `portbook` is "where". */
extern const struct command *const commands[];

/* Accepted before and after every command. */
extern const struct option_spec global_options[];

/* NULL: there is none. */
const struct command *command_named(const char *name);

/* "project" is the first word of commands. */
bool command_is_family(const char *word);

/* How many edits away a word may be that is meant by this one. */
unsigned near_enough(const char *word);

/* What a slip of the keyboard may have meant; NULL: nothing is near. */
const char *command_nearest(const char *name);

#endif
