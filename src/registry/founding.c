/*
 * registry/founding.c - giving a book its policy.
 *
 * What is entered is held against it (fitting.h), it is written (policy_put.h),
 * and every project gets the block of its number again.
 */
#include "registry/founding.h"

#include <stdlib.h>
#include <string.h>

#include "registry/blocks.h"
#include "registry/edit.h"
#include "registry/fitting.h"
#include "registry/instances.h"
#include "registry/policy_put.h"
#include "registry/projects.h"

bool registry_is_founded(struct registry *r, bool *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const char *stamp;

	if (!r->store->ops->setting_get(r->store, "policy_stamp", &arena, &stamp, err))
		return false;
	*ret = stamp != NULL;
	return true;
}

/* Projects and instances under the new rules. */

static bool open_blocks(struct registry *r, struct arena *a, struct err *err)
{
	const struct policy *policy;
	const struct policy_range *range;
	struct project_list projects;
	struct block_list blocks;

	/* As the book has it now: a range belongs to the policy that it is held against. */
	if (!registry_policy(r, &policy, err))
		return false;
	range = blocks_range(policy);
	if (!range)
		return true;
	if (!projects_read(r, a, &projects, err))
		return false;
	for (unsigned i = 0; i < projects.count; i++)
		if (projects.items[i].number >= 0 &&
		    !blocks_need(r, range, &projects.items[i], r->host, &blocks, err))
			return false;
	return true;
}

static bool same_slices(const struct policy_range *a, const struct policy_range *b)
{
	if (!a || !b)
		return a == b;
	return a->slice == b->slice && a->slicing == b->slicing && a->block == b->block;
}

static bool reset_slices(struct registry *r, struct arena *a, struct err *err)
{
	struct instance_list list;

	if (!instances_read(r, NULL, a, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++) {
		struct instance one = list.items[i];

		one.slice = -1;
		if (!r->store->ops->instance_put(r->store, &one, err))
			return false;
	}
	return true;
}

/* What a new book starts with. */

static bool seed_project(struct registry *r, const struct policy_project *seed, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct project p;
	bool found;

	if (!r->store->ops->project_find(r->store, PROJECT_BY_NAME(seed->name), &arena, &p, &found,
					 err))
		return false;
	if (found) {
		if (seed->number >= 0 && p.number != seed->number)
			registry_note(r, "'%s' is in the book already, with number %d", p.name,
				      p.number);
		return true;
	}
	return project_add(r,
			   &(struct project_new){
				   .name = seed->name, .number = seed->number, .host = r->host },
			   &arena, &p, err);
}

static bool seed_service(struct registry *r, const struct policy *policy,
			 const struct policy_service *seed, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct project p;
	struct instance first;
	struct port_answer answer;
	bool entered;
	struct register_request q = {
		.key = { .project = &p,
			 .instance = 1,
			 .service = seed->service,
			 .environment = policy->environment,
			 .host = r->host },
		.port = seed->port,
	};
	struct err why = { 0 };

	if (!project_need(r, seed->project, &arena, &p, err) ||
	    !instance_need(r, &p, 1, r->host, &arena, &first, &entered, err))
		return false;
	if (registry_register(r, &q, &arena, &answer, &why))
		return true;
	if (why.code != ERR_TAKEN)
		return fail(err, why.code, "%s", why.text);
	registry_note(r, "'%s/%s' is not entered: %s", seed->project, seed->service, why.text);
	return true;
}

static bool seed_all(struct registry *r, const struct policy *p, struct err *err)
{
	const struct policy_project shared = { .name = SHARED_PROJECT, .number = -1 };

	if (!seed_project(r, &shared, err))
		return false;
	for (unsigned i = 0; i < p->n_projects; i++)
		if (!seed_project(r, &p->projects[i], err))
			return false;
	for (unsigned i = 0; i < p->n_services; i++)
		if (!seed_service(r, p, &p->services[i], err))
			return false;
	return true;
}

/* The whole. */

static bool record_policy(struct registry *r, const char *before, const char *after,
			  struct err *err)
{
	struct change c = {
		.op = "policy-use",
		.subject = after,
		.before = before ? json_pack("{s:s}", "policy", before) : NULL,
		.after = json_pack("{s:s}", "policy", after),
	};

	return registry_record(r, &c, err);
}

static bool is_sound(const struct policy *p, struct err *err)
{
	struct policy_finding *found = calloc(POLICY_MAX_FINDINGS, sizeof(*found));
	unsigned count;
	bool sound = true;

	if (!found)
		return fail_memory(err);
	count = policy_check(p, (struct port_range){ 0, 0 }, found);
	for (unsigned i = 0; i < count && sound; i++)
		if (found[i].is_error) {
			sound = false;
			if (found[i].line)
				(void)fail(err, ERR_INVALID, "the policy '%s', line %u: %.900s",
					   p->name, found[i].line, found[i].text);
			else
				(void)fail(err, ERR_INVALID, "the policy '%s': %.900s", p->name,
					   found[i].text);
		}
	free(found);
	return sound;
}

static bool old_policy(struct registry *r, const struct policy **ret, struct err *err)
{
	bool founded;

	*ret = NULL;
	if (!registry_is_founded(r, &founded, err))
		return false;
	return !founded || registry_policy(r, ret, err);
}

bool registry_use_policy(struct registry *r, const struct policy_change *change,
			 struct policy_changed *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct policy *p = change->policy, *old;
	struct policy_changed changed = { 0 };
	const char *old_name = NULL;
	bool reslice;

	if (!is_sound(p, err) || !old_policy(r, &old, err))
		return false;
	reslice = old && !same_slices(blocks_range(old), blocks_range(p));
	if (old) {
		/* The old one is freed as soon as the new one is read. */
		old_name = arena_copy(&arena, old->name);
		if (!old_name)
			return fail_memory(err);
	}
	if (!policy_fit(r, change, &arena, &changed, err) ||
	    (reslice && !reset_slices(r, &arena, err)) ||
	    !policy_put(r, p, change->text, &arena, err) ||
	    !record_policy(r, old_name, p->name, err) || !open_blocks(r, &arena, err) ||
	    !seed_all(r, p, err))
		return false;
	*ret = changed;
	return true;
}

bool registry_found(struct registry *r, const struct policy *policy, const char *text,
		    struct err *err)
{
	struct policy_changed changed;
	bool founded;

	if (!registry_is_founded(r, &founded, err))
		return false;
	return founded ||
	       registry_use_policy(r, &(struct policy_change){ .policy = policy, .text = text },
				   &changed, err);
}
