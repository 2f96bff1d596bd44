#include "observe/observe.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/caller.h"
#include "base/clock.h"
#include "observe/containers.h"
#include "observe/processes.h"
#include "observe/sockets.h"

static void add_port(const struct socket_row *row, void *arg)
{
	port_set_add(arg, row->port);
}

static bool machine_collect(void *ctx, enum protocol protocol, struct port_set *into,
			    struct err *err)
{
	return sockets_each(protocol, (struct port_range){ 0 }, add_port, into, NULL, err);
}

/* The sockets that are looked at. */

struct rows {
	const struct look *look;
	struct arena *arena;
	struct socket_row *at;
	unsigned count, room;
	bool out_of_memory;
};

static void add_row(const struct socket_row *row, void *arg)
{
	struct rows *rows = arg;
	struct socket_row *grown;

	if (rows->out_of_memory ||
	    (rows->look->ports.first && !port_range_has(rows->look->ports, row->port)))
		return;
	grown = arena_grow(rows->arena, rows->at, rows->count, &rows->room, sizeof(*rows->at));
	rows->out_of_memory = !grown;
	if (!grown)
		return;
	rows->at = grown;
	rows->at[rows->count++] = *row;
}

static int rank(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_port(const void *a, const void *b)
{
	const struct socket_row *x = a, *y = b;
	int order = rank(x->port, y->port);

	order = order ? order : rank(x->protocol, y->protocol);
	return order ? order : rank(x->inode, y->inode);
}

/* A walk may tell a socket twice; one that has no inode is none of those. */
static void drop_doubles(struct rows *rows)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < rows->count; i++)
		if (kept == 0 || !rows->at[i].inode ||
		    by_port(&rows->at[i], &rows->at[kept - 1]) != 0)
			rows->at[kept++] = rows->at[i];
	rows->count = kept;
}

static bool read_rows(const struct look *look, struct arena *a, struct rows *ret,
		      struct err *refused, struct err *err)
{
	struct rows rows = { .look = look, .arena = a };

	for (int p = 0; p < PROTO_COUNT; p++)
		if ((look->protocol < 0 || look->protocol == p) &&
		    !sockets_each((enum protocol)p, look->ports, add_row, &rows, refused, err))
			return fail_while(err, "looking what listens");
	if (rows.out_of_memory)
		return fail_memory(err);
	if (rows.count)
		qsort(rows.at, rows.count, sizeof(*rows.at), by_port);
	drop_doubles(&rows);
	*ret = rows;
	return true;
}

/* A listener out of its sockets. */

static bool is_any(const struct socket_row *row)
{
	static const unsigned char zero[sizeof(row->address)];

	return !memcmp(row->address, zero, sizeof(zero));
}

/* 127.0.0.0/8, ::1, and the first as IPv6 writes it. */
static bool is_loopback(const struct socket_row *row)
{
	static const unsigned char one[16] = { [15] = 1 };
	static const unsigned char mapped[13] = { [10] = 0xff, 0xff, 127 };

	if (!row->ipv6)
		return row->address[0] == 127;
	return !memcmp(row->address, one, sizeof(one)) ||
	       !memcmp(row->address, mapped, sizeof(mapped));
}

static void address_format(const struct socket_row *row, char ret[static INET6_ADDRSTRLEN])
{
	inet_ntop(row->ipv6 ? AF_INET6 : AF_INET, row->address, ret, INET6_ADDRSTRLEN);
}

static bool add_address(const struct socket_row *row, struct listener *l, const char **texts,
			struct arena *a)
{
	char text[INET6_ADDRSTRLEN];

	address_format(row, text);
	for (unsigned i = 0; i < l->n_addresses; i++)
		if (!strcmp(texts[i], text))
			return true;
	texts[l->n_addresses] = arena_copy(a, text);
	return texts[l->n_addresses++] != NULL;
}

static bool describe_sockets(const struct socket_row *rows, unsigned count, struct arena *a,
			     struct listener *l)
{
	const char **texts = arena_alloc(a, count * sizeof(*texts));

