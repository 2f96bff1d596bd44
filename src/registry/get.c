/*
 * registry/get.c - asking for a port.
 *
 * registry_get answers from the book where it can, and else goes on to
 * registry_allocate (allocate.c).  Everything happens in the caller's transaction.
 */
#include "registry/get.h"

#include <stdio.h>
#include <string.h>

#include "registry/entry_json.h"
#include "registry/refusal.h"

bool service_primary(struct registry *r, const struct service_key *key, struct arena *a,
		     struct entry *ret, bool *ret_found, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.project_id = key->project->id;
	f.instance = key->instance;
	f.service = key->service;
	f.environment = key->environment;
	f.host = key->host;
	f.protocol = (int)key->protocol;
	f.primary_only = true;
	return store_entry_find(r->store, &f, a, ret, ret_found, err);
}

struct elsewhere {
	const char *environment;
	struct text *text;
};

static bool add_elsewhere(const struct entry *e, void *arg)
{
	struct elsewhere *to = arg;

	if (strcmp(e->environment, to->environment) != 0)
		text_addf(to->text, "%s%s (%u)", to->text->len ? ", " : "", e->environment,
			  e->port);
	return true;
}

bool service_elsewhere(struct registry *r, const struct service_key *key, struct text *ret)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct elsewhere to = { .environment = key->environment, .text = ret };

	f.project_id = key->project->id;
	f.instance = key->instance;
	f.service = key->service;
	f.host = key->host;
	return r->store->ops->entry_each(r->store, &f, add_elsewhere, &to, NULL) && text_ok(ret);
}

/*
 * Two services of one instance must not share a variable: `a-b` and `a.b` are
 * both A_B_PORT; and beside a TCP port, `dns` on UDP is DNS_UDP_PORT.
 */

struct clash {
	const char *service;
	bool udp;
	char variable[VARIABLE_SIZE], other[NAME_SIZE];
};

/* `service` "dns-udp" and `base` "dns" name one variable. */
static bool is_udp_name_of(const char *service, const char *base)
{
	char with_udp[NAME_SIZE + 8], a[VARIABLE_SIZE], b[VARIABLE_SIZE];

	snprintf(with_udp, sizeof(with_udp), "%s-udp", base);
	name_variable(service, 1, a);
	name_variable(with_udp, 1, b);
	return !strcmp(a, b);
}

static bool compare_variable(const struct entry *e, void *arg)
{
	struct clash *c = arg;
	char variable[VARIABLE_SIZE];

	if (!strcmp(e->service, c->service))
		return true;
	name_variable(e->service, 1, variable);
	if (strcmp(variable, c->variable) != 0 &&
	    !(e->protocol == PROTO_UDP && is_udp_name_of(c->service, e->service)) &&
	    !(c->udp && is_udp_name_of(e->service, c->service)))
		return true;
	snprintf(c->other, sizeof(c->other), "%s", e->service);
	return false;
}

bool service_variable_is_free(struct registry *r, const struct service_key *key, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct clash c = { .service = key->service, .udp = key->protocol == PROTO_UDP };

	/* Names without a separator have a variable of their own. */
	if (!strpbrk(key->service, "._-") && !c.udp)
		return true;
	name_variable(key->service, 1, c.variable);
	f.project_id = key->project->id;
	f.instance = key->instance;
	f.primary_only = true;
	if (!r->store->ops->entry_each(r->store, &f, compare_variable, &c, err))
		return false;
	if (!c.other[0])
		return true;
	fail(err, ERR_INVALID, "'%s' and '%s' of '%s' would share a variable like %s", key->service,
	     c.other, key->project->name, c.variable);
	return fail_hint(err, "give the service another name");
}

bool project_takes_more(const struct service_key *key, struct err *err)
{
	if (key->project->status != PROJECT_ARCHIVED)
		return true;
	fail(err, ERR_INVALID, "'%s' is archived: it keeps its ports, and is given no more",
	     key->project->name);
	return fail_hint(err, "to take it up again: portbook project set %s --status active",
			 key->project->name);
}

bool tunnel_is_free(struct registry *r, const struct entry *e, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry other;
	bool found;

	if (!e->tunnel_hostname || !*e->tunnel_hostname)
		return true;
	f.tunnel_hostname = e->tunnel_hostname;
	if (!store_entry_find(r->store, &f, &arena, &other, &found, err))
		return false;
	if (!found || !strcmp(other.id, e->id))
		return true;
	fail(err, ERR_TAKEN, "the hostname '%.253s' leads to '%s/%s' on port %u",
	     e->tunnel_hostname, other.project, other.service, other.port);
	fail_hint(err, "take it from there first: portbook update %s/%s --hostname ''",
		  other.project, other.service);
	holder_of_entry(err, &other);
	return false;
}

