/*
 * registry/field.h - what a person may write into a field, and what a change does to one.
 */
#ifndef REGISTRY_FIELD_H
#define REGISTRY_FIELD_H

#include <stddef.h>

#include "base/err.h"

/*
 * Is it one line of text that can be shown?  `text` NULL: nothing was given, which is fine.
 * Errors: ERR_INVALID  it is longer than `most` bytes, has control characters or is not UTF-8
 */
MUST_CHECK bool field_is_line(const char *what, const char *text, size_t most, struct err *err);

/*
 * Is it a directory as the book records it?  NULL and "" are none, which is fine.
 * Errors: ERR_INVALID  it is relative, too long, has control characters or is not UTF-8
 */
MUST_CHECK bool field_is_path(const char *path, struct err *err);

/* The field after a change: NULL leaves it as it is, "" clears it. */
const char *field_changed(const char *old, const char *new);

#endif
