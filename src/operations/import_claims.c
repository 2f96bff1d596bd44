/*
 * operations/import_claims.c - what the file of another tool says, into the book.
 *
 * The claims are gathered first, as what one means may depend on those behind
 * it: a project is given the number whose block has most of its ports, and a
 * service moves only from a port that the file no longer gives it.  Then come
 * projects, reserved ports, instances; then what moves leaves its old ports, and
 * last every entry is made, by the same rules as by hand.  A claim that is refused does not end
 * it: all are tried, so that all that are refused can be named.
 */
#include <stdlib.h>
#include <string.h>

#include "operations/importing.h"
#include "operations/input.h"
#include "operations/place.h"
#include "ports/name.h"
#include "registry/blocks.h"
#include "registry/edit.h"
#include "registry/entry_json.h"
#include "registry/instances.h"
#include "registry/projects.h"
#include "registry/release.h"
#include "registry/reserve.h"

/*
 * Rationale: the whole file is read at once, as these formats have no rows that
 * could be cut out; a registry of every port of a hundred machines is smaller.
 */
#define CLAIMS_FILE_MAX ((size_t)64 << 20)

/* Rationale: every port of both protocols, of eight machines. */
#define CLAIMS_MAX (1u << 20)

/* A claim, and what it means in this book. */
struct wanted {
	struct claim claim;
	struct project project; /* once it is known */
	struct service_key key; /* of an entry */
	bool is_refused;	/* named already; nothing more is tried */
	bool is_renamed;	/* the file's words were no names */
	uint16_t previous;	/* the port that it leaves */
	struct details carried; /* what was said of the service there */
};

struct claims {
	struct importing *importing;
	struct arena *arena;
	struct wanted *items;
	unsigned count, room;
	struct wanted **by_port, **by_service; /* entries, sorted */
	unsigned n_entries;
	struct place here; /* whose a claim without a project is */
	bool has_here;
};

/* Telling. */

static struct report_row row_of(const struct wanted *w, enum row_fate fate)
{
	static const enum record_kind kinds[] = {
		[CLAIM_PROJECT] = RECORD_PROJECT,
		[CLAIM_INSTANCE] = RECORD_INSTANCE,
		[CLAIM_ENTRY] = RECORD_ALLOCATION,
		[CLAIM_RESERVED] = RECORD_RESERVED,
	};
	const struct claim *c = &w->claim;
	bool is_entry = c->kind == CLAIM_ENTRY;

	return (struct report_row){
		.kind = kinds[c->kind],
		.fate = fate,
		.line = c->line,
		.project = w->project.name ? w->project.name : c->project,
		.service = w->key.service ? w->key.service : c->service,
		.environment = is_entry ? w->key.environment : NULL,
		.host = is_entry ? w->key.host : NULL,
		.instance = w->key.instance ? w->key.instance : c->instance,
		.ports = is_entry || c->kind == CLAIM_RESERVED ? c->ports
							       : (struct port_range){ 0, 0 },
		.previous = w->previous,
	};
}

static bool tell(struct claims *all, const struct wanted *w, enum row_fate fate,
		 const char *message, struct err *err)
{
	struct report_row row = row_of(w, fate);

	row.message = message;
	return report_add(&all->importing->report, &row, fate != ROW_UNCHANGED, err);
}

/* True: the import goes on, without it. */
static bool refuse(struct claims *all, struct wanted *w, const struct err *why, struct err *err)
{
	struct report_row row = row_of(w, ROW_REFUSED);

	w->is_refused = true;
	return report_refuse(&all->importing->report, &row, why, err);
}

/* Gathering. */

static bool keep_texts(struct arena *a, struct claim *c)
{
	const char **texts[] = { &c->project,	     &c->path,	  &c->project_status,
				 &c->owner,	     &c->purpose, &c->branch,
				 &c->worktree,	     &c->service, &c->type,
				 &c->environment,    &c->host,	  &c->tunnel_hostname,
				 &c->description,    &c->note,	  &c->metadata,
				 &c->instance_status };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (!*texts[i])
			continue;
		*texts[i] = arena_copy(a, *texts[i]);
		if (!*texts[i])
			return false;
	}
	return true;
}

