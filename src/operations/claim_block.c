/*
 * operations/claim_block.c - the blocks and slices that a file names, held against the policy.
 *
 * Services of a project that stands on other ports here than in the file would
 * sooner or later meet the ones of somebody else; so a free block of the file is
 * given to its project, and any other that is not the project's is refused.
 */
#include "operations/importing_claims.h"
#include "operations/operations.h"
#include "registry/blocks.h"

static bool tell_block(struct claims *all, const struct told *w, struct port_range block,
		       struct err *err)
{
	const struct report_row row = { .kind = RECORD_BLOCK,
					.fate = ROW_ENTERED,
					.line = w->claim.line,
					.place = w->claim.place,
					.project = w->project.name,
					.ports = block };

	return report_add(&all->importing->report, &row, true, err);
}

static bool fail_block(struct err *err, const struct told *w)
{
	return fail_hint(err,
			 "give '%s' no block in the file, and it gets one: portbook project show "
			 "%s says which; or take another policy: portbook policy list",
			 w->project.name, w->project.name);
}

/* The last port of the block that starts there, or of the file's ports. */
static struct port_range piece_at(const struct policy_range *range, struct port_range ports,
				  unsigned first)
{
	unsigned last = first + range->block - 1;

	return (struct port_range){ (uint16_t)first,
				    last < ports.last ? (uint16_t)last : ports.last };
}

static bool is_within(const struct block_list *blocks, struct port_range ports)
{
	for (unsigned i = 0; i < blocks->count; i++)
		if (port_range_contains(blocks->span[i], ports))
			return true;
	return false;
}

static bool settle_piece(struct claims *all, struct told *w, const struct policy_range *range,
			 struct port_range piece, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	struct block_list blocks;

	if (!blocks_read(r, w->project.id, range->name, r->host, &blocks, err))
		return false;
	if (is_within(&blocks, piece))
		return true;
	if (!blocks_add_at(r, range, &w->project, r->host, piece, err))
		return fail_block(err, w);
	return tell_block(all, w, piece, err);
}

static bool find_range(struct claims *all, const struct policy_range **ret, struct err *err)
{
	const struct policy *policy;

	if (!registry_policy(all->importing->call->registry, &policy, err))
		return false;
	*ret = blocks_range(policy);
	return true;
}

/* The range that has those ports for another purpose; NULL: none has. */
static const struct policy_range *range_across(const struct policy *policy, struct port_range ports)
{
	const struct policy_range *blocks = blocks_range(policy);

	for (unsigned i = 0; i < policy->n_ranges; i++)
		if (&policy->ranges[i] != blocks && policy->ranges[i].ports.first <= ports.last &&
		    ports.first <= policy->ranges[i].ports.last)
			return &policy->ranges[i];
	return NULL;
}

static const char *why_not(struct claims *all, const struct told *w, const struct policy *policy,
			   const struct err *why)
{
	const struct policy_range *other = range_across(policy, w->claim.ports);

	if (!other)
		return arena_printf(all->arena, "not given: %s", why->text);
	return arena_printf(all->arena, "not given: it overlaps the range '%s', %u-%u", other->name,
			    other->ports.first, other->ports.last);
}

/* It stays without; its services are entered where they stand. */
static bool tell_no_block(struct claims *all, const struct told *w, const struct err *why,
			  struct err *err)
{
	struct report_row row = { .kind = RECORD_BLOCK,
				  .fate = ROW_SKIPPED,
				  .line = w->claim.line,
				  .place = w->claim.place,
				  .project = w->project.name,
				  .ports = w->claim.ports };
	const struct policy *policy;

	if (!registry_policy(all->importing->call->registry, &policy, err))
		return false;
	row.message = why_not(all, w, policy, why);
	return row.message ? report_add(&all->importing->report, &row, true, err)
			   : fail_memory(err);
}

static bool settle_block(struct claims *all, struct told *w, const struct policy_range *range,
			 struct err *err)
{
	const struct port_range ports = w->claim.ports;

	/* By a policy without blocks nobody has one. */
	for (unsigned at = ports.first; range && at <= ports.last; at += range->block)
		if (!settle_piece(all, w, range, piece_at(range, ports, at), err))
			return false;
	return true;
}

bool claim_settle_block(struct claims *all, struct told *w, struct err *err)
{
	const struct policy_range *range;
	struct err why = { 0 };

	if (!w->claim.ports.first)
		return true;
	if (!find_range(all, &range, err))
		return false;
	if (settle_block(all, w, range, &why))
		return true;
	if (all->importing->format->is_agreed && is_about_the_row(why.code))
		return tell_no_block(all, w, &why, err);
	*err = why;
	return false;
}

static bool fail_slice(struct err *err, const struct told *w, unsigned number,
		       struct port_range slice)
{
	fail(err, ERR_INVALID, "instance %u of '%s' has %u-%u here, not %u-%u", number,
	     w->project.name, slice.first, slice.last, w->claim.ports.first, w->claim.ports.last);
	return fail_hint(err, "leave its ports out in the file, or take the policy that cuts so: "
			      "portbook policy list");
}

/* Without a slice of its own an instance stands anywhere in the blocks. */
static bool settle_in_blocks(struct claims *all, const struct told *w, const char *host,
			     unsigned number, struct err *err)
{
	const struct policy_range *range;
	struct block_list blocks;

	if (!find_range(all, &range, err))
		return false;
	if (!range)
		return true;
	if (!blocks_read(all->importing->call->registry, w->project.id, range->name, host, &blocks,
			 err))
		return false;
	return !blocks.count || is_within(&blocks, w->claim.ports) ||
	       fail_slice(err, w, number, blocks.span[0]);
}

bool claim_settle_slice(struct claims *all, const struct told *w, const struct instance *i,
			const char *host, struct err *err)
{
	struct port_range slice;
	bool found;

	if (!w->claim.ports.first)
		return true;
	if (!instance_slice(all->importing->call, &w->project, i, host, &slice, &found, err))
		return false;
	if (!found)
		return settle_in_blocks(all, w, host, i->number, err);
	return port_range_contains(slice, w->claim.ports) || fail_slice(err, w, i->number, slice);
}
