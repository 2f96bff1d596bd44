/*
 * operations/undo.c - the last change, reversed.
 */
#include "registry/undo.h"

#include "operations/call.h"
#include "operations/operations.h"
#include "operations/schemas.h"

static json_t *row_json(const struct event *e, enum undo_action action)
{
	json_t *o = json_object();

	if (o && json_put_text(o, "operation", e->op) && json_put_text(o, "subject", e->subject) &&
	    json_put(o, "port", e->port ? json_integer(e->port) : json_null()) &&
	    json_put_text(o, "action", undo_action_name(action)))
		return o;
	json_decref(o);
	return NULL;
}

static json_t *rows_json(const struct undone *done)
{
	json_t *rows = json_array();

	for (unsigned i = 0; rows && i < done->of.count; i++)
		if (done->actions[i] != UNDO_NOTHING &&
		    !json_append(rows, row_json(&done->of.items[i], done->actions[i]))) {
			json_decref(rows);
			return NULL;
		}
	return rows;
}

static bool undo_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct undone done;

	if (!registry_undo(c->registry, json_int_of(input, "change", 0), &c->arena, &done, err))
		return false;
	return (json_put_bool(answer, "dryRun", c->is_trial) &&
		json_put_int(answer, "change", done.of.items[0].seq) &&
		json_put_text(answer, "operation", done.main->op) &&
		json_put_text(answer, "actor", done.main->actor) &&
		json_put_time(answer, "at", done.main->at_ms) &&
		json_put(answer, "rows", rows_json(&done))) ||
	       fail_memory(err);
}

const struct operation op_undo = {
	.schema = &schema_undo,
	.access = ACCESS_WRITE,
	.run = undo_run,
};
