/*
 * operations/lint.c - the ports that a project's files name, held against the book.
 *
 * The files are only known to who asks: what they name is in the input, with the
 * places, and the answer has those that are wrong.
 */
#include <stdio.h>
#include <string.h>

#include "operations/input.h"
#include "operations/lint_doubt.h"
#include "operations/lint_judge.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/blocks.h"
#include "registry/choose.h"
#include "registry/entry_json.h"
#include "registry/look.h"

/* Rationale: a project has fewer services; of more, the port they would get is not told. */
#define SUGGESTIONS_MAX 32

struct suggestion {
	char service[NAME_SIZE];
	uint16_t port; /* 0: none */
};

struct linting {
	struct call *call;
	struct place place;
	bool is_known; /* the book has the directory */
	const char *host;
	struct lint_scene scene;
	struct port_set reserved[PROTO_COUNT];
	struct suggestion suggestions[SUGGESTIONS_MAX];
	unsigned n_suggestions;
	json_t *findings;
	unsigned errors, warnings, notes;
};

/* --- what the book has */

static bool find_place(struct linting *x, const json_t *input, struct err *err)
{
	struct err why = { 0 };

	x->is_known = place_find(x->call, input, PLACE_ENTER_NOTHING, &x->place, &why);
	/* A directory that the book does not know has no ports; a wrong name is an error. */
	if (x->is_known || (!json_text_of(input, "projectName") &&
			    (why.code == ERR_NOT_FOUND || why.code == ERR_INVALID)))
		return true;
	*err = why;
	return false;
}

static bool find_own(struct linting *x, const struct entry_list *all, struct err *err)
{
	struct entry *own = arena_alloc(&x->call->arena, (all->count + 1) * sizeof(*own));
	unsigned count = 0;

	if (!own)
		return fail_memory(err);
	for (unsigned i = 0; x->is_known && i < all->count; i++)
		if (!strcmp(all->items[i].project_id, x->place.project.id) &&
		    all->items[i].instance == x->place.instance)
			own[count++] = all->items[i];
	x->scene.own = own;
	x->scene.n_own = count;
	return true;
}

static bool read_scene(struct linting *x, const json_t *input, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct registry *r = x->call->registry;
	struct entry_list list;

	if (!input_host(x->call, input, &x->host, err))
		return false;
	f.host = x->host;
	if (!registry_environment(r, json_text_of(input, "environment"), &x->call->arena,
				  &x->scene.environment, err) ||
	    !entries_read(r, &f, &x->call->arena, &list, err) ||
	    !reserved_collect(r, x->host, x->is_known ? x->place.project.name : NULL,
			      &x->reserved[PROTO_TCP], err))
		return false;
	x->reserved[PROTO_UDP] = x->reserved[PROTO_TCP];
	x->scene.entries = list.items;
	x->scene.count = list.count;
	x->scene.project_id = x->is_known ? x->place.project.id : NULL;
	x->scene.instance = x->place.instance;
	for (unsigned p = 0; p < PROTO_COUNT; p++)
		x->scene.reserved[p] = &x->reserved[p];
	return find_own(x, &list, err);
}

/* --- one mention */

static bool fail_mention(size_t i, const char *what, struct err *err)
{
	return fail(err, ERR_INVALID, "of 'mentions', number %zu has no %s", i + 1, what);
}

static bool take_mention(const json_t *row, size_t i, struct mention *ret, struct err *err)
{
	const char *words = json_text_of(row, "words"), *protocol = json_text_of(row, "protocol"),
		   *kind = json_text_of(row, "kind");
	int64_t port = json_int_of(row, "port", 0), nth = json_int_of(row, "nth", 1);
	struct mention m = { .is_fixed = !json_bool_of(row, "mayChange"),
			     .is_default = json_bool_of(row, "isDefault"),
			     .is_named = json_bool_of(row, "isNamed"),
			     .nth = nth > 0 && nth <= UINT16_MAX ? (unsigned)nth : 1 };

	if (port < 1 || port > UINT16_MAX)
		return fail_mention(i, "port", err);
	if (!json_text_of(row, "file"))
		return fail_mention(i, "file", err);
	if (!kind || !mention_kind_from_name(kind, &m.kind))
		return fail_mention(i, "kind that is known", err);
	if (protocol && !protocol_from_name(protocol, &m.protocol))
		return fail_mention(i, "protocol that is known", err);
	m.port = (uint16_t)port;
	if (words)
		mention_set_words(&m, words, strlen(words));
	*ret = m;
	return true;
}

/* --- what is said of it */