struct gathering {
	struct claims *all;
	struct err *err;
};

static bool gather(const struct claim *c, void *arg)
{
	struct gathering *g = arg;
	struct claims *all = g->all;
	struct claim kept = *c;

	if (all->count == CLAIMS_MAX)
		return fail(g->err, ERR_INVALID, "'%.200s' names more than %u ports and projects",
			    all->importing->source->name, CLAIMS_MAX);
	all->items = arena_grow(all->arena, all->items, all->count, &all->room,
				sizeof(*all->items));
	if (!all->items || !keep_texts(all->arena, &kept))
		return fail_memory(g->err);
	all->items[all->count++] = (struct wanted){ .claim = kept };
	return progress_step(all->importing->call->io.progress, "reading", all->count, 0, g->err);
}

static bool read_all(struct source *s, struct text *ret, struct err *err)
{
	char buffer[16384];
	size_t len;

	if (s->size > CLAIMS_FILE_MAX)
		return fail(err, ERR_INVALID, "'%.200s' is longer than %zu bytes", s->name,
			    CLAIMS_FILE_MAX);
	for (;;) {
		if (!s->read(s, ret->len, buffer, sizeof(buffer), &len, err))
			return false;
		if (!len)
			return text_ok(ret) || fail_memory(err);
		/* It may have grown. */
		if (ret->len + len > CLAIMS_FILE_MAX)
			return fail(err, ERR_INVALID, "'%.200s' is longer than %zu bytes", s->name,
				    CLAIMS_FILE_MAX);
		text_add_bytes(ret, buffer, len);
	}
}

static bool gather_all(struct claims *all, struct err *err)
{
	struct importing *x = all->importing;
	CLEANUP(text_release) struct text bytes = { 0 };
	struct err why = { 0 };
	struct gathering g = { all, &why };

	if (!read_all(x->source, &bytes, err))
		return false;
	if (x->format->claims(text_str(&bytes), bytes.len, x->source->name, gather, &g, &why))
		return true;
	*err = why;
	return false;
}

/* Names. */

/* As it is, or with what a name may not hold replaced. */
static bool name_in_book(struct claims *all, struct wanted *w, const char *what, const char *text,
			 const char **ret, struct err *err)
{
	char name[NAME_SIZE];

	if (!name_fold(what, text, name, err)) {
		if (!name_from_words(text, name))
			return false;
		w->is_renamed = true;
	}
	*ret = arena_copy(all->arena, name);
	return *ret || fail_memory(err);
}

static bool find_here(struct claims *all, struct err *err)
{
	if (all->has_here)
		return true;
	all->has_here = place_find(all->importing->call, all->importing->input, true, &all->here,
				   err);
	return all->has_here;
}

static bool name_project(struct claims *all, struct wanted *w, struct err *err)
{
	if (w->claim.project)
		return name_in_book(all, w, "project", w->claim.project, &w->claim.project, err);
	if (w->claim.kind == CLAIM_RESERVED)
		return true;
	if (!find_here(all, err))
		return false;
	w->claim.project = all->here.project.name;
	if (!w->claim.instance)
		w->claim.instance = all->here.instance;
	return true;
}

