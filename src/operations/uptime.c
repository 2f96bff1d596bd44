/*
 * operations/uptime.c - how often a service was up, by what audits have noted.
 */
#include <string.h>

#include "base/clock.h"
#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/checks.h"
#include "registry/release.h"

#define CHANGES_DEFAULT 20

/* A time back from now, and the looks in it. */
enum window { DAY, WEEK, MONTH, ALL, WINDOW_COUNT };

static const struct {
	const char *name;
	int64_t ms; /* 0: all */
} windows[WINDOW_COUNT] = {
	[DAY] = { "day", MS_PER_DAY },
	[WEEK] = { "week", 7 * MS_PER_DAY },
	[MONTH] = { "month", 30 * MS_PER_DAY },
	[ALL] = { "all", 0 },
};

struct uptime {
	int64_t now_ms;
	struct looks in[WINDOW_COUNT];
	json_t *changes;   /* oldest first */
	const char *state; /* of the last look; NULL: there was none */
	int64_t first_ms, last_ms, since_ms;
};

/* Of several entries; looks come entry by entry. */
struct uptimes {
	const struct entry_list *entries;
	struct uptime *of; /* by entry */
	unsigned at;	   /* whose look came last */
	bool out_of_memory;
};

static json_t *change_json(const struct health_check *c, const struct looks *looks)
{
	CLEANUP(json_cleanup) json_t *details = NULL;
	json_t *o = json_object();

	if (c->details && !json_parse(c->details, strlen(c->details), &details, NULL))
		details = NULL;
	if (json_put_time(o, "at", c->at_ms) && json_put_text(o, "state", c->status) &&
	    json_put_text(o, "actual", json_text_of(details, "actual")) &&
	    json_put_int(o, "looks", looks->count) && json_put_int(o, "up", looks->up))
		return o;
	json_decref(o);
	return NULL;
}

static void count(struct uptime *u, const struct looks *looks)
{
	for (unsigned i = 0; i < WINDOW_COUNT; i++)
		if (!windows[i].ms || u->now_ms - looks->until_ms <= windows[i].ms) {
			u->in[i].count += looks->count;
			u->in[i].up += looks->up;
		}
}

/* False: no memory. */
static bool add_look(struct uptime *u, const struct health_check *c)
{
	struct looks looks = looks_of(c);
	enum entry_state state;

	count(u, &looks);
	u->first_ms = u->state ? u->first_ms : c->at_ms;
	u->last_ms = looks.until_ms;
	if (!entry_state_from_name(c->status, &state) || (u->state && !strcmp(u->state, c->status)))
		return true;
	u->state = entry_state_name(state);
	u->since_ms = c->at_ms;
	return json_append(u->changes, change_json(c, &looks));
}

static bool find_entry(struct uptimes *all, const char *id)
{
	const struct entry_list *entries = all->entries;

	if (!strcmp(entries->items[all->at].id, id))
		return true;
	for (unsigned i = 0; i < entries->count; i++)
		if (!strcmp(entries->items[i].id, id)) {
			all->at = i;
			return true;
		}
	return false;
}

static bool give_look(const struct health_check *c, void *arg)
{
	struct uptimes *all = arg;

	if (!find_entry(all, c->entry_id))
		return true;
	all->out_of_memory = !add_look(&all->of[all->at], c);
	return !all->out_of_memory;
}

/* Only the newest are told. */
static void drop_oldest(json_t *changes, size_t limit)
{
	while (json_array_size(changes) > limit)
		json_array_remove(changes, 0);
}

/* To the hundredth, never rounded up: 100 is all of them. */
static json_t *percent_json(const struct looks *looks)
{
	if (!looks->count)
		return json_null();
	return json_real((double)(UINT64_C(10000) * looks->up / looks->count) / 100.0);
}

static json_t *percents_json(const struct uptime *u)
{
	json_t *o = json_object();

	for (unsigned i = 0; o && i < WINDOW_COUNT; i++)
		if (!json_put(o, windows[i].name, percent_json(&u->in[i]))) {
			json_decref(o);
			return NULL;
		}
	return o;
}

