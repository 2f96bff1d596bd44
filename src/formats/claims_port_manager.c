/*
 * Several tools have this name; docs/decisions/ has which.  Their registries:
 *
 *	{"ports": {"3000": {"project", "service", "type", "environment" ...}}}
 *	{"leases": [{"port", "pool", "tag", "worktreePath", "identifier" ...}]}
 *	{"allocations": {"3000": {"role", "metadata": {"app", "worktree"}}}}
 *	{"3000": {"app_name", "description", "registered_at"}}
 */
#include <string.h>

#include "formats/claim_rows.h"

static int64_t time_of(const struct claim_row *r, const char *const *members, size_t count)
{
	int64_t ms = 0;

	for (size_t i = 0; !ms && i < count; i++)
		ms = claim_time(row_text(r, members[i]));
	return ms;
}

static bool read_port(struct claim_row *r, struct err *err)
{
	static const char *const times[] = { "assigned_at", "allocated_at" };
	struct claim *c = &r->claim;

	if (!row_take_key_port(r, err) || !row_need_text(r, "project", &c->project, err) ||
	    !row_need_text(r, "service", &c->service, err))
		return false;
	c->type = row_text(r, "type");
	c->environment = claim_environment(row_text(r, "environment"));
	c->at_ms = time_of(r, times, ARRAY_LEN(times));
	return true;
}

/* What stands behind the last '/'. */
static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Its variables are POOL_TAG_PORT: so are ours, if the service is "pool-tag". */
static bool read_lease(struct claim_row *r, struct err *err)
{
	const char *tag = row_text(r, "tag"), *path = row_text(r, "worktreePath"), *whose = path;
	struct claim *c = &r->claim;

	if (!row_take_port(r, "port", err) || !row_need_text(r, "pool", &c->service, err) ||
	    (!path && !row_need_text(r, "identifier", &whose, err)))
		return false;
	c->project = last_part(whose);
	c->path = path && *path == '/' ? path : NULL;
	c->at_ms = claim_time(row_text(r, "leasedAt"));
	if (tag)
		c->service = arena_printf(r->arena, "%s-%s", c->service, tag);
	return c->service || fail_memory(err);
}

static bool read_allocation(struct claim_row *r, struct err *err)
{
	const struct claim_row about = { .json = json_object_get(r->json, "metadata") };
	struct claim *c = &r->claim;

	if (!row_take_key_port(r, err))
		return false;
	c->at_ms = claim_time(row_text(r, "allocatedAt"));
	c->project = row_text(&about, "app") ? row_text(&about, "app")
					     : row_text(&about, "workspace");
	c->service = row_text(r, "role") ? row_text(r, "role") : CLAIM_SERVICE;
	if (!c->project) {
		c->kind = CLAIM_RESERVED;
		c->service = NULL;
		c->note = "allocated in port-manager";
	}
	return true;
}

static bool read_registration(struct claim_row *r, struct err *err)
{
	const char *name;

	if (!row_take_key_port(r, err) || !row_need_text(r, "app_name", &name, err))
		return false;
	claim_take_owner(name, &r->owner, &r->claim);
	r->claim.description = row_text(r, "description");
	r->claim.at_ms = claim_time(row_text(r, "registered_at"));
	return true;
}

bool claims_port_manager(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
			 struct err *err)
{
	static const struct claim_shape shapes[] = {
		{ { { "ports", read_port } } },
		{ { { "leases", read_lease } } },
		{ { { "allocations", read_allocation } } },
		{ { { NULL, read_registration } } },
	};

	return claims_of_shape(shapes, ARRAY_LEN(shapes), "port-manager", bytes, len, file, fn, arg,
			       err);
}
