/*
 * operations/doctor_ports.c - where the ports that are entered lie: in the
 * policy's ranges, and in the kernel's.
 */
#include <string.h>

#include "operations/doctor.h"
#include "operations/input.h"
#include "registry/registry.h"

#define SYSCTL "net.ipv4.ip_local_reserved_ports"

/* `*ret` NULL: the book has none, or one that is damaged, and that is said already. */
static bool read_policy(struct call *c, const struct policy **ret, struct err *err)
{
	struct err why = { 0 };

	*ret = NULL;
	if (registry_policy(c->registry, ret, &why) || why.code == ERR_BOOK)
		return true;
	*err = why;
	return false;
}

/* ---- lists of entries ---- */

/* "40000/udp shop@2/dns (test)" */
static const char *entry_line(struct call *c, const struct policy *p, const struct entry *e)
{
	bool is_usual = !strcmp(e->environment, p->environment);
	const char *subject = entry_subject(&c->arena, e);

	return subject ? arena_printf(&c->arena, "%u%s %s%s%s%s", e->port,
				      e->protocol == PROTO_UDP ? "/udp" : "", subject,
				      is_usual ? "" : " (", is_usual ? "" : e->environment,
				      is_usual ? "" : ")")
		       : NULL;
}

/* Does the entry count? */
typedef bool counts_fn(const struct entry *e, const void *what);

static bool list_those(struct call *c, const struct policy *p, const struct entry_list *list,
		       counts_fn *counts, const void *what, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *lines = json_array();

	if (!lines)
		return fail_memory(err);
	for (unsigned i = 0; i < list->count; i++) {
		const struct entry *e = &list->items[i];
		const char *line = counts(e, what) ? entry_line(c, p, e) : "";

		if (!line || (*line && !json_append(lines, json_string(line))))
			return fail_memory(err);
	}
	*ret = json_incref(lines);
	return true;
}

static bool read_live(struct call *c, const char *host, struct entry_list *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.host = host;
	return entries_read(c->registry, &f, &c->arena, ret, err);
}

/* ---- the policy's ranges ---- */

static bool is_in_its_range(const struct entry *e, const struct policy *p)
{
	const struct policy_range *r = policy_range_named(p, e->range);

	return r && policy_range_owns(r, e->port);
}

static bool is_in_any_range(const struct entry *e, const struct policy *p)
{
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (policy_range_owns(&p->ranges[i], e->port))
			return true;
	return false;
}

/* It was taken from a range that the policy does not have, or has elsewhere. */
static bool is_astray(const struct entry *e, const void *policy)
{
	return e->range && e->status != STATUS_LEGACY && !is_in_its_range(e, policy);
}

/* Registered, or kept when the policy changed. */
static bool is_outside(const struct entry *e, const void *policy)
{
	return (!e->range || e->status == STATUS_LEGACY) && !is_in_any_range(e, policy);
}

static bool add_astray(struct call *c, json_t *lines, json_t *answer, struct err *err)
{
	size_t n = json_array_size(lines);
	const struct finding f = {
		.check = "ranges",
		.severity = SEVERITY_WARNING,
		.message = arena_printf(&c->arena,
					"%zu port%s entered in a range that the policy does not "
					"have there",
					n, n == 1 ? " is" : "s are"),
		.remedy = "portbook allocate SERVICE --replace moves one into today's range",
		.details = json_incref(lines),
	};

	return doctor_add(answer, &f, err);
}

static bool add_outside(struct call *c, json_t *lines, json_t *answer, struct err *err)
{
	size_t n = json_array_size(lines);
	const struct finding f = {
		.check = "ranges",
		.severity = SEVERITY_NOTE,
		.message = arena_printf(&c->arena,
					"%zu port%s entered and in no range of the policy", n,
					n == 1 ? " is" : "s are"),
		.remedy = "nothing, if that is meant; portbook allocate SERVICE --replace moves "
			  "one into a range",
		.details = json_incref(lines),
	};

	return doctor_add(answer, &f, err);
}

bool doctor_ranges(struct call *c, const char *host, json_t *answer, struct err *err)
{
	CLEANUP(json_cleanup) json_t *astray = NULL, *outside = NULL;
	struct entry_list list;
	const struct policy *p;

	if (!read_policy(c, &p, err))
		return false;
	if (!p)
		return true;
	if (!read_live(c, NULL, &list, err) ||
	    !list_those(c, p, &list, is_astray, p, &astray, err) ||
	    !list_those(c, p, &list, is_outside, p, &outside, err))
		return false;
	(void)host;
	if (json_array_size(astray) && !add_astray(c, astray, answer, err))
		return false;
	if (json_array_size(outside))
		return add_outside(c, outside, answer, err);
	return json_array_size(astray) ||
	       doctor_add(answer,
			  &(struct finding){ .check = "ranges",
					     .message = "all ports are in a range of the policy" },
			  err);
}

