/*
 * operations/listeners.c - what really listens, and whose it is.
 */
#include <string.h>

#include "operations/input.h"
#include "operations/live.h"
#include "operations/operations.h"
#include "operations/schemas.h"

struct wanted {
	const char *project; /* NULL: any */
	bool only_unregistered;
	struct port_range ports[PORT_LIST_MAX];
	unsigned n_ports; /* 0: any */
	int protocol;	  /* -1: any */
};

static bool read_wanted(struct call *c, const json_t *input, struct wanted *ret, struct err *err)
{
	const char *ports = json_text_of(input, "ports");
	struct project p;

	*ret = (struct wanted){ .only_unregistered = json_bool_of(input, "unregistered") };
	ret->protocol = json_text_of(input, "protocol") ? (int)input_protocol(input) : -1;
	if (ports && !port_list_parse(ports, ret->ports, &ret->n_ports, err))
		return false;
	if (!json_text_of(input, "projectName"))
		return true;
	if (!project_need(c->registry, json_text_of(input, "projectName"), &c->arena, &p, err))
		return false;
	ret->project = p.name;
	return true;
}

static bool has_port(const struct wanted *w, uint16_t port)
{
	for (unsigned i = 0; i < w->n_ports; i++)
		if (port_range_has(w->ports[i], port))
			return true;
	return w->n_ports == 0;
}

static bool is_wanted(const struct wanted *w, const struct listener *l, const struct entry *e,
		      const struct owner *o)
{
	bool entered = e && w->project && !strcmp(e->project, w->project);
	bool owned = o->claimant && w->project && !strcmp(o->claimant->project, w->project);

	return has_port(w, l->port) && (w->protocol < 0 || (int)l->protocol == w->protocol) &&
	       !(e && w->only_unregistered) && (!w->project || entered || owned);
}

/* Whose it is, by what is seen of it. */
static bool put_owner(struct scene *s, const struct owner *o, const struct listener *l, json_t *row)
{
	const struct claimant *c = o->claimant;
	const struct process *p = owner_process(&s->claimants, o, l);

	return json_put_text(row, "projectName", c ? c->project : NULL) &&
	       json_put(row, "instance",
			c ? json_integer(c->instance ? c->instance : 1) : json_null()) &&
	       json_put_text(row, "serviceName", c ? c->service : NULL) &&
	       json_put_text(row, "reason", p ? owner_text(s->arena, o, p) : NULL);
}

/* Whose the port is, by the book. */
static bool put_entered(struct scene *s, const struct entry *e, json_t *row)
{
	struct judgement j = { 0 };

	if (e)
		j = scene_judge(s, e);
	return json_put_text(row, "entered", e ? entry_subject(s->arena, e) : NULL) &&
	       json_put_text(row, "environment", e ? e->environment : NULL) &&
	       json_put_text(row, "state", e ? entry_state_name(j.state) : NULL);
}

static bool put_listeners(struct scene *s, const struct wanted *w, json_t *array)
{
	for (unsigned i = 0; i < s->listeners.count; i++) {
		struct listener *l = &s->listeners.items[i];
		const struct entry *e = scene_entry(s, l->protocol, l->port);
		struct owner o = scene_owner(s, l);
		json_t *row;

		if (!is_wanted(w, l, e, &o))
			continue;
		row = json_object();
		if (!json_append(array, row) || !listener_json_into(row, l) ||
		    !put_owner(s, &o, l, row) || !put_entered(s, e, row))
			return false;
	}
	return true;
}

static bool listeners_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	json_t *array = json_array();
	struct wanted wanted;
	struct scene scene;

	if (!json_put(answer, "listeners", array))
		return fail_memory(err);
	if (!read_wanted(c, input, &wanted, err) || !live_scene(c, c->registry->host, &scene, err))
		return false;
	return (put_listeners(&scene, &wanted, array) &&
		json_put_int(answer, "count", (int64_t)json_array_size(array))) ||
	       fail_memory(err);
}

const struct operation op_listeners = {
	.schema = &schema_listeners,
	.access = ACCESS_READ,
	.before = live_look,
	.run = listeners_run,
};