static bool name_service(struct claims *all, struct wanted *w, struct err *err)
{
	struct call *c = all->importing->call;
	const struct claim *claim = &w->claim;
	const char *host = claim->host ? claim->host : json_text_of(all->importing->input, "host");
	const char *environment = claim->environment
					  ? claim->environment
					  : json_text_of(all->importing->input, "environment");

	if (!claim->service)
		return fail(err, ERR_INVALID, "the row names no service");
	w->key.project = &w->project;
	w->key.instance = claim->instance ? claim->instance : 1;
	w->key.protocol = claim->protocol;
	if (w->key.instance > INSTANCE_MAX)
		return fail(err, ERR_INVALID, "instance %u is more than %d", w->key.instance,
			    INSTANCE_MAX);
	return name_in_book(all, w, "service", claim->service, &w->key.service, err) &&
	       registry_environment(c->registry, environment, all->arena, &w->key.environment,
				    err) &&
	       registry_host(c->registry, host, all->arena, &w->key.host, err);
}

static bool name_all(struct claims *all, struct err *err)
{
	for (unsigned i = 0; i < all->count; i++) {
		struct wanted *w = &all->items[i];
		struct err why = { 0 };

		if ((!name_project(all, w, &why) ||
		     (w->claim.kind == CLAIM_ENTRY && !name_service(all, w, &why))) &&
		    !refuse(all, w, &why, err))
			return false;
	}
	return true;
}

/* Order, to find what else the file says of a port and of a service. */

static int order_of_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_ports(const void *a, const void *b)
{
	const struct wanted *x = *(struct wanted *const *)a, *y = *(struct wanted *const *)b;
	int order = (int)x->claim.ports.first - (int)y->claim.ports.first;

	order = order ? order : (int)x->key.protocol - (int)y->key.protocol;
	order = order ? order : order_of_texts(x->key.host, y->key.host);
	return order;
}

static int compare_services(const void *a, const void *b)
{
	const struct wanted *x = *(struct wanted *const *)a, *y = *(struct wanted *const *)b;
	int order = order_of_texts(x->claim.project, y->claim.project);

	order = order ? order : order_of_texts(x->key.service, y->key.service);
	order = order ? order : order_of_texts(x->key.environment, y->key.environment);
	order = order ? order : order_of_texts(x->key.host, y->key.host);
	order = order ? order : (int)x->key.instance - (int)y->key.instance;
	return order ? order : (int)x->key.protocol - (int)y->key.protocol;
}

static int by_port(const void *a, const void *b)
{
	const struct wanted *x = *(struct wanted *const *)a, *y = *(struct wanted *const *)b;
	int order = compare_ports(a, b);

	/* Of one array: the order of the file. */
	return order ? order : (x > y) - (x < y);
}

static int by_service(const void *a, const void *b)
{
	int order = compare_services(a, b);

	return order ? order : by_port(a, b);
}

static bool is_entry(const struct wanted *w)
{
	return w->claim.kind == CLAIM_ENTRY && !w->is_refused && w->claim.status != STATUS_RELEASED;
}

static bool sort_entries(struct claims *all, struct err *err)
{
	size_t size = (all->count + 1) * sizeof(struct wanted *);

	all->by_port = arena_alloc(all->arena, size);
	all->by_service = arena_alloc(all->arena, size);
	if (!all->by_port || !all->by_service)
		return fail_memory(err);
	for (unsigned i = 0; i < all->count; i++)
		if (is_entry(&all->items[i])) {
			all->by_port[all->n_entries] = &all->items[i];
			all->by_service[all->n_entries++] = &all->items[i];
		}
	qsort(all->by_port, all->n_entries, sizeof(*all->by_port), by_port);
	qsort(all->by_service, all->n_entries, sizeof(*all->by_service), by_service);
	return true;
}

static bool is_of_same_service(const struct wanted *a, const struct wanted *b)
{
	return compare_services(&a, &b) == 0;
}

/* Two rows on one port: the first stands; another service's is refused, its own is said twice. */
static bool settle_port(struct claims *all, const struct wanted *first, struct wanted *w,
			struct err *err)
{
	struct err why = { 0 };

