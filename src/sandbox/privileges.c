/*
 * All of it happens before system calls are fenced off.
 */
#include "sandbox/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool set_ids(uid_t uid, gid_t gid)
{
	return setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

/* Where the one who started this has files. */
static void forget_folders(void)
{
	static const char *const names[] = { "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR",
					     "XDG_STATE_HOME", "XDG_CACHE_HOME" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
}

bool privileges_become(const char *user, struct err *err)
{
	const struct passwd *pw = getpwnam(user);

	if (!pw)
		return fail(err, ERR_NOT_FOUND, "there is no user '%.80s'", user);
	if (pw->pw_uid == getuid() && pw->pw_uid == geteuid())
		return true;
	if (geteuid() != 0)
		return fail(err, ERR_NOT_PERMITTED, "only root may become '%.80s'", user);
	if (initgroups(user, pw->pw_gid) < 0 || !set_ids(pw->pw_uid, pw->pw_gid) ||
	    setenv("HOME", pw->pw_dir, 1) < 0)
		return fail(err, ERR_NOT_PERMITTED, "cannot become '%.80s': %s", user,
			    strerror(errno));
	forget_folders();
	return (pw->pw_uid == 0 || setuid(0) < 0) ||
	       fail(err, ERR_NOT_PERMITTED, "'%.80s' may become root again", user);
}

bool privileges_find(const char *user, uid_t *ret_uid, gid_t *ret_gid, struct err *err)
{
	const struct passwd *pw = getpwnam(user);

	if (!pw)
		return fail(err, ERR_NOT_FOUND, "there is no user '%.80s'", user);
	*ret_uid = pw->pw_uid;
	*ret_gid = pw->pw_gid;
	return true;
}

bool privileges_settle(struct err *err)
{
	if (getuid() == geteuid() && getgid() == getegid())
		return true;
	return set_ids(geteuid(), getegid()) ||
	       fail(err, ERR_NOT_PERMITTED, "cannot stay uid %u: %s", (unsigned)geteuid(),
		    strerror(errno));
}

/* Those that a program could have again; to take them away needs one itself. */
static void drop_bounds(void)
{
	for (unsigned long n = 0; prctl(PR_CAPBSET_READ, n) >= 0; n++)
		prctl(PR_CAPBSET_DROP, n);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct have[_LINUX_CAPABILITY_U32S_3] = { 0 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	drop_bounds();
	/* Who has none need not be allowed to change that: systemd may have seen to both. */
	if (syscall(SYS_capget, &header, have) == 0 && !memcmp(have, none, sizeof(none)))
		return true;
	return syscall(SYS_capset, &header, none) == 0;
}

bool privileges_give_up(struct err *err)
{
	const struct rlimit no_core = { 0, 0 };

	if (!drop_capabilities())
		return fail(err, ERR_IO, "cannot give up capabilities: %s", strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(err, ERR_IO, "no_new_privs: %s", strerror(errno));
	return setrlimit(RLIMIT_CORE, &no_core) == 0 ||
	       fail(err, ERR_IO, "cannot limit cores: %s", strerror(errno));
}
