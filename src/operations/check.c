/*
 * operations/check.c - whose a port is, who listens there, and what there is instead.
 */
#include <ctype.h>
#include <string.h>

#include "operations/input.h"
#include "operations/live.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"
#include "registry/look.h"

static bool asker_of(struct call *c, const json_t *input, struct check_asker *who, struct place *p,
		     struct err *err)
{
	struct err why = { 0 };

	who->protocol = input_protocol(input);
	who->instance = 1;
	if (!input_host(c, input, &who->host, err))
		return false;
	if (place_find(c, input, PLACE_ENTER_NOTHING, p, &why)) {
		who->project = &p->project;
		who->instance = p->instance;
		return true;
	}
	/* A directory that the book does not know asks as nobody; a wrong name is an error. */
	if (!json_text_of(input, "projectName") &&
	    (why.code == ERR_NOT_FOUND || why.code == ERR_INVALID))
		return true;
	*err = why;
	return false;
}

/* What is to be added about the owner of a port. */
static const char *state_text(struct call *c, const struct check_answer *a)
{
	const char *who = a->listening ? listener_text(&c->arena, &a->listener) : NULL;

	switch (a->judgement.state) {
	case STATE_IN_USE: return "";
	case STATE_DOWN: return ", which is down";
	case STATE_SQUATTED:
		return arena_printf(&c->arena, ", but %s has it", who ? who : "a stranger");
	case STATE_UNKNOWN: return a->listening ? "; whose process listens cannot be told" : "";
	}
	__builtin_unreachable();
}

static const char *held_text(struct call *c, const struct check_answer *a, bool yours)
{
	const char *subject = entry_subject(&c->arena, &a->holder), *state = state_text(c, a);

	return arena_printf(&c->arena, "%u %s '%s' (%s)%s", a->holder.port,
			    yours ? "is yours:" : "belongs to", subject ? subject : "?",
			    a->holder.environment, state ? state : "");
}

static const char *check_text(struct call *c, const struct check_answer *a, uint16_t port)
{
	const char *who = a->listening ? listener_text(&c->arena, &a->listener) : "";

	switch (a->verdict) {
	case VERDICT_YOURS:
	case VERDICT_ENTERED: return held_text(c, a, a->verdict == VERDICT_YOURS);
	case VERDICT_BLOCK:
		return arena_printf(&c->arena, "%u lies in the block of '%s'", port, a->owner.name);
	case VERDICT_RESERVED:
		return arena_printf(&c->arena, "%u is reserved%s%s", port,
				    !strncmp(a->reason, "for ", 4) ? " "
				    : *a->reason		   ? ": "
								   : "",
				    a->reason);
	case VERDICT_LISTENING:
		return arena_printf(&c->arena, "%u is entered nowhere, but %s listens there", port,
				    who ? who : "a process");
	case VERDICT_FREE:
		return arena_printf(&c->arena, "%u is free%s%s%s", port,
				    a->own_block ? ", in your own block" : "",
				    a->in_range ? "" : ", and outside the book's ranges",
				    a->listening ? "; your own process listens there" : "");
	}
	__builtin_unreachable();
}

struct checking {
	const json_t *input;
	struct check_asker who;
	bool has_suggested;
	uint16_t instead; /* what a new service would get; 0: nothing */
	json_t *array;
};

static bool suggest(struct call *c, const json_t *input, const struct check_asker *who,
		    uint16_t *ret, struct err *err)
{
	/* A name that no policy gives a role: what any new service would get. */
	struct service_key key = {
		.project = who->project,
		.instance = who->instance,
		.service = "a-new-service",
		.host = who->host,
		.protocol = who->protocol,
	};

	*ret = 0;
	return !who->project ||
	       (registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				     &key.environment, err) &&
		registry_suggest(c->registry, &key, NULL, &c->arena, ret, err));
}

/* Only where a port is not to be had; it is the same for all of them. */
static bool suggest_once(struct call *c, struct checking *k, struct err *err)
{
	if (!k->has_suggested && !suggest(c, k->input, &k->who, &k->instead, err))
		return false;
	k->has_suggested = true;
	return true;
}

