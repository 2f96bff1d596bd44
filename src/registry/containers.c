#include "registry/containers.h"

#include <string.h>

static bool is_any_address(const char *address)
{
	return !strcmp(address, "0.0.0.0") || !strcmp(address, "::");
}

/* How well a published port fits a socket: 0 not at all, 2 by its very address. */
static unsigned fits(const struct published *port, const struct listener *l, const char *address)
{
	if (port->protocol != l->protocol || port->port != l->port)
		return 0;
	if (address && !strcmp(port->address, address))
		return 2;
	return !address || is_any_address(port->address) || is_any_address(address);
}

static unsigned best_fit(const struct container *c, const struct listener *l, const char *address)
{
	unsigned best = 0;

	for (unsigned i = 0; i < c->n_ports; i++) {
		unsigned one = fits(&c->ports[i], l, address);

		best = one > best ? one : best;
	}
	return best;
}

static const struct container *container_of_port(const struct container_list *all,
						 const struct listener *l, const char *address)
{
	const struct container *found = NULL;
	unsigned best = 0;

	for (unsigned i = 0; i < all->count; i++) {
		unsigned fit = best_fit(&all->items[i], l, address);

		if (fit < best || !fit)
			continue;
		found = fit > best ? &all->items[i] : NULL;
		best = fit;
	}
	return found;
}

static const struct container *container_of_id(const struct container_list *all, const char *id)
{
	for (unsigned i = 0; id && i < all->count; i++)
		if (!strcmp(all->items[i].id, id))
			return &all->items[i];
	return NULL;
}

const struct container *container_of_process(const struct container_list *all,
					     const struct listener *l, const struct process *p)
{
	return p->is_proxy ? container_of_port(all, l, p->address)
			   : container_of_id(all, p->container_id);
}

static bool is_contained(const struct process *p)
{
	return p->is_proxy || p->container_id;
}

bool listener_may_be_contained(const struct listener *l)
{
	for (unsigned i = 0; i < l->n_processes; i++)
		if (is_contained(&l->processes[i]))
			return true;
	return l->n_processes == 0;
}

/* One process may pass on for many: what it has of another port's container goes. */
static bool name_process(const struct container_list *all, const struct listener *l,
			 struct process *p)
{
	const struct container *c = container_of_process(all, l, p);

	if (!c && p->is_proxy) {
		p->container = p->container_id = NULL;
		p->container_folder = p->container_service = NULL;
	}
	if (!c)
		return !is_contained(p);
	p->container_id = c->id;
	p->container = c->name ? c->name : c->id;
	p->container_folder = c->folder;
	p->container_service = c->service;
	return c->name;
}

/* What an engine passes on is its own to have, though only root may see the process. */
static void add_unseen(const struct container_list *all, struct arena *a, struct listener *l)
{
	struct process p = { .uid = l->uid, .user = l->user, .socket = l->inode, .is_proxy = true };
	struct process *kept;

	p.address = l->n_addresses == 1 ? l->addresses[0] : NULL;
	(void)name_process(all, l, &p);
	kept = p.container ? arena_alloc(a, sizeof(*kept)) : NULL;
	if (!kept)
		return;
	*kept = p;
	l->processes = kept;
	l->n_processes = 1;
}

bool listener_name_containers(const struct container_list *all, struct arena *a, struct listener *l)
{
	bool named = true;

	if (l->n_processes == 0)
		add_unseen(all, a, l);
	for (unsigned i = 0; i < l->n_processes; i++)
		named = name_process(all, l, &l->processes[i]) && named;
	return named;
}
