/*
 * operations/cleanup_report.c - a review of the book: who is inactive, who owns
 * what, how full the ranges are.
 */
#include <stdlib.h>
#include <string.h>

#include "operations/cleanup.h"
#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "project/directory.h"
#include "registry/hosts.h"
#include "registry/look.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* What a project has. */
struct used {
	const struct project *project;
	unsigned ports, in_use;
	int64_t seen_at_ms; /* 0: it has none */
	bool is_gone;	    /* its directory, and it is this machine's */
	bool elsewhere;	    /* it is on another machine, which cannot be seen from here */
};

struct report {
	struct call *call;
	struct scene scene;
	struct used *items;
	unsigned count;
};

static struct used *used_of(struct report *x, const char *project_id)
{
	for (unsigned i = 0; i < x->count; i++)
		if (!strcmp(x->items[i].project->id, project_id))
			return &x->items[i];
	return NULL;
}

static void count_entry(struct report *x, const struct entry *e)
{
	struct used *u = used_of(x, e->project_id);
	int64_t seen = entry_seen_at(e);

	if (!u)
		return;
	u->ports++;
	u->in_use += scene_listener(&x->scene, e->protocol, e->port) != NULL;
	if (seen > u->seen_at_ms)
		u->seen_at_ms = seen;
}

static bool find_gone(struct report *x, struct err *err)
{
	struct registry *r = x->call->registry;

	for (unsigned i = 0; i < x->count; i++) {
		struct used *u = &x->items[i];

		u->is_gone = directory_is_gone(u->project->path);
		if ((u->is_gone || !u->ports) &&
		    !project_is_elsewhere(r, u->project->id, x->scene.host, &u->elsewhere, err))
			return false;
		u->is_gone = u->is_gone && !u->elsewhere && !host_is_anybodys(r);
	}
	return true;
}

static bool gather(struct report *x, struct err *err)
{
	const struct project_list *projects = &x->scene.projects;

	x->items = arena_alloc(&x->call->arena, (projects->count + 1) * sizeof(*x->items));
	if (!x->items)
		return fail_memory(err);
	for (unsigned i = 0; i < projects->count; i++)
		x->items[x->count++].project = &projects->items[i];
	for (unsigned i = 0; i < x->scene.entries.count; i++)
		count_entry(x, &x->scene.entries.items[i]);
	return find_gone(x, err);
}

/* The longest unseen first; those without a port before them. */
static int by_seen(const void *a, const void *b)
{
	const struct used *x = a, *y = b;

	if (x->seen_at_ms != y->seen_at_ms)
		return x->seen_at_ms < y->seen_at_ms ? -1 : 1;
	return strcmp(x->project->name, y->project->name);
}

static bool put_project(const struct used *u, int64_t now_ms, json_t *rows)
{
	const struct project *p = u->project;
	json_t *row = json_object();

	return json_append(rows, row) && json_put_text(row, "projectName", p->name) &&
	       json_put_text(row, "owner", p->owner) && json_put_text(row, "path", p->path) &&
	       json_put_bool(row, "isGone", u->is_gone) && json_put_int(row, "ports", u->ports) &&
	       json_put_time(row, "lastSeenAt", u->seen_at_ms) &&
	       json_put(row, "days",
			u->seen_at_ms ? json_integer((now_ms - u->seen_at_ms) / DAY_MS)
				      : json_null());
}

/* The book's own project is nobody's, and always there. */
static bool is_inactive(const struct used *u, int64_t now_ms, int64_t idle_ms)
{
	int64_t since = u->seen_at_ms ? u->seen_at_ms : u->project->created_at_ms;

	return !u->in_use && now_ms - since >= idle_ms && (u->ports || !u->elsewhere) &&
	       strcmp(u->project->name, SHARED_PROJECT) != 0;
}

