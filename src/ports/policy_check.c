/*
 * ports/policy_check.c - do the rules of a policy make sense?
 *
 * Each check looks at one thing and complains on the line where it stands; a
 * check may be given what another one complains about, so none of them relies
 * on the others.
 */
#include "ports/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Below it, a port needs root to listen (Linux: net.ipv4.ip_unprivileged_port_start). */
#define FIRST_PORT 1024

struct findings {
	struct policy_finding *list;
	unsigned count;
};

PRINTF_LIKE(4, 0)
static void add(struct findings *f, bool is_error, unsigned line, const char *format, va_list args)
{
	struct policy_finding *found;

	if (f->count == POLICY_MAX_FINDINGS)
		return;
	found = &f->list[f->count++];
	found->is_error = is_error;
	found->line = line;
	vsnprintf(found->text, sizeof(found->text), format, args);
}

PRINTF_LIKE(3, 4)
static void complain(struct findings *f, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(f, true, line, format, args);
	va_end(args);
}

PRINTF_LIKE(3, 4)
static void warn(struct findings *f, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(f, false, line, format, args);
	va_end(args);
}

static bool has_word(const char words[][NAME_SIZE], unsigned count, const char *word)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

/* ---- one range ---- */

static void check_range_name(const struct policy *p, unsigned at, struct findings *f)
{
	const struct policy_range *r = &p->ranges[at];

	if (!r->name[0])
		complain(f, r->line, "range %u-%u has no name", r->ports.first, r->ports.last);
	for (unsigned i = 0; i < at && r->name[0]; i++)
		if (!strcmp(p->ranges[i].name, r->name))
			complain(f, r->line, "there are two ranges '%s'", r->name);
}

static void check_range_ports(const struct policy_range *r, struct findings *f)
{
	if (r->ports.first < FIRST_PORT)
		complain(f, r->line, "range '%s' starts at %u: ports below %d are the system's",
			 r->name, r->ports.first, FIRST_PORT);
	if (r->ports.last < r->ports.first)
		complain(f, r->line, "range '%s' runs backwards", r->name);
	for (unsigned i = 0; i < r->n_except; i++)
		if (!port_range_contains(r->ports, r->except[i]))
			complain(f, r->line, "range '%s' excepts %u-%u, which it does not have",
				 r->name, r->except[i].first, r->except[i].last);
	for (unsigned i = 0; i < r->n_avoid; i++)
		if (!port_range_has(r->ports, r->avoid[i]))
			warn(f, r->line, "range '%s' avoids %u, which it does not have", r->name,
			     r->avoid[i]);
}

static void check_block(const struct policy_range *r, struct findings *f)
{
	unsigned size = port_range_size(r->ports);

	if (!r->block)
		return;
	if (r->block > size)
		complain(f, r->line,
			 "a block of %u ports does not fit into range '%s', which has %u", r->block,
			 r->name, size);
	else if (size % r->block)
		complain(f, r->line, "blocks of %u do not divide the %u ports of range '%s'",
			 r->block, size, r->name);
	else if (r->first_number >= size / r->block)
		complain(f, r->line, "range '%s' has no project number %u: the last is %u", r->name,
			 r->first_number, size / r->block - 1);
}

static void check_slice(const struct policy_range *r, struct findings *f)
{
	if (!r->slice)
		return;
	if (!r->block)
		complain(f, r->line, "range '%s' has slices of %u, but no blocks to cut them from",
			 r->name, r->slice);
	else if (r->block % r->slice)
		complain(f, r->line, "slices of %u do not divide the blocks of %u in range '%s'",
			 r->slice, r->block, r->name);
}

static void check_roles(const struct policy_range *r, struct findings *f)
{
	if (r->n_roles && !r->slice)
		complain(f, r->line, "range '%s' has roles, but no slices for them", r->name);
	for (unsigned i = 0; i < r->n_roles; i++) {
		const struct policy_role *role = &r->roles[i];

		if (r->slice && role->offset >= r->slice)
			complain(f, r->line, "role '%s' has offset %u, outside slices of %u",
				 role->name, role->offset, r->slice);
		for (unsigned j = 0; j < i; j++) {
			if (!strcmp(r->roles[j].name, role->name))
				complain(f, r->line, "there are two roles '%s'", role->name);
			else if (r->roles[j].offset == role->offset)
				complain(f, r->line, "roles '%s' and '%s' have one offset, %u",
					 r->roles[j].name, role->name, role->offset);
		}
	}
}

