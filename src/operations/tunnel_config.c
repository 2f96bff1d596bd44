/*
 * operations/tunnel_config.c - the hostnames of the book as the rules of a Cloudflare tunnel.
 *
 * What the file holds is in the input, what it is to hold in the answer: it is read and
 * written by who asks, and for a tunnel that Cloudflare keeps it is no file at all.
 */
#include <string.h>

#include "operations/operations.h"
#include "operations/schemas.h"
#include "operations/tunnel.h"

static const char *change_name(enum ingress_change change)
{
	switch (change) {
	case INGRESS_KEPT: return "kept";
	case INGRESS_CORRECTED: return "corrected";
	case INGRESS_ADDED: return "added";
	}
	__builtin_unreachable();
}

static json_t *step_json(const struct tunnel *t, const struct ingress_step *step)
{
	const struct entry *e = &t->entries.items[step->want->item];
	const struct ingress_rule *rule = step->change == INGRESS_ADDED ? NULL
									: &t->in.rules[step->rule];
	json_t *o = json_object();

	if (o && json_put_text(o, "hostname", step->want->hostname) &&
	    json_put_int(o, "port", step->want->port) &&
	    json_put_text(o, "change", change_name(step->change)) &&
	    json_put_text(o, "was",
			  rule && step->change == INGRESS_CORRECTED ? rule->service.text : NULL) &&
	    json_put(o, "line", rule ? json_integer(rule->line) : json_null()) &&
	    tunnel_put_owner(o, e))
		return o;
	json_decref(o);
	return NULL;
}

static bool put_steps(const struct tunnel *t, const struct ingress_step *steps, json_t *answer)
{
	json_t *array = json_array();

	if (!json_put(answer, "rules", array))
		return false;
	for (unsigned i = 0; i < t->entries.count; i++)
		if (!json_append(array, step_json(t, &steps[i])))
			return false;
	return true;
}

static bool put_content(const struct tunnel *t, const struct text *now, json_t *answer)
{
	bool same = t->bytes && now->len == t->len && !memcmp(text_str(now), t->bytes, now->len);

	return json_put(answer, "content", json_stringn(text_str(now), now->len)) &&
	       json_put_bool(answer, "changed", !same) && json_put_text(answer, "tunnel", t->id);
}

static bool fail_none(struct err *err)
{
	fail(err, ERR_NOT_FOUND, "no service here has a public hostname for this tunnel");
	return fail_hint(err, "portbook update PROJECT/SERVICE --hostname shop.example.org");
}

static bool tunnel_config_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	CLEANUP(text_release) struct text now = { 0 };
	struct ingress_step *steps;
	struct tunnel t;
	struct err why = { 0 };

	if (!tunnel_read(c, input, &t, err))
		return false;
	if (!t.entries.count)
		return fail_none(err);
	steps = arena_alloc(&c->arena, t.entries.count * sizeof(*steps));
	if (!steps)
		return fail_memory(err);
	if (!ingress_splice(&c->arena, t.bytes, t.len, t.file, t.id ? t.id : "", t.wants,
			    t.entries.count, steps, &now, &why)) {
		*err = why;
		return why.code == ERR_INVALID && fail_hint(err, "the file is as it was");
	}
	return (put_content(&t, &now, answer) && put_steps(&t, steps, answer)) || fail_memory(err);
}

const struct operation op_tunnel_config = {
	.schema = &schema_tunnel_config,
	.access = ACCESS_READ,
	.run = tunnel_config_run,
};
