#include "enforce/may_end.h"

#include "base/macros.h"

static const char *program_of(const struct process *p)
{
	return p->program ? p->program : "a process";
}

/* The rules: each says whether it applies, and then why it is not ended. */

typedef bool rule_fn(const struct asker *a, const struct holders *h, const struct process *p,
		     struct err *err);

static bool is_first(const struct asker *a, const struct holders *h, const struct process *p,
		     struct err *err)
{
	if (p->pid > 1)
		return false;
	fail(err, ERR_NOT_PERMITTED, "port %u is held by '%s', pid %d, which is never ended",
	     h->port, program_of(p), (int)p->pid);
	fail_hint(err, "if it is systemd's socket, stop that: systemctl list-sockets names it");
	return true;
}

static bool is_asker(const struct asker *a, const struct holders *h, const struct process *p,
		     struct err *err)
{
	if (p->pid != a->pid)
		return false;
	fail(err, ERR_NOT_PERMITTED,
	     "port %u is held by this very command (pid %d), which got it from whoever started it",
	     h->port, (int)p->pid);
	fail_hint(err, "end the program that started it, from another terminal");
	return true;
}

static bool is_ancestor(const struct asker *a, const struct holders *h, const struct process *p,
			struct err *err)
{
	for (unsigned i = 0; i < a->n_ancestors; i++) {
		if (a->ancestors[i] != p->pid)
			continue;
		fail(err, ERR_NOT_PERMITTED,
		     "port %u is held by '%s' (pid %d), from which this command was started",
		     h->port, program_of(p), (int)p->pid);
		fail_hint(err, "run it from another terminal: portbook free %u", h->port);
		return true;
	}
	return false;
}

static bool is_proxy(const struct asker *a, const struct holders *h, const struct process *p,
		     struct err *err)
{
	if (!p->is_proxy)
		return false;
	fail(err, ERR_NOT_PERMITTED,
	     "'%s' (pid %d) has port %u for a container%s%s: without it the container runs on",
	     program_of(p), (int)p->pid, h->port, p->container ? ", " : "",
	     p->container ? p->container : "");
	fail_hint(err, "stop the container: docker stop %s",
		  p->container ? p->container : "NAME (docker ps names it)");
	return true;
}

/* A process of the asker's own that has the same socket, and forked this one. */
static bool is_worker(const struct asker *a, const struct holders *h, const struct process *p)
{
	for (unsigned i = 0; i < h->count; i++) {
		const struct process *parent = &h->items[i];

		if (parent->pid == p->parent && parent->socket == p->socket &&
		    parent->uid == a->uid)
			return true;
	}
	return false;
}

static void hint_user(struct err *err, uint16_t port, uid_t uid, const char *user)
{
	if (uid == 0)
		fail_hint(err, "as root: sudo portbook free %u", port);
	else if (user)
		fail_hint(err, "as that user: sudo -u %s portbook free %u", user, port);
	else
		fail_hint(err, "as that user: sudo -u '#%u' portbook free %u", (unsigned)uid, port);
}

static bool is_of_another(const struct asker *a, const struct holders *h, const struct process *p,
			  struct err *err)
{
	if (p->uid == a->uid || is_worker(a, h, p))
		return false;
	if (p->user)
		fail(err, ERR_NOT_PERMITTED,
		     "port %u is held by '%s' (pid %d), a process of the user %s", h->port,
		     program_of(p), (int)p->pid, p->user);
	else
		fail(err, ERR_NOT_PERMITTED,
		     "port %u is held by '%s' (pid %d), a process of uid %u", h->port,
		     program_of(p), (int)p->pid, (unsigned)p->uid);
	hint_user(err, h->port, p->uid, p->user);
	return true;
}

static rule_fn *const rules[] = { is_first, is_asker, is_ancestor, is_proxy, is_of_another };

bool may_end_one(const struct asker *a, const struct holders *h, const struct process *p,
		 struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (rules[i](a, h, p, err))
			return false;
	return true;
}

/* A socket that led to no process: what this user may not see, or nobody can. */
static bool fail_unseen(const struct asker *a, const struct holders *h, struct err *err)
{
	bool is_own = h->uid == a->uid;

	if (h->user)
		fail(err, ERR_NOT_PERMITTED,
		     "port %u is held by a process of the user %s that cannot be seen from here",
		     h->port, h->user);
	else
		fail(err, ERR_NOT_PERMITTED,
		     "port %u is held by a process of uid %u that cannot be seen from here",
		     h->port, (unsigned)h->uid);
	if (!is_own)
		hint_user(err, h->port, h->uid, h->user);
	else if (a->uid != 0)
		fail_hint(err, "root may see it: sudo portbook listeners --port %u", h->port);
	else
		fail_hint(err, "it runs in another container, or the kernel itself has the socket");
	return false;
}

bool may_end(const struct asker *a, const struct holders *h, struct err *err)
{
	for (unsigned i = 0; i < h->count; i++)
		if (!may_end_one(a, h, &h->items[i], err))
			return false;
	return (h->count && !h->partly_known) || fail_unseen(a, h, err);
}
