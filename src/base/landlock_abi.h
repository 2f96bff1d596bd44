/*
 * base/landlock_abi.h - the kernel's part of Landlock: its numbers, structs and system calls.
 *
 * Debian 12's headers know the first version alone.  What is made of it: sandbox/landlock.h,
 * enforce/landlock.h.
 *
 * Source: include/uapi/linux/landlock.h of Linux 6.12.
 */
#ifndef BASE_LANDLOCK_ABI_H
#define BASE_LANDLOCK_ABI_H

#include <stdbool.h>
#include <stdint.h>

#define LL_FS_EXECUTE	  (UINT64_C(1) << 0)
#define LL_FS_WRITE_FILE  (UINT64_C(1) << 1)
#define LL_FS_READ_FILE	  (UINT64_C(1) << 2)
#define LL_FS_READ_DIR	  (UINT64_C(1) << 3)
#define LL_FS_REMOVE_FILE (UINT64_C(1) << 5)
#define LL_FS_MAKE_REG	  (UINT64_C(1) << 8)
#define LL_FS_TRUNCATE	  (UINT64_C(1) << 14)

#define LL_NET_BIND_TCP	   (UINT64_C(1) << 0)
#define LL_NET_CONNECT_TCP (UINT64_C(1) << 1)

#define LL_SCOPE_SIGNAL (UINT64_C(1) << 1)

/* The first versions that know ports, and scopes. */
#define LL_VERSION_OF_NET   4
#define LL_VERSION_OF_SCOPE 6

struct ll_ruleset {
	uint64_t fs, net, scoped;
};

/* 0: the kernel has no Landlock, or it is switched off. */
int ll_version(void);

/* What that version does not know of `rules` is left out. -1, errno set: there can be none. */
int ll_create(const struct ll_ruleset *rules, int version);

/* All set errno. */
bool ll_allow_path(int ruleset, int folder, uint64_t allowed);
bool ll_allow_port(int ruleset, uint16_t port, uint64_t allowed);
bool ll_restrict_self(int ruleset);

#endif
