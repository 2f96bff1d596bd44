/*
 * formats/policy_builtin.h - the policies that are part of the program.
 *
 * They are the files policies/NAME.yaml; a new one is a new file there.
 * policies/examples/ is not built in: those are used as files.
 * May include: ports, base.
 */
#ifndef FORMATS_POLICY_BUILTIN_H
#define FORMATS_POLICY_BUILTIN_H

#include <stddef.h>

/* What a new book gets when nobody says otherwise. */
#define POLICY_DEFAULT "blocks"

struct policy_file {
	const char *name; /* "blocks" */
	const char *text; /* the whole YAML file, and a NUL after it */
	size_t len;	  /* without that NUL */
};

/* The built-in policy of that name; NULL: there is none. Lives as long as the program. */
const struct policy_file *policy_builtin(const char *name);

/* The built-in policies one by one, in the order of their names; NULL: no more. */
const struct policy_file *policy_builtin_at(size_t index);

#endif
