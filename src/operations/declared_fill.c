/*
 * operations/declared_fill.c - what a declaration stands in for: the port that a
 * request asks for, and what is said about it.
 */
#include "operations/declared.h"

#include <string.h>

/* --- what is said of one */

static void take(const char **field, const char *declared)
{
	if (!*field && declared && *declared)
		*field = declared;
}

static bool is_same_service(const struct entry *e, const struct service_key *key)
{
	return !strcmp(e->project_id, key->project->id) && !strcmp(e->service, key->service);
}

static bool is_same_port(const struct entry *e, const struct service_key *key)
{
	return is_same_service(e, key) && e->instance == key->instance &&
	       e->protocol == key->protocol && !strcmp(e->environment, key->environment) &&
	       !strcmp(e->host, key->host);
}

/* A hostname leads to one port: whoever had it before keeps it. */
static bool may_have_hostname(struct call *c, const struct declared_service *s,
			      const struct service_key *key, bool *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry other;
	bool found;

	f.tunnel_hostname = s->hostname;
	if (!store_entry_find(c->registry->store, &f, &c->arena, &other, &found, err))
		return false;
	*ret = !found || is_same_port(&other, key);
	if (!*ret && !is_same_service(&other, key))
		registry_note(c->registry,
			      "the hostname '%s' that " DECLARATION_FILE
			      " gives to '%s/%s' leads to '%s/%s' on port %u, and stays there",
			      s->hostname, key->project->name, key->service, other.project,
			      other.service, other.port);
	return true;
}

/* Both ports of a service cannot have the hostname. */
static bool is_its_main_port(const struct declared_service *s, enum protocol protocol)
{
	return protocol == PROTO_TCP || !declared_on(s, PROTO_TCP);
}

/* In another environment the service has the port that it prefers: nothing to speak of. */
static bool fill_preferred(struct call *c, const struct declared_service *s, struct port_request *q,
			   struct err *err)
{
	struct entry holder;
	bool held;

	if (q->preferred || q->temporary || !s->prefer)
		return true;
	if (!port_holder(c->registry, q->key.host, q->key.protocol, s->prefer, &c->arena, &holder,
			 &held, err))
		return false;
	if (!held || !is_same_service(&holder, &q->key) || is_same_port(&holder, &q->key))
		q->preferred = s->prefer;
	return true;
}

/* What there is only once, whatever the number of instances. */
static bool fill_unique(struct call *c, const struct declared_service *s, struct port_request *q,
			struct err *err)
{
	bool free = false;

	if (q->key.instance != 1)
		return true;
	if (!fill_preferred(c, s, q, err))
		return false;
	take(&q->details.unit, s->unit);
	if (q->details.tunnel_hostname || !s->hostname || !is_its_main_port(s, q->key.protocol))
		return true;
	if (!may_have_hostname(c, s, &q->key, &free, err))
		return false;
	if (free) {
		q->details.tunnel_hostname = s->hostname;
		take(&q->details.tunnel_id, s->tunnel);
	}
	return true;
}

/* The declared facts, with those of the call over them. */
static bool fill_facts(const struct declared_service *s, struct port_request *q, json_t **ret,
		       struct err *err)
{
	CLEANUP(json_cleanup) json_t *facts = json_object();

	for (unsigned i = 0; i < s->n_metadata; i++)
		if (!json_put_text(facts, s->metadata[i].name, s->metadata[i].value))
			return fail_memory(err);
	if (!facts || (q->details.metadata &&
		       json_object_update(facts, json_walked(q->details.metadata)) < 0))
		return fail_memory(err);
	*ret = json_incref(facts);
	q->details.metadata = *ret;
	return true;
}

static const struct policy_range *range_for(const struct policy *policy,
					    const struct port_request *q, const char *type)
{
	return policy_range_for(policy, &(struct policy_asker){
						.project = q->key.project->name,
						.environment = q->key.environment,
						.type = policy_type(policy, q->key.service, type),
						.temporary = q->temporary,
					});
}

