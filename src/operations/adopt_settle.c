#include <string.h>
#include <unistd.h>

#include "operations/adopting.h"
#include "ports/known.h"
#include "registry/listening.h"
#include "registry/projects.h"

/* "a.service" and "a.socket" are one. */
static bool is_same_unit(const char *x, const char *y)
{
	const char *dot = x ? strrchr(x, '.') : NULL;
	size_t len = dot ? (size_t)(dot - x) + 1 : 0;

	return !x || !y || (len && !strncmp(x, y, len));
}

/* Of what is nobody's project two units differ; a daemon and its unit are one. */
static bool is_same_owner(const struct adoptee *x, const struct adoptee *y)
{
	if (x->folder || y->folder)
		return x->folder == y->folder;
	return x->listener || y->listener || is_same_unit(x->claim.unit, y->claim.unit);
}

/* False: two of them say that the port is theirs. */
static bool find_owner(struct finding_of_port *f)
{
	for (unsigned i = 0; i < f->count; i++) {
		const struct adoptee *one = &f->items[i];

		if (!one->says_whose)
			continue;
		if (!f->owner)
			f->owner = one;
		else if (!is_same_owner(f->owner, one))
			return false;
	}
	return true;
}

/* Lower is a better word for the service; what is not the owner's word comes last. */
static unsigned rank_of(const struct finding_of_port *f, const struct adoptee *one)
{
	bool is_own = one->says_whose || !f->owner;
	unsigned rank;

	if (!one->claim.service)
		return 1000;
	/* A well-known port without a project is known by its own name. */
	if (one->listener)
		rank = f->owner && f->owner->folder ? 30 : 5;
	else
		rank = named_by_proxy(one->by) ? 40 : 10 + (unsigned)one->by;
	return rank + (is_own ? 0 : 20) + (one->is_named ? 0 : 100);
}

static void choose_service(struct finding_of_port *f)
{
	unsigned best = 1000;

	for (unsigned i = 0; i < f->count; i++) {
		unsigned rank = rank_of(f, &f->items[i]);

		if (rank >= best)
			continue;
		best = rank;
		f->service = f->items[i].claim.service;
		f->is_named = f->items[i].is_named;
	}
}

/* --- what is shown and not entered */

static bool tell_left(struct adopting *a, const struct finding_of_port *f, const char *message,
		      const char *hint, struct err *err)
{
	a->n_left++;
	return adopt_row(a, f, "left", NULL, message, hint, err);
}

static const char *owner_name(const struct adoptee *one)
{
	return one->folder ? one->folder->name : SHARED_PROJECT;
}

static bool tell_conflict(struct adopting *a, const struct finding_of_port *f, struct err *err)
{
	const char *hint = arena_printf(
		a->arena, "decide whose it is: portbook register PROJECT/SERVICE %u", f->port);

	a->n_conflicts++;
	return hint ? adopt_row(a, f, "conflict", NULL, "more than one say that it is theirs", hint,
				err)
		    : fail_memory(err);
}

/* --- one port */

/*
 * A port that the kernel chose is another one after the next start; a project's
 * server is likely to have been told its own.
 */
static bool is_passing(const struct adopting *a, const struct finding_of_port *f)
{
	const struct listener *l = f->items[0].listener;
	const struct process *p = l ? listener_leader(l) : NULL;

	return l && f->count == 1 && port_range_has(a->ephemeral, f->port) &&
	       (f->protocol == PROTO_UDP || !f->items[0].folder) &&
	       !known_service(f->protocol, f->port, p ? p->program : NULL);
}

static bool is_wanted(const struct adopting *a, const struct finding_of_port *f)
{
	if (!a->only)
		return true;
	for (unsigned i = 0; i < f->count; i++)
		if (!strcmp(owner_name(&f->items[i]), a->only))
			return !f->owner || !strcmp(owner_name(f->owner), a->only) || i > 0;
	return false;
}

/* Under sudo, too, the look is root's. */
static const char *where_to_look(void)
{
	return getuid() == 0 ? "it runs in another container, or the kernel itself has the socket"
			     : "look as root: sudo portbook adopt";
}

static bool settle_port(struct adopting *a, struct finding_of_port *f, struct err *err)
{
	bool clear = find_owner(f);

	choose_service(f);
	if (!is_wanted(a, f))
		return true;
	if (!clear)
		return tell_conflict(a, f, err);
	if (!f->service)
		return tell_left(a, f, "whose it is cannot be seen", where_to_look(), err);
	if (is_passing(a, f))
		return tell_left(a, f, "the kernel has probably chosen it: it changes",
				 "if it does not: portbook register PROJECT/SERVICE PORT", err);
	return adopt_enter(a, f, err);
}

bool adopt_settle(struct adopting *a, struct err *err)
{
	for (unsigned i = 0; i < a->count;) {
		const struct claim *c = &a->items[i].claim;
		struct finding_of_port f = { .protocol = c->protocol,
					     .port = c->ports.first,
					     .items = &a->items[i] };

		while (i < a->count && a->items[i].claim.ports.first == f.port &&
		       a->items[i].claim.protocol == f.protocol) {
			f.count++;
			i++;
		}
		if (!settle_port(a, &f, err))
			return false;
	}
	return true;
}
