#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations/importing_claims.h"

int order_of_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_ports(const void *a, const void *b)
{
	const struct told *x = *(struct told *const *)a, *y = *(struct told *const *)b;
	int order = (int)x->claim.ports.first - (int)y->claim.ports.first;

	order = order ? order : (int)x->key.protocol - (int)y->key.protocol;
	order = order ? order : order_of_texts(x->key.host, y->key.host);
	return order;
}

static int compare_services(const void *a, const void *b)
{
	const struct told *x = *(struct told *const *)a, *y = *(struct told *const *)b;
	int order = order_of_texts(x->claim.project, y->claim.project);

	order = order ? order : order_of_texts(x->key.service, y->key.service);
	order = order ? order : order_of_texts(x->key.environment, y->key.environment);
	order = order ? order : order_of_texts(x->key.host, y->key.host);
	order = order ? order : (int)x->key.instance - (int)y->key.instance;
	return order ? order : (int)x->key.protocol - (int)y->key.protocol;
}

static int by_port(const void *a, const void *b)
{
	const struct told *x = *(struct told *const *)a, *y = *(struct told *const *)b;
	int order = compare_ports(a, b);

	/* Of one array: the order of the file. */
	return order ? order : (x > y) - (x < y);
}

static int by_service(const void *a, const void *b)
{
	int order = compare_services(a, b);

	return order ? order : by_port(a, b);
}

bool claim_is_entry(const struct told *w)
{
	return w->claim.kind == CLAIM_ENTRY && !w->is_refused && w->claim.status != STATUS_RELEASED;
}

bool claims_sort(struct claims *all, struct err *err)
{
	size_t size = (all->count + 1) * sizeof(struct told *);

	all->by_port = arena_alloc(all->arena, size);
	all->by_service = arena_alloc(all->arena, size);
	if (!all->by_port || !all->by_service)
		return fail_memory(err);
	for (unsigned i = 0; i < all->count; i++)
		if (claim_is_entry(&all->items[i])) {
			all->by_port[all->n_entries] = &all->items[i];
			all->by_service[all->n_entries++] = &all->items[i];
		}
	qsort(all->by_port, all->n_entries, sizeof(*all->by_port), by_port);
	qsort(all->by_service, all->n_entries, sizeof(*all->by_service), by_service);
	return true;
}

static bool is_of_same_service(const struct told *a, const struct told *b)
{
	return compare_services(&a, &b) == 0;
}

/* May the project be in the book only if the file comes in?  Refused, it does not. */
static bool may_need_create(const struct claims *all, const struct told *w)
{
	for (unsigned i = 0; i < all->count; i++)
		if (all->items[i].has_made &&
		    !order_of_texts(all->items[i].claim.project, w->claim.project))
			return true;
	return !w->project.id; /* that is not known yet */
}

bool claim_fail_taken(const struct claims *all, struct err *err, const struct told *w)
{
	return fail_hint(err,
			 "give '%s/%s' another port there, or leave the row out and take one: "
			 "portbook get %s/%s%s",
			 w->claim.project, w->key.service, w->claim.project, w->key.service,
			 may_need_create(all, w) ? " --create" : "");
}

/* Two rows on one port: the first stands; another service's is refused, its own is said twice. */
static bool settle_port(struct claims *all, const struct told *first, struct told *w,
			struct err *err)
{
	struct err why = { 0 };
	char place[80];

	if (is_of_same_service(first, w)) {
		w->is_refused = true;
		return claim_tell(all, w, ROW_SKIPPED, "the file says it twice", err);
	}
	if (first->claim.place)
		snprintf(place, sizeof(place), "%s", first->claim.place);
	else
		snprintf(place, sizeof(place), "line %u", first->claim.line);
	fail(&why, ERR_TAKEN, "two services on one port: %s gives port %u to '%s/%s'", place,
	     first->claim.ports.first, first->claim.project, first->key.service);
	(void)claim_fail_taken(all, &why, w);
	return claim_refuse(all, w, &why, err);
}

bool claims_settle_ports(struct claims *all, struct err *err)
{
	const struct told *first = NULL;

	for (unsigned i = 0; i < all->n_entries; i++) {
		struct told *w = all->by_port[i];

		if (!first || compare_ports(&first, &w) != 0)
			first = w;
		else if (!settle_port(all, first, w, err))
			return false;
	}
	return true;
}

/* by_service is sorted by port within a service. */
bool claims_give(const struct claims *all, const struct told *w, uint16_t port)
{
	struct told probe = *w, *key = &probe;
	unsigned low = 0, high = all->n_entries;

	probe.claim.ports = (struct port_range){ port, port };
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		struct told *other = all->by_service[middle];
		int order = compare_services(&key, &other);

		order = order ? order : compare_ports(&key, &other);
		if (!order)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}
