/*
 * operations/cleanup.c - giving back what nobody needs any more.
 */
#include "operations/cleanup.h"

#include <stdio.h>
#include <string.h>

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"
#include "registry/projects.h"
#include "registry/retire.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* Nothing in particular is asked for: all but what is only idle, which is reported. */
static bool read_wanted(struct call *c, const json_t *input, struct cleanup_wanted *ret,
			struct err *err)
{
	const char *name = json_text_of(input, "projectName");
	int64_t days = json_int_of(input, "idleDays", 0);
	bool orphans = json_bool_of(input, "orphans"), instances = json_bool_of(input, "instances");
	bool all = !orphans && !instances && !days;
	struct project p;

	*ret = (struct cleanup_wanted){
		.expired = all,
		.orphans = all || orphans,
		.instances = all || instances,
		.idle = days > 0,
		.idle_ms = (days ? days : IDLE_DAYS_DEFAULT) * DAY_MS,
		.yes = json_bool_of(input, "yes"),
	};
	if (!name)
		return true;
	if (!project_need(c->registry, name, &c->arena, &p, err))
		return false;
	ret->project = p.name;
	return true;
}

/* Only what is idle and was not asked for is left as it is. */
static bool is_wanted(const struct cleanup *c, const struct cleanable *one)
{
	return one->reason != CLEANUP_IDLE || c->wanted.idle;
}

/* Doing it. */

static bool release_ports(struct cleanup *c, struct err *err)
{
	struct registry *r = c->call->registry;

	/* All go before any is promoted, or a port would become primary on its way out. */
	for (unsigned i = 0; i < c->n_ports; i++)
		if (is_wanted(c, &c->ports[i]) && !c->ports[i].kept &&
		    !entry_release(r, c->ports[i].entry, false, err))
			return false;
	for (unsigned i = 0; i < c->n_ports; i++)
		if (is_wanted(c, &c->ports[i]) && !c->ports[i].kept && c->ports[i].entry->primary &&
		    !entry_promote_next(r, c->ports[i].entry, err))
			return false;
	return true;
}

static bool put_instance(const struct cleanable_instance *one, const json_t *ports, json_t *rows,
			 struct err *err)
{
	json_t *row = instance_json(&one->instance);

	return (json_append(rows, row) && json_put_text(row, "why", one->why) &&
		json_put_text(row, "kept", one->kept) &&
		json_put_bool(row, "needsYes", one->kept && one->needs_yes) &&
		json_put(row, "ports", json_incref(json_walked(ports)))) ||
	       fail_memory(err);
}

static bool retire_one(struct cleanup *c, const struct cleanable_instance *one, json_t *released,
		       json_t *kept, struct err *err)
{
	CLEANUP(json_cleanup) json_t *ports = json_array();
	struct retired gone = { 0 };

	if (!ports)
		return fail_memory(err);
	if (one->kept)
		return put_instance(one, ports, kept, err);
	if (!instance_retire(c->call->registry, &one->project, one->instance.number,
			     &c->call->arena, &gone, err))
		return false;
	for (unsigned i = 0; i < gone.entries.count; i++)
		if (!json_append(ports, entry_json(&gone.entries.items[i])))
			return fail_memory(err);
	return put_instance(one, ports, released, err);
}

/* An empty list, as a member of the answer; NULL: no memory. */
static json_t *put_list(json_t *answer, const char *name)
{
	json_t *list = json_array();

	return json_put(answer, name, list) ? list : NULL;
}

static bool retire_instances(struct cleanup *c, json_t *answer, struct err *err)
{
	json_t *released = put_list(answer, "instances"), *kept = put_list(answer, "keptInstances");

	if (!released || !kept)
		return fail_memory(err);
	for (unsigned i = 0; i < c->n_instances; i++)
		if (!retire_one(c, &c->instances[i], released, kept, err))
			return false;
	return true;
}

/* Saying it. */