	if (is_of_same_service(first, w)) {
		w->is_refused = true;
		return tell(all, w, ROW_SKIPPED, "the file says it twice", err);
	}
	fail(&why, ERR_TAKEN, "two services on one port: line %u gives port %u to '%s/%s'",
	     first->claim.line, first->claim.ports.first, first->claim.project, first->key.service);
	fail_hint(&why,
		  "give '%s/%s' another port in the file, or leave the row out and take one: "
		  "portbook get %s/%s",
		  w->claim.project, w->key.service, w->claim.project, w->key.service);
	return refuse(all, w, &why, err);
}

static bool settle_ports(struct claims *all, struct err *err)
{
	const struct wanted *first = NULL;

	for (unsigned i = 0; i < all->n_entries; i++) {
		struct wanted *w = all->by_port[i];

		if (!first || compare_ports(&first, &w) != 0)
			first = w;
		else if (!settle_port(all, first, w, err))
			return false;
	}
	return true;
}

/* Projects. */

struct votes {
	unsigned *of; /* how many of its ports lie in the block of each number */
	unsigned count;
};

static void vote(const struct policy_range *range, struct votes *v, struct port_range ports)
{
	unsigned number;

	if (!ports.first || ports.first < range->ports.first || ports.first > range->ports.last)
		return;
	number = (unsigned)(ports.first - range->ports.first) / range->block;
	if (number < v->count)
		v->of[number]++;
}

/* No project has it, and nobody the block. */
static bool number_is_free(struct claims *all, const struct policy *policy,
			   const struct policy_range *range, unsigned number, bool *ret,
			   struct err *err)
{
	struct registry *r = all->importing->call->registry;
	struct project other;
	struct port_range block;
	bool used, owned = false;

	*ret = false;
	if (!policy_block(policy, range, number, &block))
		return true;
	if (!r->store->ops->project_find(r->store, PROJECT_BY_NUMBER((int)number), all->arena,
					 &other, &used, err) ||
	    !block_owner(r, r->host, block.first, all->arena, &other, &owned, err))
		return false;
	*ret = !used && !owned;
	return true;
}

/* The free number with the most votes; -1: none has any. */
static bool best_number(struct claims *all, const struct policy *policy,
			const struct policy_range *range, struct votes *v, int *ret,
			struct err *err)
{
	for (*ret = -1;;) {
		unsigned best = 0;
		bool is_free;

		for (unsigned n = 1; n < v->count; n++)
			best = v->of[n] > v->of[best] ? n : best;
		if (!v->of[best])
			return true;
		if (!number_is_free(all, policy, range, best, &is_free, err))
			return false;
		if (is_free) {
			*ret = (int)best;
			return true;
		}
		v->of[best] = 0;
	}
}

static bool choose_number(struct claims *all, const struct wanted *of, int *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct registry *r = all->importing->call->registry;
	const struct policy *policy;
	const struct policy_range *range;
	struct votes v;
	bool is_free = false;

	*ret = -1;
	if (!registry_policy(r, &policy, err))
		return false;
	range = blocks_range(policy);
	if (!range)
		return true;
	if (of->claim.number >= 0 && !of->claim.ports.first) {
		if (!number_is_free(all, policy, range, (unsigned)of->claim.number, &is_free, err))
			return false;
		*ret = is_free ? of->claim.number : -1;
		if (is_free)
			return true;
	}
	v.count = policy_block_count(range);
	v.of = arena_alloc(&arena, (v.count + 1) * sizeof(*v.of));
	if (!v.of)
		return fail_memory(err);
	for (unsigned i = 0; i < all->count; i++)
		if (!order_of_texts(all->items[i].claim.project, of->claim.project) &&
		    all->items[i].claim.kind != CLAIM_RESERVED)
			vote(range, &v, all->items[i].claim.ports);
	return best_number(all, policy, range, &v, ret, err);
}

static enum project_status status_of(const char *word)
{
	char folded[NAME_SIZE];
	enum project_status status = PROJECT_ACTIVE;

	if (word && name_from_words(word, folded))
		(void)project_status_from_name(folded, &status);
	return status;
}

