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
#include <string.h>
#include <strings.h>

#include "operations/importing_claims.h"
#include "ports/name.h"
#include "registry/instances.h"
#include "registry/reserve.h"

/*
 * Rationale: the whole file is read at once, as these formats have no rows that
 * could be cut out; a registry of every port of a hundred machines is smaller.
 */
#define CLAIMS_FILE_MAX ((size_t)64 << 20)

/* Rationale: every port of both protocols, of eight machines. */
#define CLAIMS_MAX (1u << 20)

static struct report_row row_of(const struct told *w, enum row_fate fate)
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
		.place = c->place,
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

bool claim_tell(struct claims *all, const struct told *w, enum row_fate fate, const char *message,
		struct err *err)
{
	struct report_row row = row_of(w, fate);

	row.message = message;
	return report_add(&all->importing->report, &row, fate != ROW_UNCHANGED, err);
}

/* True: the import goes on, without it. */
bool claim_refuse(struct claims *all, struct told *w, const struct err *why, struct err *err)
{
	struct report_row row = row_of(w, ROW_REFUSED);

	w->is_refused = true;
	return report_refuse(&all->importing->report, &row, why, err);
}

/* Gathering. */

struct gathering {
	struct claims *all;
	struct err *err;
};

/* Named at once: no more is known of it than its line. */
static bool refuse_wrong(struct claims *all, const struct claim *c, struct err *err)
{
	struct told w = { .claim = claim_of(c->kind, c->line) };

	w.claim.place = c->place;

	return claim_refuse(all, &w, c->wrong, err);
}

