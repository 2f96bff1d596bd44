/*
 * project/start.h - how a project's files say that it is started.
 *
 * May include: formats, registry, ports, base.
 */
#ifndef PROJECT_START_H
#define PROJECT_START_H

#include <stdbool.h>

/*
 * The command that starts what package.json in this folder is about: "npm run dev",
 * else "npm start", by the package manager whose lock file is there.  NULL: there is
 * no such file, it cannot be read, or has neither script.
 */
const char *project_start_command(const char *root);

#endif
