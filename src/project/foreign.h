/*
 * project/foreign.h - folders in a checkout that are none of its own.
 *
 * May include: base.
 */
#ifndef PROJECT_FOREIGN_H
#define PROJECT_FOREIGN_H

#include <stdbool.h>

/* Other people's code, or what was built of ours; by the folder's own name. */
bool foreign_folder(const char *name);

/* Is there a `.git` in the folder: a checkout, and so a project, of its own? */
bool foreign_checkout(const char *path);

#endif