	if (!texts)
		return false;
	*l = (struct listener){
		.protocol = rows[0].protocol,
		.port = rows[0].port,
		.uid = rows[0].uid,
		.inode = rows[0].inode,
		.addresses = texts,
		.loopback_only = true,
	};
	for (unsigned i = 0; i < count; i++) {
		const struct socket_row *row = &rows[i];

		l->ipv6 = l->ipv6 || row->ipv6;
		l->ipv4 = l->ipv4 || !row->ipv6 || (is_any(row) && !row->only_ipv6);
		l->loopback_only = l->loopback_only && is_loopback(row);
		if (!add_address(row, l, texts, a))
			return false;
	}
	return true;
}

/* Its processes. */

static int by_row(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	int order = rank(x->row, y->row);

	return order ? order : rank((uint64_t)x->process.pid, (uint64_t)y->process.pid);
}

static int by_age(const void *a, const void *b)
{
	const struct process *x = a, *y = b;
	int order = rank(x->start, y->start);

	return order ? order : rank((uint64_t)x->pid, (uint64_t)y->pid);
}

/* Which of the listener's addresses the socket has. */
static const char *address_of(const struct socket_row *row, const struct listener *l)
{
	char text[INET6_ADDRSTRLEN];
	unsigned i = 0;

	if (l->n_addresses > 1)
		address_format(row, text);
	while (i + 1 < l->n_addresses && strcmp(l->addresses[i], text) != 0)
		i++;
	return l->addresses[i];
}

static bool has_process(const struct listener *l, pid_t pid)
{
	for (unsigned i = 0; i < l->n_processes; i++)
		if (l->processes[i].pid == pid)
			return true;
	return false;
}

/* The oldest first; one that has ended since has no start and goes to the end. */
static void order_processes(struct listener *l, struct arena *a)
{
	if (l->n_processes < 2)
		return;
	for (unsigned i = 0; i < l->n_processes; i++)
		if (!l->processes[i].start)
			(void)process_learn(LEARN_START, a, &l->processes[i]);
	for (unsigned i = 0; i < l->n_processes; i++)
		if (!l->processes[i].start)
			l->processes[i].start = UINT64_MAX;
	qsort(l->processes, l->n_processes, sizeof(*l->processes), by_age);
	for (unsigned i = 0; i < l->n_processes; i++)
		if (l->processes[i].start == UINT64_MAX)
			l->processes[i].start = 0;
}

/* `*at` steps over the holders of rows first to end - 1. */
static bool take_processes(const struct rows *rows, const struct holder_list *holders, unsigned *at,
			   unsigned first, unsigned end, struct arena *a, struct listener *l)
{
	unsigned from = *at, sockets = 0;

	while (*at < holders->count && holders->items[*at].row < end)
		(*at)++;
	l->partly_known = true;
	if (*at == from)
		return true;
	l->processes = arena_alloc(a, (*at - from) * sizeof(*l->processes));
	if (!l->processes)
		return false;
	for (unsigned i = from; i < *at; i++) {
		const struct holder *h = &holders->items[i];

		sockets += i == from || h->row != holders->items[i - 1].row;
		if (has_process(l, h->process.pid))
			continue;
		l->processes[l->n_processes] = h->process;
		l->processes[l->n_processes++].address = address_of(&rows->at[h->row], l);
	}
	l->partly_known = sockets < end - first;
	order_processes(l, a);
	return true;
}

/* Names. */

/* Rationale: a machine's listeners are of a handful of users; others are asked for again. */
#define KNOWN_USERS 16

struct users {
	struct arena *arena;
	uid_t uids[KNOWN_USERS];
	const char *names[KNOWN_USERS];
	unsigned count;
};

/* NULL: the number has no name. */
static const char *name_of_user(struct users *users, uid_t uid)
{
	char text[CALLER_NAME_SIZE];
	const char *name;

	for (unsigned i = 0; i < users->count; i++)
		if (users->uids[i] == uid)
			return users->names[i];
	name = user_name(uid, text) ? arena_copy(users->arena, text) : NULL;
	if (users->count < KNOWN_USERS) {
		users->uids[users->count] = uid;
		users->names[users->count++] = name;
	}
	return name;
}

static void name_all(struct listener_list *list, struct arena *a)
{
	struct users users = { .arena = a };

	for (unsigned i = 0; i < list->count; i++) {
		struct listener *l = &list->items[i];

		l->user = name_of_user(&users, l->uid);
		for (unsigned p = 0; p < l->n_processes; p++)
			l->processes[p].user = name_of_user(&users, l->processes[p].uid);
	}
}

