/*
 * sandbox/landlock.c - Landlock by its system calls: Debian's headers know the first version.
 *
 * All of it happens before system calls are fenced off.
 */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* Source: include/uapi/linux/landlock.h of Linux 6.12. */
#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH      1

#define FS_EXECUTE     (UINT64_C(1) << 0)
#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_REG    (UINT64_C(1) << 8)
#define FS_TRUNCATE    (UINT64_C(1) << 14)

#define NET_BIND_TCP	(UINT64_C(1) << 0)
#define NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_SIGNAL	(UINT64_C(1) << 1)

/* Rights on what is no folder. */
#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct path_attr {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

/* Each version handles what those before it did: all rights on files up to this one. */
static uint64_t rights_of(int version)
{
	static const unsigned rights[] = { 0, 13, 14, 15, 15, 16 };
	unsigned last = (unsigned)version < ARRAY_LEN(rights) ? (unsigned)version
							      : ARRAY_LEN(rights) - 1;

	return (UINT64_C(1) << rights[last]) - 1;
}

int landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

	return version < 0 ? 0 : (int)version;
}

bool landlock_open(bool may_connect, struct landlock *ret, struct err *err)
{
	int version = landlock_version();
	struct ruleset_attr attr = { .fs = rights_of(version) };
	size_t size = version >= 6   ? sizeof(attr)
		      : version >= 4 ? 2 * sizeof(uint64_t)
				     : sizeof(uint64_t);
	long fd;

	if (version >= 4)
		attr.net = NET_BIND_TCP | (may_connect ? 0 : NET_CONNECT_TCP);
	if (version >= 6)
		attr.scoped = SCOPE_SIGNAL;
	fd = syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (fd < 0)
		return fail(err, ERR_IO, "no Landlock: %s", strerror(errno));
	*ret = (struct landlock){ .fd = (int)fd, .version = version };
	return true;
}

static uint64_t rights_for(enum landlock_use use)
{
	const uint64_t read = FS_READ_FILE | FS_READ_DIR;

	switch (use) {
	case LANDLOCK_READ: return read;
	case LANDLOCK_WRITE:
		return read | FS_WRITE_FILE | FS_MAKE_REG | FS_REMOVE_FILE | FS_TRUNCATE;
	case LANDLOCK_REMOVE: return FS_REMOVE_FILE;
	}
	__builtin_unreachable();
}

bool landlock_allow(const struct landlock *l, const char *path, enum landlock_use use,
		    struct err *err)
{
	CLEANUP(fd_cleanup) int fd = open(path, O_PATH | O_CLOEXEC);
	struct path_attr attr = { .allowed = rights_for(use) & rights_of(l->version),
				  .parent = fd };
	struct stat st;

	/* Nothing that is not there now is opened by us later, or it is not ours. */
	if (fd < 0 || fstat(fd, &st) < 0)
		return true;
	if (!S_ISDIR(st.st_mode))
		attr.allowed &= FS_OF_FILES;
	return !attr.allowed ||
	       syscall(SYS_landlock_add_rule, l->fd, RULE_PATH_BENEATH, &attr, 0) == 0 ||
	       fail(err, ERR_IO, "Landlock refuses '%.200s': %s", path, strerror(errno));
}

bool landlock_close(struct landlock *l, struct err *err)
{
	bool ok = syscall(SYS_landlock_restrict_self, l->fd, 0) == 0 ||
		  fail(err, ERR_IO, "no Landlock: %s", strerror(errno));

	fd_cleanup(&l->fd);
	l->fd = -1;
	return ok;
}
