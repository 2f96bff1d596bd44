/*
 * cli/port_answer.h - the answer of get and its kin: the number, and nothing else, on stdout.
 */
#ifndef CLI_PORT_ANSWER_H
#define CLI_PORT_ANSWER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/run.h"

/*
 * The number; notes say which ports were passed over, and of a --dry-run why
 * it would be this one.
 */
MUST_CHECK bool port_answer_show(struct run *r, const json_t *answer, struct err *err);

#endif
