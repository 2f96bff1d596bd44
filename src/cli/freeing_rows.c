#include "cli/freeing_rows.h"

#include "book/session.h"
#include "cli/entry_text.h"
#include "cli/freeing.h"

/* Rationale: servers close their connections in less; who waits for longer is stuck. */
#define GRACE_SECONDS 5

static struct process process_of(const json_t *row)
{
	return (struct process){
		.pid = (pid_t)json_int_of(row, "pid", 0),
		.parent = (pid_t)json_int_of(row, "parent", 0),
		.uid = (uid_t)json_int_of(row, "uid", -1),
		.fd = (int)json_int_of(row, "fd", -1),
		.socket = (ino_t)json_int_of(row, "inode", 0),
		.start = (uint64_t)json_int_of(row, "start", 0),
		.program = json_text_of(row, "program"),
		.user = json_text_of(row, "user"),
		.cwd = json_text_of(row, "cwd"),
		.container = json_text_of(row, "container"),
		.is_proxy = json_bool_of(row, "isProxy"),
	};
}

uint16_t freeing_port(const json_t *port)
{
	return (uint16_t)json_int_of(port, "port", 0);
}

static enum protocol protocol_of(const json_t *port)
{
	enum protocol p = PROTO_TCP;

	(void)protocol_from_name(text_or(port, "protocol", "tcp"), &p);
	return p;
}

bool freeing_holders(const json_t *port, struct arena *a, struct holders *ret, struct err *err)
{
	const json_t *rows = json_object_get(port, "processes"), *row;
	struct process *items = arena_alloc(a, (json_array_size(rows) + 1) * sizeof(*items));
	size_t i;

	if (!items)
		return fail_memory(err);
	json_array_foreach(rows, i, row)
		items[i] = process_of(row);
	*ret = (struct holders){
		.protocol = protocol_of(port),
		.port = freeing_port(port),
		.items = items,
		.count = (unsigned)json_array_size(rows),
		.partly_known = json_bool_of(port, "partlyKnown"),
		.uid = (uid_t)json_int_of(port, "uid", -1),
		.user = json_text_of(port, "user"),
	};
	return true;
}

json_t *freeing_taken(const json_t *ports)
{
	json_t *taken = json_array();
	json_t *port;
	size_t i;

	json_array_foreach(json_walked(ports), i, port)
		if (taken && json_bool_of(port, "listening") &&
		    json_array_append(taken, port) < 0) {
			json_decref(taken);
			return NULL;
		}
	return taken;
}

struct ending freeing_ending(struct run *r, struct arena *a, const json_t *port)
{
	return (struct ending){
		.machine = session_machine(r->session),
		.signals = &signals_of_machine,
		.arena = a,
		.protocol = protocol_of(port),
		.port = freeing_port(port),
		.grace_ms = 1000 * json_int_of(r->own, "grace", GRACE_SECONDS),
	};
}
