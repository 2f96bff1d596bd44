/*
 * The headers of Debian 12 do not know the part on ports: what is used of it is
 * here, as in include/uapi/linux/landlock.h of Linux 6.7.
 */
#include "enforce/landlock.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define ASK_VERSION	 1U
#define VERSION_OF_PORTS 4
#define RULE_PORT	 2
#define BIND_TCP	 (1ULL << 0)

struct ruleset {
	uint64_t files, ports;
};

struct port_rule {
	uint64_t allowed, port;
} __attribute__((packed));

bool landlock_has_ports(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION) >= VERSION_OF_PORTS;
}

static bool add(int rules, uint16_t port)
{
	struct port_rule rule = { .allowed = BIND_TCP, .port = port };

	return syscall(SYS_landlock_add_rule, rules, RULE_PORT, &rule, 0) == 0;
}

static bool add_all(int rules, const uint16_t *ports, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!add(rules, ports[i]))
			return false;
	return add(rules, 0);
}

/* As with filters: no_new_privs only where it has to be. */
static bool restrict_self(int rules)
{
	if (syscall(SYS_landlock_restrict_self, rules, 0) == 0)
		return true;
	return errno == EPERM && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}

bool landlock_allow_ports(const uint16_t *ports, unsigned count, struct err *err)
{
	const struct ruleset all = { .ports = BIND_TCP };
	CLEANUP(fd_cleanup)
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);

	if (rules >= 0 && add_all(rules, ports, count) && restrict_self(rules))
		return true;
	return fail(err, ERR_NOT_PERMITTED, "the kernel has no rules for ports (Landlock): %s",
		    strerror(errno));
}
