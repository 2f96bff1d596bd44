/*
 * registry/merge.c - a row of another book, or of this one as it once was, into a book in use.
 *
 * A row is known by what the store knows it by: the id of a project or an entry,
 * the number of an instance, the first port of a block or a reservation.  It is
 * held against the rules that would have to be kept by who enters it by hand.
 */
#include <assert.h>
#include <string.h>

#include "registry/blocks.h"
#include "registry/edit.h"
#include "registry/entry_json.h"
#include "registry/instances.h"
#include "registry/refusal.h"
#include "registry/whole.h"

const char *row_fate_name(enum row_fate f)
{
	static const char *const names[] = {
		[ROW_ENTERED] = "entered",     [ROW_MOVED] = "moved",	  [ROW_UPDATED] = "updated",
		[ROW_UNCHANGED] = "unchanged", [ROW_SKIPPED] = "skipped", [ROW_REFUSED] = "refused",
	};
	static_assert(ARRAY_LEN(names) == ROW_FATE_COUNT, "a fate has no name");

	return names[f];
}

/* Do both rows say the same? */
static bool is_same(const struct record *a, const struct record *b, bool *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *x = record_json(a);
	CLEANUP(json_cleanup) json_t *y = record_json(b);

	if (!x || !y)
		return fail_memory(err);
	*ret = json_equal(x, y);
	return true;
}

/* `old` NULL: it is new.  An unchanged row needs nothing more: `*ret_done`. */
static bool fate_of(const struct record *old, const struct record *row, enum row_fate *ret,
		    bool *ret_done, struct err *err)
{
	bool same = false;

	if (old && !is_same(old, row, &same, err))
		return false;
	*ret = !old ? ROW_ENTERED : same ? ROW_UNCHANGED : ROW_UPDATED;
	*ret_done = same;
	return true;
}

/* The project of a row, by the file's id for it. */
static bool owner_of(struct merging *m, const char *project_id, struct arena *a,
		     struct project *ret, struct err *err)
{
	struct store *s = m->registry->store;
	bool is_shared = m->shared_id[0] && !strcmp(project_id, m->shared_id), found;

	if (!s->ops->project_find(
		    s, is_shared ? PROJECT_BY_NAME(SHARED_PROJECT) : PROJECT_BY_ID(project_id), a,
		    ret, &found, err))
		return false;
	return found || fail(err, ERR_NOT_FOUND,
			     "its project is refused, or missing in the file (%.80s)", project_id);
}

static bool record_change(struct merging *m, const struct project *p, json_t *before, json_t *after,
			  struct err *err)
{
	struct change c = { .op = "import",
			    .project_id = p ? p->id : NULL,
			    .subject = p ? p->name : NULL,
			    .before = before,
			    .after = after };

	if (after)
		return registry_record(m->registry, &c, err);
	json_decref(before);
	return fail_memory(err);
}

/* The policy. */

static bool merge_setting(struct merging *m, const struct setting *set, struct arena *a,
			  enum row_fate *ret, struct err *err)
{
	struct store *s = m->registry->store;
	const char *own = NULL;

	*ret = ROW_SKIPPED;
	if (strcmp(set->name, "policy") != 0)
		return true;
	if (!s->ops->setting_get(s, "policy", a, &own, err))
		return false;
	*ret = ROW_UNCHANGED;
	if (own && !strcmp(own, set->value))
		return true;
	fail(err, ERR_TAKEN, "the file's policy is not the one of this book, which is in use");
	return fail_hint(err,
			 "import it into a new book (--book PATH), or give both the same policy: "
			 "portbook policy show, policy use");
}

/* Projects. */

static bool same_project_twice(struct merging *m, const struct project *p, struct arena *a,
			       struct err *err)
{
	struct store *s = m->registry->store;
	struct project other;
	bool found;

	if (!s->ops->project_find(s, PROJECT_BY_NAME(p->name), a, &other, &found, err))
		return false;
	if (found && strcmp(other.id, p->id) != 0) {
		fail(err, ERR_TAKEN,
		     "the book has a project '%s' already, which is another one (%s)", p->name,
		     other.id);
		return fail_hint(err, "rename one of the two: portbook project rename %s NEW",
				 p->name);
	}
	if (p->number < 0)
		return true;
	if (!s->ops->project_find(s, PROJECT_BY_NUMBER(p->number), a, &other, &found, err))
		return false;
	if (!found || !strcmp(other.id, p->id))
		return true;
	fail(err, ERR_TAKEN, "number %d, and so its block, is the project '%s'", p->number,
	     other.name);
	return fail_hint(err, "enter '%s' here with a number of its own, and its ports anew",
			 p->name);
}

