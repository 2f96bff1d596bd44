/*
 * project/declaration.h - the portbook.yaml of a checkout.
 *
 * May include: formats, registry, ports, base.
 */
#ifndef PROJECT_DECLARATION_H
#define PROJECT_DECLARATION_H

#include "formats/declaration_yaml.h"

#define DECLARATION_FILE "portbook.yaml"

/*
 * Read the declaration in `folder`, which is absolute and without links.  It
 * comes from whoever wrote the repository, so it is a regular file of that
 * folder, not too long, and not a link to somewhere else.
 * `*ret` NULL: there is none.  Else it lives in the arena.
 * Errors: ERR_INVALID  as declaration_yaml_parse, the file named by its whole path;
 *                      or it is no such file
 *         ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool declaration_read(const char *folder, struct arena *arena,
				 const struct declaration **ret, struct err *err);

#endif
