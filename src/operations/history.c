/*
 * operations/history.c - who did what when.
 *
 * The events of a project, a port or of all are read newest first.  What else
 * is asked for (a service, an instance ...) is looked up in the rows that an
 * event keeps, before and after, so that a port is found under the service that
 * it was moved away from, too.
 */
#include <string.h>

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"
#include "registry/projects.h"

#define HISTORY_DEFAULT 50

/* Members that a row of the event must have; NULL and 0: any. */
struct wanted {
	const char *service, *environment, *host, *protocol;
	unsigned instance;
};

struct telling {
	struct wanted wanted;
	bool all; /* nothing is wanted: every event tells */
	unsigned limit;
	json_t *array; /* in the order in which it is read */
	bool out_of_memory;
};

static bool is_text(const json_t *row, const char *key, const char *wanted)
{
	const char *text = json_text_of(row, key);

	return !wanted || (text && !strcmp(text, wanted));
}

static bool is_wanted(const json_t *row, const struct wanted *w)
{
	return json_is_object(row) && is_text(row, "serviceName", w->service) &&
	       is_text(row, "environment", w->environment) && is_text(row, "host", w->host) &&
	       is_text(row, "protocol", w->protocol) &&
	       (!w->instance || json_int_of(row, "instance", 0) == w->instance);
}

/* Only a move changes the service of a row: the others need not be parsed to be passed over. */
static bool is_of_another_service(const struct event *e, const struct wanted *w)
{
	return w->service && (!e->service || strcmp(e->service, w->service) != 0) &&
	       strcmp(e->op, "move") != 0;
}

static json_t *parsed(const char *text)
{
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	return json ? json : json_null();
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *event_json(const struct event *e)
{
	json_t *o = json_object();

	if (json_put_int(o, "seq", e->seq) && json_put_time(o, "at", e->at_ms) &&
	    json_put_text(o, "actor", e->actor) && json_put_text(o, "operation", e->op) &&
	    json_put_text(o, "subject", e->subject) &&
	    json_put(o, "projectName", text_or_null(e->project_id)) &&
	    json_put_text(o, "serviceName", e->service) &&
	    json_put(o, "port", e->port ? json_integer(e->port) : json_null()) &&
	    json_put(o, "before", parsed(e->before)) && json_put(o, "after", parsed(e->after)))
		return o;
	json_decref(o);
	return NULL;
}

static bool add_event(const struct event *e, void *arg)
{
	struct telling *t = arg;
	json_t *o;

	if (is_of_another_service(e, &t->wanted))
		return true;
	o = event_json(e);
	if (o && !t->all && !is_wanted(json_object_get(o, "before"), &t->wanted) &&
	    !is_wanted(json_object_get(o, "after"), &t->wanted)) {
		json_decref(o);
		return true;
	}
	t->out_of_memory = !json_append(t->array, o);
	return !t->out_of_memory && json_array_size(t->array) < t->limit;
}

/* The project's name today; the event's subject keeps the name it had. NULL: it is gone. */
static bool project_name(struct call *c, const char *id, const char **ret, struct err *err)
{
	struct store *s = c->registry->store;
	struct project p;
	bool found = false;

	if (id && !s->ops->project_find(s, PROJECT_BY_ID(id), &c->arena, &p, &found, err))
		return false;
	*ret = found ? p.name : NULL;
	return true;
}

/* Ids become names, and the newest comes last. */
static bool finish_events(struct call *c, const json_t *array, bool newest_first, json_t *answer,
			  struct err *err)
{
	json_t *ordered = json_array();
	size_t count = json_array_size(array);
	const char *name;

	if (!json_put(answer, "events", ordered))
		return fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		json_t *o = json_array_get(array, newest_first ? count - 1 - i : i);

		if (!project_name(c, json_text_of(o, "projectName"), &name, err))
			return false;
		if (!json_put(o, "projectName", text_or_null(name)) ||
		    json_array_append(ordered, o) < 0)
			return fail_memory(err);
	}
	return true;
}

/* A name that no project has now: of one that was removed, or is called otherwise. */

struct former {
	const char *name;
	struct arena *arena;
	const char *id; /* NULL: nobody was called so */
	bool out_of_memory;
};

/* "shop", "shop/web", "shop@2" and "shop@2/web" are about `name` "shop". */
static bool is_about(const char *subject, const char *name)
{
	size_t len = strlen(name);

	return subject && !strncmp(subject, name, len) &&
	       (!subject[len] || subject[len] == '/' || subject[len] == '@');
}

static bool match_former(const struct event *e, void *arg)
{
	struct former *f = arg;

	if (!e->project_id || !is_about(e->subject, f->name))
		return true;
	f->id = arena_copy(f->arena, e->project_id);
	f->out_of_memory = !f->id;
	return false;
}

static bool note_former(struct call *c, const struct former *f, struct err *err)
{
	const char *now;

	if (!project_name(c, f->id, &now, err))
		return false;
	if (now)
		registry_note(c->registry, "'%s' is called '%s' now", f->name, now);
	else
		registry_note(c->registry, "'%s' is no longer in the book", f->name);
	return true;
}

static bool project_id(struct call *c, const json_t *input, const char **ret, struct err *err)
{
	const struct event_filter newest = { .newest_first = true };
	struct former former = { .arena = &c->arena };
	struct project p;
	struct err why = { 0 };

	if (place_project(c, input, &p, &why)) {
		*ret = p.id;
		return true;
	}
	if (why.code == ERR_NOT_FOUND && json_text_of(input, "projectName")) {
		if (!input_name(c, input, "projectName", "project", &former.name, err) ||
		    !c->registry->store->ops->event_each(c->registry->store, &newest, match_former,
							 &former, err))
			return false;
		if (former.out_of_memory)
			return fail_memory(err);
		*ret = former.id;
		if (former.id)
			return note_former(c, &former, err);
	}
	*err = why;
	return false;
}

/* Asking. */

static bool read_wanted(struct call *c, const json_t *input, struct wanted *ret, struct err *err)
{
	ret->instance = (unsigned)json_int_of(input, "instance", 0);
	ret->protocol = json_text_of(input, "protocol");
	return input_name(c, input, "serviceName", "service", &ret->service, err) &&
	       input_name(c, input, "environment", "environment", &ret->environment, err) &&
	       input_name(c, input, "host", "host", &ret->host, err);
}

static bool history_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	CLEANUP(json_cleanup) json_t *array = json_array();
	int64_t after = json_int_of(input, "after", -1);
	struct event_filter f = { .newest_first = after < 0,
				  .after_seq = after < 0 ? 0 : after,
				  .settled_only = json_bool_of(input, "settled") };
	struct telling t = { .array = array };
	const struct wanted *w = &t.wanted;

	if (!array)
		return fail_memory(err);
	if (!read_wanted(c, input, &t.wanted, err))
		return false;
	if ((json_text_of(input, "projectName") || w->service) &&
	    !project_id(c, input, &f.project_id, err))
		return false;
	f.port = (uint16_t)json_int_of(input, "port", 0);
	t.limit = (unsigned)json_int_of(input, "limit", HISTORY_DEFAULT);
	t.all = !w->service && !w->environment && !w->host && !w->protocol && !w->instance;
	f.limit = t.all ? t.limit : 0;
	if (!c->registry->store->ops->event_each(c->registry->store, &f, add_event, &t, err))
		return false;
	return t.out_of_memory ? fail_memory(err)
			       : finish_events(c, array, f.newest_first, answer, err);
}

const struct operation op_history = {
	.schema = &schema_history,
	.access = ACCESS_READ,
	.run = history_run,
};