bool port_holder(struct registry *r, const char *host, enum protocol protocol, uint16_t port,
		 struct arena *a, struct entry *ret, bool *ret_found, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.host = host;
	f.protocol = (int)protocol;
	f.ports = (struct port_range){ port, port };
	return store_entry_find(r->store, &f, a, ret, ret_found, err);
}

/* What was asked for, and is not what the service has. */
static void note_other(struct registry *r, const struct port_request *q, const struct entry *e)
{
	if (q->temporary && !e->expires_at_ms)
		registry_note(r, "'%s/%s' has port %u for good: it does not expire", e->project,
			      e->service, e->port);
	if (q->only_preferred && q->preferred != e->port)
		registry_note(r,
			      "'%s/%s' has port %u; to move it: portbook allocate %s/%s --replace "
			      "--port %u",
			      e->project, e->service, e->port, e->project, e->service,
			      q->preferred);
}

static bool has_expired(struct registry *r, const struct entry *e)
{
	return e->expires_at_ms && e->expires_at_ms <= registry_now(r);
}

/* How long a port of that range is kept where it is not said; 0: for good. */
static bool usual_time(struct registry *r, const char *range, int64_t *ret, struct err *err)
{
	const struct policy_range *found;
	const struct policy *policy;

	if (!registry_policy(r, &policy, err))
		return false;
	found = range ? policy_range_named(policy, range) : NULL;
	*ret = found ? found->expires_ms : 0;
	return true;
}

/* A temporary port that is asked for again, with a time or after its own, is kept anew. */
static bool keep_longer(struct registry *r, const struct port_request *q, struct entry *e,
			bool *changed, struct err *err)
{
	int64_t time_ms = q->expires_in_ms;

	if (!q->temporary || !e->expires_at_ms || (!time_ms && !has_expired(r, e)))
		return true;
	if (!time_ms && !usual_time(r, e->range, &time_ms, err))
		return false;
	if (!time_ms)
		return true;
	e->expires_at_ms = registry_now(r) + time_ms;
	*changed = true;
	return true;
}

/* Of a service that has its port, type and role are only what is said about it. */
static bool details_of_found(struct registry *r, const struct port_request *q, struct arena *a,
			     struct entry *e, bool *ret_changed, struct err *err)
{
	struct details d = q->details;

	d.type = q->type;
	d.role = q->role;
	return details_apply(&d, a, e, ret_changed, err) && keep_longer(r, q, e, ret_changed, err);
}

bool registry_get_named(struct registry *r, const struct service_name *name, struct arena *a,
			struct port_answer *ret, bool *ret_done, struct err *err)
{
	struct service_name first = *name;
	struct entry e;
	bool found = false, worktrees = false;

	*ret_done = false;
	if (!r->store->ops->service_find)
		return true;
	if (!first.instance)
		first.instance = 1;
	if (!r->store->ops->service_find(r->store, &first, a, &e, &found, &worktrees, err))
		return false;
	if (!found || (!name->instance && worktrees))
		return true;
	*ret = (struct port_answer){ .entry = e };
	*ret_done = true;
	return true;
}

bool registry_get_known(struct registry *r, const struct port_request *q, struct arena *a,
			struct port_answer *ret, bool *ret_done, struct err *err)
{
	struct entry e;
	bool found, changed;

	*ret_done = false;
	if (!service_primary(r, &q->key, a, &e, &found, err))
		return false;
	if (!found)
		return true;
	if (!details_of_found(r, q, a, &e, &changed, err))
		return false;
	if (changed)
		return true;
	note_other(r, q, &e);
	*ret = (struct port_answer){ .entry = e };
	*ret_done = true;
	return true;
}

bool registry_get(struct registry *r, const struct port_request *q, struct arena *a,
		  struct port_answer *ret, struct err *err)
{
	struct port_request new = *q;
	struct entry old, e;
	bool found, changed;

	if (!store_hold(r->store, q->key.project->id, q->key.service, err) ||
	    !service_primary(r, &q->key, a, &old, &found, err))
		return false;
	new.has_none = true;
	if (!found)
		return registry_allocate(r, &new, a, ret, err);
	e = old;
	if (!details_of_found(r, q, a, &e, &changed, err))
		return false;
	if (changed &&
	    (!tunnel_is_free(r, &e, err) || !registry_put_entry(r, "update", &old, &e, err)))
		return false;
	note_other(r, q, &e);
	*ret = (struct port_answer){ .entry = e };
	return true;
}
