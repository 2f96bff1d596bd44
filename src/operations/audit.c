/*
 * operations/audit.c - the book held against the machine.
 *
 * The look and the verdicts come first, in a read transaction, because processes
 * are looked at one by one where a folder does not tell whose they are; a short
 * write transaction then notes what was seen.  An entry that went in between is
 * noted for nobody.
 */
#include "operations/audit.h"

#include <string.h>

#include "operations/live.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/checks.h"
#include "registry/projects.h"

/* Which entries and listeners are meant. */
struct meant {
	const char *project;	     /* name; NULL: all */
	struct port_set *ports;	     /* the policy's ranges, or the project's blocks */
	struct port_range ephemeral; /* first 0: not known */
};

static bool add_block(const struct block *b, void *arg)
{
	for (unsigned port = b->ports.first; port <= b->ports.last; port++)
		port_set_add(arg, (uint16_t)port);
	return true;
}

static bool add_ranges(struct registry *r, struct port_set *ports, struct err *err)
{
	const struct policy *policy;

	if (!registry_policy(r, &policy, err))
		return false;
	for (unsigned i = 0; i < policy->n_ranges; i++)
		for (unsigned port = policy->ranges[i].ports.first;
		     port <= policy->ranges[i].ports.last; port++)
			if (policy_range_owns(&policy->ranges[i], (uint16_t)port))
				port_set_add(ports, (uint16_t)port);
	return true;
}

static bool read_meant(struct call *c, const json_t *input, struct meant *ret, struct err *err)
{
	struct registry *r = c->registry;
	const char *name = json_text_of(input, "projectName");
	struct meant m = { .ports = arena_alloc(&c->arena, sizeof(*m.ports)) };
	struct project p;

	if (!m.ports)
		return fail_memory(err);
	if (name && !project_need(r, name, &c->arena, &p, err))
		return false;
	if (!name) {
		*ret = m;
		return add_ranges(r, m.ports, err);
	}
	m.project = p.name;
	*ret = m;
	return r->store->ops->block_each(r->store, r->host, p.id, add_block, m.ports, err);
}

/*
 * Most UDP sockets in the range of outgoing connections were bound by nobody's
 * wish: they ask a name server, or wait for an answer.
 */
static bool is_passing(const struct meant *m, const struct listener *l)
{
	return l->protocol == PROTO_UDP && m->ephemeral.first &&
	       port_range_has(m->ephemeral, l->port);
}

static bool is_unregistered(struct audit *a, const struct meant *m, struct listener *l)
{
	struct owner o;

	if (scene_entry(&a->scene, l->protocol, l->port) || is_passing(m, l))
		return false;
	if (port_set_has(m->ports, l->port))
		return true;
	if (!m->project)
		return false;
	o = scene_owner(&a->scene, l);
	return o.claimant && !strcmp(o.claimant->project, m->project);
}

static void judge(struct audit *a, const struct entry *e)
{
	struct audited *row = &a->rows[a->n_rows++];

	row->entry = e;
	row->judgement = scene_judge(&a->scene, e);
	row->listener = scene_listener(&a->scene, e->protocol, e->port);
}

/* What is said of those that are not in use; false: no memory. */
static bool describe(struct audit *a)
{
	for (unsigned i = 0; i < a->n_rows; i++) {
		struct audited *row = &a->rows[i];

		if (row->judgement.state == STATE_IN_USE)
			continue;
		row->actual = live_actual(&a->scene, &row->judgement, row->listener);
		if (!row->actual)
			return false;
	}
	return true;
}

static bool gather(struct call *c, struct audit *a, const struct meant *m, struct err *err)
{
	unsigned entries = a->scene.entries.count, listeners = a->scene.listeners.count;

	a->rows = arena_alloc(&c->arena, (entries + 1) * sizeof(*a->rows));
	a->unregistered = arena_alloc(&c->arena, (listeners + 1) * sizeof(*a->unregistered));
	if (!a->rows || !a->unregistered)
		return fail_memory(err);
	for (unsigned i = 0; i < entries; i++) {
		const struct entry *e = &a->scene.entries.items[i];

		if (!progress_step(c->io.progress, "comparing", i + 1, entries, err))
			return false;
		if (!m->project || !strcmp(e->project, m->project))
			judge(a, e);
	}
	for (unsigned i = 0; i < listeners; i++)
		if (is_unregistered(a, m, &a->scene.listeners.items[i])) {
			scene_learn(&a->scene, &a->scene.listeners.items[i]);
			a->unregistered[a->n_unregistered++] = &a->scene.listeners.items[i];
		}
	return describe(a) || fail_memory(err);
}

