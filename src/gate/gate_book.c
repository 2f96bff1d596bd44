#include "gate/gate_inside.h"

#include <assert.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static_assert(KEEP_UNIT_SIZE == GATE_NAME_SIZE, "a unit's name does not fit into a key");

/* Rationale: a name, its home and its shell. */
#define USER_SIZE 16384

const struct keep *gate_keep_of(const struct gate *g, enum protocol protocol, uint16_t port)
{
	for (unsigned i = 0; i < g->keeps.count; i++)
		if (g->keeps.items[i].port == port && g->keeps.items[i].protocol == protocol)
			return &g->keeps.items[i];
	return NULL;
}

/* Of an answer. */

/* Rationale: most entries are of a few users, and asking for one reads a file. */
struct known_user {
	const char *name;
	bool is_there;
	uid_t uid;
};
struct users {
	struct arena *arena;
	struct known_user known[16];
	unsigned count;
};

static bool find_user(const char *name, uid_t *ret)
{
	char room[USER_SIZE];
	struct passwd pw, *found = NULL;

	if (getpwnam_r(name, &pw, room, sizeof(room), &found) != 0 || !found)
		return false;
	*ret = found->pw_uid;
	return true;
}

static bool user_of(void *arg, const char *name, uid_t *ret)
{
	struct users *u = arg;
	struct known_user now = { .name = NULL };

	for (unsigned i = 0; i < u->count; i++)
		if (!strcmp(u->known[i].name, name)) {
			*ret = u->known[i].is_there ? u->known[i].uid : *ret;
			return u->known[i].is_there;
		}
	now.is_there = find_user(name, &now.uid);
	now.name = u->count < ARRAY_LEN(u->known) ? arena_copy(u->arena, name) : NULL;
	if (now.name)
		u->known[u->count++] = now;
	*ret = now.is_there ? now.uid : *ret;
	return now.is_there;
}

static bool read_row(const json_t *row, struct users *u, struct keep *ret)
{
	const char *protocol = json_text_of(row, "protocol"), *name = json_text_of(row, "name");
	const char *entered_by = json_text_of(row, "allocatedBy");
	const char *container = json_text_of(row, "container");
	struct keep k = {
		.protocol = protocol && !strcmp(protocol, "udp") ? PROTO_UDP : PROTO_TCP,
		.port = (uint16_t)json_int_of(row, "port", 0),
		.name = arena_copy(u->arena, name ? name : "?"),
		.entered_by = arena_copy(u->arena, entered_by),
	};
	const struct keep_facts facts = {
		.port = k.port,
		.entered_by = entered_by,
		.runs_as = json_text_of(row, "runsAs"),
		.unit = json_text_of(row, "unit"),
		.has_container = container && *container,
	};

	k.why = keep_decide(&facts, user_of, u, &k.owner);
	*ret = k;
	return k.name && (k.entered_by || !entered_by);
}

static bool read_rows(const json_t *rows, struct arena *a, struct keeps *ret)
{
	struct users users = { .arena = a };
	size_t count = json_array_size(rows);
	struct keep *items = arena_alloc(a, (count + 1) * sizeof(*items));
	struct keeps keeps = { .items = items, .count = (unsigned)count };

	if (!items)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!read_row(json_array_get(rows, i), &users, &items[i]))
			return false;
		keeps.kept += items[i].why == KEEP_IT;
	}
	*ret = keeps;
	return true;
}

/* For the kernel. */

struct rules {
	struct gate_port *ports;
	struct gate_owner *owners;
	unsigned n_ports, n_owners;
};

static void add_rule(const struct keep *k, struct rules *r)
{
	struct gate_port port = {
		.port = k->port,
		.protocol = k->protocol == PROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP,
	};
	struct gate_owner *owner;

	r->ports[r->n_ports++] = port;
	for (unsigned i = 0; i < k->owner.n_users; i++) {
		owner = &r->owners[r->n_owners++];
		owner->port = port;
		owner->kind = GATE_USER;
		owner->id = k->owner.users[i];
	}
	if (!*k->owner.unit)
		return;
	owner = &r->owners[r->n_owners++];
	owner->port = port;
	owner->kind = GATE_UNIT;
	memcpy(owner->name, k->owner.unit, strlen(k->owner.unit) + 1);
}

static bool tell_rules(struct gate *g, const struct keeps *keeps, struct rules *r, struct err *err)
{
	if (!r->ports || !r->owners)
		return fail_memory(err);
	for (unsigned i = 0; i < keeps->count; i++)
		if (keeps->items[i].why == KEEP_IT)
			add_rule(&keeps->items[i], r);
	return kernel_keep(g->kernel, r->ports, r->n_ports, r->owners, r->n_owners, err);
}

static bool tell_kernel(struct gate *g, const struct keeps *keeps, struct err *err)
{
	struct rules r = {
		.ports = calloc(keeps->kept + 1, sizeof(*r.ports)),
		.owners = calloc(keeps->kept * (KEEP_USERS_MAX + 1UL) + 1, sizeof(*r.owners)),
	};
	bool ok = tell_rules(g, keeps, &r, err);

	free(r.ports);
	free(r.owners);
	return ok;
}

bool gate_book_take_in(struct gate *g, const json_t *answer, struct err *err)
{
	struct arena arena = { 0 };
	struct keeps keeps = { 0 };
	bool ok = read_rows(json_object_get(answer, "ports"), &arena, &keeps) || fail_memory(err);

	if (!ok || !tell_kernel(g, &keeps, err)) {
		arena_release(&arena);
		return false;
	}
	arena_release(&g->arena);
	g->arena = arena;
	g->keeps = keeps;
	return true;
}
