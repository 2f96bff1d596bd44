#include "cli/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* Rationale: a book of a million entries with its history; more than that is a file already. */
#define PIPE_MAX (INT64_C(1) << 30)

void input_file_cleanup(struct input_file *f)
{
	fd_cleanup(&f->fd);
}

static bool fail_open(const char *path, struct err *err)
{
	return fail(err, errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO,
		    "cannot open '%.200s': %s", path, strerror(errno));
}

/* A file that has no name, and goes with its descriptor. */
static int open_nameless(void)
{
	const char *folder = getenv("TMPDIR");

	return open(folder && *folder == '/' ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC,
		    0600);
}

static bool copy_some(int from, int to, const char *name, struct watch *w, int64_t *done,
		      bool *ret_more, struct err *err)
{
	char buffer[65536];
	ssize_t n;

	if (!progress_step(&w->progress, "reading", (uint64_t)*done, 0, err) ||
	    !watch_wait(w, from, POLLIN, err))
		return false;
	n = read(from, buffer, sizeof(buffer));
	if (n < 0)
		return fail(err, ERR_IO, "cannot read '%.200s': %s", name, strerror(errno));
	if (n && !*done && memchr(buffer, '\0', (size_t)n))
		return fail(err, ERR_INVALID, "'%.200s' holds NUL bytes: it is no text in UTF-8",
			    name);
	*ret_more = n > 0;
	*done += n;
	if (*done > PIPE_MAX) {
		fail(err, ERR_INVALID, "'%.200s' does not end within %lld MiB", name,
		     (long long)(PIPE_MAX >> 20));
		return fail_hint(err, "write it to a file first, and import that");
	}
	for (ssize_t written = 0; written < n;) {
		ssize_t part = write(to, buffer + written, (size_t)(n - written));

		if (part < 0)
			return fail(err, ERR_IO, "cannot keep what '%.200s' says: %s", name,
				    strerror(errno));
		written += part;
	}
	return true;
}

static bool read_pipe(struct input_file *f, const char *name, struct watch *w, struct err *err)
{
	CLEANUP(fd_cleanup) int kept = open_nameless();
	int64_t done = 0;
	bool more = true;

	if (kept < 0)
		return fail(err, ERR_IO, "cannot make a temporary file: %s", strerror(errno));
	while (more)
		if (!copy_some(f->fd, kept, name, w, &done, &more, err))
			return false;
	fd_cleanup(&f->fd);
	f->fd = fd_take(&kept);
	return true;
}

bool input_file_open(struct input_file *f, const char *path, struct watch *w, struct err *err)
{
	bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "stdin" : path;
	struct stat st;

	f->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (f->fd < 0)
		return fail_open(name, err);
	if (fstat(f->fd, &st) < 0)
		return fail(err, ERR_IO, "cannot look at '%.200s': %s", name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail(err, ERR_INVALID, "'%.200s' is a folder", name);
	if (!S_ISREG(st.st_mode) && !read_pipe(f, name, w, err))
		return false;
	return fd_source_open(f->fd, name, &f->source, err);
}
