#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void fd_cleanup(int *fd)
{
	int kept = errno;

	if (*fd >= 0)
		close(*fd);
	errno = kept;
}

int fd_keep_only(int fd)
{
	const int first = STDERR_FILENO + 1;

	if (fd != first)
		fd = dup3(fd, first, O_CLOEXEC);
	(void)syscall(SYS_close_range, first + 1, ~0U, 0);
	return fd;
}

int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static bool read_to_end(int fd, const char *path, size_t limit, struct text *ret, struct err *err)
{
	char buffer[65536];
	size_t total = 0;

	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
		if (n == 0)
			return text_ok(ret) || fail_memory(err);
		total += (size_t)n;
		if (total > limit)
			return fail(err, ERR_INVALID, "'%s' is longer than %zu bytes", path, limit);
		text_add_bytes(ret, buffer, (size_t)n);
	}
}

bool file_read(const char *path, size_t limit, struct text *ret, struct err *err)
{
	CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return fail(err, errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO,
			    "cannot open '%s': %s", path, strerror(errno));
	if (fstat(fd, &st) < 0)
		return fail(err, ERR_IO, "cannot look at '%s': %s", path, strerror(errno));
	/* A FIFO or a device would never end; /dev/stdin is one of ours to read. */
	if (!S_ISREG(st.st_mode))
		return fail(err, ERR_INVALID, "'%s' is not a regular file", path);
	return read_to_end(fd, path, limit, ret, err);
}

static bool fail_write(struct err *err, const char *path)
{
	bool forbidden = errno == EACCES || errno == EPERM || errno == EROFS;

	return fail(err, forbidden ? ERR_NOT_PERMITTED : ERR_IO, "cannot write '%s': %s", path,
		    strerror(errno));
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

bool file_make_beside(const char *path, mode_t mode, char ret[static PATH_MAX], int *ret_fd,
		      struct err *err)
{
	char temporary[PATH_MAX];

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return fail(err, ERR_INVALID, "the path '%s' is too long", path);

	CLEANUP(fd_cleanup) int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return fail_write(err, path);
	if (fchmod(fd, mode) < 0) {
		fail_write(err, path);
		unlink(temporary);
		return false;
	}
	memcpy(ret, temporary, sizeof(temporary));
	*ret_fd = fd_take(&fd);
	return true;
}

/* Where the file system has no such rename (EINVAL), a second name that must be new. */
static bool rename_to_new(const char *temporary, const char *path)
{
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	if (link(temporary, path) < 0)
		return false;
	unlink(temporary);
	return true;
}

static bool sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
		 slash ? path : ".");

	CLEANUP(fd_cleanup) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A folder that may be written and not read, or one that cannot be flushed: no more to do. */
	return fd < 0 || fsync(fd) == 0 || errno != EIO;
}

bool file_publish(const char *temporary, const char *path, bool replace, struct err *err)
{
	bool renamed = replace ? rename(temporary, path) == 0 : rename_to_new(temporary, path);

	if (renamed)
		return sync_folder_of(path) || fail_write(err, path);
	if (errno == EEXIST)
		fail(err, ERR_TAKEN, "there is a file '%s' already", path);
	else
		fail_write(err, path);
	unlink(temporary);
	return false;
}

/* Rationale: as many as the kernel follows (path_resolution(7)). */
#define LINKS_MAX 40

/* The link's target, which may be a link; `path` becomes it. False, errno set: it is none. */
static bool follow_link(char path[static PATH_MAX])
{
	char target[PATH_MAX], next[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target));
	const char *slash = strrchr(path, '/');
	int folder_len;

	if (len < 0)
		return false;
	folder_len = target[0] == '/' || !slash ? 0 : (int)(slash + 1 - path);
	if (snprintf(next, sizeof(next), "%.*s%.*s", folder_len, path, (int)len, target) >=
	    (int)sizeof(next)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(path, next, sizeof(next));
	return true;
}

bool file_find_target(const char *path, char ret[static PATH_MAX])
{
	if (realpath(path, ret))
		return true;
	if (errno != ENOENT)
		return false;
	if (snprintf(ret, PATH_MAX, "%s", path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	for (int links = 0; links < LINKS_MAX; links++)
		if (!follow_link(ret))
			return errno == EINVAL || errno == ENOENT;
	errno = ELOOP;
	return false;
}

void new_file_cleanup(struct new_file *f)
{
	if (f->fd < 0)
		return;
	fd_cleanup(&f->fd);
	f->fd = -1;
	unlink(f->temporary);
}

/*
 * As root for a user, and as the member of a group, a file stays theirs.  Who may
 * give files to nobody still may write: then it is the writer's, as for every editor
 * that renames.
 */
static bool keep_owner(const struct new_file *f, const struct stat *was)
{
	struct stat is;

	if (fstat(f->fd, &is) < 0)
		return false;
	if ((is.st_uid == was->st_uid && is.st_gid == was->st_gid) ||
	    (fchown(f->fd, was->st_uid, was->st_gid) < 0 &&
	     fchown(f->fd, (uid_t)-1, was->st_gid) < 0))
		return true;
	/* chown takes set-user-ID away. */
	return fchmod(f->fd, was->st_mode & 07777) == 0;
}

bool new_file_open(struct new_file *f, const char *path, mode_t mode, struct err *err)
{
	struct stat st;
	bool is_there;

	if (!file_find_target(path, f->path))
		return fail_write(err, path);
	is_there = stat(f->path, &st) == 0;
	/* A device, or a pipe that somebody reads, would be gone. */
	if (is_there && !S_ISREG(st.st_mode))
		return fail(err, ERR_INVALID, "'%s' is not a regular file", path);
	if (!file_make_beside(f->path, is_there ? st.st_mode & 07777 : mode, f->temporary, &f->fd,
			      err))
		return false;
	return !is_there || keep_owner(f, &st) || fail_write(err, path);
}

bool new_file_keep(struct new_file *f, struct err *err)
{
	if (fsync(f->fd) < 0 || rename(f->temporary, f->path) < 0)
		return fail_write(err, f->path);
	fd_cleanup(&f->fd);
	f->fd = -1;
	return true;
}

bool file_write_atomic(const char *path, const char *bytes, size_t len, mode_t mode,
		       struct err *err)
{
	CLEANUP(new_file_cleanup) struct new_file f = { .fd = -1 };

	if (!new_file_open(&f, path, mode, err))
		return false;
	if (!write_all(f.fd, bytes, len))
		return fail_write(err, f.path);
	return new_file_keep(&f, err);
}

/* One folder, which may be there already. */
static bool folder_make(const char *folder, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdir(folder, mode) == 0)
		return true;
	if (errno == EEXIST && (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode)))
		errno = ENOTDIR;
	if (errno == EEXIST)
		return true;
	return fail(err, errno == EACCES || errno == EROFS ? ERR_NOT_PERMITTED : ERR_IO,
		    "cannot make the folder '%s': %s", folder, strerror(errno));
}

bool folder_of_make(const char *path, mode_t mode, struct err *err)
{
	char folder[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(folder))
		return fail(err, ERR_INVALID, "the path '%s' is too long", path);
	memcpy(folder, path, len + 1);
	for (char *slash = strchr(folder, '/'); slash; slash = strchr(slash + 1, '/')) {
		if (slash == folder)
			continue;
		*slash = '\0';
		if (!folder_make(folder, mode, err))
			return false;
		*slash = '/';
	}
	return true;
}