static void check_temporary(const struct policy_range *r, struct findings *f)
{
	if (r->temporary && r->expires_ms <= 0)
		complain(f, r->line,
			 "the ports of range '%s' are temporary, but it does not say "
			 "when they expire",
			 r->name);
}

static void check_ephemeral(const struct policy_range *r, struct port_range ephemeral,
			    struct findings *f)
{
	if (!ephemeral.first || r->legacy || !port_range_overlaps(r->ports, ephemeral))
		return;
	warn(f, r->line,
	     "range '%s' overlaps %u-%u, which the kernel hands to outgoing connections", r->name,
	     ephemeral.first, ephemeral.last);
}

/* ---- ranges beside one another ---- */

/* Special ranges may lie inside one that is cut into blocks: no block will touch them. */
static bool is_hole_in(const struct policy_range *inner, const struct policy_range *outer)
{
	return outer->block && (inner->shared || inner->legacy || inner->temporary) &&
	       port_range_contains(outer->ports, inner->ports);
}

/* The first port that both call their own; 0: none. */
static unsigned common_port(const struct policy_range *a, const struct policy_range *b)
{
	unsigned first = a->ports.first > b->ports.first ? a->ports.first : b->ports.first;
	unsigned last = a->ports.last < b->ports.last ? a->ports.last : b->ports.last;

	for (unsigned port = first; port <= last; port++)
		if (policy_range_owns(a, (uint16_t)port) && policy_range_owns(b, (uint16_t)port))
			return port;
	return 0;
}

static void check_overlaps(const struct policy *p, unsigned at, struct findings *f)
{
	const struct policy_range *r = &p->ranges[at];

	for (unsigned i = 0; i < at; i++) {
		const struct policy_range *other = &p->ranges[i];
		unsigned port = common_port(r, other);

		if (port && !is_hole_in(r, other) && !is_hole_in(other, r))
			complain(f, r->line, "ranges '%s' and '%s' overlap: both have port %u",
				 other->name, r->name, port);
	}
}

static bool is_ordinary(const struct policy_range *r)
{
	return !r->shared && !r->legacy;
}

/* NULL: every environment or type that no range names. */
static bool is_served(const struct policy_range *r, const char *environment, const char *type)
{
	if (r->n_environments &&
	    (!environment || !has_word(r->environments, r->n_environments, environment)))
		return false;
	return !r->n_types || (type && has_word(r->types, r->n_types, type));
}

/* Does a range before `at` take whoever comes with these words? */
static bool is_served_before(const struct policy *p, unsigned at, const char *environment,
			     const char *type)
{
	for (unsigned i = 0; i < at; i++) {
		const struct policy_range *r = &p->ranges[i];

		if (is_ordinary(r) && r->temporary == p->ranges[at].temporary &&
		    is_served(r, environment, type))
			return true;
	}
	return false;
}

/* Is there someone who comes to this range? */
static bool is_used(const struct policy *p, unsigned at)
{
	const struct policy_range *r = &p->ranges[at];

	for (unsigned e = 0; e < r->n_environments || e == 0; e++)
		for (unsigned t = 0; t < r->n_types || t == 0; t++)
			if (!is_served_before(p, at, r->n_environments ? r->environments[e] : NULL,
					      r->n_types ? r->types[t] : NULL))
				return true;
	return false;
}

static void check_used(const struct policy *p, unsigned at, struct findings *f)
{
	const struct policy_range *r = &p->ranges[at];

	if (is_ordinary(r) && !is_used(p, at))
		complain(f, r->line,
			 "range '%s' is never used: those before it serve all that it does",
			 r->name);
}

static void check_shared(const struct policy *p, unsigned at, struct findings *f)
{
	const struct policy_range *r = &p->ranges[at];

	for (unsigned i = 0; i < at && r->shared; i++)
		if (p->ranges[i].shared) {
			complain(f, r->line,
				 "ranges '%s' and '%s' are both shared: there is one place "
				 "for the services of no one project",
				 p->ranges[i].name, r->name);
			return;
		}
}

/* ---- words ---- */

static bool has_environments(const struct policy *p)
{
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (p->ranges[i].n_environments)
			return true;
	return false;
}

static bool has_types(const struct policy *p)
{
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (p->ranges[i].n_types)
			return true;
	return false;
}

static bool is_type(const struct policy *p, const char *word)
{
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (has_word(p->ranges[i].types, p->ranges[i].n_types, word))
			return true;
	return false;
}