static bool put_entry(json_t *o, const struct entry *e)
{
	return json_put_int(o, "port", e->port) &&
	       json_put_text(o, "protocol", protocol_name(e->protocol)) &&
	       json_put_text(o, "projectName", e->project) &&
	       json_put_text(o, "serviceName", e->service) &&
	       json_put_int(o, "instance", e->instance) &&
	       json_put_text(o, "environment", e->environment) && json_put_text(o, "host", e->host);
}

static bool put_uptime(json_t *o, const struct uptime *u)
{
	return json_put_text(o, "state", u->state) && json_put_time(o, "since", u->since_ms) &&
	       json_put_time(o, "firstLookAt", u->first_ms) &&
	       json_put_time(o, "lastLookAt", u->last_ms) &&
	       json_put_int(o, "looks", u->in[ALL].count) &&
	       json_put(o, "uptime", percents_json(u));
}

/* Rationale: to find those of one, a store may read all; those of a project it has to sort, too. */
#define FEW 8

static bool read_looks(struct store *s, const char *project_id, struct uptimes *all,
		       struct err *err)
{
	const struct entry_list *entries = all->entries;

	if (project_id && entries->count > FEW)
		return s->ops->check_of(s, &(struct check_filter){ .project_id = project_id },
					give_look, all, err);
	for (unsigned i = 0; i < entries->count; i++)
		if (!s->ops->check_of(s, &(struct check_filter){ .entry_id = entries->items[i].id },
				      give_look, all, err))
			return false;
	return true;
}

/* A service of the answer for each, without its looks. */
static bool add_services(struct call *c, struct uptimes *all, json_t *array)
{
	bool ok = true;

	all->of = arena_alloc(&c->arena, all->entries->count * sizeof(*all->of));
	for (unsigned i = 0; ok && all->of && i < all->entries->count; i++) {
		json_t *o = json_object(), *changes = json_array();

		ok = json_append(array, o) && json_put(o, "changes", changes) &&
		     put_entry(o, &all->entries->items[i]);
		all->of[i] = (struct uptime){ .now_ms = registry_now(c->registry),
					      .changes = changes };
	}
	return ok && all->of;
}

static bool tell(const struct uptimes *all, size_t limit, json_t *array)
{
	for (unsigned i = 0; i < all->entries->count; i++) {
		if (!put_uptime(json_array_get(array, i), &all->of[i]))
			return false;
		drop_oldest(all->of[i].changes, limit);
	}
	return true;
}

/* A port alone is whoever's it is. */
static bool read_filter(struct call *c, const json_t *input, struct entry_filter *f,
			struct err *err)
{
	uint16_t port = (uint16_t)json_int_of(input, "port", 0);
	struct project p;

	if (!port || json_text_of(input, "projectName")) {
		if (!place_project(c, input, &p, err))
			return false;
		f->project_id = arena_copy(&c->arena, p.id);
		if (!f->project_id)
			return fail_memory(err);
	}
	f->ports = (struct port_range){ port, port };
	f->instance = (unsigned)json_int_of(input, "instance", 0);
	if (json_text_of(input, "protocol"))
		f->protocol = (int)input_protocol(input);
	return input_name(c, input, "serviceName", "service", &f->service, err) &&
	       input_name(c, input, "environment", "environment", &f->environment, err) &&
	       input_name(c, input, "host", "host", &f->host, err);
}

static bool uptime_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	size_t limit = (size_t)json_int_of(input, "limit", CHANGES_DEFAULT);
	json_t *array = json_array();
	struct uptimes all = { 0 };
	struct entry_list list;

	if (!json_put(answer, "services", array))
		return fail_memory(err);
	if (!read_filter(c, input, &f, err) ||
	    !entries_read(c->registry, &f, &c->arena, &list, err))
		return false;
	if (!list.count)
		return fail(err, ERR_NOT_FOUND, "nothing is entered that fits");
	all.entries = &list;
	if (!add_services(c, &all, array))
		return fail_memory(err);
	if (!read_looks(c->registry->store, f.project_id, &all, err))
		return false;
	return (!all.out_of_memory && tell(&all, limit, array)) || fail_memory(err);
}

const struct operation op_uptime = {
	.schema = &schema_uptime,
	.access = ACCESS_READ,
	.run = uptime_run,
};
