/*
 * operations/tunnel_audit.c - book, rules of the tunnel and listeners, held against each other.
 */
#include <string.h>
#include <strings.h>

#include "operations/live.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "operations/tunnel.h"

enum drift {
	FINE,
	DOWN,
	SQUATTED,
	WRONG_PORT,  /* it leads to a port of another service */
	NOBODYS,     /* ... to one that is entered nowhere */
	ELSEWHERE,   /* ... away from this machine, and the hostname is entered here */
	NO_ENTRY,    /* its hostname is entered nowhere, or for another tunnel */
	UNREACHABLE, /* a rule before it takes all that is for it */
	NO_RULE,     /* an entry's hostname has none */
	IS_ODD,	     /* the rule cannot be understood */
};

static const char *const names[] = {
	[FINE] = "ok",		 [DOWN] = "down",
	[SQUATTED] = "squatted", [WRONG_PORT] = "wrong-port",
	[NOBODYS] = "nobody",	 [ELSEWHERE] = "elsewhere",
	[NO_ENTRY] = "no-entry", [UNREACHABLE] = "unreachable",
	[NO_RULE] = "no-rule",	 [IS_ODD] = "not-understood",
};

struct auditing {
	struct call *call;
	struct tunnel tunnel;
	struct scene scene;
	json_t *findings;
	unsigned drifted;
	struct err *err;
};

/* A rule or an entry, and what is to be said of it. */
struct finding_row {
	enum drift verdict;
	const char *hostname;
	const struct ingress_rule *rule; /* NULL: there is none */
	const struct entry *expected;	 /* whose hostname it is; NULL: nobody's */
	const struct entry *owner;	 /* whose port it leads to; NULL: nobody's */
	const char *message, *hint;	 /* hint NULL: none */
};

static const struct entry *entry_of(const struct auditing *a, const char *hostname)
{
	for (unsigned i = 0; i < a->tunnel.entries.count; i++)
		if (!strcasecmp(a->tunnel.entries.items[i].tunnel_hostname, hostname))
			return &a->tunnel.entries.items[i];
	return NULL;
}

static const char *subject(struct auditing *a, const struct entry *e)
{
	const char *name = e ? entry_subject(&a->call->arena, e) : NULL;

	return name ? name : "nobody";
}

/* NULL for a rule that leads away from here. */
static const char *check_command(struct auditing *a, uint16_t port)
{
	return port ? arena_printf(&a->call->arena, "portbook check %u", port) : NULL;
}

/* --- what is wrong */

/* The owner of the port, which is who it should be. */
static void judge_listener(struct auditing *a, struct finding_row *row)
{
	struct arena *arena = &a->call->arena;
	struct judgement j = scene_judge(&a->scene, row->owner);
	struct listener *l = scene_listener(&a->scene, PROTO_TCP, row->owner->port);

	if (j.state == STATE_DOWN) {
		row->verdict = DOWN;
		row->message = arena_printf(arena, "%s is down", subject(a, row->owner));
	}
	if (j.state == STATE_SQUATTED) {
		const char *who = live_actual(&a->scene, &j, l);

		row->verdict = SQUATTED;
		row->message = arena_printf(arena, "%u of %s is taken by %s", row->owner->port,
					    subject(a, row->owner), who ? who : "a stranger");
		row->hint = arena_printf(arena, "portbook recover %s", subject(a, row->owner));
	}
}

static void judge_port(struct auditing *a, struct finding_row *row)
{
	struct arena *arena = &a->call->arena;
	uint16_t port = row->rule->port;

	if (!port) {
		row->verdict = ELSEWHERE;
		row->message = arena_printf(arena, "leads to %s; %s has %u here",
					    row->rule->service.text, subject(a, row->expected),
					    row->expected->port);
	} else if (!row->owner) {
		row->verdict = NOBODYS;
		row->message = arena_printf(arena, "leads to %u, which is entered nowhere%s", port,
					    row->expected ? arena_printf(arena, "; %s has %u",
									 subject(a, row->expected),
									 row->expected->port)
							  : "");
	} else {
		row->verdict = WRONG_PORT;
		row->message = arena_printf(arena, "leads to %u of %s; %s has %u", port,
					    subject(a, row->owner), subject(a, row->expected),
					    row->expected->port);
	}
	row->hint = tunnel_command(a->call, &a->tunnel);
}

/* A hostname that the book does not know. */
static void judge_foreign(struct auditing *a, struct finding_row *row)
{
	struct arena *arena = &a->call->arena;

	if (!row->rule->port)
		return; /* another machine's is none of ours */
	if (!row->owner) {
		judge_port(a, row);
		row->hint = check_command(a, row->rule->port);
		return;
	}
	if (!*row->hostname) {
		judge_listener(a, row);
		return;
	}
	row->verdict = NO_ENTRY;
	row->message = arena_printf(arena, "leads to %u of %s, which does not have this hostname",
				    row->rule->port, subject(a, row->owner));
	row->hint = arena_printf(arena, "portbook update %s --hostname %s", subject(a, row->owner),
				 row->hostname);
}

/* Of several rules of a hostname the others may lead to other services of the project. */
static bool is_its_own(const struct finding_row *row, bool is_main)
{
	if (!row->owner)
		return false;
	return row->owner == row->expected || row->owner->port == row->expected->port ||
	       (!is_main && !strcmp(row->owner->project_id, row->expected->project_id));
}