struct reason_search {
	const struct linting *x;
	uint16_t port;
	const char *reason;
};

static bool match_reason(const struct reserved *r, void *arg)
{
	struct reason_search *s = arg;
	struct call *c = s->x->call;

	if (!port_range_has(r->ports, s->port) ||
	    !reservation_binds(r, s->x->host, s->x->is_known ? s->x->place.project.name : NULL,
			       registry_now(c->registry)))
		return true;
	s->reason = arena_copy(&c->arena, r->reason ? r->reason : "");
	return false;
}

static bool reserved_text(struct linting *x, uint16_t port, const char **ret, struct err *err)
{
	struct reason_search s = { .x = x, .port = port, .reason = "" };
	struct store *store = x->call->registry->store;

	if (!store->ops->reserved_each(store, match_reason, &s, err))
		return false;
	*ret = arena_printf(&x->call->arena, "%u is reserved%s%s", port,
			    s.reason && *s.reason ? ": " : "", s.reason ? s.reason : "");
	return true;
}

static bool nobodys_text(struct linting *x, uint16_t port, const char **ret, struct err *err)
{
	struct project owner;
	bool owned;

	if (!block_owner(x->call->registry, x->host, port, &x->call->arena, &owner, &owned, err))
		return false;
	if (owned && !(x->is_known && !strcmp(owner.id, x->place.project.id)))
		*ret = arena_printf(&x->call->arena,
				    "%u is entered nowhere, and lies in the block of '%s'", port,
				    owner.name);
	else
		*ret = arena_printf(&x->call->arena, "%u is entered nowhere", port);
	return true;
}

static const char *owner_text(struct linting *x, const struct entry *e, const char *what)
{
	const char *subject = entry_subject(&x->call->arena, e);

	return arena_printf(&x->call->arena, "%u %s '%s' (%s)", e->port, what,
			    subject ? subject : "?", e->environment);
}

static bool verdict_text(struct linting *x, const struct mention *m, const struct lint_verdict *v,
			 const char **ret, struct err *err)
{
	*ret = NULL;
	if (m->kind == MENTION_INSIDE) {
		*ret = arena_printf(
			&x->call->arena,
			"%u is a port inside of the container: what is published counts", m->port);
		return *ret || fail_memory(err);
	}
	switch (v->rule) {
	case LINT_OTHER_PROJECT: *ret = owner_text(x, v->owner, "belongs to"); break;
	case LINT_OTHER_INSTANCE:
		*ret = owner_text(x, v->owner, "belongs to another instance,");
		break;
	case LINT_OTHER_SERVICE:
		*ret = owner_text(x, v->owner, "belongs to another service,");
		break;
	case LINT_RESERVED:
		if (!reserved_text(x, m->port, ret, err))
			return false;
		break;
	case LINT_UNREGISTERED:
		if (!nobodys_text(x, m->port, ret, err))
			return false;
		break;
	case LINT_FINE: *ret = ""; break;
	}
	return *ret || fail_memory(err);
}

/* --- the port to use */

/* What the service would be given; 0: it cannot be told. */
static bool suggest(struct linting *x, const struct mention *m, const char *service, uint16_t *ret,
		    struct err *err)
{
	struct service_key key = { .project = &x->place.project,
				   .instance = x->place.instance,
				   .service = service,
				   .environment = x->scene.environment,
				   .host = x->host,
				   .protocol = m->protocol };
	struct port_set taken = { 0 };
	struct suggestion *s = &x->suggestions[x->n_suggestions];

	*ret = 0;
	for (unsigned i = 0; i < x->n_suggestions; i++) {
		if (!strcmp(x->suggestions[i].service, service)) {
			*ret = x->suggestions[i].port;
			return true;
		}
		if (x->suggestions[i].port)
			port_set_add(&taken, x->suggestions[i].port);
	}
	if (!x->is_known || x->n_suggestions == SUGGESTIONS_MAX)
		return true;
	snprintf(s->service, sizeof(s->service), "%s", service);
	x->n_suggestions++;
	if (!registry_suggest(x->call->registry, &key, &taken, &x->call->arena, &s->port, err))
		return false;
	*ret = s->port;
	return true;
}

static json_t *instead_json(const char *service, const struct mention *m, uint16_t port,
			    bool is_entered)
{
	char variable[VARIABLE_SIZE];
	json_t *o = json_object();

	name_variable(service, m->nth, variable);
	if (o && json_put_int(o, "port", port) && json_put_text(o, "serviceName", service) &&
	    json_put_text(o, "variable", variable) && json_put_bool(o, "entered", is_entered))
		return o;
	json_decref(o);
	return NULL;
}

