/*
 * operations/project.c - the owners of ports.
 */
#include "registry/projects.h"

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/blocks.h"

static bool put_project(struct call *c, const struct project *p, const char *host, json_t *answer,
			struct err *err)
{
	json_t *o;

	if (!answer_project(c, p, host, &o, err))
		return false;
	return json_put(answer, "project", o) || fail_memory(err);
}

static int read_status(const json_t *input, int otherwise)
{
	const char *name = json_text_of(input, "status");
	enum project_status s;

	return name && project_status_from_name(name, &s) ? (int)s : otherwise;
}

static bool add_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct project_new what = {
		.name = json_text_of(input, "projectName"),
		.number = (int)json_int_of(input, "number", -1),
		.path = json_text_of(input, "projectPath"),
		.owner = json_text_of(input, "owner"),
		.description = json_text_of(input, "description"),
		.status = (enum project_status)read_status(input, PROJECT_ACTIVE),
	};
	struct project p;

	return input_host(c, input, &what.host, err) &&
	       project_add(c->registry, &what, &c->arena, &p, err) &&
	       put_project(c, &p, what.host, answer, err);
}

static bool change_run(struct call *c, const json_t *input, struct project_change *change,
		       json_t *answer, struct err *err)
{
	struct project old, p;

	return project_need(c->registry, json_text_of(input, "projectName"), &c->arena, &old,
			    err) &&
	       input_host(c, input, &change->host, err) &&
	       project_set(c->registry, &old, change, &c->arena, &p, err) &&
	       put_project(c, &p, change->host, answer, err);
}

static bool set_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct project_change change = {
		.op = "project-set",
		.number = (int)json_int_of(input, "number", -1),
		.path = json_text_of(input, "projectPath"),
		.owner = json_text_of(input, "owner"),
		.description = json_text_of(input, "description"),
		.status = read_status(input, -1),
	};

	return change_run(c, input, &change, answer, err);
}

static bool rename_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct project_change change = PROJECT_CHANGE_NONE;

	change.op = "project-rename";
	change.name = json_text_of(input, "newName");
	return change_run(c, input, &change, answer, err);
}

static bool archive_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct project_change change = PROJECT_CHANGE_NONE;

	change.op = "project-archive";
	change.status = PROJECT_ARCHIVED;
	return change_run(c, input, &change, answer, err);
}

static bool remove_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const char *host;
	struct project p;

	/* The answer shows what is struck out, so it comes first. */
	return project_need(c->registry, json_text_of(input, "projectName"), &c->arena, &p, err) &&
	       input_host(c, input, &host, err) && put_project(c, &p, host, answer, err) &&
	       project_remove(c->registry, &p, err);
}

static bool add_block_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const struct policy *policy;
	const struct policy_range *range;
	struct port_range block;
	const char *host;
	struct project p;

	if (!project_need(c->registry, json_text_of(input, "projectName"), &c->arena, &p, err) ||
	    !input_host(c, input, &host, err) || !registry_policy(c->registry, &policy, err))
		return false;
	range = blocks_range(policy);
	if (!range)
		return fail(err, ERR_INVALID,
			    "the policy '%s' has no blocks: its ranges are shared by all "
			    "projects",
			    policy->name);
	if (p.number < 0)
		return fail(err, ERR_INVALID, "'%s' owns no block: it uses the shared range",
			    p.name);
	if (!blocks_add(c->registry, range, &p, host, &block, err) ||
	    !put_project(c, &p, host, answer, err))
		return false;
	return json_put(answer, "block",
			json_pack("{s:i, s:i}", "rangeStart", (int)block.first, "rangeEnd",
				  (int)block.last)) ||
	       fail_memory(err);
}

static bool show_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const char *host;
	struct project p;

	return place_project(c, input, &p, err) && input_host(c, input, &host, err) &&
	       put_project(c, &p, host, answer, err);
}

static bool list_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	int status = read_status(input, -1);
	struct project_list list;
	json_t *array = json_array();
	const char *host;

	if (!json_put(answer, "projects", array))
		return fail_memory(err);
	if (!input_host(c, input, &host, err) || !projects_read(c->registry, &c->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++) {
		json_t *o;

		if (status >= 0 && (int)list.items[i].status != status)
			continue;
		if (!answer_project(c, &list.items[i], host, &o, err))
			return false;
		if (!json_append(array, o))
			return fail_memory(err);
	}
	return true;
}

const struct operation op_project_add = {
	.schema = &schema_project_add,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = add_run,
};

const struct operation op_project_set = {
	.schema = &schema_project_set,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = set_run,
};

const struct operation op_project_rename = {
	.schema = &schema_project_rename,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = rename_run,
};

const struct operation op_project_archive = {
	.schema = &schema_project_archive,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = archive_run,
};

const struct operation op_project_remove = {
	.schema = &schema_project_remove,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = remove_run,
};

const struct operation op_project_add_block = {
	.schema = &schema_project_add_block,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = add_block_run,
};

const struct operation op_project_show = {
	.schema = &schema_project_show,
	.access = ACCESS_READ,
	.run = show_run,
};

const struct operation op_project_list = {
	.schema = &schema_project_list,
	.access = ACCESS_READ,
	.run = list_run,
};
