/*
 * cli/hook_text.h - our lines in a hook of git's, among those of others.
 *
 * Pure: bytes in, bytes out.  What stands in the file beside our lines comes
 * out as it went in.
 */
#ifndef CLI_HOOK_TEXT_H
#define CLI_HOOK_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* What is called a hook that cannot take our lines, and is run after them. */
#define HOOK_KEPT_SUFFIX ".before-portbook"

/* Which hook of git's. */
enum hook_kind {
	HOOK_POST_CHECKOUT, /* gives a new worktree its ports */
	HOOK_PRE_COMMIT,    /* lets no port of another's be committed */
};
#define HOOK_KIND_COUNT 2

/* "post-checkout" */
const char *hook_name(enum hook_kind kind);

/* Is it a script for a Bourne shell, or one without an interpreter's name, which git gives to sh? */
bool hook_is_shell(const char *bytes, size_t len);

/* Is there nothing but the interpreter's name and empty lines? */
bool hook_is_empty(const char *bytes, size_t len);

/* Add to `ret` what is there without our lines; one that has a start and no end stays. */
void hook_without(const char *bytes, size_t len, struct text *ret);

/* Add to `ret` the script with our lines, once, behind the interpreter's name if there is one. */
void hook_with(enum hook_kind kind, const char *bytes, size_t len, struct text *ret);

/* Add to `ret` a script of ours that then runs the one that was kept. */
void hook_around_kept(enum hook_kind kind, struct text *ret);

#endif
