#include "enforce/landlock.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/fd.h"
#include "base/landlock_abi.h"

bool landlock_has_ports(void)
{
	return ll_version() >= LL_VERSION_OF_NET;
}

static bool add_all(int rules, const uint16_t *ports, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!ll_allow_port(rules, ports[i], LL_NET_BIND_TCP))
			return false;
	return ll_allow_port(rules, 0, LL_NET_BIND_TCP);
}

/* As with filters: no_new_privs only where it has to be. */
static bool restrict_self(int rules)
{
	return ll_restrict_self(rules) ||
	       (errno == EPERM && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		ll_restrict_self(rules));
}

bool landlock_allow_ports(const uint16_t *ports, unsigned count, struct err *err)
{
	const struct ll_ruleset all = { .net = LL_NET_BIND_TCP };
	CLEANUP(fd_cleanup) int rules = ll_create(&all, LL_VERSION_OF_NET);

	if (rules >= 0 && add_all(rules, ports, count) && restrict_self(rules))
		return true;
	return fail(err, ERR_NOT_PERMITTED, "the kernel has no rules for ports (Landlock): %s",
		    strerror(errno));
}