static bool put_inactive(struct report *x, int64_t idle_ms, json_t *answer, struct err *err)
{
	int64_t now = registry_now(x->call->registry);
	json_t *rows = json_array();

	if (!json_put(answer, "inactive", rows))
		return fail_memory(err);
	qsort(x->items, x->count, sizeof(*x->items), by_seen);
	for (unsigned i = 0; i < x->count; i++)
		if (is_inactive(&x->items[i], now, idle_ms) &&
		    !put_project(&x->items[i], now, rows))
			return fail_memory(err);
	return true;
}

/* Owners. */

static int by_owner(const void *a, const void *b)
{
	const struct used *x = a, *y = b;

	return strcmp(x->project->owner ? x->project->owner : "",
		      y->project->owner ? y->project->owner : "");
}

struct owned {
	const char *owner;
	unsigned projects, ports, in_use;
};

static int by_ports(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;

	if (x->ports != y->ports)
		return x->ports > y->ports ? -1 : 1;
	return strcmp(x->owner ? x->owner : "", y->owner ? y->owner : "");
}

/* `ret` has room for one of each project. */
static unsigned sum_owners(struct report *x, struct owned *ret)
{
	unsigned count = 0;

	qsort(x->items, x->count, sizeof(*x->items), by_owner);
	for (unsigned i = 0; i < x->count; i++) {
		const struct used *u = &x->items[i];

		if (!strcmp(u->project->name, SHARED_PROJECT) && !u->ports)
			continue;
		if (!count || strcmp(ret[count - 1].owner ? ret[count - 1].owner : "",
				     u->project->owner ? u->project->owner : "") != 0)
			ret[count++] = (struct owned){ .owner = u->project->owner };
		ret[count - 1].projects++;
		ret[count - 1].ports += u->ports;
		ret[count - 1].in_use += u->in_use;
	}
	qsort(ret, count, sizeof(*ret), by_ports);
	return count;
}

static bool put_owners(struct report *x, json_t *answer, struct err *err)
{
	struct owned *owners = arena_alloc(&x->call->arena, (x->count + 1) * sizeof(*owners));
	json_t *rows = json_array();
	unsigned count;

	if (!json_put(answer, "owners", rows) || !owners)
		return fail_memory(err);
	count = sum_owners(x, owners);
	for (unsigned i = 0; i < count; i++) {
		json_t *row = json_object();

		if (!json_append(rows, row) || !json_put_text(row, "owner", owners[i].owner) ||
		    !json_put_int(row, "projects", owners[i].projects) ||
		    !json_put_int(row, "ports", owners[i].ports) ||
		    !json_put_int(row, "inUse", owners[i].in_use))
			return fail_memory(err);
	}
	return true;
}

static bool put_ranges(struct report *x, json_t *answer, struct err *err)
{
	struct usage_list list;
	json_t *rows = json_array();

	if (!json_put(answer, "ranges", rows))
		return fail_memory(err);
	if (!usage_of_ranges(x->call->registry, x->scene.host, &x->call->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++) {
		json_t *row = answer_usage(&list.items[i]);

		if (!json_append(rows, row) ||
		    !json_put_text(row, "rangeName", list.items[i].range))
			return fail_memory(err);
	}
	return true;
}

static bool report_run(struct call *call, const json_t *input, json_t *answer, struct err *err)
{
	struct report x = { .call = call };
	int64_t days = json_int_of(input, "idleDays", INACTIVE_DAYS_DEFAULT);

	if (!scene_read(call->registry, call->registry->host, &call->seen, &call->arena, &x.scene,
			err) ||
	    !gather(&x, err))
		return false;
	return (json_put_int(answer, "idleDays", days) || fail_memory(err)) &&
	       put_inactive(&x, days * DAY_MS, answer, err) && put_owners(&x, answer, err) &&
	       put_ranges(&x, answer, err);
}

const struct operation op_cleanup_report = {
	.schema = &schema_cleanup_report,
	.access = ACCESS_READ,
	.before = cleanup_look,
	.run = report_run,
};
