/*
 * operations/run_note.c - what `run` tells the book of the command it runs.
 *
 * A start is history, with the process; listening and ending are noted as an audit notes what it
 * sees, but at the very moment, and are not counted among the looks.
 */
#include <string.h>

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/checks.h"
#include "registry/changes.h"
#include "registry/edit.h"
#include "registry/entry_json.h"

/* Rationale: nobody looked, so nothing was measured. */
#define NOT_MEASURED (-1)

static bool put_process(json_t *row, const json_t *input)
{
	return json_put_int(row, "pid", json_int_of(input, "pid", 0)) &&
	       json_put_int(row, "startedAt", json_int_of(input, "startedAt", 0)) &&
	       json_put_text(row, "program", json_text_of(input, "program"));
}

static bool note_started(struct call *c, const json_t *input, const struct entry *e,
			 struct err *err)
{
	struct change change = {
		.op = RUN_OP,
		.project_id = e->project_id,
		.subject = entry_subject(&c->arena, e),
		.service = e->service,
		.port = e->port,
		.after = entry_json(e),
	};

	if (change.subject && change.after && put_process(change.after, input))
		return registry_record(c->registry, &change, err);
	json_decref(change.after);
	return fail_memory(err);
}

static bool note_state(struct call *c, const struct entry *e, enum entry_state state,
		       struct err *err)
{
	const struct look_result seen = { .entry = e, .state = state };
	const struct look_results look = { .items = &seen,
					   .count = 1,
					   .host = e->host,
					   .at_ms = registry_now(c->registry),
					   .took_us = NOT_MEASURED,
					   .is_told = true };

	return checks_add(c->registry, &look, err);
}

static bool has_way_back(const struct entry *e)
{
	CLEANUP(json_cleanup) json_t *metadata = NULL;
	const char *by = NULL;

	if (e->metadata && json_parse(e->metadata, strlen(e->metadata), &metadata, NULL))
		by = json_text_of(metadata, STARTED_BY);
	return by && !strcmp(by, "run");
}

/* Under a supervisor it takes its port from a guard, which may hold it from now on. */
static bool note_way_back(struct call *c, const struct service_key *key, const struct entry *e,
			  struct err *err)
{
	CLEANUP(json_cleanup) json_t *metadata = json_pack("{s:s}", STARTED_BY, "run");
	const struct details d = { .metadata = metadata };
	struct entry updated;
	bool changed;

	if (has_way_back(e))
		return true;
	if (!metadata)
		return fail_memory(err);
	return registry_update(c->registry, key, e->port, &d, &c->arena, &updated, &changed, err);
}

static bool note(struct call *c, const json_t *input, const struct service_key *key,
		 const struct entry *e, struct err *err)
{
	const char *event = json_text_of(input, "event");

	if (!rights_to_project(c->registry->rights, e->project, err))
		return false;
	if (!strcmp(event, "started"))
		return note_started(c, input, e, err);
	if (!strcmp(event, "ended"))
		return note_state(c, e, STATE_DOWN, err);
	return note_state(c, e, STATE_IN_USE, err) && note_way_back(c, key, e, err);
}

static bool is_of(const struct entry *e, const struct service_key *key)
{
	return !strcmp(e->project_id, key->project->id) && e->instance == key->instance &&
	       !strcmp(e->service, key->service) && !strcmp(e->environment, key->environment);
}

static bool find_entry(struct call *c, const json_t *input, const struct service_key *key,
		       struct entry *ret, struct err *err)
{
	uint16_t port = (uint16_t)json_int_of(input, "port", 0);
	bool found;

	if (!(port ? port_holder(c->registry, key->host, key->protocol, port, &c->arena, ret,
				 &found, err)
		   : service_primary(c->registry, key, &c->arena, ret, &found, err)))
		return false;
	if (found && is_of(ret, key))
		return true;
	return fail(err, ERR_NOT_FOUND, "'%s' of '%s' has no such port in '%s'", key->service,
		    key->project->name, key->environment);
}

static bool run_note_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct service_key key;
	struct entry e;
	struct place p;

	if (!place_find(c, input, PLACE_ENTER_NOTHING, &p, err) ||
	    !input_key(c, input, &p, &key, err) || !find_entry(c, input, &key, &e, err) ||
	    !note(c, input, &key, &e, err))
		return false;
	return (json_put_text(answer, "projectName", e.project) &&
		json_put_text(answer, "serviceName", e.service) &&
		json_put_int(answer, "port", e.port) &&
		json_put_text(answer, "event", json_text_of(input, "event"))) ||
	       fail_memory(err);
}

const struct operation op_run_note = {
	.schema = &schema_run_note,
	.access = ACCESS_WRITE,
	.shares = true,
	.run = run_note_run,
};