/* A path that is none of this machine is not worth a refusal. */
static const char *path_of(const struct claim *c)
{
	return c->path && c->path[0] == '/' ? c->path : NULL;
}

static bool add_project(struct claims *all, struct wanted *w, int number, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	const struct claim *c = &w->claim;
	bool says = c->kind == CLAIM_PROJECT;
	const struct project_new new = {
		.name = c->project,
		.number = number,
		.path = path_of(c),
		.owner = says ? c->owner : NULL,
		.description = says ? c->description : NULL,
		.status = says ? status_of(c->project_status) : PROJECT_ACTIVE,
		.host = r->host,
	};
	const struct report_row row = { .kind = RECORD_PROJECT,
					.fate = ROW_ENTERED,
					.line = c->line,
					.project = c->project,
					.message = w->is_renamed ? "named so here" : NULL };

	return project_add(r, &new, all->arena, &w->project, err) &&
	       report_add(&all->importing->report, &row, true, err);
}

/* What the file says of a project that the book knows. */
static bool update_project(struct claims *all, struct wanted *w, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	struct project_change change = PROJECT_CHANGE_NONE;
	const struct claim *c = &w->claim;
	struct project *p = &w->project;

	if (path_of(c) && order_of_texts(p->path, c->path) != 0)
		change.path = c->path;
	if (c->owner && order_of_texts(p->owner, c->owner) != 0)
		change.owner = c->owner;
	if (c->description && order_of_texts(p->description, c->description) != 0)
		change.description = c->description;
	if (c->project_status && status_of(c->project_status) != p->status)
		change.status = (int)status_of(c->project_status);
	if (!change.path && !change.owner && !change.description && change.status < 0)
		return tell(all, w, ROW_UNCHANGED, NULL, err);
	change.op = "import";
	change.host = r->host;
	return project_set(r, p, &change, all->arena, p, err) &&
	       tell(all, w, ROW_UPDATED, NULL, err);
}

static bool need_project(struct claims *all, struct wanted *w, bool numbered, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	int number;
	bool found;

	if (w->is_refused || !w->claim.project || w->project.id)
		return true;
	if (!r->store->ops->project_find(r->store, PROJECT_BY_NAME(w->claim.project), all->arena,
					 &w->project, &found, err))
		return false;
	if (found)
		return w->claim.kind != CLAIM_PROJECT || update_project(all, w, err);
	if (!choose_number(all, w, &number, err))
		return false;
	return (number < 0 && numbered) || add_project(all, w, number, err);
}

/* Those first whose ports say which number they have: the others take what is left. */
static bool need_projects(struct claims *all, struct err *err)
{
	for (int numbered = 1; numbered >= 0; numbered--)
		for (unsigned i = 0; i < all->count; i++) {
			struct err why = { 0 };

			if (!need_project(all, &all->items[i], numbered, &why) &&
			    !refuse(all, &all->items[i], &why, err))
				return false;
		}
	return true;
}

/* Instances and reserved ports. */

static bool enter_instance(struct claims *all, struct wanted *w, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	const struct claim *c = &w->claim;
	const struct instance_change change = { .purpose = c->purpose,
						.branch = c->branch,
						.worktree = c->worktree && c->worktree[0] == '/'
								    ? c->worktree
								    : NULL };
	struct instance i;
	const char *host;
	bool entered;

	if (!registry_host(r, c->host, all->arena, &host, err) ||
	    !instance_need(r, &w->project, c->instance ? c->instance : 1, host, all->arena, &i,
			   &entered, err))
		return false;
	if ((change.purpose || change.branch || change.worktree) &&
	    !instance_set(r, &w->project, &i, &change, all->arena, &i, err))
		return false;
	return tell(all, w, entered ? ROW_ENTERED : ROW_UNCHANGED, NULL, err);
}

