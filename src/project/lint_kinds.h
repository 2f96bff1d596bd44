/*
 * project/lint_kinds.h - by its name: how a file is read for ports.
 *
 * May include: formats, ports, base.
 */
#ifndef PROJECT_LINT_KINDS_H
#define PROJECT_LINT_KINDS_H

#include "formats/mention.h"

struct lint_kind {
	const char *name, *folder; /* patterns of the file and of what it is in; NULL: any */
	mentions_fn *read;	   /* NULL: it is not looked at */
	bool is_source; /* a program, or perhaps another's: what cannot be read is no news */
};

/*
 * NULL: nobody reads such a file.  `name` is relative to the folder that is looked at;
 * of what lies in folders of others, none is.  `*ret_is_template`: ".example" and the
 * like is behind the name.
 */
const struct lint_kind *lint_kind_of(const char *name, bool *ret_is_template);

#endif
