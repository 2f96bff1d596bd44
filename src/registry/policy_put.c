#include "registry/policy_put.h"

#include <string.h>

#include "registry/policy_json.h"
#include "registry/reserve.h"

static bool put_ranges(struct registry *r, const struct policy *p, struct arena *a, struct err *err)
{
	struct stored_range rows[POLICY_MAX_RANGES];

	for (unsigned i = 0; i < p->n_ranges; i++) {
		const struct policy_range *range = &p->ranges[i];
		CLEANUP(json_cleanup) json_t *json = policy_range_json(range);
		CLEANUP(json_text_cleanup) char *text = NULL;

		if (!json)
			return fail_memory(err);
		if (!json_format(json, &text, err))
			return false;
		rows[i] = (struct stored_range){
			.name = range->name,
			.description = range->description,
			.ports = range->ports,
			.block = range->block,
			.slice = range->slice,
			.rule = arena_copy(a, text),
		};
		if (!rows[i].rule)
			return fail_memory(err);
	}
	return r->store->ops->ranges_put(r->store, rows, p->n_ranges, err);
}

struct policy_reservations {
	struct {
		char host[NAME_SIZE];
		uint16_t first;
	} at[POLICY_MAX_RESERVED];
	unsigned count;
};

static bool gather_policy_reserved(const struct reserved *res, void *arg)
{
	struct policy_reservations *all = arg;

	if (res->from_policy && strlen(res->host) < NAME_SIZE) {
		memcpy(all->at[all->count].host, res->host, strlen(res->host) + 1);
		all->at[all->count++].first = res->ports.first;
	}
	return all->count < POLICY_MAX_RESERVED;
}

static bool put_reserved(struct registry *r, const struct policy *p, struct err *err)
{
	struct policy_reservations old = { .count = 0 };

	if (!r->store->ops->reserved_each(r->store, gather_policy_reserved, &old, err))
		return false;
	for (unsigned i = 0; i < old.count; i++)
		if (!r->store->ops->reserved_remove(r->store, old.at[i].host, old.at[i].first, err))
			return false;
	/* A port has one reservation on a host, so those by hand give way. */
	for (unsigned i = 0; i < p->n_reserved; i++) {
		const struct reserved res = {
			.host = "*",
			.ports = p->reserved[i].ports,
			.reason = p->reserved[i].reason,
			.from_policy = true,
		};
		bool any;

		if (!reserved_cut(r, res.host, res.ports, &any, err) ||
		    !r->store->ops->reserved_put(r->store, &res, err))
			return false;
	}
	return true;
}

static bool put_settings(struct registry *r, const struct policy *p, const char *text,
			 struct arena *a, struct err *err)
{
	CLEANUP(json_cleanup) json_t *json = policy_json(p);
	CLEANUP(json_text_cleanup) char *document = NULL;
	const char *stamp = registry_new_id(r, a);
	const struct store_ops *ops = r->store->ops;

	if (!json || !stamp)
		return fail_memory(err);
	return json_format(json, &document, err) &&
	       ops->setting_put(r->store, "policy", document, err) &&
	       ops->setting_put(r->store, "policy_text", text ? text : "", err) &&
	       ops->setting_put(r->store, "environment", p->environment, err) &&
	       ops->setting_put(r->store, "policy_stamp", stamp, err);
}

bool policy_put(struct registry *r, const struct policy *p, const char *text, struct arena *a,
		struct err *err)
{
	return put_ranges(r, p, a, err) && put_reserved(r, p, err) &&
	       put_settings(r, p, text, a, err);
}