static bool put_check(struct call *c, const struct check_answer *a, uint16_t port, uint16_t instead,
		      json_t *o)
{
	bool yours = a->verdict == VERDICT_YOURS, held = yours || a->verdict == VERDICT_ENTERED;

	return json_put_int(o, "port", port) &&
	       json_put_bool(o, "free", a->verdict == VERDICT_FREE) &&
	       json_put_bool(o, "yours", yours) &&
	       json_put_text(o, "verdict", verdict_name(a->verdict)) &&
	       json_put_text(o, "message", check_text(c, a, port)) &&
	       json_put(o, "holder", held ? entry_json(&a->holder) : json_null()) &&
	       json_put_text(o, "state", held ? entry_state_name(a->judgement.state) : NULL) &&
	       json_put_text(o, "reason", a->why) &&
	       json_put(o, "listener", a->listening ? listener_json(&a->listener) : json_null()) &&
	       json_put(o, "instead", instead ? json_integer(instead) : json_null());
}

static bool check_row(struct call *c, struct checking *k, uint16_t port, struct err *err)
{
	struct check_answer a;
	json_t *o = json_object();
	bool ok;

	if (!json_append(k->array, o))
		return fail_memory(err);
	if (!registry_check(c->registry, &k->who, port, &c->seen, &c->arena, &a, err))
		return false;
	ok = a.verdict == VERDICT_YOURS || a.verdict == VERDICT_FREE;
	if (!ok && !suggest_once(c, k, err))
		return false;
	return put_check(c, &a, port, ok ? 0 : k->instead, o) || fail_memory(err);
}

/* Rationale: a table that is longer is not read; `list` and `summary` are for that. */
#define CHECK_MAX_PORTS 1000

/* Who names a service wants its port. */
static bool fail_ports(const char *text, struct err *err)
{
	struct service_ref ref;

	return isalpha((unsigned char)*text) && service_ref_parse(text, &ref, NULL)
		       ? fail_hint(err, "if it is a service, its port is: portbook get %s", text)
		       : false;
}

static bool check_ports(const json_t *input, struct port_range ret[static PORT_LIST_MAX],
			unsigned *ret_count, struct err *err)
{
	const char *text = json_text_of(input, "ports");
	unsigned total = 0;

	if (!port_list_parse(text, ret, ret_count, err))
		return fail_ports(text, err);
	for (unsigned i = 0; i < *ret_count; i++)
		total += port_range_size(ret[i]);
	return total <= CHECK_MAX_PORTS ||
	       fail(err, ERR_INVALID, "%u ports are more than can be checked at once (%d)", total,
		    CHECK_MAX_PORTS);
}

/* One look for all ports; one process for each is enough to say whose it is. */
static bool check_look(struct call *c, const json_t *input, struct err *err)
{
	struct port_range ports[PORT_LIST_MAX];
	struct look what = {
		.protocol = (int)input_protocol(input),
		.learn = LEARN_ALL & ~(unsigned)LEARN_LINEAGE,
		.one_holder = true,
		.recalls = true,
	};
	struct err why = { 0 };
	unsigned count;

	if (!check_ports(input, ports, &count, err))
		return false;
	what.ports = ports[0];
	for (unsigned i = 1; i < count; i++) {
		if (ports[i].first < what.ports.first)
			what.ports.first = ports[i].first;
		if (ports[i].last > what.ports.last)
			what.ports.last = ports[i].last;
	}
	if (!registry_look(c->registry, c->registry->host, &what, &c->arena, &c->seen, &why))
		registry_note(c->registry, "cannot see what listens: %s", why.text);
	return true;
}

static bool check_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct port_range ports[PORT_LIST_MAX];
	struct checking k = { .input = input, .array = json_array() };
	struct place p;
	unsigned count;

	if (!json_put(answer, "ports", k.array))
		return fail_memory(err);
	if (!check_ports(input, ports, &count, err) || !asker_of(c, input, &k.who, &p, err))
		return false;
	for (unsigned i = 0; i < count; i++)
		for (unsigned port = ports[i].first; port <= ports[i].last; port++)
			if (!check_row(c, &k, (uint16_t)port, err))
				return false;
	return true;
}

const struct operation op_check = {
	.schema = &schema_check,
	.access = ACCESS_READ,
	.before = check_look,
	.run = check_run,
};
