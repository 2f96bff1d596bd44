/*
 * cli/input_file.h - a file, a pipe or a terminal that is read at any place.
 */
#ifndef CLI_INPUT_FILE_H
#define CLI_INPUT_FILE_H

#include "base/stream.h"
#include "cli/watch.h"

struct input_file {
	struct fd_source source;
	int fd;
};

/*
 * Open `path`; "-" is stdin.  What is no regular file is read to its end first,
 * into one without a name, so that nobody waits for it with the book in hand.
 * Errors: ERR_NOT_FOUND, ERR_IO, ERR_INTERRUPTED
 *         ERR_INVALID  a folder, or it has no end
 */
MUST_CHECK bool input_file_open(struct input_file *f, const char *path, struct watch *w,
				struct err *err);

/* For CLEANUP; start from { .fd = -1 }. */
void input_file_cleanup(struct input_file *f);

#endif