static bool merge_project(struct merging *m, const struct project *p, struct arena *a,
			  enum row_fate *ret, struct err *err)
{
	struct store *s = m->registry->store;
	struct record old = { .kind = RECORD_PROJECT };
	const struct record row = { .kind = RECORD_PROJECT, .project = *p };
	bool found, done;

	if (!strcmp(p->name, SHARED_PROJECT)) {
		if (strlen(p->id) < sizeof(m->shared_id))
			memcpy(m->shared_id, p->id, strlen(p->id) + 1);
		*ret = ROW_UNCHANGED;
		return true;
	}
	if (!s->ops->project_find(s, PROJECT_BY_ID(p->id), a, &old.project, &found, err) ||
	    !fate_of(found ? &old : NULL, &row, ret, &done, err))
		return false;
	return done || (same_project_twice(m, p, a, err) && s->ops->project_put(s, p, err) &&
			record_change(m, p, found ? project_json(&old.project) : NULL,
				      project_json(p), err));
}

/* Instances. */

static bool merge_instance(struct merging *m, const struct instance *i, struct arena *a,
			   enum row_fate *ret, struct err *err)
{
	struct store *s = m->registry->store;
	struct record old = { .kind = RECORD_INSTANCE };
	struct record row = { .kind = RECORD_INSTANCE, .instance = *i };
	struct instance_list list;
	struct project p;
	bool found = false, done;

	if (!owner_of(m, i->project_id, a, &p, err) ||
	    !instances_read(m->registry, p.id, a, &list, err))
		return false;
	row.instance.project_id = p.id;
	row.instance.project = p.name;
	for (unsigned n = 0; n < list.count && !found; n++) {
		found = list.items[n].number == i->number;
		old.instance = list.items[n];
	}
	if (!fate_of(found ? &old : NULL, &row, ret, &done, err))
		return false;
	return done || (s->ops->instance_put(s, &row.instance, err) &&
			record_change(m, &p, found ? instance_json(&old.instance) : NULL,
				      instance_json(&row.instance), err));
}

/* Blocks and reservations. */

struct overlap {
	const char *host;
	struct port_range ports;
	struct block block;
	struct reserved reserved;
	char project_id[UUID_TEXT_SIZE];
	struct port_range other;
	bool found, is_same;
};

static bool find_block(const struct block *b, void *arg)
{
	struct overlap *o = arg;

	if (!port_range_overlaps(b->ports, o->ports))
		return true;
	o->found = true;
	o->other = b->ports;
	o->is_same = b->ports.first == o->ports.first && b->ports.last == o->ports.last &&
		     !strcmp(b->project_id, o->block.project_id);
	if (strlen(b->project_id) < sizeof(o->project_id))
		memcpy(o->project_id, b->project_id, strlen(b->project_id) + 1);
	return false;
}

/* Is it a block that the policy cuts? */
static bool policy_has(struct merging *m, const struct block *b, struct err *err)
{
	const struct policy *policy;

	if (!registry_policy(m->registry, &policy, err))
		return false;
	for (unsigned i = 0; i < policy->n_ranges; i++) {
		const struct policy_range *range = &policy->ranges[i];
		struct port_range cut;

		if (b->range && !strcmp(range->name, b->range) && range->block &&
		    b->ports.first >= range->ports.first &&
		    policy_block(policy, range,
				 (b->ports.first - range->ports.first) / range->block, &cut) &&
		    cut.first == b->ports.first && cut.last == b->ports.last)
			return true;
	}
	fail(err, ERR_INVALID, "the policy '%s' of this book has no block %u-%u in a range '%s'",
	     policy->name, b->ports.first, b->ports.last, b->range ? b->range : "");
	return fail_hint(err,
			 "import it into a new book (--book PATH), or into one with that policy");
}

static json_t *block_json(const struct block *b)
{
	return json_pack("{s:i, s:i}", "rangeStart", (int)b->ports.first, "rangeEnd",
			 (int)b->ports.last);
}

static bool merge_block(struct merging *m, const struct block *b, struct arena *a,
			enum row_fate *ret, struct err *err)
{
	struct store *s = m->registry->store;
	struct overlap o = { .host = b->host, .ports = b->ports, .block = *b };
	struct project p, other;
	bool found;

	if (!owner_of(m, b->project_id, a, &p, err))
		return false;
	o.block.project_id = p.id;
	if (!s->ops->block_each(s, b->host, NULL, find_block, &o, err))
		return false;
	*ret = o.is_same ? ROW_UNCHANGED : ROW_ENTERED;
	if (o.is_same)
		return true;
	if (!o.found)
		return policy_has(m, b, err) && s->ops->block_add(s, &o.block, err) &&
		       record_change(m, &p, NULL, block_json(b), err);
	if (!s->ops->project_find(s, PROJECT_BY_ID(o.project_id), a, &other, &found, err))
		return false;
	fail(err, ERR_TAKEN, "the block %u-%u of '%s' overlaps %u-%u of '%s'", b->ports.first,
	     b->ports.last, p.name, o.other.first, o.other.last, found ? other.name : "nobody");
	return fail_hint(err, "enter '%s' here with a number of its own, and its ports anew",
			 p.name);
}