static bool put_port(const struct cleanable *one, json_t *rows)
{
	json_t *row = entry_json(one->entry);
	bool seen = entry_seen_at(one->entry) > one->entry->allocated_at_ms;

	return json_append(rows, row) &&
	       json_put_text(row, "reason", cleanup_reason_name(one->reason)) &&
	       json_put_text(row, "why", one->why) && json_put_text(row, "kept", one->kept) &&
	       json_put_bool(row, "needsYes", one->kept && one->needs_yes) &&
	       json_put_time(row, "lastSeenAt", seen ? entry_seen_at(one->entry) : 0);
}

static bool put_ports(const struct cleanup *c, json_t *answer, struct err *err)
{
	json_t *released = put_list(answer, "released"), *kept = put_list(answer, "kept");
	json_t *idle = put_list(answer, "idle");

	if (!released || !kept || !idle)
		return fail_memory(err);
	for (unsigned i = 0; i < c->n_ports; i++) {
		const struct cleanable *one = &c->ports[i];

		if (!put_port(one, !is_wanted(c, one) ? idle : one->kept ? kept : released))
			return fail_memory(err);
	}
	return true;
}

/* Who never looks has seen nobody: that is no sign that nothing ran. */
static void note_unwatched(const struct cleanup *c)
{
	struct registry *r = c->call->registry;
	int64_t since = registry_now(r) - c->wanted.idle_ms;
	bool any = false;

	for (unsigned i = 0; i < c->n_ports; i++)
		any |= c->ports[i].reason == CLEANUP_IDLE;
	for (unsigned i = 0; i < c->scene.entries.count && any; i++)
		any = c->scene.entries.items[i].last_verified_at_ms < since;
	if (any)
		registry_note(r,
			      "no audit has seen a port in use for %lld day%s: what has run "
			      "meanwhile is not known; portbook audit looks",
			      (long long)(c->wanted.idle_ms / DAY_MS),
			      c->wanted.idle_ms == DAY_MS ? "" : "s");
}

/* What was released, of instances, too. */
static unsigned count_ports(const json_t *answer)
{
	size_t count = json_array_size(json_object_get(answer, "released")), i;
	const json_t *one;

	json_array_foreach(json_object_get(answer, "instances"), i, one)
		count += json_array_size(json_object_get(one, "ports"));
	return (unsigned)count;
}

static bool record_cleanup(struct cleanup *c, json_t *answer, struct err *err)
{
	size_t instances = json_array_size(json_object_get(answer, "instances"));
	unsigned ports = count_ports(answer);
	char subject[64];
	struct change change = { .op = "cleanup", .subject = subject };

	if (!json_put_int(answer, "count", ports))
		return fail_memory(err);
	if (!ports && !instances)
		return true;
	snprintf(subject, sizeof(subject), "%u port%s, %zu instance%s", ports,
		 ports == 1 ? "" : "s", instances, instances == 1 ? "" : "s");
	change.after = json_pack("{s:i, s:i}", "released", (int)ports, "instances", (int)instances);
	return change.after ? registry_record(c->call->registry, &change, err) : fail_memory(err);
}

static bool cleanup_run(struct call *call, const json_t *input, json_t *answer, struct err *err)
{
	struct cleanup c = { .call = call };

	if (!read_wanted(call, input, &c.wanted, err) ||
	    !scene_read(call->registry, call->registry->host, &call->seen, &call->arena, &c.scene,
			err))
		return false;
	if (!cleanup_find(&c, err) || !release_ports(&c, err) || !retire_instances(&c, answer, err))
		return false;
	if (!json_put_bool(answer, "dryRun", call->is_trial) ||
	    !json_put_int(answer, "idleDays", c.wanted.idle_ms / DAY_MS))
		return fail_memory(err);
	note_unwatched(&c);
	return put_ports(&c, answer, err) && record_cleanup(&c, answer, err);
}

const struct operation op_cleanup = {
	.schema = &schema_cleanup,
	.access = ACCESS_WRITE,
	.before = cleanup_look,
	.run = cleanup_run,
};
