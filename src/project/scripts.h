/*
 * project/scripts.h - what the files of a folder say of how its servers are started.
 *
 * May include: formats, registry, ports, base.
 */
#ifndef PROJECT_SCRIPTS_H
#define PROJECT_SCRIPTS_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * The command of a script in the package.json of a folder; NULL: there is none, or the
 * file cannot be read.
 */
const char *project_script(const char *folder, const char *name, struct arena *a);

/*
 * Does one of the files, names with blanks between, speak of a port?  Then a program that
 * reads it may not take the port that it takes elsewhere.  One that cannot be read does.
 */
bool project_speaks_of_port(const char *folder, const char *files);

/* Variables may be set here by whoever goes in: direnv's .envrc. */
bool project_sets_variables(const char *folder);

#endif