/* Programs that only pass on what is meant for a container. */
static bool is_proxy(const char *program)
{
	static const char *const names[] = { "docker-proxy", "dockerd",	    "rootlesskit",
					     "rootlessport", "slirp4netns", "conmon",
					     "pasta",	     "pasta.avx2",  "containerd" };

	for (size_t i = 0; program && i < ARRAY_LEN(names); i++)
		if (!strcmp(program, names[i]))
			return true;
	return false;
}

static void mark_proxies(struct listener_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		for (unsigned p = 0; p < list->items[i].n_processes; p++)
			list->items[i].processes[p].is_proxy = is_proxy(
				list->items[i].processes[p].program);
}

/* The look. */

static unsigned end_of_port(const struct rows *rows, unsigned first)
{
	unsigned end = first + 1;

	while (end < rows->count && rows->at[end].port == rows->at[first].port &&
	       rows->at[end].protocol == rows->at[first].protocol)
		end++;
	return end;
}

static bool assemble(const struct rows *rows, const struct holder_list *holders, struct arena *a,
		     struct listener_list *ret)
{
	unsigned at = 0;

	ret->items = arena_alloc(a, (rows->count + 1) * sizeof(*ret->items));
	if (!ret->items)
		return false;
	for (unsigned first = 0, end; first < rows->count; first = end) {
		struct listener *l = &ret->items[ret->count++];

		end = end_of_port(rows, first);
		if (!describe_sockets(rows->at + first, end - first, a, l) ||
		    !take_processes(rows, holders, &at, first, end, a, l))
			return false;
	}
	return true;
}

static bool machine_look(void *ctx, const struct look *what, struct arena *a,
			 struct listener_list *ret, struct err *err)
{
	int64_t start = clock_steady_us();
	struct listener_list list = { .learned = what->learn };
	struct holder_list holders;
	struct err refused = { 0 };
	struct rows rows;

	if (!read_rows(what, a, &rows, &refused, err) ||
	    !processes_find(&(struct search){ .rows = rows.at,
					      .count = rows.count,
					      .learn = what->learn & LEARN_OF_SYSTEM,
					      .one_holder = what->one_holder,
					      .recalls = what->recalls,
					      .is_part = what->ports.first || what->protocol >= 0 },
			    a, &holders, err))
		return false;
	if (holders.count)
		qsort(holders.items, holders.count, sizeof(*holders.items), by_row);
	if (!assemble(&rows, &holders, a, &list))
		return fail_memory(err);
	mark_proxies(&list);
	if (what->learn & LEARN_NAMES)
		name_all(&list, a);
	if (refused.code)
		list.notice = arena_printf(a, "sockets are read from /proc/net: %s", refused.text);
	list.took_us = clock_steady_us() - start;
	*ret = list;
	return true;
}

static bool machine_learn(void *ctx, unsigned learn, struct arena *a, struct process *p)
{
	struct users users = { .arena = a };

	if ((learn & LEARN_OF_SYSTEM) && !process_learn(learn & LEARN_OF_SYSTEM, a, p))
		return false;
	p->is_proxy = p->is_proxy || is_proxy(p->program);
	if (learn & LEARN_NAMES)
		p->user = name_of_user(&users, p->uid);
	return true;
}

static bool machine_bound(void *ctx, uint16_t port, unsigned *ret, struct err *err)
{
	return sockets_count_bound(port, ret, err);
}

static bool machine_ephemeral(void *ctx, struct port_range *ret, struct err *err)
{
	return sockets_ephemeral(ret, err);
}

static bool machine_spared(void *ctx, struct port_set *into, struct err *err)
{
	return sockets_spared(into, err);
}

static void machine_containers(void *ctx, struct arena *a, struct container_list *ret)
{
	containers_ask(a, ret);
}

static const struct listeners_ops machine_ops = {
	.collect = machine_collect,
	.look = machine_look,
	.learn = machine_learn,
	.bound = machine_bound,
	.ephemeral = machine_ephemeral,
	.spared = machine_spared,
	.containers = machine_containers,
};

const struct listeners listeners_of_machine = { .ops = &machine_ops };
