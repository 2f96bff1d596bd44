#include "base/landlock_abi.h"

#include <sys/syscall.h>
#include <unistd.h>

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH      1
#define RULE_NET_PORT	       2

struct path_rule {
	uint64_t allowed;
	int32_t folder;
} __attribute__((packed));

struct port_rule {
	uint64_t allowed, port;
};

int ll_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

	return version < 0 ? 0 : (int)version;
}

int ll_create(const struct ll_ruleset *rules, int version)
{
	size_t size = version >= LL_VERSION_OF_SCOPE ? sizeof(*rules)
		      : version >= LL_VERSION_OF_NET ? 2 * sizeof(uint64_t)
						     : sizeof(uint64_t);

	return (int)syscall(SYS_landlock_create_ruleset, rules, size, 0);
}

bool ll_allow_path(int ruleset, int folder, uint64_t allowed)
{
	const struct path_rule rule = { .allowed = allowed, .folder = folder };

	return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
}

bool ll_allow_port(int ruleset, uint16_t port, uint64_t allowed)
{
	const struct port_rule rule = { .allowed = allowed, .port = port };

	return syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) == 0;
}

bool ll_restrict_self(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}
