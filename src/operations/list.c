/*
 * operations/list.c - what is entered.
 */
#include <stdlib.h>
#include <string.h>

#include "operations/homes.h"
#include "operations/input.h"
#include "operations/live.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"
#include "registry/projects.h"

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
	return input_name(c, input, "serviceName", "service", &f->service, err) &&
	       input_name(c, input, "environment", "environment", &f->environment, err) &&
	       input_name(c, input, "serviceType", "type", &f->type, err) &&
	       input_name(c, input, "host", "host", &f->host, err);
}

struct listing {
	json_t *array;
	struct scene *scene; /* NULL: not looked at */
	bool only_orphans;
	struct homes homes;
	unsigned limit; /* 0: none */
	uint16_t last_port;
	bool more, out_of_memory;
};

/* A page ends between two ports, never between two entries of one. */
static bool add_row(const struct entry *e, void *arg)
{
	struct listing *l = arg;
	json_t *row;

	if (l->only_orphans && !home_gone(&l->homes, e))
		return true;
	if (l->limit && json_array_size(l->array) >= l->limit && e->port != l->last_port) {
		l->more = true;
		return false;
	}
	l->last_port = e->port;
	row = entry_json(e);
	l->out_of_memory = !json_append(l->array, row) || !live_put(l->scene, e, row);
	return !l->out_of_memory;
}

static bool list_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct listing l = {
		.limit = (unsigned)json_int_of(input, "limit", 0),
		.only_orphans = json_bool_of(input, "orphans"),
	};

	if (!read_filter(c, input, &f, err) ||
	    !live_scene_if_asked(c, input, c->registry->host, err) ||
	    (l.only_orphans && !homes_read(c, &l.homes, err)))
		return false;
	l.scene = c->scene;
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

static bool is_of_book(const json_t *input)
{
	return !json_bool_of(input, "live") && !json_bool_of(input, "orphans");
}

const struct operation op_list = {
	.schema = &schema_list,
	.access = ACCESS_READ,
	.before = live_look_if_asked,
	.is_of_book = is_of_book,
	.run = list_run,
};