static const char *hint_text(struct linting *x, uint16_t port, const struct lint_verdict *v)
{
	struct arena *a = &x->call->arena;
	const char *subject;

	if (!x->is_known)
		return arena_copy(a, "'portbook init' enters the project of this directory");
	subject = service_subject(a, x->place.project.name, x->place.instance,
				  v->service[0] ? v->service : "SERVICE");
	if (!subject)
		return NULL;
	if (v->instead)
		return arena_printf(a, "use %u, the port of '%s'", port, subject);
	if (port)
		return arena_printf(a, "'portbook %s %s' gives it one: %u",
				    v->has_other ? "allocate" : "get", subject, port);
	return arena_printf(a, "'portbook get %s' gives %s", subject,
			    v->service[0] ? "it one" : "a service its own");
}

static bool put_instead(struct linting *x, const struct mention *m, const struct lint_verdict *v,
			json_t *row, struct err *err)
{
	uint16_t port = v->instead ? v->instead->port : 0;
	const char *hint;

	if (m->kind == MENTION_INSIDE)
		return (json_put(row, "hint", json_null()) &&
			json_put(row, "instead", json_null())) ||
		       fail_memory(err);
	if (!port && v->service[0] && !suggest(x, m, v->service, &port, err))
		return false;
	hint = hint_text(x, port, v);
	return (hint && json_put_text(row, "hint", hint) &&
		json_put(row, "instead",
			 port ? instead_json(v->service, m, port, v->instead) : json_null())) ||
	       fail_memory(err);
}

/* --- findings */

static bool put_finding(struct linting *x, const json_t *mention, const struct mention *m,
			const struct lint_verdict *v, struct err *err)
{
	json_t *row = json_object();
	const char *text;

	if (!json_append(x->findings, row))
		return fail_memory(err);
	if (!verdict_text(x, m, v, &text, err))
		return false;
	return ((json_put_text(row, "file", json_text_of(mention, "file")) &&
		 json_put_int(row, "line", json_int_of(mention, "line", 1)) &&
		 json_put_int(row, "column", json_int_of(mention, "column", 1)) &&
		 json_put_int(row, "port", m->port) &&
		 json_put_text(row, "protocol", protocol_name(m->protocol)) &&
		 json_put_text(row, "rule", lint_rule_name(v->rule)) &&
		 json_put_text(row, "severity", v->severity) &&
		 json_put_text(row, "message", text) &&
		 json_put(row, "owner", v->owner ? entry_json(v->owner) : json_null()) &&
		 json_put_bool(row, "fixable", v->is_sure)) ||
		fail_memory(err)) &&
	       put_instead(x, m, v, row, err);
}

static void count(struct linting *x, const char *severity)
{
	x->errors += !strcmp(severity, "error");
	x->warnings += !strcmp(severity, "warning");
	x->notes += !strcmp(severity, "note");
}

static bool lint_one(struct linting *x, const json_t *row, size_t i, struct err *err)
{
	struct lint_verdict v;
	struct mention m;

	if (!take_mention(row, i, &m, err))
		return false;
	v = lint_judge(&x->scene, &m, json_text_of(row, "file"));
	if (v.rule == LINT_FINE)
		return true;
	count(x, v.severity);
	return put_finding(x, row, &m, &v, err);
}

static bool lint_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const json_t *mentions = json_object_get(input, "mentions"), *row;
	struct linting *x = arena_alloc(&c->arena, sizeof(*x));
	size_t i;

	if (!x)
		return fail_memory(err);
	x->call = c;
	x->findings = json_array();
	if (!json_put(answer, "findings", x->findings))
		return fail_memory(err);
	if (!find_place(x, input, err) || !read_scene(x, input, err))
		return false;
	json_array_foreach(json_walked(mentions), i, row)
		if (!lint_one(x, row, i, err))
			return false;
	if (!lint_doubt_doubles(x->findings, &c->arena, err))
		return false;
	return (json_put_text(answer, "projectName", x->is_known ? x->place.project.name : NULL) &&
		json_put(answer, "instance",
			 x->is_known ? json_integer(x->place.instance) : json_null()) &&
		json_put_int(answer, "mentions", (int64_t)json_array_size(mentions)) &&
		json_put_int(answer, "errors", x->errors) &&
		json_put_int(answer, "warnings", x->warnings) &&
		json_put_int(answer, "notes", x->notes)) ||
	       fail_memory(err);
}

const struct operation op_lint = {
	.schema = &schema_lint,
	.access = ACCESS_READ,
	.run = lint_run,
};
