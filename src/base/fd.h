/*
 * base/fd.h - file descriptors that close themselves, and whole files.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/text.h"

/* For CLEANUP: closes what is open; -1 is fine. errno is kept. */
void fd_cleanup(int *fd);

/*
 * Close all but the standard files and this one, in a process that was just forked.  Returns the
 * number that it has now.
 */
int fd_keep_only(int fd);

/* Give the descriptor away: the scope no longer closes it. */
int fd_take(int *fd);

/*
 * Read a whole file of at most `limit` bytes into `ret` (appended).
 * Errors: ERR_NOT_FOUND  there is no such file
 *         ERR_INVALID    it is longer than `limit`, or not a regular file
 *         ERR_IO         it cannot be read
 */
MUST_CHECK bool file_read(const char *path, size_t limit, struct text *ret, struct err *err);

/*
 * Replace a file as a whole: a new file beside it, flushed, then renamed over
 * it.  An existing file keeps its mode, and its owner and group as far as this
 * user may give a file to them; a new one gets `mode`.  A symbolic link is
 * followed, so that the link stays.
 * Errors: ERR_NOT_PERMITTED, ERR_IO, ERR_INVALID (there is something that is no regular file);
 *         what was there is then untouched.
 */
MUST_CHECK bool file_write_atomic(const char *path, const char *bytes, size_t len, mode_t mode,
				  struct err *err);

/*
 * The same, piece by piece: a file beside `path` that takes its place when it is
 * kept, and goes when it is not.  For CLEANUP(new_file_cleanup); start from { .fd = -1 }.
 */
struct new_file {
	int fd;
	char path[PATH_MAX];	  /* where it will be, links followed */
	char temporary[PATH_MAX]; /* where it is now */
};
MUST_CHECK bool new_file_open(struct new_file *f, const char *path, mode_t mode, struct err *err);
/* Flushed, and in its place. */
MUST_CHECK bool new_file_keep(struct new_file *f, struct err *err);
void new_file_cleanup(struct new_file *f);

/*
 * A new, empty file beside `path`, for contents that shall have that name once
 * they are whole: `ret` is its own name until then.  The caller closes `*ret_fd`
 * and calls file_publish or unlink.
 * Errors: ERR_NOT_PERMITTED, ERR_IO, ERR_INVALID (the path is too long)
 */
MUST_CHECK bool file_make_beside(const char *path, mode_t mode, char ret[static PATH_MAX],
				 int *ret_fd, struct err *err);

/*
 * Give a file that is flushed its name, so that a power cut does not take it
 * away again.  On failure `temporary` is removed.
 * Errors: ERR_TAKEN  there is such a file, and `replace` is not set
 *         ERR_NOT_PERMITTED, ERR_IO
 */
MUST_CHECK bool file_publish(const char *temporary, const char *path, bool replace,
			     struct err *err);

/* Where `path` leads by symbolic links, also when nothing is there yet; false with errno. */
MUST_CHECK bool file_find_target(const char *path, char ret[static PATH_MAX]);

/* Make the folder of `path` and those above it, new ones with `mode`. */
MUST_CHECK bool folder_of_make(const char *path, mode_t mode, struct err *err);

#endif
