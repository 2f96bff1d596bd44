/*
 * project/lint.h - what the files of a folder say of ports, for who holds it against a book.
 *
 * The rows are those of the operation `lint`: its input's mentions, its answer's findings.
 * May include: formats, registry, ports, base.
 */
#ifndef PROJECT_LINT_H
#define PROJECT_LINT_H

#include "base/json.h"
#include "project/declaration.h"
#include "project/lint_files.h"

struct lint_gathering {
	/* What portbook.yaml says; NULL: nothing. */
	const struct declared_lint *rules;
	/* The folder of that file, to which its patterns are relative: "" or "apps/web/". */
	const char *prefix;

	json_t *mentions; /* arrays, of the caller */
	json_t *skipped;  /* findings: files that were not understood */
	unsigned n_files; /* that were read */
};

/*
 * Read the files and fill the rows.  `ignore` of the rules: a pattern without '/' is a
 * file's or folder's name, one that ends with '/' a folder, and another a path, in which
 * '*' stands for anything.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool lint_gather(const struct lint_names *n, struct lint_gathering *g, struct err *err);

/*
 * The file with the ports to use in the places of those that are `fixable`; `*ret_count`:
 * how many were replaced.  What stands there by now, and is no longer the port of the
 * finding, stays.
 * Errors: ERR_INVALID  it is not understood; ERR_MEMORY
 */
MUST_CHECK bool lint_fix(const char *name, const struct text *bytes, const json_t *findings,
			 struct text *ret, unsigned *ret_count, struct err *err);

#endif
