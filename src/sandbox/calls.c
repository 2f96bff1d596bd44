/*
 * sandbox/calls.c - seccomp, by libseccomp.
 *
 * Some calls are allowed with some arguments only: a thread may be started, a process not; only
 * this process may be signalled, which is how abort() works; a limit may be that of nobody else.
 */
#include "sandbox/calls.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "sandbox/allowed_calls.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

bool calls_can_close(void)
{
	return !IS_SANITIZED;
}

/* allow_some says with which arguments. */
static bool is_bounded(const char *name)
{
	static const char *const bounded[] = { "clone", "ioctl", "prlimit64", "socket", "tgkill" };

	for (size_t i = 0; i < ARRAY_LEN(bounded); i++)
		if (!strcmp(name, bounded[i]))
			return true;
	return false;
}

/* A name that this machine does not have means nothing here. */
static bool allow(scmp_filter_ctx filter, const char *name)
{
	int call = seccomp_syscall_resolve_name(name);

	return call == __NR_SCMP_ERROR || is_bounded(name) ||
	       seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
}

static bool allow_if(scmp_filter_ctx filter, int call, struct scmp_arg_cmp argument)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &argument) == 0;
}

static bool allow_sockets(scmp_filter_ctx filter)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (!allow_if(filter, SCMP_SYS(socket),
			      SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i])))
			return false;
	return true;
}

/* To ask; not to type into the terminal that this was started from (TIOCSTI). */
static bool allow_ioctls(scmp_filter_ctx filter)
{
	static const unsigned long requests[] = { TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO };

	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		if (!allow_if(filter, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, requests[i])))
			return false;
	return true;
}

static bool allow_some(scmp_filter_ctx filter)
{
	const scmp_datum_t self = (scmp_datum_t)getpid();

	return allow_sockets(filter) && allow_ioctls(filter) &&
	       allow_if(filter, SCMP_SYS(clone),
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) &&
	       allow_if(filter, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, self)) &&
	       allow_if(filter, SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, 0)) &&
	       /* Its arguments are in memory, where a filter cannot look: clone is tried then. */
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

static bool load(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < ARRAY_LEN(allowed_calls); i++)
		if (!allow(filter, allowed_calls[i]))
			return false;
	return allow_some(filter) && seccomp_load(filter) == 0;
}

bool calls_close(bool kills, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(kills ? SCMP_ACT_KILL_PROCESS
						    : SCMP_ACT_ERRNO(EPERM));
	bool ok = filter && load(filter);

	seccomp_release(filter);
	return ok || fail(err, ERR_IO, "no seccomp: %s", strerror(errno));
}