static bool enter_reserved(struct claims *all, struct wanted *w, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	const struct claim *c = &w->claim;
	const struct reserve_request q = {
		.ports = &c->ports,
		.count = 1,
		.host = c->host ? c->host : "*",
		.reason = c->note && *c->note ? c->note : "reserved in the file it came from",
		.project = c->project,
		.until_ms = c->expires_at_ms,
	};
	struct err why = { 0 };

	if (registry_reserve(r, &q, &why))
		return tell(all, w, ROW_ENTERED, NULL, err);
	if (why.code == ERR_TAKEN)
		return tell(all, w, ROW_UNCHANGED, NULL, err);
	*err = why;
	return false;
}

/* Entries: leaving. */

/* Does the file give the service this port?  by_service is sorted by port within a service. */
static bool still_wants(const struct claims *all, const struct wanted *w, uint16_t port)
{
	struct wanted probe = *w, *key = &probe;
	unsigned low = 0, high = all->n_entries;

	probe.claim.ports = (struct port_range){ port, port };
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		struct wanted *other = all->by_service[middle];
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

static bool read_service(struct claims *all, const struct wanted *w, struct entry_list *ret,
			 struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.project_id = w->project.id;
	f.instance = w->key.instance;
	f.service = w->key.service;
	f.environment = w->key.environment;
	f.host = w->key.host;
	f.protocol = (int)w->key.protocol;
	f.order = BY_AGE;
	return entries_read(all->importing->call->registry, &f, all->arena, ret, err);
}

static void carry(struct wanted *w, const struct entry *e)
{
	w->previous = e->port;
	w->carried = (struct details){ .description = e->description,
				       .notes = e->notes,
				       .unit = e->unit,
				       .type = e->type,
				       .tunnel_hostname = e->tunnel_hostname,
				       .tunnel_id = e->tunnel_id };
}

/* All go before any comes, as two services may change places. */
static bool leave_old_port(struct claims *all, struct wanted *w, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	struct entry_list list;

	if (!read_service(all, w, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++)
		if (list.items[i].port == w->claim.ports.first)
			return true;
	for (unsigned i = 0; i < list.count; i++)
		if (!still_wants(all, w, list.items[i].port)) {
			carry(w, &list.items[i]);
			return entry_release(r, &list.items[i], false, err);
		}
	return true;
}

/* Entries: coming. */

static const char *said(const char *by_the_file, const char *before)
{
	return by_the_file && *by_the_file ? by_the_file : before;
}

static struct details details_of(const struct wanted *w, const json_t *metadata)
{
	const struct claim *c = &w->claim;

	return (struct details){
		.description = said(c->description, w->carried.description),
		.notes = said(c->note, w->carried.notes),
		.unit = w->carried.unit,
		.type = said(c->type, w->carried.type),
		.tunnel_hostname = said(c->tunnel_hostname, w->carried.tunnel_hostname),
		.tunnel_id = w->carried.tunnel_id,
		.metadata = metadata,
	};
}

/* In its range where that has the port for it, else as one that is used by convention. */
static bool take_port(struct claims *all, const struct wanted *w, const struct details *d,
		      struct port_answer *ret, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	const uint16_t port = w->claim.ports.first;
	const struct port_request in_range = { .key = w->key,
					       .preferred = port,
					       .only_preferred = true,
					       .force = true,
					       .type = d->type,
					       .details = *d };
	const struct register_request outside = { .key = w->key, .port = port, .details = *d };
	struct entry holder;
	struct err why = { 0 };
	bool held;

	if (!port_holder(r, w->key.host, w->key.protocol, port, all->arena, &holder, &held, err))
		return false;
	if (!held && registry_allocate(r, &in_range, all->arena, ret, &why))
		return true;
	return registry_register(r, &outside, all->arena, ret, err);
}

/* What registering does not ask: since when, until when, and as what. */
static bool date(struct claims *all, const struct wanted *w, struct entry *e, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	const struct claim *c = &w->claim;
	const struct entry before = *e;

	if (c->at_ms > 0 && c->at_ms < e->allocated_at_ms)
		e->allocated_at_ms = c->at_ms;
	if (c->expires_at_ms)
		e->expires_at_ms = c->expires_at_ms;
	if (c->status != STATUS_ALLOCATED)
		e->status = c->status;
	if (e->allocated_at_ms == before.allocated_at_ms && e->status == before.status &&
	    e->expires_at_ms == before.expires_at_ms)
		return true;
	return registry_put_entry(r, "import", &before, e, err);
}

static bool is_changed(const struct entry *before, const struct entry *after, bool *ret,
		       struct err *err)
{
	CLEANUP(json_cleanup) json_t *x = entry_json(before);
	CLEANUP(json_cleanup) json_t *y = entry_json(after);

	*ret = !json_equal(x, y);
	return (x && y) || fail_memory(err);
}

static const char *words_of(struct claims *all, const struct wanted *w)
{
	if (w->is_renamed)
		return "the file's words for it are no names: it is called so here";
	if (w->previous)
		return arena_printf(all->arena, "was on port %u", w->previous);
	return NULL;
}

static bool enter(struct claims *all, struct wanted *w, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	CLEANUP(json_cleanup)
	json_t *metadata = w->claim.metadata ? json_loads(w->claim.metadata, 0, NULL) : NULL;
	const struct details d = details_of(w, json_is_object(metadata) ? metadata : NULL);
	struct port_answer answer;
	struct entry before;
	struct instance i;
	bool held, entered, changed = false;

	if (!instance_need(r, &w->project, w->key.instance, w->key.host, all->arena, &i, &entered,
			   err) ||
	    !port_holder(r, w->key.host, w->key.protocol, w->claim.ports.first, all->arena, &before,
			 &held, err) ||
	    !take_port(all, w, &d, &answer, err) || !date(all, w, &answer.entry, err))
		return false;
	if (held && !is_changed(&before, &answer.entry, &changed, err))
		return false;
	return tell(all, w,
		    w->previous ? ROW_MOVED
		    : !held	? ROW_ENTERED
		    : changed	? ROW_UPDATED
				: ROW_UNCHANGED,
		    words_of(all, w), err);
}

typedef bool step_fn(struct claims *all, struct wanted *w, struct err *err);

static bool skip_released(struct claims *all, struct wanted *w, struct err *err)
{
	return w->claim.status != STATUS_RELEASED ||
	       tell(all, w, ROW_SKIPPED, "the file calls it released", err);
}

static bool for_each(struct claims *all, enum claim_kind kind, step_fn *step, struct err *err)
{
	bool released = step == skip_released;

	for (unsigned i = 0; i < all->count; i++) {
		struct wanted *w = &all->items[i];
		struct err why = { 0 };

		if (w->claim.kind != kind || w->is_refused ||
		    (kind == CLAIM_ENTRY && !released && !is_entry(w)))
			continue;
		if (!progress_step(all->importing->call->io.progress, "entering", i, all->count,
				   err))
			return false;
		if (!step(all, w, &why) && !refuse(all, w, &why, err))
			return false;
	}
	return true;
}

static bool is_over(const struct claims *all)
{
	return all->importing->report.refused >= IMPORT_REFUSED_MAX;
}

bool import_claims(struct importing *x, struct err *err)
{
	struct claims all = { .importing = x, .arena = &x->call->arena };

	return (gather_all(&all, err) && name_all(&all, err) && sort_entries(&all, err) &&
		settle_ports(&all, err) && need_projects(&all, err) &&
		for_each(&all, CLAIM_INSTANCE, enter_instance, err) &&
		for_each(&all, CLAIM_RESERVED, enter_reserved, err) &&
		for_each(&all, CLAIM_ENTRY, skip_released, err) &&
		for_each(&all, CLAIM_ENTRY, leave_old_port, err) &&
		for_each(&all, CLAIM_ENTRY, enter, err)) ||
	       is_over(&all);
}