/* ---- the kernel's ---- */

struct kernel {
	struct port_range ephemeral; /* it takes outgoing connections' ports from here */
	struct port_set spared;	     /* but for these */
};

static bool is_ephemeral(const struct entry *e, const void *arg)
{
	const struct kernel *k = arg;

	return port_range_has(k->ephemeral, e->port);
}

static bool is_unprotected(const struct entry *e, const void *arg)
{
	const struct kernel *k = arg;

	return is_ephemeral(e, k) && !port_set_has(&k->spared, e->port);
}

static bool ask_kernel(struct call *c, struct kernel *ret, struct err *err)
{
	const struct listeners *l = c->registry->listeners;

	return l->ops->ephemeral(l->ctx, &ret->ephemeral, err) &&
	       l->ops->spared(l->ctx, &ret->spared, err);
}

/* "3100,3102-3110" */
static void add_ports(struct text *t, const struct port_set *set)
{
	const char *comma = "";

	for (unsigned port = 1, last; port <= UINT16_MAX; port = last + 1) {
		last = port;
		if (!port_set_has(set, (uint16_t)port))
			continue;
		while (last < UINT16_MAX && port_set_has(set, (uint16_t)(last + 1)))
			last++;
		text_addf(t, "%s%u", comma, port);
		if (last > port)
			text_addf(t, "-%u", last);
		comma = ",";
	}
}

/* What is spared already stays so: the line replaces the kernel's list. */
static bool put_sysctl(const struct kernel *k, const struct entry_list *list, json_t *answer,
		       struct err *err)
{
	CLEANUP(text_release) struct text line = { 0 };
	struct port_set all = k->spared;
	bool wanted = false;

	for (unsigned i = 0; i < list->count; i++) {
		if (!is_ephemeral(&list->items[i], k))
			continue;
		port_set_add(&all, list->items[i].port);
		wanted = true;
	}
	text_add(&line, SYSCTL " = ");
	add_ports(&line, &all);
	return (text_ok(&line) &&
		json_put_text(answer, "sysctl", wanted ? text_str(&line) : NULL)) ||
	       fail_memory(err);
}

static bool add_unprotected(struct call *c, const struct kernel *k, json_t *lines, json_t *answer,
			    struct err *err)
{
	size_t n = json_array_size(lines);
	const struct finding f = {
		.check = "ephemeral",
		.severity = SEVERITY_WARNING,
		.message = arena_printf(&c->arena,
					"%zu port%s inside %u-%u, where the kernel puts outgoing "
					"connections",
					n, n == 1 ? " is" : "s are", k->ephemeral.first,
					k->ephemeral.last),
		.remedy = "portbook doctor --sysctl | sudo tee /etc/sysctl.d/60-portbook.conf && "
			  "sudo sysctl --system",
		.details = json_incref(lines),
	};

	return doctor_add(answer, &f, err);
}

static bool add_protected(struct call *c, const struct kernel *k, json_t *answer, struct err *err)
{
	bool any = !json_is_null(json_object_get(answer, "sysctl"));
	const struct finding f = {
		.check = "ephemeral",
		.message = arena_printf(&c->arena, "no port is inside %u-%u%s", k->ephemeral.first,
					k->ephemeral.last, any ? " unprotected" : ""),
	};

	return doctor_add(answer, &f, err);
}

static bool add_unknown(const struct err *why, json_t *answer, struct err *err)
{
	return (json_put(answer, "sysctl", json_null()) || fail_memory(err)) &&
	       doctor_add(answer,
			  &(struct finding){ .check = "ephemeral",
					     .severity = SEVERITY_NOTE,
					     .message = why->text,
					     .remedy = "mount /proc, and ask again" },
			  err);
}

static bool is_here(struct call *c, const char *host)
{
	return c->registry->listeners && !strcmp(host, c->registry->host);
}

bool doctor_ephemeral(struct call *c, const char *host, json_t *answer, struct err *err)
{
	CLEANUP(json_cleanup) json_t *lines = NULL;
	struct kernel *k = arena_alloc(&c->arena, sizeof(*k));
	struct entry_list list;
	const struct policy *p;
	struct err why = { 0 };

	if (!k)
		return fail_memory(err);
	if (!read_policy(c, &p, err))
		return false;
	/* What another machine's kernel does is not known here. */
	if (!is_here(c, host) || !p)
		return json_put(answer, "sysctl", json_null()) || fail_memory(err);
	if (!ask_kernel(c, k, &why))
		return add_unknown(&why, answer, err);
	if (!read_live(c, host, &list, err) ||
	    !list_those(c, p, &list, is_unprotected, k, &lines, err) ||
	    !put_sysctl(k, &list, answer, err))
		return false;
	return json_array_size(lines) ? add_unprotected(c, k, lines, answer, err)
				      : add_protected(c, k, answer, err);
}