static bool find_reserved(const struct reserved *res, void *arg)
{
	struct overlap *o = arg;

	if (strcmp(res->host, o->host) != 0 || !port_range_overlaps(res->ports, o->ports))
		return true;
	o->found = true;
	o->other = res->ports;
	o->is_same = res->ports.first == o->ports.first && res->ports.last == o->ports.last;
	return false;
}

static bool merge_reserved(struct merging *m, const struct reserved *res, struct arena *a,
			   enum row_fate *ret, struct err *err)
{
	struct store *s = m->registry->store;
	struct overlap o = { .host = res->host, .ports = res->ports };

	(void)a;
	*ret = ROW_SKIPPED;
	if (res->from_policy)
		return true;
	if (!s->ops->reserved_each(s, find_reserved, &o, err))
		return false;
	*ret = o.is_same ? ROW_UNCHANGED : ROW_ENTERED;
	if (o.is_same)
		return true;
	if (o.found) {
		fail(err, ERR_TAKEN, "%u-%u are reserved already, in %u-%u", res->ports.first,
		     res->ports.last, o.other.first, o.other.last);
		return fail_hint(err, "take that reservation back first: portbook unreserve %u-%u",
				 o.other.first, o.other.last);
	}
	return s->ops->reserved_put(s, res, err) &&
	       record_change(m, NULL, NULL, reserved_json(res), err);
}

/* Entries. */

static bool may_stand(struct merging *m, const struct entry *old, const struct entry *e,
		      const struct project *p, struct arena *a, struct err *err)
{
	struct registry *r = m->registry;
	const struct service_key key = { .project = p,
					 .instance = e->instance,
					 .service = e->service,
					 .environment = e->environment,
					 .host = e->host,
					 .protocol = e->protocol };
	struct entry holder;
	bool held, stood = old && old->status != STATUS_RELEASED && old->port == e->port &&
			   !strcmp(old->project_id, e->project_id);

	if (e->status == STATUS_RELEASED)
		return true;
	if (!port_holder(r, e->host, e->protocol, e->port, a, &holder, &held, err))
		return false;
	if (held && strcmp(holder.id, e->id) != 0) {
		fail_held(err, &holder, a);
		return fail_hint(err,
				 "release it there, or leave the row out and take another port: "
				 "portbook get %s/%s --create",
				 p->name, e->service);
	}
	if (!stood && !port_may_be_registered(r, &key, e->port, a, err))
		return fail_hint(err,
				 "leave the row out and take another port: portbook get %s/%s "
				 "--create",
				 p->name, e->service);
	return service_variable_is_free(r, &key, err) && tunnel_is_free(r, e, err);
}

static bool merge_entry(struct merging *m, const struct entry *e, struct arena *a,
			enum row_fate *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct record old = { .kind = RECORD_ALLOCATION };
	struct record row = { .kind = RECORD_ALLOCATION, .allocation = *e };
	struct project p;
	bool found, done;

	if (!owner_of(m, e->project_id, a, &p, err))
		return false;
	row.allocation.project_id = p.id;
	row.allocation.project = p.name;
	row.allocation.project_number = p.number;
	f.id = e->id;
	f.life = LIVE_AND_RELEASED;
	if (!store_entry_find(m->registry->store, &f, a, &old.allocation, &found, err) ||
	    !fate_of(found ? &old : NULL, &row, ret, &done, err))
		return false;
	if (found && old.allocation.port != e->port)
		*ret = ROW_MOVED;
	return done || (may_stand(m, found ? &old.allocation : NULL, &row.allocation, &p, a, err) &&
			registry_put_entry(m->registry, "import", found ? &old.allocation : NULL,
					   &row.allocation, err));
}

bool merge_row(struct merging *m, const struct record *row, struct arena *a, enum row_fate *ret,
	       struct err *err)
{
	switch (row->kind) {
	case RECORD_SETTING: return merge_setting(m, &row->setting, a, ret, err);
	case RECORD_PROJECT: return merge_project(m, &row->project, a, ret, err);
	case RECORD_INSTANCE: return merge_instance(m, &row->instance, a, ret, err);
	case RECORD_BLOCK: return merge_block(m, &row->block, a, ret, err);
	case RECORD_RESERVED: return merge_reserved(m, &row->reserved, a, ret, err);
	case RECORD_ALLOCATION: return merge_entry(m, &row->allocation, a, ret, err);
	case RECORD_RANGE: /* the policy's, which is the same */
	case RECORD_CHECK:
	case RECORD_EVENT: *ret = ROW_SKIPPED; return true;
	}
	__builtin_unreachable();
}