static void judge_rule(struct auditing *a, struct finding_row *row, bool is_main)
{
	if (!row->expected) {
		judge_foreign(a, row);
	} else if (is_its_own(row, is_main)) {
		judge_listener(a, row);
	} else {
		judge_port(a, row);
		/* 'tunnel config' leads only a hostname's main rule anew. */
		if (!is_main)
			row->hint = check_command(a, row->rule->port);
	}
}

/* --- saying it */

static bool put_row(const struct auditing *a, json_t *o, const struct finding_row *row)
{
	const struct entry *e = row->expected ? row->expected : row->owner;

	(void)a;
	return json_put_text(o, "hostname", row->hostname) &&
	       json_put_text(o, "verdict", names[row->verdict]) &&
	       json_put_text(o, "message", row->message) && json_put_text(o, "hint", row->hint) &&
	       json_put(o, "line", row->rule ? json_integer(row->rule->line) : json_null()) &&
	       json_put_text(o, "service", row->rule ? row->rule->service.text : NULL) &&
	       json_put(o, "port", e ? json_integer(e->port) : json_null()) &&
	       (!e || tunnel_put_owner(o, e));
}

static bool tell(struct auditing *a, struct finding_row *row)
{
	json_t *o;

	if (row->verdict == FINE)
		return true;
	a->drifted++;
	o = json_object();
	return row->message && o && json_append(a->findings, o) && put_row(a, o, row);
}

/* The rule before this one that leaves nothing for it. */
static const struct ingress_rule *taker_of(const struct ingress *in, unsigned n)
{
	const struct ingress_rule *rule = &in->rules[n];

	for (unsigned i = 0; i < n; i++) {
		const struct ingress_rule *other = &in->rules[i];
		bool same_path = !*other->path.text || !strcmp(other->path.text, rule->path.text);

		if (same_path && ingress_takes(other->hostname.text, rule->hostname.text))
			return other;
	}
	return NULL;
}

static bool is_odd(const struct ingress_rule *rule)
{
	return rule->is_odd || rule->hostname.is_odd || rule->path.is_odd || rule->service.is_odd ||
	       !rule->said;
}

static bool audit_rule(struct auditing *a, unsigned n, unsigned main_rule)
{
	const struct ingress *in = &a->tunnel.in;
	const struct ingress_rule *rule = &in->rules[n], *taker = taker_of(in, n);
	struct finding_row row = {
		.hostname = rule->hostname.text,
		.rule = rule,
		.expected = entry_of(a, rule->hostname.text),
		.owner = rule->port ? scene_entry(&a->scene, PROTO_TCP, rule->port) : NULL,
	};

	if (is_odd(rule)) {
		row.verdict = IS_ODD;
		row.message = "takes over another rule's words: write it out";
	} else if (taker) {
		row.verdict = UNREACHABLE;
		row.message = arena_printf(&a->call->arena,
					   "never counts: the rule on line %u takes all of it",
					   taker->line);
		row.hint = "rules are tried in order";
	} else {
		judge_rule(a, &row, n == main_rule);
	}
	return tell(a, &row);
}

static bool audit_rules(struct auditing *a, const struct ingress_step *steps)
{
	for (unsigned n = 0; n < a->tunnel.in.count; n++) {
		unsigned main_rule = a->tunnel.in.count;

		for (unsigned i = 0; i < a->tunnel.entries.count; i++)
			if (steps[i].change != INGRESS_ADDED && steps[i].rule == n)
				main_rule = n;
		if (!audit_rule(a, n, main_rule))
			return false;
	}
	return true;
}

static bool audit_entries(struct auditing *a, const struct ingress_step *steps)
{
	for (unsigned i = 0; i < a->tunnel.entries.count; i++) {
		const struct entry *e = &a->tunnel.entries.items[steps[i].want->item];
		struct finding_row row = { .verdict = NO_RULE,
					   .hostname = e->tunnel_hostname,
					   .expected = e };

		if (steps[i].change != INGRESS_ADDED)
			continue;
		row.message = arena_printf(&a->call->arena, "%s has %u, and no rule leads there",
					   subject(a, e), e->port);
		row.hint = tunnel_command(a->call, &a->tunnel);
		if (!tell(a, &row))
			return false;
	}
	return true;
}

static bool put_summary(const struct auditing *a, json_t *answer)
{
	json_t *o = json_object();

	return json_put(answer, "summary", o) && json_put_int(o, "rules", a->tunnel.in.count) &&
	       json_put_int(o, "entries", a->tunnel.entries.count) &&
	       json_put_int(o, "drifted", a->drifted) &&
	       json_put_text(answer, "tunnel", a->tunnel.id);
}

static bool tunnel_audit_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct auditing a = { .call = c, .findings = json_array() };
	struct ingress_step *steps;

	if (!json_put(answer, "findings", a.findings))
		return fail_memory(err);
	if (!tunnel_read(c, input, &a.tunnel, err) ||
	    !live_scene(c, c->registry->host, &a.scene, err))
		return false;
	steps = arena_alloc(&c->arena, (a.tunnel.entries.count + 1) * sizeof(*steps));
	if (!steps)
		return fail_memory(err);
	ingress_plan(&a.tunnel.in, a.tunnel.wants, a.tunnel.entries.count, steps);
	return (audit_rules(&a, steps) && audit_entries(&a, steps) && put_summary(&a, answer)) ||
	       fail_memory(err);
}

const struct operation op_tunnel_audit = {
	.schema = &schema_tunnel_audit,
	.access = ACCESS_READ,
	.before = live_look,
	.run = tunnel_audit_run,
};