static bool is_environment_served(const struct policy *p, const char *environment)
{
	for (unsigned i = 0; i < p->n_ranges; i++) {
		const struct policy_range *r = &p->ranges[i];

		if (is_ordinary(r) && !r->temporary &&
		    (!r->n_environments ||
		     has_word(r->environments, r->n_environments, environment)))
			return true;
	}
	return false;
}

static void check_environment(const struct policy *p, struct findings *f)
{
	if (!p->environment[0]) {
		if (has_environments(p))
			warn(f, 0, "there are ranges by environment, but no default environment");
	} else if (p->n_ranges && !is_environment_served(p, p->environment)) {
		complain(f, 0, "no range serves the default environment, '%s'", p->environment);
	}
}

static void check_aliases(const struct policy *p, struct findings *f)
{
	if (!has_types(p))
		return;
	for (unsigned i = 0; i < p->n_aliases; i++)
		if (!is_type(p, p->aliases[i].type))
			complain(f, 0, "'%s' stands for '%s', which is no type of any range",
				 p->aliases[i].name, p->aliases[i].type);
}

/* ---- what a new book starts with ---- */

/* Without blocks, numbers are only numbers. */
static bool has_block(const struct policy *p, unsigned number)
{
	struct port_range block;
	bool blocks = false;

	for (unsigned i = 0; i < p->n_ranges; i++) {
		if (policy_block(p, &p->ranges[i], number, &block))
			return true;
		blocks = blocks || p->ranges[i].block;
	}
	return !blocks;
}

static void check_projects(const struct policy *p, struct findings *f)
{
	for (unsigned i = 0; i < p->n_projects; i++) {
		const struct policy_project *seed = &p->projects[i];

		if (seed->number >= 0 && !has_block(p, (unsigned)seed->number))
			complain(f, seed->line, "project '%s': no block has number %d", seed->name,
				 seed->number);
		for (unsigned j = 0; j < i; j++) {
			const struct policy_project *other = &p->projects[j];

			if (!strcmp(other->name, seed->name))
				complain(f, seed->line, "there are two projects '%s'", seed->name);
			else if (seed->number >= 0 && other->number == seed->number)
				complain(f, seed->line,
					 "projects '%s' and '%s' have one number, %d", other->name,
					 seed->name, seed->number);
		}
	}
}

static bool is_known_project(const struct policy *p, const char *name)
{
	for (unsigned i = 0; i < p->n_projects; i++)
		if (!strcmp(p->projects[i].name, name))
			return true;
	return !strcmp(name, SHARED_PROJECT);
}

static bool is_same_service(const struct policy_service *a, const struct policy_service *b)
{
	return !strcmp(a->project, b->project) && !strcmp(a->service, b->service);
}

static void check_services(const struct policy *p, struct findings *f)
{
	for (unsigned i = 0; i < p->n_services; i++) {
		const struct policy_service *seed = &p->services[i];

		if (!is_known_project(p, seed->project))
			complain(f, seed->line, "service '%s/%s': there is no project '%s'",
				 seed->project, seed->service, seed->project);
		for (unsigned j = 0; j < i; j++) {
			const struct policy_service *other = &p->services[j];

			if (is_same_service(seed, other))
				complain(f, seed->line, "there are two services '%s/%s'",
					 seed->project, seed->service);
			else if (seed->port == other->port)
				complain(f, seed->line,
					 "services '%s/%s' and '%s/%s' have one port, %u",
					 other->project, other->service, seed->project,
					 seed->service, seed->port);
		}
	}
}

static void check_range(const struct policy *p, unsigned at, struct port_range ephemeral,
			struct findings *f)
{
	const struct policy_range *r = &p->ranges[at];

	check_range_name(p, at, f);
	check_range_ports(r, f);
	check_block(r, f);
	check_slice(r, f);
	check_roles(r, f);
	check_temporary(r, f);
	check_overlaps(p, at, f);
	check_used(p, at, f);
	check_shared(p, at, f);
	check_ephemeral(r, ephemeral, f);
}

unsigned policy_check(const struct policy *p, struct port_range ephemeral,
		      struct policy_finding ret[static POLICY_MAX_FINDINGS])
{
	struct findings f = { .list = ret };

	if (!p->name[0])
		complain(&f, 0, "the policy has no name");
	if (!p->n_ranges)
		complain(&f, 0, "the policy has no ranges");
	for (unsigned i = 0; i < p->n_ranges; i++)
		check_range(p, i, ephemeral, &f);
	check_environment(p, &f);
	check_aliases(p, &f);
	check_projects(p, &f);
	check_services(p, &f);
	return f.count;
}
