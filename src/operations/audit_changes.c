/*
 * operations/audit_changes.c - what an audit finds that the last one did not.
 *
 * What was told is a setting of the book, for each host: the verdict of each entry, by its id, and
 * the ranges that were full.  It changes in the transaction that notes the looks, before anybody
 * is told: so a change may be told to nobody, where the program that asked is killed, but never
 * twice.
 */
#include <stdio.h>
#include <string.h>

#include "operations/audit.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/look.h"

/* Rationale: what the alerts of contrib/prometheus take, too. */
#define FULL_PERCENT 80

#define SETTING_SIZE (sizeof("told_") + NAME_SIZE)

/* What was told, and what will have been. */
struct told {
	json_t *before, *now; /* {"entries": {id: verdict}, "ranges": {name: true}} */
	json_t *changes;
};

static void told_release(struct told *t)
{
	json_decref(t->before);
	json_decref(t->now);
	json_decref(t->changes);
}

static void name_setting(const struct call *c, char ret[static SETTING_SIZE])
{
	snprintf(ret, SETTING_SIZE, "told_%s", c->registry->host);
}

/* What cannot be read any more was never told. */
static bool told_read(struct call *c, struct told *t, struct err *err)
{
	const struct store_ops *ops = c->registry->store->ops;
	char name[SETTING_SIZE];
	const char *text;

	name_setting(c, name);
	if (!ops->setting_get(c->registry->store, name, &c->arena, &text, err))
		return false;
	t->changes = json_array();
	t->now = json_pack("{s:{}, s:{}}", "entries", "ranges");
	if (!text || !json_parse(text, strlen(text), &t->before, NULL))
		t->before = json_object();
	return (t->changes && t->now && t->before) || fail_memory(err);
}

static bool told_write(struct call *c, const struct told *t, struct err *err)
{
	CLEANUP(json_text_cleanup) char *text = NULL;
	char name[SETTING_SIZE];

	if (json_equal(t->before, t->now))
		return true;
	name_setting(c, name);
	return json_format(t->now, &text, err) &&
	       c->registry->store->ops->setting_put(c->registry->store, name, text, err);
}

/* Verdicts. */

static json_t *verdict_json(struct call *c, const struct audited *row, const char *was)
{
	const struct entry *e = row->entry;
	json_t *o = json_pack("{s:s}", "kind", "verdict");

	if (o && json_put_int(o, "port", e->port) &&
	    json_put_text(o, "protocol", protocol_name(e->protocol)) &&
	    json_put_text(o, "expected", entry_subject(&c->arena, e)) &&
	    json_put_text(o, "projectName", e->project) &&
	    json_put_text(o, "serviceName", e->service) &&
	    json_put_int(o, "instance", e->instance) &&
	    json_put_text(o, "environment", e->environment) && json_put_text(o, "was", was) &&
	    json_put_text(o, "verdict", entry_state_name(row->judgement.state)) &&
	    json_put_text(o, "actual", row->actual))
		return o;
	json_decref(o);
	return NULL;
}

/* Of what nobody has looked at before, only what is wrong: a service that is new is down at first. */
static bool is_news(const struct audited *row, const char *was)
{
	return was ? strcmp(was, entry_state_name(row->judgement.state)) != 0
		   : row->judgement.state == STATE_SQUATTED;
}

static bool tell_verdicts(struct call *c, const struct audit *a, struct told *t)
{
	const json_t *before = json_object_get(t->before, "entries");
	json_t *now = json_object_get(t->now, "entries");

	for (unsigned i = 0; i < a->n_rows; i++) {
		const struct audited *row = &a->rows[i];
		const char *was = json_text_of(before, row->entry->id);

		if (!json_put_text(now, row->entry->id, entry_state_name(row->judgement.state)) ||
		    (is_news(row, was) && !json_append(t->changes, verdict_json(c, row, was))))
			return false;
	}
	return true;
}

/* Ranges. */

static json_t *range_json(const struct usage *u)
{
	json_t *o = json_pack("{s:s}", "kind", "range");

	if (o && json_put_text(o, "rangeName", u->range) &&
	    json_put_int(o, "rangeStart", u->ports.first) &&
	    json_put_int(o, "rangeEnd", u->ports.last) && json_put_int(o, "totalPorts", u->total) &&
	    json_put_int(o, "allocatedPorts", u->allocated) &&
	    json_put_int(o, "utilizationPercent", usage_percent(u)))
		return o;
	json_decref(o);
	return NULL;
}

static bool is_full(const struct usage *u)
{
	return u->total && u->allocated * 100 >= u->total * FULL_PERCENT;
}

static bool tell_ranges(struct call *c, struct told *t, struct err *err)
{
	const json_t *before = json_object_get(t->before, "ranges");
	json_t *now = json_object_get(t->now, "ranges");
	struct usage_list list;

	if (!usage_of_ranges(c->registry, c->registry->host, &c->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++) {
		const struct usage *u = &list.items[i];

		if (!is_full(u))
			continue;
		if (!json_put_bool(now, u->range, true) ||
		    (!json_object_get(before, u->range) && !json_append(t->changes, range_json(u))))
			return fail_memory(err);
	}
	return true;
}

static bool audit_changes_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	CLEANUP(told_release) struct told t = { 0 };
	const struct audit *a = c->prepared;

	(void)input;
	if (!told_read(c, &t, err) || !(tell_verdicts(c, a, &t) || fail_memory(err)) ||
	    !tell_ranges(c, &t, err))
		return false;
	if (!json_put(answer, "changes", json_incref(t.changes)) ||
	    !json_put_text(answer, "host", a->scene.host) || !json_put_time(answer, "at", a->at_ms))
		return fail_memory(err);
	return told_write(c, &t, err) && audit_note(c, a, err);
}

const struct operation op_audit_changes = {
	.schema = &schema_audit_changes,
	.access = ACCESS_WRITE,
	.before = audit_before,
	.run = audit_changes_run,
};