/* Where the folder does not show whose it is, more is learned of that process. */
static struct look how_to_look(bool recalls)
{
	return (struct look){ .protocol = -1,
			      .learn = LEARN_FOLDER | LEARN_NAMES,
			      .recalls = recalls };
}

static bool look(struct call *c, struct err *err)
{
	const struct registry *r = c->registry;
	const struct look what = how_to_look(true);

	if (!can_look(r, r->host))
		return fail(err, ERR_IO, "nobody can look at the sockets of this machine");
	return registry_look(c->registry, r->host, &what, &c->arena, &c->seen, err);
}

static bool compare(struct call *c, struct audit *a, const struct meant *m, struct err *err)
{
	a->n_rows = a->n_unregistered = 0;
	return scene_read(c->registry, c->registry->host, &c->seen, &c->arena, &a->scene, err) &&
	       gather(c, a, m, err);
}

static bool has_stranger(const struct audit *a)
{
	for (unsigned i = 0; i < a->n_rows; i++)
		if (a->rows[i].listener && a->rows[i].judgement.state != STATE_IN_USE)
			return true;
	return false;
}

/* Before anybody is called a stranger, all who have the port open are looked at. */
static bool look_closer(struct call *c, struct audit *a, const struct meant *m, struct err *err)
{
	const struct listeners *machine = c->registry->listeners;
	const struct container_list *containers = a->scene.listeners.containers;
	const struct look what = how_to_look(false);

	if (!has_stranger(a))
		return true;
	if (!machine->ops->look(machine->ctx, &what, &c->arena, &c->seen, err))
		return false;
	c->seen.containers = containers;
	return compare(c, a, m, err);
}

bool audit_before(struct call *c, const json_t *input, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn txn = { c->registry->store };
	const struct listeners *machine = c->registry->listeners;
	struct audit *a = arena_alloc(&c->arena, sizeof(*a));
	struct meant meant;

	if (!a)
		return fail_memory(err);
	c->prepared = a;
	a->wants_fix = json_bool_of(input, "fixHint");
	a->at_ms = registry_now(c->registry);
	if (!progress_step(c->io.progress, "looking at the machine", 0, 0, err) || !look(c, err) ||
	    !store_begin(txn.store, false, err) || !read_meant(c, input, &meant, err))
		return false;
	if (!machine->ops->ephemeral(machine->ctx, &meant.ephemeral, NULL))
		meant.ephemeral = (struct port_range){ 0 };
	return compare(c, a, &meant, err) && look_closer(c, a, &meant, err) &&
	       store_commit(txn.store, err);
}

/* Noting it. */

bool audit_note(struct call *c, const struct audit *a, struct err *err)
{
	struct look_result *items = arena_alloc(&c->arena, (a->n_rows + 1) * sizeof(*items));
	const struct look_results look = { .items = items,
					   .count = a->n_rows,
					   .host = a->scene.host,
					   .at_ms = a->at_ms,
					   .took_us = c->seen.took_us };

	if (!items)
		return fail_memory(err);
	for (unsigned i = 0; i < a->n_rows; i++) {
		const struct audited *row = &a->rows[i];

		items[i] = (struct look_result){ .entry = row->entry,
						 .state = row->judgement.state,
						 .actual = row->listener ? row->actual : NULL };
	}
	return checks_add(c->registry, &look, err) && checks_thin(c->registry, a->at_ms, err);
}

