#include "book/sudo.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/observe.h"

/* Only root can be told who it works for: it may become anybody anyway. */
static bool read_uid(uid_t *ret)
{
	const char *text = getenv("SUDO_UID");
	unsigned long uid;
	char *end;

	if (getuid() != 0 || geteuid() != 0 || !text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	uid = strtoul(text, &end, 10);
	if (*end || errno || uid == 0 || uid >= (uid_t)-1)
		return false;
	*ret = (uid_t)uid;
	return true;
}

bool sudo_find(struct sudo_user *ret)
{
	const struct passwd *pw;
	uid_t uid;

	if (!read_uid(&uid))
		return false;
	pw = getpwuid(uid);
	if (!pw || pw->pw_dir[0] != '/' || strlen(pw->pw_dir) >= sizeof(ret->home) ||
	    strlen(pw->pw_name) >= sizeof(ret->name))
		return false;
	*ret = (struct sudo_user){ .uid = uid, .gid = pw->pw_gid };
	snprintf(ret->name, sizeof(ret->name), "%s", pw->pw_name);
	snprintf(ret->home, sizeof(ret->home), "%s", pw->pw_dir);
	return true;
}

static bool lower(const struct sudo_user *u)
{
	return setegid(u->gid) == 0 && seteuid(u->uid) == 0;
}

bool sudo_become(const struct sudo_user *u, struct err *err)
{
	if (initgroups(u->name, u->gid) < 0 || !lower(u) || setenv("HOME", u->home, 1) < 0) {
		fail(err, ERR_NOT_PERMITTED, "cannot use the book of '%s' as that user: %s",
		     u->name, strerror(errno));
		sudo_become_root();
		return false;
	}
	return true;
}

void sudo_become_root(void)
{
	/* They are in the saved ids. Going on with half of it would be another user than was meant. */
	if (seteuid(0) < 0 || setegid(0) < 0)
		abort();
}

static void become_again(const struct sudo_user *u)
{
	if (!lower(u))
		abort();
}

static bool collect(void *ctx, enum protocol protocol, struct port_set *into, struct err *err)
{
	bool ok;

	sudo_become_root();
	ok = listeners_of_machine.ops->collect(listeners_of_machine.ctx, protocol, into, err);
	become_again(ctx);
	return ok;
}

static bool look(void *ctx, const struct look *what, struct arena *a, struct listener_list *ret,
		 struct err *err)
{
	bool ok;

	sudo_become_root();
	ok = listeners_of_machine.ops->look(listeners_of_machine.ctx, what, a, ret, err);
	become_again(ctx);
	return ok;
}

static bool learn(void *ctx, unsigned what, struct arena *a, struct process *p)
{
	bool ok;

	sudo_become_root();
	ok = listeners_of_machine.ops->learn(listeners_of_machine.ctx, what, a, p);
	become_again(ctx);
	return ok;
}

static bool bound(void *ctx, uint16_t port, unsigned *ret, struct err *err)
{
	return listeners_of_machine.ops->bound(listeners_of_machine.ctx, port, ret, err);
}

static bool ephemeral(void *ctx, struct port_range *ret, struct err *err)
{
	return listeners_of_machine.ops->ephemeral(listeners_of_machine.ctx, ret, err);
}

static bool spared(void *ctx, struct port_set *into, struct err *err)
{
	return listeners_of_machine.ops->spared(listeners_of_machine.ctx, into, err);
}

static void containers(void *ctx, struct arena *a, struct container_list *ret)
{
	sudo_become_root();
	listeners_of_machine.ops->containers(listeners_of_machine.ctx, a, ret);
	become_again(ctx);
}

struct listeners sudo_listeners(struct sudo_user *u)
{
	static const struct listeners_ops ops = {
		.collect = collect,
		.look = look,
		.learn = learn,
		.bound = bound,
		.ephemeral = ephemeral,
		.spared = spared,
		.containers = containers,
	};

	static_assert(sizeof(ops) == 7 * sizeof(void (*)(void)), "a question is not asked as root");
	return (struct listeners){ .ops = &ops, .ctx = u };
}
