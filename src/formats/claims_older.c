/*
 * The tables of two older systems, as store/postgres/older.c reads them out of
 * their databases: one JSON array for each table, a row on each line.
 *
 *	supervisor: {"project_port_ranges": [{"id", "project_id", "project_name",
 *		"port_range_start", "port_range_end" ...}],
 *		"port_allocations": [{"id", "project_name", "port", "service_name" ...}],
 *		"shared_service_ports": [{"id", "port", "service_name" ...}]}
 *	scar: {"codebases": [{"name", "default_cwd"}],
 *		"worktrees": [{"codebase", "instance", "worktree_path"}],
 *		"remote_agent_port_allocations": [{"port", "service_name", "environment",
 *		"codebase", "instance" ...}]}
 *
 * Sources: docs/decisions/0041.
 */
#include <string.h>

#include "formats/claim_rows.h"
#include "ports/policy.h"

/* "port_allocations 17": how a person finds the row again. */
static bool take_place(struct claim_row *r, const char *table, const char *member, struct err *err)
{
	r->claim.place = arena_printf(r->arena, "%s %lld", table,
				      (long long)json_int_of(r->json, member, 0));
	return r->claim.place || fail_memory(err);
}

/* A time of day in UTC, also where the column has a zone. */
static int64_t time_of(struct claim_row *r, const char *member)
{
	static const char zone[] = "+00:00";
	const char *text = row_text(r, member);
	size_t len = text ? strlen(text) : 0, end = sizeof(zone) - 1;

	if (len > end && !strcmp(text + len - end, zone))
		text = arena_printf(r->arena, "%.*s", (int)(len - end), text);
	return claim_time(text);
}

/* "in_use" and "active" are what somebody saw, and not whose it is. */
static enum entry_status status_of(const struct claim_row *r)
{
	const char *status = row_text(r, "status");

	return status && !strcmp(status, "released") ? STATUS_RELEASED : STATUS_ALLOCATED;
}

static bool take_name(struct claim_row *r, struct err *err)
{
	struct claim *c = &r->claim;

	if (!row_take_port(r, "port", err) || !row_need_text(r, "service_name", &c->service, err))
		return false;
	c->status = status_of(r);
	c->description = row_text(r, "description");
	c->at_ms = time_of(r, "allocated_at");
	return true;
}

/* ---- supervisor ---- */

static bool is_port(int64_t n)
{
	return n >= 1 && n <= UINT16_MAX;
}

static bool read_project(struct claim_row *r, struct err *err)
{
	int64_t first = json_int_of(r->json, "port_range_start", 0);
	int64_t last = json_int_of(r->json, "port_range_end", 0);
	int64_t number = json_int_of(r->json, "project_id", -1);
	struct claim *c = &r->claim;

	c->kind = CLAIM_PROJECT;
	if (!take_place(r, "project_port_ranges", "id", err) ||
	    !row_need_text(r, "project_name", &c->project, err))
		return false;
	if (!is_port(first) || !is_port(last) || first > last)
		return fail(err, ERR_INVALID, "its range %lld-%lld is none", (long long)first,
			    (long long)last);
	c->ports = (struct port_range){ (uint16_t)first, (uint16_t)last };
	c->number = number >= 0 && number <= UINT16_MAX ? (int)number : -1;
	c->at_ms = time_of(r, "created_at");
	return true;
}

/* Who took it, unless it says no more than that it came from there. */
static bool put_who(struct claim_row *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *metadata = json_object();
	const char *who = row_text(r, "allocated_by");
	bool says = who && strcmp(who, "supervisor") != 0;

	if (metadata && says && !json_put_text(metadata, "allocated_by", who))
		return fail_memory(err);
	return row_put_metadata(r, metadata, err);
}

static bool read_allocation(struct claim_row *r, struct err *err)
{
	struct claim *c = &r->claim;

	if (!take_place(r, "port_allocations", "id", err) ||
	    !row_need_text(r, "project_name", &c->project, err) || !take_name(r, err))
		return false;
	c->note = row_text(r, "notes");
	c->tunnel_hostname = row_text(r, "cloudflare_hostname");
	c->tunnel_id = row_text(r, "cloudflare_tunnel_id");
	return put_who(r, err);
}

static bool read_shared(struct claim_row *r, struct err *err)
{
	r->claim.project = SHARED_PROJECT;
	return take_place(r, "shared_service_ports", "id", err) && take_name(r, err);
}

bool claims_supervisor(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		       struct err *err)
{
	static const struct claim_shape shape = { {
		{ "project_port_ranges", read_project },
		{ "port_allocations", read_allocation },
		{ "shared_service_ports", read_shared },
	} };

	return claims_of_shape(&shape, 1, "supervisor", bytes, len, file, fn, arg, err);
}

/* ---- scar ---- */

static bool read_codebase(struct claim_row *r, struct err *err)
{
	r->claim.kind = CLAIM_PROJECT;
	r->claim.place = "codebase";
	r->claim.path = row_text(r, "default_cwd");
	return row_need_text(r, "name", &r->claim.project, err);
}

static bool take_instance(struct claim_row *r, struct err *err)
{
	int64_t instance = json_int_of(r->json, "instance", 1);

	if (instance < 1 || instance > INSTANCE_MAX)
		return fail(err, ERR_INVALID, "instance %lld is none", (long long)instance);
	r->claim.instance = (unsigned)instance;
	return true;
}

static bool read_worktree(struct claim_row *r, struct err *err)
{
	r->claim.kind = CLAIM_INSTANCE;
	r->claim.place = "worktree";
	return row_need_text(r, "codebase", &r->claim.project, err) &&
	       row_need_text(r, "worktree_path", &r->claim.worktree, err) && take_instance(r, err);
}

static bool read_port(struct claim_row *r, struct err *err)
{
	struct claim *c = &r->claim;

	c->project = row_text(r, "codebase");
	c->environment = claim_environment(row_text(r, "environment"));
	return take_place(r, "port", "port", err) && take_name(r, err) &&
	       (!c->project || take_instance(r, err));
}

bool claims_scar(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		 struct err *err)
{
	static const struct claim_shape shape = { {
		{ "codebases", read_codebase },
		{ "worktrees", read_worktree },
		{ "remote_agent_port_allocations", read_port },
	} };

	return claims_of_shape(&shape, 1, "scar", bytes, len, file, fn, arg, err);
}
