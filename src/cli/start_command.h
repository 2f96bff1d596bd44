/*
 * cli/start_command.h - what to type so that a program starts on another port.
 */
#ifndef CLI_START_COMMAND_H
#define CLI_START_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Add "cd /srv/x && PORT=3105 node server.js"; where the command names the port
 * it had, that number is replaced instead: "node server.js --port 3105".
 * False, and nothing is added: the command means something else to a shell than
 * it did to who started it.  Its words are foreign, and their ends are lost.
 */
bool start_command_add(struct text *t, const char *folder, const char *command, uint16_t had,
		       uint16_t gets);

/* Add a path as a shell takes it. */
void shell_path_add(struct text *t, const char *path);

#endif