/* A process of another project that listens beside the owner (SO_REUSEPORT); NULL: none. */
static const struct process *sharer_of(const struct audit *a, const struct audited *row)
{
	for (unsigned i = 0; row->listener && i < row->listener->n_processes; i++) {
		const struct process *p = &row->listener->processes[i];
		struct owner o = owner_of_process(&a->scene.claimants, p);

		if (o.claimant && strcmp(o.claimant->project_id, row->entry->project_id) != 0)
			return p;
	}
	return NULL;
}

/* It is not squatted, and yet half of what is sent there reaches somebody else. */
static void note_sharers(struct call *c, const struct audit *a)
{
	for (unsigned i = 0; i < a->n_rows; i++) {
		const struct audited *row = &a->rows[i];
		const struct process *p = row->judgement.state == STATE_IN_USE ? sharer_of(a, row)
									       : NULL;
		const char *who = p ? process_text(&c->arena, p) : NULL;
		const char *subject = who ? entry_subject(&c->arena, row->entry) : NULL;

		if (subject)
			registry_note(c->registry, "%u of '%s' is shared by %s", row->entry->port,
				      subject, who);
	}
}

static bool note(struct call *c, const struct audit *a, struct err *err)
{
	if (!c->may_not_write)
		return audit_note(c, a, err);
	registry_note(c->registry, "what was seen is not noted: this book is not yours to write");
	return true;
}

/* Saying it. */

static unsigned count_of(const struct audit *a, enum entry_state state)
{
	unsigned count = 0;

	for (unsigned i = 0; i < a->n_rows; i++)
		count += a->rows[i].judgement.state == state;
	return count;
}

/* Rounded; nothing at all is healthy. */
static unsigned health(unsigned in_use, unsigned allocated)
{
	return allocated ? (200 * in_use + allocated) / (2 * allocated) : 100;
}

static json_t *summary_json(const struct audit *a)
{
	unsigned unverified = count_of(a, STATE_UNKNOWN);
	unsigned in_use = count_of(a, STATE_IN_USE) + unverified;
	json_t *o = json_object();

	if (json_put_int(o, "allocated", a->n_rows) && json_put_int(o, "inUse", in_use) &&
	    json_put_int(o, "notRunning", count_of(a, STATE_DOWN)) &&
	    json_put_int(o, "squatted", count_of(a, STATE_SQUATTED)) &&
	    json_put_int(o, "unregistered", a->n_unregistered) &&
	    json_put_int(o, "unverified", unverified) &&
	    json_put_int(o, "healthPercentage", health(in_use, a->n_rows)))
		return o;
	json_decref(o);
	return NULL;
}

static bool put_rows(struct audit *a, json_t *conflicts, json_t *unverified)
{
	for (unsigned i = 0; i < a->n_rows; i++) {
		enum entry_state state = a->rows[i].judgement.state;

		if (state != STATE_IN_USE &&
		    !json_append(state == STATE_UNKNOWN ? unverified : conflicts,
				 audit_entry_json(a, &a->rows[i])))
			return false;
	}
	return true;
}

static bool put_unregistered(struct audit *a, json_t *array)
{
	for (unsigned i = 0; i < a->n_unregistered; i++)
		if (!json_append(array, audit_listener_json(a, a->unregistered[i])))
			return false;
	return true;
}

static bool audit_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct audit *a = c->prepared;
	json_t *conflicts = json_array(), *unverified = json_array(), *others = json_array();
	bool ok = json_put(answer, "summary", summary_json(a));

	/* Each takes its array in every case. */
	ok = json_put(answer, "conflicts", conflicts) && ok;
	ok = json_put(answer, "unregistered", others) && ok;
	ok = json_put(answer, "unverified", unverified) && ok;
	if (!ok || !json_put_text(answer, "host", a->scene.host) ||
	    !json_put_time(answer, "at", a->at_ms) ||
	    !json_put_int(answer, "tookUs", c->seen.took_us) ||
	    !put_rows(a, conflicts, unverified) || !put_unregistered(a, others))
		return fail_memory(err);
	note_sharers(c, a);
	return note(c, a, err);
}

const struct operation op_audit = {
	.schema = &schema_audit,
	.access = ACCESS_WRITE,
	.may_only_read = true,
	.before = audit_before,
	.run = audit_run,
};