/* Repositories meet books of any policy: a type or role that this one does not know is left out. */
static bool fill_kind(struct call *c, const struct declared_service *s, struct port_request *q,
		      struct err *err)
{
	const struct policy_range *range;
	const struct policy *policy;
	const char *role;

	if (!s->type[0] && !s->role[0])
		return true;
	if (!registry_policy(c->registry, &policy, err))
		return false;
	if (s->type[0] && range_for(policy, q, s->type))
		take(&q->type, s->type);
	range = range_for(policy, q, q->type);
	if (s->role[0] && range && policy_role(range, s->role, NULL, &role) >= 0)
		take(&q->role, s->role);
	return true;
}

/* What is true of each port of the service. */
static bool fill_common(struct call *c, const struct declared_service *s, struct port_request *q,
			json_t **ret_facts, struct err *err)
{
	*ret_facts = NULL;
	take(&q->details.description, s->description);
	take(&q->details.notes, s->notes);
	return fill_kind(c, s, q, err) && (!s->n_metadata || fill_facts(s, q, ret_facts, err));
}

bool declared_fill(struct call *c, const struct declared_service *s, struct port_request *q,
		   json_t **ret_facts, struct err *err)
{
	return fill_common(c, s, q, ret_facts, err) && fill_unique(c, s, q, err);
}

/* --- completing a request */

/* A slip of the keyboard looks like one; other names may be meant. */
static void note_unknown(struct call *c, const struct declaration *d, const char *service)
{
	unsigned most = (unsigned)strlen(service) / 3 + 1, least = most + 1;
	const char *nearest = NULL;

	for (unsigned i = 0; i < d->n_services; i++) {
		unsigned distance = name_distance(service, d->services[i].name, most);

		if (distance < least) {
			least = distance;
			nearest = d->services[i].name;
		}
	}
	if (nearest)
		registry_note(c->registry,
			      DECLARATION_FILE " declares no '%s', but '%s'; if that was meant: "
					       "portbook release %s",
			      service, nearest, service);
}

/* Not said and not declared on TCP: the other one is meant. */
static void take_protocol(const json_t *input, const struct declared_service *s,
			  struct service_key *key)
{
	if (!json_text_of(input, "protocol") && !declared_on(s, PROTO_TCP))
		key->protocol = PROTO_UDP;
}

/* One more port has nothing that there is only once; one that moves has, but not its old number. */
static bool fill_more(struct call *c, const struct declared_service *s, struct port_request *q,
		      const struct entry *primary, json_t **ret_facts, struct err *err)
{
	bool is_said = q->preferred != 0;

	if (!q->replace)
		return fill_common(c, s, q, ret_facts, err);
	if (!declared_fill(c, s, q, ret_facts, err))
		return false;
	if (!is_said && q->preferred == primary->port)
		q->preferred = 0;
	return true;
}

static bool complete_by(struct call *c, const json_t *input, const struct declared_service *s,
			struct port_request *q, bool is_more, json_t **ret_facts, struct err *err)
{
	struct entry primary;
	bool has;

	take_protocol(input, s, &q->key);
	if (!service_primary(c->registry, &q->key, &c->arena, &primary, &has, err))
		return false;
	if (!has)
		return declared_fill(c, s, q, ret_facts, err);
	return !is_more || fill_more(c, s, q, &primary, ret_facts, err);
}

bool declared_complete(struct call *c, const json_t *input, const struct place *p,
		       struct port_request *q, bool is_more, struct declared_request *ret,
		       struct err *err)
{
	const struct declared_service *s;
	const struct declaration *d;
	struct entry primary;
	bool has;

	if (!service_primary(c->registry, &q->key, &c->arena, &primary, &has, err))
		return false;
	if (has && !is_more)
		return true;
	if (!declared_read(c, input, p, &d, err))
		return false;
	if (!d)
		return true;
	ret->file = d;
	if (!declared_note_name(c, d, &p->project, err))
		return false;
	s = declaration_service(d, q->key.service);
	if (s)
		return complete_by(c, input, s, q, is_more, &ret->facts, err);
	if (!has)
		note_unknown(c, d, q->key.service);
	return true;
}

void declared_request_cleanup(struct declared_request *r)
{
	json_decref(r->facts);
}
