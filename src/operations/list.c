/*
 * operations/list.c - what is entered: list and history.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"
#include "registry/projects.h"

/* Fold what is a name in the book, so that `--project Consilio` finds it. */
static bool folded(struct call *c, const char *what, const char *text, const char **ret,
		   struct err *err)
{
	char name[NAME_SIZE];

	*ret = NULL;
	if (!text)
		return true;
	if (!name_fold(what, text, name, err))
		return false;
	*ret = arena_copy(&c->arena, name);
	return *ret || fail_memory(err);
}

static bool read_filter(struct call *c, const json_t *input, struct entry_filter *f,
			struct err *err)
{
	const char *project = json_text_of(input, "projectName");
	const char *protocol = json_text_of(input, "protocol");
	const char *status = json_text_of(input, "status");
	struct project p;
	enum entry_status s;

	if (project) {
		if (!project_need(c->registry, project, &c->arena, &p, err))
			return false;
		f->project_id = p.id;
	}
	if (protocol)
		f->protocol = (int)input_protocol(input);
	if (status && entry_status_from_name(status, &s)) {
		f->status = (int)s;
		f->life = s == STATUS_RELEASED ? RELEASED_ONLY : LIVE_ONLY;
	}
	f->instance = (unsigned)json_int_of(input, "instance", 0);
	f->search = json_text_of(input, "search");
	f->worktree = json_text_of(input, "worktree");
	f->after_port = (uint16_t)json_int_of(input, "after", 0);
	return folded(c, "service", json_text_of(input, "serviceName"), &f->service, err) &&
	       folded(c, "environment", json_text_of(input, "environment"), &f->environment, err) &&
	       folded(c, "type", json_text_of(input, "serviceType"), &f->type, err) &&
	       folded(c, "host", json_text_of(input, "host"), &f->host, err);
}

struct listing {
	json_t *array;
	unsigned limit; /* 0: none */
	uint16_t last_port;
	bool more, out_of_memory;
};

/* A page ends between two ports, never between two entries of one. */
static bool add_row(const struct entry *e, void *arg)
{
	struct listing *l = arg;

	if (l->limit && json_array_size(l->array) >= l->limit && e->port != l->last_port) {
		l->more = true;
		return false;
	}
	l->last_port = e->port;
	l->out_of_memory = !json_append(l->array, entry_json(e));
	return !l->out_of_memory;
}

static bool list_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct listing l = { .limit = (unsigned)json_int_of(input, "limit", 0) };

	if (!read_filter(c, input, &f, err))
		return false;
	l.array = json_array();
	if (!json_put(answer, "ports", l.array))
		return fail_memory(err);
	if (!c->registry->store->ops->entry_each(c->registry->store, &f, add_row, &l, err))
		return false;
	if (l.out_of_memory || !json_put_int(answer, "count", (int64_t)json_array_size(l.array)) ||
	    !json_put(answer, "next", l.more ? json_integer(l.last_port) : json_null()))
		return fail_memory(err);
	return true;
}

const struct operation op_list = {
	.schema = &schema_list,
	.access = ACCESS_READ,
	.run = list_run,
};

/* History. */

#define HISTORY_DEFAULT 50

struct telling {
	struct call *call;
	json_t *array; /* newest first while it is read */
	struct err *err;
	bool failed;
};

static json_t *parsed(const char *text)
{
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	return json ? json : json_null();
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* The project's name today; the event's subject keeps the name it had. NULL: it is gone. */
static bool project_name(struct telling *t, const char *id, const char **ret, struct err *err)
{
	struct store *s = t->call->registry->store;
	struct project p;
	bool found = false;

	if (id && !s->ops->project_find(s, PROJECT_BY_ID(id), &t->call->arena, &p, &found, err))
		return false;
	*ret = found ? p.name : NULL;
	return true;
}

static bool add_event(const struct event *e, void *arg)
{
	struct telling *t = arg;
	json_t *o = json_object();

	t->failed = !json_append(t->array, o) || !json_put_int(o, "seq", e->seq) ||
		    !json_put_time(o, "at", e->at_ms) || !json_put_text(o, "actor", e->actor) ||
		    !json_put_text(o, "operation", e->op) ||
		    !json_put_text(o, "subject", e->subject) ||
		    !json_put(o, "projectName", text_or_null(e->project_id)) ||
		    !json_put_text(o, "serviceName", e->service) ||
		    !json_put(o, "port", e->port ? json_integer(e->port) : json_null()) ||
		    !json_put(o, "before", parsed(e->before)) ||
		    !json_put(o, "after", parsed(e->after));
	return !t->failed;
}

/* Ids become names, and the newest comes last. */
static bool finish_events(struct telling *t, json_t *answer, struct err *err)
{
	json_t *ordered = json_array();
	const char *name;

	if (!json_put(answer, "events", ordered))
		return fail_memory(err);
	for (size_t i = json_array_size(t->array); i > 0; i--) {
		json_t *o = json_array_get(t->array, i - 1);

		if (!project_name(t, json_text_of(o, "projectName"), &name, err))
			return false;
		if (!json_put(o, "projectName", text_or_null(name)) ||
		    json_array_append(ordered, o) < 0)
			return fail_memory(err);
	}
	return true;
}

static bool read_event_filter(struct call *c, const json_t *input, struct event_filter *f,
			      struct err *err)
{
	const char *service = json_text_of(input, "serviceName");
	struct project p;

	f->port = (uint16_t)json_int_of(input, "port", 0);
	f->limit = (unsigned)json_int_of(input, "limit", HISTORY_DEFAULT);
	f->newest_first = true;
	if (json_text_of(input, "projectName") || service) {
		if (!place_project(c, input, &p, err))
			return false;
		f->project_id = p.id;
	}
	return folded(c, "service", service, &f->service, err);
}

static bool history_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	CLEANUP(json_cleanup) json_t *array = json_array();
	struct event_filter f = { 0 };
	struct telling t = { .call = c, .array = array };

	if (!array)
		return fail_memory(err);
	if (!read_event_filter(c, input, &f, err) ||
	    !c->registry->store->ops->event_each(c->registry->store, &f, add_event, &t, err))
		return false;
	return t.failed ? fail_memory(err) : finish_events(&t, answer, err);
}

const struct operation op_history = {
	.schema = &schema_history,
	.access = ACCESS_READ,
	.run = history_run,
};
