/*
 * operations/doctor.c - the findings of a look at the whole book.
 */
#include "operations/doctor.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/hosts.h"
#include "registry/projects.h"

/* ---- the answer ---- */

static const char *const names[] = {
	[SEVERITY_OK] = "ok",
	[SEVERITY_NOTE] = "note",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_ERROR] = "error",
};
static_assert(ARRAY_LEN(names) == SEVERITY_COUNT, "a severity has no name");

const char *severity_name(enum severity s)
{
	return names[s];
}

static json_t *finding_json(const struct finding *f)
{
	json_t *o = json_object();

	if (json_put_text(o, "check", f->check) &&
	    json_put_text(o, "severity", severity_name(f->severity)) &&
	    json_put_text(o, "message", f->message) &&
	    json_put(o, "details", f->details ? json_incref(f->details) : json_array()) &&
	    json_put_text(o, "remedy", f->remedy))
		return o;
	json_decref(o);
	return NULL;
}

static bool count(json_t *answer, const char *key, bool one_more)
{
	return json_put_int(answer, key, json_int_of(answer, key, 0) + one_more);
}

bool doctor_add(json_t *answer, const struct finding *f, struct err *err)
{
	CLEANUP(json_cleanup) json_t *details = f->details;
	json_t *checks = json_object_get(answer, "checks");

	if (!f->message)
		return fail_memory(err);
	if (!checks && json_put(answer, "checks", json_array()))
		checks = json_object_get(answer, "checks");
	return (count(answer, "errors", f->severity == SEVERITY_ERROR) &&
		count(answer, "warnings", f->severity == SEVERITY_WARNING) && checks &&
		json_append(checks, finding_json(f))) ||
	       fail_memory(err);
}

/* ---- the schema ---- */

static bool add_old(json_t *answer, const char *message, bool may_write, struct err *err)
{
	const struct finding f = {
		.check = "schema",
		.severity = may_write ? SEVERITY_WARNING : SEVERITY_ERROR,
		.message = message,
		.remedy = may_write ? "portbook status brings it up to date; a portbook of before "
				      "cannot read it then"
				    : "its owner has to bring it up to date: portbook status",
	};

	return doctor_add(answer, &f, err);
}

bool doctor_version(json_t *answer, int version, int latest, bool may_write, struct err *err)
{
	char message[128];

	if (version < latest) {
		snprintf(message, sizeof(message),
			 "the book has version %d, and this portbook works with %d", version,
			 latest);
		return add_old(answer, message, may_write, err);
	}
	snprintf(message, sizeof(message), "version %d, the latest", version);
	return doctor_add(answer, &(struct finding){ .check = "schema", .message = message }, err);
}

/* ---- the policy ---- */

static const char *line_of(struct call *c, const struct policy_finding *f)
{
	return f->line ? arena_printf(&c->arena, "line %u: %s", f->line, f->text) : f->text;
}

static bool add_policy_finding(struct call *c, const struct policy_finding *f, json_t *answer,
			       struct err *err)
{
	const struct finding finding = {
		.check = "policy",
		.severity = f->is_error ? SEVERITY_ERROR : SEVERITY_WARNING,
		.message = line_of(c, f),
		.remedy = "portbook policy show >policy.yaml; mend it; portbook policy use "
			  "policy.yaml",
	};

	return doctor_add(answer, &finding, err);
}

static bool add_no_policy(const struct err *why, json_t *answer, struct err *err)
{
	return doctor_add(answer,
			  &(struct finding){
				  .check = "policy",
				  .severity = SEVERITY_ERROR,
				  .message = why->text,
				  .remedy = why->hint[0] ? why->hint
							 : "portbook policy use blocks, or a file",
			  },
			  err);
}

/* Ranges that the kernel uses, too, are doctor_ephemeral's, for the ports that are entered. */
static bool check_policy(struct call *c, const char *host, json_t *answer, struct err *err)
{
	const struct port_range no_ephemeral = { 0, 0 };
	struct policy_finding *found = arena_alloc(&c->arena, POLICY_MAX_FINDINGS * sizeof(*found));
	const struct policy *p;
	struct err why = { 0 };
	unsigned n;

	(void)host;
	if (!found)
		return fail_memory(err);
	if (!registry_policy(c->registry, &p, &why) && why.code == ERR_BOOK)
		return add_no_policy(&why, answer, err);
	if (why.code) {
		*err = why;
		return false;
	}
	n = policy_check(p, no_ephemeral, found);
	for (unsigned i = 0; i < n; i++)
		if (!add_policy_finding(c, &found[i], answer, err))
			return false;
	return n || doctor_add(answer,
			       &(struct finding){ .check = "policy",
						  .message = arena_printf(
							  &c->arena, "'%s' is sound", p->name) },
			       err);
}

