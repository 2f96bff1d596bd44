#include "formats/policy_yaml.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "formats/shape.h"

/* --- values that only a policy has */

static bool set_line(struct shape_reader *r, const struct shape_key *key, void *field,
		     struct err *err)
{
	const char *s = shape_line(r, key, POLICY_TEXT_SIZE - 1, err);

	if (!s)
		return false;
	memcpy(field, s, strlen(s) + 1);
	return yaml_next(&r->yaml, err);
}

static bool set_offset(struct shape_reader *r, const struct shape_key *key, void *field,
		       struct err *err)
{
	uint64_t n = 0;

	if (!shape_number(r, key, UINT16_MAX, &n, err))
		return false;
	*(uint16_t *)field = (uint16_t)n;
	return true;
}

static bool set_range(struct shape_reader *r, const struct shape_key *key, void *field,
		      struct err *err)
{
	const char *s = shape_scalar(r, key, err);

	if (!s)
		return false;
	if (!port_range_parse(s, field, err))
		return shape_fail_here(r, err);
	return yaml_next(&r->yaml, err);
}

static bool set_duration(struct shape_reader *r, const struct shape_key *key, void *field,
			 struct err *err)
{
	const char *s = shape_scalar(r, key, err);

	if (!s)
		return false;
	if (!strcmp(s, "0") || !strcmp(s, "0s")) /* no time at all: none elsewhere, fine here */
		*(int64_t *)field = 0;
	else if (!duration_parse(s, field, err))
		return shape_fail_here(r, err);
	return yaml_next(&r->yaml, err);
}

static const char *const slicings[] = { [SLICES_EVEN] = "even", [SLICES_TOP] = "top", NULL };
static const char *const strategies[] = {
	[STRATEGY_SEQUENTIAL] = "sequential", [STRATEGY_RANDOM] = "random", NULL
};

/* --- what a policy looks like */

static const struct shape_key range_keys[] = {
	SHAPE_FIELD(policy_range, "name", shape_set_name, name, .what = "range", .required = true),
	SHAPE_FIELD(policy_range, "description", set_line, description),
	SHAPE_FIELD(policy_range, "ports", set_range, ports, .required = true),
	SHAPE_LIST(policy_range, "except", shape_set_list, set_range, except),
	SHAPE_FIELD(policy_range, "block", shape_set_unsigned, block, .max = UINT16_MAX),
	SHAPE_FIELD(policy_range, "slice", shape_set_unsigned, slice, .max = UINT16_MAX),
	SHAPE_FIELD(policy_range, "slices", shape_set_choice, slicing, .words = slicings),
	SHAPE_FIELD(policy_range, "first-number", shape_set_unsigned, first_number,
		    .max = UINT16_MAX),
	SHAPE_LIST(policy_range, "roles", shape_set_pairs, set_offset, roles, .what = "role",
		   .value_at = offsetof(struct policy_role, offset)),
	SHAPE_LIST(policy_range, "environments", shape_set_list, shape_set_name, environments,
		   .what = "environment"),
	SHAPE_LIST(policy_range, "types", shape_set_list, shape_set_name, types, .what = "type"),
	SHAPE_FIELD(policy_range, "shared", shape_set_flag, shared),
	SHAPE_FIELD(policy_range, "legacy", shape_set_flag, legacy),
	SHAPE_FIELD(policy_range, "temporary", shape_set_flag, temporary),
	SHAPE_FIELD(policy_range, "expires", set_duration, expires_ms),
	SHAPE_FIELD(policy_range, "cooldown", set_duration, cooldown_ms),
	SHAPE_FIELD(policy_range, "strategy", shape_set_choice, strategy, .words = strategies),
	SHAPE_LIST(policy_range, "avoid", shape_set_list, shape_set_port, avoid),
};
static const struct shape range_shape = SHAPE_OF("a range", range_keys,
						 offsetof(struct policy_range, line), NULL);

static const struct shape_key reserved_keys[] = {
	SHAPE_FIELD(policy_reserved, "ports", set_range, ports, .required = true),
	SHAPE_FIELD(policy_reserved, "reason", set_line, reason, .required = true),
};
static const struct shape reserved_shape = SHAPE_OF("a reserved port", reserved_keys,
						    offsetof(struct policy_reserved, line), NULL);

static void project_init(void *object)
{
	((struct policy_project *)object)->number = -1;
}

static const struct shape_key project_keys[] = {
	SHAPE_FIELD(policy_project, "name", shape_set_name, name, .what = "project",
		    .required = true),
	SHAPE_FIELD(policy_project, "number", shape_set_int, number, .max = UINT16_MAX),
};
static const struct shape project_shape = SHAPE_OF(
	"a project", project_keys, offsetof(struct policy_project, line), project_init);

static const struct shape_key service_keys[] = {
	SHAPE_FIELD(policy_service, "project", shape_set_name, project, .what = "project",
		    .required = true),
	SHAPE_FIELD(policy_service, "service", shape_set_name, service, .what = "service",
		    .required = true),
	SHAPE_FIELD(policy_service, "port", shape_set_port, port, .required = true),
};
static const struct shape service_shape = SHAPE_OF("a service", service_keys,
						   offsetof(struct policy_service, line), NULL);

static void policy_init(void *object)
{
	memcpy(((struct policy *)object)->environment, "dev", sizeof("dev"));
}

static const struct shape_key policy_keys[] = {
	SHAPE_FIELD(policy, "name", shape_set_name, name, .what = "policy", .required = true),
	SHAPE_FIELD(policy, "description", set_line, description),
	SHAPE_FIELD(policy, "environment", shape_set_name, environment, .what = "environment"),
	SHAPE_LIST(policy, "ranges", shape_set_list, shape_set_shaped, ranges,
		   .shape = &range_shape, .required = true),
	SHAPE_LIST(policy, "reserved", shape_set_list, shape_set_shaped, reserved,
		   .shape = &reserved_shape),
	SHAPE_LIST(policy, "unasked", shape_set_list, shape_set_port, unasked),
	SHAPE_LIST(policy, "aliases", shape_set_pairs, shape_set_name, aliases, .what = "type",
		   .value_at = offsetof(struct policy_alias, type)),
	SHAPE_LIST(policy, "purposes", shape_set_list, shape_set_name, purposes, .what = "purpose"),
	SHAPE_LIST(policy, "projects", shape_set_list, shape_set_shaped, projects,
		   .shape = &project_shape),
	SHAPE_LIST(policy, "services", shape_set_list, shape_set_shaped, services,
		   .shape = &service_shape),
};
static const struct shape policy_shape = SHAPE_OF("a policy", policy_keys, SHAPE_NOWHERE,
						  policy_init);

bool policy_yaml_parse(const char *bytes, size_t len, const char *file, struct policy *ret,
		       struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct policy *p = arena_alloc(&arena, sizeof(*p)); /* too large for a stack */

	if (!p)
		return fail_memory(err);
	if (!shape_read(bytes, len, file, &policy_shape, &arena, p, err))
		return false;
	*ret = *p;
	return true;
}
