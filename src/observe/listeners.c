#include "observe/observe.h"

#include "observe/processes.h"
#include "observe/sockets.h"

/* Rationale: nginx opens one a core (SO_REUSEPORT); each of them leads to its owner. */
#define SOCKETS_PER_PORT 64

struct holders {
	uint16_t port;
	struct socket_row rows[SOCKETS_PER_PORT];
	unsigned count;
};

static void add_port(const struct socket_row *row, void *arg)
{
	port_set_add(arg, row->port);
}

static bool machine_collect(void *ctx, enum protocol protocol, struct port_set *into,
			    struct err *err)
{
	return sockets_each(protocol, add_port, into, err);
}

static void add_holder(const struct socket_row *row, void *arg)
{
	struct holders *h = arg;

	if (row->port == h->port && h->count < ARRAY_LEN(h->rows))
		h->rows[h->count++] = *row;
}

static bool machine_who(void *ctx, enum protocol protocol, uint16_t port, struct listener *ret,
			bool *ret_found, struct err *err)
{
	struct holders holders = { .port = port };

	if (!sockets_each(protocol, add_holder, &holders, err))
		return fail_while(err, "looking who listens on port %u", port);
	*ret_found = holders.count > 0;
	if (!holders.count)
		return true;
	*ret = (struct listener){ .protocol = protocol, .port = port, .uid = holders.rows[0].uid };
	/* When it is not found, the kernel has told whose the socket is, and that is all. */
	process_of_sockets(holders.rows, holders.count, ret);
	return true;
}

static bool machine_ephemeral(void *ctx, struct port_range *ret, struct err *err)
{
	return sockets_ephemeral(ret, err);
}

static const struct listeners_ops machine_ops = {
	.collect = machine_collect,
	.who = machine_who,
	.ephemeral = machine_ephemeral,
};

const struct listeners listeners_of_machine = { .ops = &machine_ops };
