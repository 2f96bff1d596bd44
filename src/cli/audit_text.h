/*
 * cli/audit_text.h - the answer of `audit`, as people read it.
 */
#ifndef CLI_AUDIT_TEXT_H
#define CLI_AUDIT_TEXT_H

#include "cli/run.h"

/* The tables of what was found, then the line that sums it up. */
MUST_CHECK bool audit_text_add(struct run *r, const json_t *answer, struct err *err);

/*
 * What is otherwise than at the look before, a line each, with its time; nothing
 * when nothing is.
 */
void audit_text_add_changes(struct text *t, const json_t *before, const json_t *now);

#endif
