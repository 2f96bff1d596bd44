#include "store/memory/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/memory/book.h"

bool text_is_set(const char *text)
{
	return text && *text;
}

bool text_is(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* A field that the filter does not set does not matter. */
static bool matches(const char *wanted, const char *text)
{
	return !wanted || text_is(wanted, text);
}

static bool holds(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

static bool is_found(const char *search, const struct entry *e)
{
	char port[8];

	if (!search)
		return true;
	snprintf(port, sizeof(port), "%u", (unsigned)e->port);
	return holds(e->project, search) || holds(e->service, search) ||
	       holds(e->description, search) || holds(e->notes, search) || holds(e->host, search) ||
	       holds(e->tunnel_hostname, search) || holds(port, search);
}

static bool is_alive_enough(const struct entry_filter *f, const struct entry *e)
{
	switch (f->life) {
	case LIVE_ONLY: return e->status != STATUS_RELEASED;
	case RELEASED_ONLY: return e->status == STATUS_RELEASED;
	case LIVE_AND_RELEASED: return true;
	}
	abort(); /* memory is wrong; going on would hide it */
}

static bool texts_match(const struct entry_filter *f, const struct entry *e)
{
	return matches(f->id, e->id) && matches(f->project_id, e->project_id) &&
	       matches(f->environment, e->environment) && matches(f->service, e->service) &&
	       matches(f->type, e->type) && matches(f->range, e->range) &&
	       matches(f->host, e->host) && matches(f->tunnel_hostname, e->tunnel_hostname) &&
	       matches(f->worktree, e->worktree);
}

static bool numbers_match(const struct entry_filter *f, const struct entry *e)
{
	return (!f->instance || f->instance == e->instance) &&
	       (f->protocol < 0 || f->protocol == (int)e->protocol) &&
	       (f->status < 0 || f->status == (int)e->status) &&
	       (!f->ports.first || port_range_has(f->ports, e->port)) && e->port > f->after_port &&
	       (!f->primary_only || e->primary);
}

bool filter_passes(const struct entry_filter *f, const struct entry *e)
{
	return is_alive_enough(f, e) && numbers_match(f, e) && texts_match(f, e) &&
	       is_found(f->search, e);
}

static int by_port(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = order_of_numbers(x->port, y->port);

	order = order ? order : strcmp(x->host, y->host);
	order = order ? order : order_of_numbers(x->protocol, y->protocol);
	return order ? order : strcmp(x->id, y->id);
}

static int by_age(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = order_of_numbers(x->allocated_at_ms, y->allocated_at_ms);

	return order ? order : strcmp(x->id, y->id);
}

static int by_release(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = order_of_numbers(y->released_at_ms, x->released_at_ms);

	return order ? order : strcmp(x->id, y->id);
}

entry_order_fn *filter_order(const struct entry_filter *f)
{
	switch (f->order) {
	case BY_PORT: return by_port;
	case BY_AGE: return by_age;
	case BY_RELEASE: return by_release;
	case AS_READ: return by_age;
	}
	abort(); /* memory is wrong; going on would hide it */
}

bool filter_passes_event(const struct event_filter *f, const struct event *e)
{
	return matches(f->project_id, e->project_id) && matches(f->service, e->service) &&
	       (!f->port || f->port == e->port) && e->seq > f->after_seq;
}
