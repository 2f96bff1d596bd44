/*
 * operations/lint_doubt.h - findings that look sure, and beside each other are not.
 *
 * May include: base.
 */
#ifndef OPERATIONS_LINT_DOUBT_H
#define OPERATIONS_LINT_DOUBT_H

#include "base/arena.h"
#include "base/json.h"

/*
 * Two ports of a file that would become one are two services, and who knows which is
 * which: of those, none stays `fixable`.  Findings of a file follow each other.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool lint_doubt_doubles(json_t *findings, struct arena *arena, struct err *err);

#endif
