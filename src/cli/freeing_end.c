#include "cli/freeing.h"

#include <string.h>

#include "cli/entry_text.h"
#include "cli/freeing_rows.h"
#include "operations/operation.h"

/* What is said of each; %s is who it is, %lld how many seconds it took. */
static void add_fate(struct text *t, const struct ended *e, const json_t *process)
{
	static const struct {
		const char *before, *after;
	} words[FATE_COUNT] = {
		[FATE_PENDING] = { "told ", " to end" },
		[FATE_TERMINATED] = { "ended ", "" },
		[FATE_KILLED] = { "killed ", ", which did not end when it was told to" },
		[FATE_LET_GO] = { "told ", " to end: it let go of the port, and still runs" },
		[FATE_GONE] = { "", " had gone already" },
		[FATE_CHANGED] = { "left ", " alone: it is another program since it was shown" },
		[FATE_REFUSED] = { "could not end ", ": the system does not permit it" },
		[FATE_STUCK] = { "killed ", ", which is still there: it waits for the kernel" },
	};

	text_add(t, words[e->fate].before);
	listener_add(t, process);
	text_addf(t, "%s\n", words[e->fate].after);
}

static json_t *ended_row(const struct ended *e)
{
	const struct process *p = &e->process;
	json_t *row = json_object();

	if (row && json_put_int(row, "pid", p->pid) && json_put_text(row, "program", p->program) &&
	    json_put_text(row, "user", p->user) && json_put_int(row, "uid", p->uid) &&
	    json_put_text(row, "cwd", p->cwd) && json_put_text(row, "fate", fate_name(e->fate)) &&
	    json_put_int(row, "tookMs", e->took_ms))
		return row;
	json_decref(row);
	return NULL;
}

static bool say_ended(struct run *r, const struct ending *e, json_t *array)
{
	for (unsigned i = 0; i < e->count; i++) {
		json_t *row = ended_row(&e->items[i]);

		if (!json_append(array, row))
			return false;
		add_fate(&r->out.text, &e->items[i], row);
	}
	return true;
}

static bool put_done(struct run *r, const json_t *port, const struct ending *e, json_t *done)
{
	json_t *row = json_object(), *array = json_array();

	return json_append(done, row) && json_put_int(row, "port", e->port) &&
	       json_put_text(row, "protocol", protocol_name(e->protocol)) &&
	       json_put(row, "entry", json_incref(json_object_get(port, "entry"))) &&
	       json_put_text(row, "state", json_text_of(port, "state")) &&
	       json_put_bool(row, "free", e->is_free) && json_put(row, "ended", array) &&
	       say_ended(r, e, array) && json_put(row, "takenBy", json_null());
}

/* Who has it now. */

static bool look_again(struct run *r, const json_t *port, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *input = json_pack("{s:I, s:s}", "port", (json_int_t)freeing_port(port), "protocol",
				  text_or(port, "protocol", "tcp"));

	return (input || fail_memory(err)) && run_call(r, "holders", input, ret, err);
}

static bool has_pid(const json_t *port, int64_t pid, int64_t start)
{
	const json_t *process;
	size_t i;

	json_array_foreach(json_object_get(port, "processes"), i, process)
		if (json_int_of(process, "pid", 0) == pid &&
		    json_int_of(process, "start", 0) == start)
			return true;
	return false;
}

/* What starts it again. */
static void hint_starter(const json_t *now, struct err *err)
{
	const json_t *process = json_array_get(json_object_get(now, "processes"), 0);
	const char *unit = json_text_of(process, "unit");
	const char *starter = json_text_of(process, "parentProgram");

	if (unit && strstr(unit, ".service"))
		fail_hint(err, "systemd may have started it: systemctl stop %s", unit);
	else if (starter)
		fail_hint(err, "'%s' (pid %lld) started it: end that first", starter,
			  (long long)json_int_of(process, "parent", 0));
	else
		fail_hint(err, "see who it is: portbook check %lld",
			  (long long)json_int_of(now, "port", 0));
}

static bool fail_taken(const json_t *port, const json_t *now, struct err *err)
{
	const json_t *process = json_array_get(json_object_get(now, "processes"), 0);
	bool is_same = process && has_pid(port, json_int_of(process, "pid", 0),
					  json_int_of(process, "start", 0));

	fail(err, ERR_TAKEN,
	     is_same ? "port %u is still held by %s" : "port %u was taken again by %s",
	     freeing_port(port), text_or(now, "actual", "somebody who is gone by now"));
	if (is_same)
		return fail_hint(err, "look at it and try again: portbook check %u",
				 freeing_port(port));
	hint_starter(now, err);
	return false;
}

static bool put_taker(struct run *r, const json_t *port, json_t *done, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	json_t *row = json_array_get(done, json_array_size(done) - 1);
	json_t *now;

	if (!look_again(r, port, &answer, err))
		return false;
	now = json_array_get(json_object_get(answer, "ports"), 0);
	if (!json_put(row, "takenBy", json_incref(now)))
		return fail_memory(err);
	return fail_taken(port, now, err);
}

bool freeing_end(struct run *r, const json_t *port, int64_t settle_ms, json_t *done,
		 struct err *err)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	CLEANUP(ending_cleanup) struct ending e = freeing_ending(r, &a, port);
	struct holders h;
	bool ok;

	e.settle_ms = settle_ms;
	if (!freeing_holders(port, &a, &h, err))
		return false;
	ok = ending_run(&e, &h, err);
	if (!put_done(r, port, &e, done))
		return fail_memory(err);
	return ok && (e.is_free || put_taker(r, port, done, err));
}

/* What was said on the way is in the object, too. */
static bool finish_json(struct run *r, json_t *answer, const struct err *failure, struct err *err)
{
	CLEANUP(json_cleanup) json_t *whole = NULL;

	text_clear(&r->out.text);
	if (failure->code == ERR_NONE)
		return output_json(&r->out, answer, err);
	whole = operation_error(failure);
	if (!whole || json_object_del(answer, "success") < 0 ||
	    json_object_update(whole, answer) < 0)
		return fail_memory(err);
	return output_json(&r->out, whole, err);
}

bool freeing_finish(struct run *r, json_t *answer, const struct err *failure, struct err *err)
{
	r->status = err_exit_status(failure->code);
	if (r->out.json)
		return finish_json(r, answer, failure, err);
	if (failure->code != ERR_NONE)
		output_error(&r->out, failure);
	return true;
}
