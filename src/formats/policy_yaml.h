/*
 * formats/policy_yaml.h - a policy as people write it.
 *
 * The keys are those of DESIGN section 4; the files in policies/ are the examples.
 * What is read here is the form; whether the rules make sense, ports/policy.h's
 * policy_check says.
 * May include: ports, base.
 */
#ifndef FORMATS_POLICY_YAML_H
#define FORMATS_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "ports/policy.h"

/*
 * Read a policy.  `file` is its name in messages.  What is not said: environment
 * "dev", slices even, first-number 0, strategy sequential, a project's number -1.
 * Errors: ERR_INVALID  "file:line:column: what is wrong"; an unknown key names
 *                      the nearest known one; anchors, aliases and tags are refused
 *         ERR_MEMORY
 * `ret` is written on success only.
 */
MUST_CHECK bool policy_yaml_parse(const char *bytes, size_t len, const char *file,
				  struct policy *ret, struct err *err);

/*
 * Write a policy so that reading it gives the same one; comments are not part of a policy.
 * Errors: none but those of the text (text_ok).
 */
void policy_yaml_write(const struct policy *p, struct text *ret);

#endif
