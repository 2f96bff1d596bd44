/*
 * sandbox/landlock.c - Landlock's rules for a server.
 *
 * All of it happens before system calls are fenced off.
 */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/landlock_abi.h"

/* Rights on what is no folder. */
#define FS_OF_FILES (LL_FS_EXECUTE | LL_FS_WRITE_FILE | LL_FS_READ_FILE | LL_FS_TRUNCATE)

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
	return ll_version();
}

bool landlock_open(bool may_connect, struct landlock *ret, struct err *err)
{
	int version = ll_version(), fd;
	struct ll_ruleset rules = { .fs = rights_of(version) };

	if (version >= LL_VERSION_OF_NET)
		rules.net = LL_NET_BIND_TCP | (may_connect ? 0 : LL_NET_CONNECT_TCP);
	if (version >= LL_VERSION_OF_SCOPE)
		rules.scoped = LL_SCOPE_SIGNAL;
	fd = ll_create(&rules, version);
	if (fd < 0)
		return fail(err, ERR_IO, "no Landlock: %s", strerror(errno));
	*ret = (struct landlock){ .fd = fd, .version = version };
	return true;
}

static uint64_t rights_for(enum landlock_use use)
{
	const uint64_t read = LL_FS_READ_FILE | LL_FS_READ_DIR;

	switch (use) {
	case LANDLOCK_READ: return read;
	case LANDLOCK_WRITE:
		return read | LL_FS_WRITE_FILE | LL_FS_MAKE_REG | LL_FS_REMOVE_FILE |
		       LL_FS_TRUNCATE;
	case LANDLOCK_REMOVE: return LL_FS_REMOVE_FILE;
	}
	__builtin_unreachable();
}

bool landlock_allow(const struct landlock *l, const char *path, enum landlock_use use,
		    struct err *err)
{
	CLEANUP(fd_cleanup) int fd = open(path, O_PATH | O_CLOEXEC);
	uint64_t allowed = rights_for(use) & rights_of(l->version);
	struct stat st;

	/* Nothing that is not there now is opened by us later, or it is not ours. */
	if (fd < 0 || fstat(fd, &st) < 0)
		return true;
	if (!S_ISDIR(st.st_mode))
		allowed &= FS_OF_FILES;
	return !allowed || ll_allow_path(l->fd, fd, allowed) ||
	       fail(err, ERR_IO, "Landlock refuses '%.200s': %s", path, strerror(errno));
}

bool landlock_close(struct landlock *l, struct err *err)
{
	bool ok = ll_restrict_self(l->fd) || fail(err, ERR_IO, "no Landlock: %s", strerror(errno));

	fd_cleanup(&l->fd);
	l->fd = -1;
	return ok;
}