/* ---- the projects' paths ---- */

struct standing {
	const char *name, *path; /* as recorded */
	const char *place;	 /* where that leads; the path itself if nothing is there */
};

struct standings {
	struct arena *arena;
	struct standing *items;
	unsigned count, room;
	bool out_of_memory;
};

static bool add_standing(const struct project *p, void *arg)
{
	struct standings *all = arg;
	struct standing *items;
	char place[PATH_MAX];

	if (!p->path || !*p->path)
		return true;
	items = arena_grow(all->arena, all->items, all->count, &all->room, sizeof(*items));
	all->out_of_memory = !items;
	if (!items)
		return false;
	all->items = items;
	items[all->count] = (struct standing){
		.name = arena_copy(all->arena, p->name),
		.path = arena_copy(all->arena, p->path),
		.place = arena_copy(all->arena, realpath(p->path, place) ? place : p->path),
	};
	all->out_of_memory = !items[all->count].name || !items[all->count].path ||
			     !items[all->count].place;
	all->count++;
	return !all->out_of_memory;
}

static int by_place(const void *a, const void *b)
{
	const struct standing *one = a, *other = b;
	int order = strcmp(one->place, other->place);

	return order ? order : strcmp(one->name, other->name);
}

static bool add_shared_path(struct call *c, const struct standing *a, const struct standing *b,
			    json_t *answer, struct err *err)
{
	const struct finding f = {
		.check = "paths",
		.severity = SEVERITY_ERROR,
		.message = arena_printf(&c->arena,
					"the projects '%s' and '%s' have one path: %s%s%s", a->name,
					b->name, a->path, strcmp(a->path, b->path) ? ", " : "",
					strcmp(a->path, b->path) ? b->path : ""),
		.remedy = arena_printf(&c->arena,
				       "portbook project set %s --path '', or remove the one that "
				       "is not there any more",
				       b->name),
	};

	return f.remedy ? doctor_add(answer, &f, err) : fail_memory(err);
}

static bool check_paths(struct call *c, const char *host, json_t *answer, struct err *err)
{
	struct standings all = { .arena = &c->arena };
	struct store *s = c->registry->store;
	bool found = false;

	(void)host;
	if (!s->ops->project_each(s, add_standing, &all, err))
		return false;
	if (all.out_of_memory)
		return fail_memory(err);
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), by_place);
	for (unsigned i = 1; i < all.count; i++) {
		if (strcmp(all.items[i - 1].place, all.items[i].place) != 0)
			continue;
		found = true;
		if (!add_shared_path(c, &all.items[i - 1], &all.items[i], answer, err))
			return false;
	}
	return found || doctor_add(answer,
				   &(struct finding){ .check = "paths",
						      .message = "no two projects have one path" },
				   err);
}

/* ---- this machine's name ---- */

static bool check_host(struct call *c, const char *host, json_t *answer, struct err *err)
{
	const struct finding f = {
		.check = "host",
		.severity = SEVERITY_WARNING,
		.message = HOST_IS_ANYBODYS,
		.remedy = HOST_REMEDY,
	};

	(void)host;
	return !host_is_anybodys(c->registry) || doctor_add(answer, &f, err);
}

/* ---- all of it ---- */

static bool doctor_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	static bool (*const checks[])(struct call *, const char *, json_t *, struct err *) = {
		check_policy,	  doctor_ranges, check_paths,
		doctor_ephemeral, doctor_clock,	 check_host,
	};
	const struct entry_filter all = ENTRY_FILTER_ALL;
	struct entry_list entries;
	const char *host;

	if (!input_host(c, input, &host, err) ||
	    !entries_read(c->registry, &all, &c->arena, &entries, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (!checks[i](c, host, answer, err))
			return false;
	return (json_put_text(answer, "book", c->book) &&
		json_put_int(answer, "entries", entries.count)) ||
	       fail_memory(err);
}

const struct operation op_doctor = {
	.schema = &schema_doctor,
	.access = ACCESS_READ,
	.run = doctor_run,
};
