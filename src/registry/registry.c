#include "registry/registry.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/entry_json.h"
#include "registry/policy_json.h"

void registry_release(struct registry *r)
{
	free(r->policy);
	r->policy = NULL;
	free(r->look);
	r->look = NULL;
	json_decref(r->notices);
	r->notices = NULL;
}

static bool is_noted(const struct registry *r, const char *text)
{
	const json_t *notice;
	size_t i;

	json_array_foreach(r->notices, i, notice)
		if (!strcmp(json_string_value(notice), text))
			return true;
	return false;
}

void registry_note(struct registry *r, const char *format, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (is_noted(r, text))
		return;
	if (!r->notices)
		r->notices = json_array();
	(void)!json_append(r->notices, json_string(text));
}

int64_t registry_now(const struct registry *r)
{
	return r->clock->now_ms(r->clock->ctx);
}

const char *registry_actor(struct registry *r)
{
	if (!r->actor[0])
		r->caller(r->actor);
	return r->actor;
}

const char *registry_new_id(struct registry *r, struct arena *a)
{
	unsigned char random[10];
	char *id = arena_alloc(a, UUID_TEXT_SIZE);

	if (!id)
		return NULL;
	r->clock->random(r->clock->ctx, random, sizeof(random));
	return uuid7_format(registry_now(r), random, id);
}

static bool read_policy(const char *text, struct policy **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *json = NULL;
	struct err why = { 0 };
	struct policy *p;

	if (!json_parse(text, strlen(text), &json, &why))
		return why.code == ERR_MEMORY
			       ? fail_memory(err)
			       : fail(err, ERR_BOOK, "the book's policy is damaged: %s", why.text);
	p = calloc(1, sizeof(*p));
	if (!p)
		return fail_memory(err);
	if (!policy_from_json(json, p, err)) {
		free(p);
		return false;
	}
	*ret = p;
	return true;
}

bool registry_policy(struct registry *r, const struct policy **ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct store_ops *ops = r->store->ops;
	const char *stamp, *text;
	struct policy *p;

	if (!ops->setting_get(r->store, "policy_stamp", &arena, &stamp, err))
		return false;
	if (stamp && r->policy && !strcmp(stamp, r->policy_stamp)) {
		*ret = r->policy;
		return true;
	}
	if (!ops->setting_get(r->store, "policy", &arena, &text, err))
		return false;
	if (!text || !stamp || strlen(stamp) >= sizeof(r->policy_stamp))
		return fail(err, ERR_BOOK, "the book has no policy");
	if (!read_policy(text, &p, err))
		return false;
	free(r->policy);
	r->policy = p;
	snprintf(r->policy_stamp, sizeof(r->policy_stamp), "%s", stamp);
	*ret = p;
	return true;
}

static bool folded(const char *what, const char *text, struct arena *a, const char **ret,
		   struct err *err)
{
	char name[NAME_SIZE];

	if (!name_fold(what, text, name, err))
		return false;
	*ret = arena_copy(a, name);
	return *ret || fail_memory(err);
}

bool registry_environment(struct registry *r, const char *environment, struct arena *a,
			  const char **ret, struct err *err)
{
	if (environment)
		return folded("environment", environment, a, ret, err);
	/* The policy's default stands beside it, so that `get` need not read the policy. */
	if (!r->store->ops->setting_get(r->store, "environment", a, ret, err))
		return false;
	return *ret || fail(err, ERR_BOOK, "the book has no policy");
}

bool registry_host(struct registry *r, const char *host, struct arena *a, const char **ret,
		   struct err *err)
{
	return folded("host", host ? host : r->host, a, ret, err);
}

static bool dump(json_t *json, char **ret, struct err *err)
{
	return !json || json_format(json, ret, err);
}

/* Is a project that is named here one that may be changed? */
static bool may_change_named(struct registry *r, const char *name, bool *is_named, struct err *err)
{
	if (!name)
		return true;
	*is_named = true;
	return rights_to_project(r->rights, name, err);
}

static bool may_change_known(struct registry *r, const char *id, bool *is_named, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct project p;
	bool found = false;

	if (id &&
	    !r->store->ops->project_find(r->store, PROJECT_BY_ID(id), &arena, &p, &found, err))
		return false;
	return may_change_named(r, found ? p.name : NULL, is_named, err);
}

/*
 * By its number, by its name before and by the one after: a project that is renamed, or an entry
 * that moves, has two.  What names none is everybody's.
 */
static bool may_change(struct registry *r, const struct change *c, struct err *err)
{
	struct err why = { 0 };
	bool is_named = false;

	if (!r->rights || !r->rights->projects)
		return true;
	if (may_change_known(r, c->project_id, &is_named, &why) &&
	    may_change_named(r, json_text_of(c->before, "projectName"), &is_named, &why) &&
	    may_change_named(r, json_text_of(c->after, "projectName"), &is_named, &why) &&
	    (is_named || rights_to_project(r->rights, NULL, &why)))
		return true;
	r->has_refused = why.code == ERR_NOT_PERMITTED;
	if (err)
		*err = why;
	return false;
}

bool registry_record(struct registry *r, struct change *c, struct err *err)
{
	CLEANUP(json_cleanup) json_t *before_json = c->before;
	CLEANUP(json_cleanup) json_t *after_json = c->after;
	CLEANUP(json_text_cleanup) char *before = NULL;
	CLEANUP(json_text_cleanup) char *after = NULL;

	if (!may_change(r, c, err) || !dump(before_json, &before, err) ||
	    !dump(after_json, &after, err))
		return false;
	if (!r->store->in_transaction || !r->store->n_events)
		r->change_at_ms = registry_now(r);
	return r->store->ops->event_add(r->store,
					&(struct event){
						.at_ms = r->change_at_ms,
						.actor = registry_actor(r),
						.op = c->op,
						.project_id = c->project_id,
						.subject = c->subject,
						.service = c->service,
						.port = c->port,
						.before = before,
						.after = after,
					},
					err);
}

bool registry_record_change(struct registry *r, struct change *c, struct err *err)
{
	if (!c->before || !c->after || !json_equal(c->before, c->after))
		return registry_record(r, c, err);
	json_decref(c->before);
	json_decref(c->after);
	return true;
}

const char *service_subject(struct arena *a, const char *project, unsigned instance,
			    const char *service)
{
	if (instance == 1)
		return arena_printf(a, "%s/%s", project, service);
	return arena_printf(a, "%s@%u/%s", project, instance, service);
}

const char *entry_subject(struct arena *a, const struct entry *e)
{
	return service_subject(a, e->project, e->instance, e->service);
}

bool registry_record_entry(struct registry *r, const char *op, const struct entry *before,
			   const struct entry *after, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct change c = {
		.op = op,
		.project_id = after->project_id,
		.service = after->service,
		.port = after->port,
		.subject = entry_subject(&arena, after),
		.before = before ? entry_json(before) : NULL,
		.after = entry_json(after),
	};

	if (!c.subject || !c.after || (before && !c.before)) {
		json_decref(c.before);
		json_decref(c.after);
		return fail_memory(err);
	}
	return registry_record(r, &c, err);
}

bool registry_put_entry(struct registry *r, const char *op, const struct entry *before,
			const struct entry *after, struct err *err)
{
	return r->store->ops->entry_put(r->store, after, err) &&
	       registry_record_entry(r, op, before, after, err);
}
