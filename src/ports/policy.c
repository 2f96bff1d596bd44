#include "ports/policy.h"

#include <limits.h>
#include <string.h>

#include "base/macros.h"

static bool has_word(const char words[][NAME_SIZE], unsigned count, const char *word)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

static bool serves(const struct policy_range *r, const struct policy_asker *who)
{
	if (r->n_environments && !has_word(r->environments, r->n_environments, who->environment))
		return false;
	return !r->n_types || (who->type && has_word(r->types, r->n_types, who->type));
}

static const struct policy_range *shared_range(const struct policy *p)
{
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (p->ranges[i].shared)
			return &p->ranges[i];
	return NULL;
}

const struct policy_range *policy_range_for(const struct policy *p, const struct policy_asker *who)
{
	const struct policy_range *shared = shared_range(p);

	if (!who->temporary && shared && !strcmp(who->project, SHARED_PROJECT))
		return shared;
	for (unsigned i = 0; i < p->n_ranges; i++) {
		const struct policy_range *r = &p->ranges[i];

		if (r->shared || r->legacy || r->temporary != who->temporary)
			continue;
		if (serves(r, who))
			return r;
	}
	return NULL;
}

const struct policy_range *policy_range_named(const struct policy *p, const char *name)
{
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (!strcmp(p->ranges[i].name, name))
			return &p->ranges[i];
	return NULL;
}

static bool is_type(const struct policy *p, const char *word)
{
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (has_word(p->ranges[i].types, p->ranges[i].n_types, word))
			return true;
	return false;
}

static const char *unalias(const struct policy *p, const char *word)
{
	for (unsigned i = 0; i < p->n_aliases; i++)
		if (!strcmp(p->aliases[i].name, word))
			return p->aliases[i].type;
	return word;
}

static bool is_by_type(const struct policy *p)
{
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (p->ranges[i].n_types)
			return true;
	return false;
}

const char *policy_type(const struct policy *p, const char *service, const char *type)
{
	if (!is_by_type(p))
		return type;
	if (type)
		return is_type(p, type) ? type : unalias(p, type);
	if (is_type(p, service))
		return service;
	return is_type(p, unalias(p, service)) ? unalias(p, service) : "misc";
}

int policy_role(const struct policy_range *r, const char *service, const char *type,
		const char **ret_role)
{
	const char *const words[] = { service, type };

	for (size_t w = 0; w < ARRAY_LEN(words); w++)
		for (unsigned i = 0; words[w] && i < r->n_roles; i++)
			if (!strcmp(r->roles[i].name, words[w])) {
				*ret_role = r->roles[i].name;
				return r->roles[i].offset;
			}
	return -1;
}

bool policy_range_owns(const struct policy_range *r, uint16_t port)
{
	if (!port_range_has(r->ports, port))
		return false;
	for (unsigned i = 0; i < r->n_except; i++)
		if (port_range_has(r->except[i], port))
			return false;
	return true;
}

unsigned policy_range_size(const struct policy_range *r)
{
	unsigned size = 0;

	for (unsigned port = r->ports.first; port <= r->ports.last; port++)
		size += policy_range_owns(r, (uint16_t)port);
	return size;
}

unsigned policy_block_count(const struct policy_range *r)
{
	return r->block ? port_range_size(r->ports) / r->block : 0;
}

bool policy_block(const struct policy *p, const struct policy_range *r, unsigned number,
		  struct port_range *ret)
{
	struct port_range block;

	if (number >= policy_block_count(r))
		return false;
	block.first = (uint16_t)(r->ports.first + number * r->block);
	block.last = (uint16_t)(block.first + r->block - 1);
	for (unsigned i = 0; i < r->n_except; i++)
		if (port_range_overlaps(block, r->except[i]))
			return false;
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (&p->ranges[i] != r && port_range_overlaps(block, p->ranges[i].ports))
			return false;
	*ret = block;
	return true;
}

unsigned policy_instance_limit(const struct policy_range *r, unsigned blocks)
{
	if (!r->block || !r->slice)
		return UINT_MAX;
	return blocks * (r->block / r->slice);
}

bool policy_slice(const struct policy_range *r, const struct port_range *blocks, unsigned n_blocks,
		  unsigned index, struct port_range *ret)
{
	unsigned per_block, first, b, at;

	if (!r->slice || r->block < r->slice)
		return false;
	per_block = r->block / r->slice;
	if (r->slicing == SLICES_EVEN) {
		b = index / per_block;
		at = index % per_block;
	} else {
		/* The lowest slice of the first block stays instance 1's: one less there. */
		b = index < per_block - 1 ? 0 : (index + 1) / per_block;
		at = b == 0 ? per_block - 1 - index : per_block - 1 - (index + 1) % per_block;
	}
	if (b >= n_blocks)
		return false;
	first = blocks[b].first + at * r->slice;
	*ret = (struct port_range){ (uint16_t)first, (uint16_t)(first + r->slice - 1) };
	return true;
}

/*
 * Whoever starts a database or a broker means its port: theirs are not here, though `avoid` has
 * them.  Source: the defaults of the programs.
 */
static const uint16_t usual_unasked[] = {
	1313,  /* Hugo */
	3000,  /* most of Node's and Ruby's */
	3001,  /* their next one */
	4000,  /* Phoenix, Jekyll, GraphQL servers */
	4173,  /* vite preview */
	4200,  /* Angular */
	4321,  /* Astro */
	5000,  /* Flask */
	5173,  /* vite */
	5174,  /* its next one */
	5500,  /* Live Server */
	6006,  /* Storybook, TensorBoard */
	7860,  /* Gradio */
	8000,  /* Django, http.server, uvicorn */
	8080,  /* http-server, Tomcat, Spring */
	8081,  /* Metro */
	8501,  /* Streamlit */
	8787,  /* wrangler */
	8888,  /* Jupyter */
	24678, /* vite's hot reload */
};

const uint16_t *policy_unasked(const struct policy *p, unsigned *ret_count)
{
	*ret_count = p->n_unasked ? p->n_unasked : ARRAY_LEN(usual_unasked);
	return p->n_unasked ? p->unasked : usual_unasked;
}