static bool gather(const struct claim *c, void *arg)
{
	struct gathering *g = arg;
	struct claims *all = g->all;
	struct claim kept = *c;

	if (c->wrong)
		return refuse_wrong(all, c, g->err);
	if (all->count == CLAIMS_MAX)
		return fail(g->err, ERR_INVALID, "'%.200s' names more than %u ports and projects",
			    all->importing->source->name, CLAIMS_MAX);
	all->items = arena_grow(all->arena, all->items, all->count, &all->room,
				sizeof(*all->items));
	if (!all->items || !claim_keep_texts(all->arena, &kept))
		return fail_memory(g->err);
	all->items[all->count++] = (struct told){ .claim = kept };
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
			return true;
		/* It may have grown. */
		if (ret->len + len > CLAIMS_FILE_MAX)
			return fail(err, ERR_INVALID, "'%.200s' is longer than %zu bytes", s->name,
				    CLAIMS_FILE_MAX);
		text_add_bytes(ret, buffer, len);
		if (!text_ok(ret)) /* its length stands still then */
			return fail_memory(err);
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
static bool name_in_book(struct claims *all, struct told *w, const char *what, const char *text,
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

/* Where somebody asks from says nothing about a database. */
static bool check_is_said(struct claims *all, const struct told *w, struct err *err)
{
	if (!all->importing->format->is_agreed ||
	    json_text_of(all->importing->input, "projectName"))
		return true;
	fail(err, ERR_INVALID, "%.200s: %s ('%.80s') is of no project there",
	     all->importing->source->name, w->claim.place, w->claim.service);
	return fail_hint(err, "say whose such rows are: --project NAME, and --create if it is new");
}

/* Whose a claim is of which the file does not say it; asked once, and only then. */
static bool find_here(struct claims *all, struct err *err)
{
	for (unsigned i = 0; i < all->count; i++) {
		const struct told *w = &all->items[i];

		if (!w->claim.project && w->claim.kind != CLAIM_RESERVED)
			return check_is_said(all, w, err) &&
			       place_find(all->importing->call, all->importing->input, PLACE_ENTER,
					  &all->here, err);
	}
	return true;
}

static bool name_project(struct claims *all, struct told *w, struct err *err)
{
	if (w->claim.project)
		return name_in_book(all, w, "project", w->claim.project, &w->claim.project, err);
	if (w->claim.kind == CLAIM_RESERVED)
		return true;
	w->claim.project = all->here.project.name;
	if (!w->claim.instance)
		w->claim.instance = all->here.instance;
	return true;
}

static bool name_service(struct claims *all, struct told *w, struct err *err)
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

static bool name_listeners(struct claims *all, struct err *err)
{
	for (unsigned i = 0; i < all->count; i++)
		if (!claim_name_listener(all, &all->items[i], err))
			return false;
	return true;
}

static bool name_all(struct claims *all, struct err *err)
{
	if (all->importing->format->says_what_listens && !name_listeners(all, err))
		return false;
	if (!find_here(all, err))
		return false;
	for (unsigned i = 0; i < all->count; i++) {
		struct told *w = &all->items[i];
		struct err why = { 0 };

		if ((!name_project(all, w, &why) ||
		     (w->claim.kind == CLAIM_ENTRY && !name_service(all, w, &why))) &&
		    !claim_refuse(all, w, &why, err))
			return false;
	}
	return true;
}

/* Instances and reserved ports. */

/* What the file does not say stays. */
static bool says_other(const char *said, const char *old)
{
	return said && order_of_texts(said, old) != 0;
}

/* The word as it stands there, but for the usual one, which the book does not keep. */
static const char *status_of(const struct claim *c, const struct instance *old)
{
	bool is_usual = c->instance_status && !strcasecmp(c->instance_status, "active");

	return is_usual && (!old->status || !strcmp(old->status, "active")) ? NULL
									    : c->instance_status;
}

static bool enter_instance(struct claims *all, struct told *w, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	const struct claim *c = &w->claim;
	struct instance_change change = { .purpose = c->purpose,
					  .branch = c->branch,
					  .worktree = c->worktree && c->worktree[0] == '/'
							      ? c->worktree
							      : NULL };
	struct instance i;
	const char *host;
	bool entered, changes;

	if (!registry_host(r, c->host, all->arena, &host, err) ||
	    !instance_need(r, &w->project, c->instance ? c->instance : 1, host, all->arena, &i,
			   &entered, err) ||
	    !claim_settle_slice(all, w, &i, host, err))
		return false;
	change.status = status_of(c, &i);
	changes = says_other(change.purpose, i.purpose) || says_other(change.branch, i.branch) ||
		  says_other(change.worktree, i.worktree) || says_other(change.status, i.status);
	if (changes && !instance_set(r, &w->project, &i, &change, all->arena, &i, err))
		return false;
	return claim_tell(all, w,
			  entered   ? ROW_ENTERED
			  : changes ? ROW_UPDATED
				    : ROW_UNCHANGED,
			  NULL, err);
}

static bool enter_reserved(struct claims *all, struct told *w, struct err *err)
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
		return claim_tell(all, w, ROW_ENTERED, NULL, err);
	if (why.code == ERR_TAKEN)
		return claim_tell(all, w, ROW_UNCHANGED, NULL, err);
	*err = why;
	return false;
}

typedef bool step_fn(struct claims *all, struct told *w, struct err *err);

static bool skip_released(struct claims *all, struct told *w, struct err *err)
{
	const char *message = w->claim.place ? "left out: it is released there"
					     : "the file calls it released";

	return w->claim.status != STATUS_RELEASED || claim_tell(all, w, ROW_SKIPPED, message, err);
}

static bool for_each(struct claims *all, enum claim_kind kind, step_fn *step, struct err *err)
{
	bool released = step == skip_released;

	for (unsigned i = 0; i < all->count; i++) {
		struct told *w = &all->items[i];
		struct err why = { 0 };

		if (w->claim.kind != kind || w->is_refused ||
		    (kind == CLAIM_ENTRY && !released && !claim_is_entry(w)))
			continue;
		if (!progress_step(all->importing->call->io.progress, "entering", i, all->count,
				   err))
			return false;
		if (!step(all, w, &why) && !claim_refuse(all, w, &why, err))
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

	return (gather_all(&all, err) && name_all(&all, err) && claims_sort(&all, err) &&
		claims_settle_ports(&all, err) && claims_need_projects(&all, err) &&
		for_each(&all, CLAIM_INSTANCE, enter_instance, err) &&
		for_each(&all, CLAIM_RESERVED, enter_reserved, err) &&
		for_each(&all, CLAIM_ENTRY, skip_released, err) &&
		for_each(&all, CLAIM_ENTRY, claim_leave_port, err) &&
		for_each(&all, CLAIM_ENTRY, claim_enter, err)) ||
	       is_over(&all);
}
