/*
 * sql/filter.c - a statement out of parts.
 *
 * A shape is a set of parts, a bit each; the text is the parts that are set,
 * in the order of the enum, conditions joined by WHERE and AND.  Parameters
 * are counted within a part and renumbered when the parts are put together.
 */
#include "store/sql/filter.h"

#include <assert.h>
#include <string.h>

#include "store/sql/reads.h"

enum part {
	ENTRIES,
	ENTRIES_MARKED,
	ENTRY_COUNT,
	WITH_PROJECTS,
	WITH_INSTANCES,
	IS_LIVE,
	IS_RELEASED,
	OF_ID,
	OF_PROJECT,
	OF_SERVICE,
	OF_ENVIRONMENT,
	OF_INSTANCE,
	OF_HOST,
	OF_HOST_TOO,
	OF_PROTOCOL,
	IS_PRIMARY,
	OF_TYPE,
	OF_RANGE,
	OF_STATUS,
	OF_TUNNEL,
	OF_WORKTREE,
	IN_PORTS,
	ABOVE_PORT,
	OF_SEARCH,
	ORDER_PORT,
	ORDER_AGE,
	ORDER_RELEASE,
	EVENTS,
	EVENT_PROJECT,
	EVENT_SERVICE,
	EVENT_PORT,
	EVENT_AFTER,
	EVENT_AFTER_SETTLED,
	EVENT_SETTLED,
	ORDER_OLDEST,
	ORDER_SETTLED,
	ORDER_NEWEST,
	ORDER_NEWEST_SETTLED,
	LIMIT,
	PART_COUNT,
};
static_assert(PART_COUNT <= 64, "a shape has 64 bits");

/* `$1` literally, whatever its case; LIKE's own signs are escaped. */
#define FOUND_IN(field)                                                                  \
	"lower(" field ") LIKE '%' || replace(replace(replace(lower($1), '\\', '\\\\')," \
	" '%', '\\%'), '_', '\\_') || '%' ESCAPE '\\'"

static const struct {
	const char *sql;
	bool is_condition;
} parts[] = {
	[ENTRIES] = { "SELECT " SQL_ENTRY_COLUMNS("i.worktree_path",
						  SQL_VERIFIED) " FROM port_allocations a" },
	[ENTRIES_MARKED] = { "SELECT " SQL_ENTRY_COLUMNS(
		"i.worktree_path", SQL_VERIFIED_BY_MARK) " FROM port_allocations a" },
	[ENTRY_COUNT] = { "SELECT count(DISTINCT a.port_number) FROM port_allocations a" },
	[WITH_PROJECTS] = { " LEFT JOIN projects p ON p.id = a.project_id" },
	[WITH_INSTANCES] = { " LEFT JOIN instances i ON i.project_id = a.project_id"
			     " AND i.number = a.instance" },
	[IS_LIVE] = { "a.released_at IS NULL", true },
	[IS_RELEASED] = { "a.released_at IS NOT NULL", true },
	[OF_ID] = { "a.id = $1", true },
	[OF_PROJECT] = { "a.project_id = $1", true },
	[OF_SERVICE] = { "a.service_name = $1", true },
	[OF_ENVIRONMENT] = { "a.environment = $1", true },
	[OF_INSTANCE] = { "a.instance = $1", true },
	[OF_HOST] = { "a.hostname = $1", true },
	/* Beside a project: else SQLite takes the index of all ports of the host. */
	[OF_HOST_TOO] = { "a.hostname || '' = $1", true },
	[OF_PROTOCOL] = { "a.protocol = $1", true },
	[IS_PRIMARY] = { "a.ordinal = 0", true },
	[OF_TYPE] = { "coalesce(a.service_type, '') = $1", true },
	[OF_RANGE] = { "coalesce(a.range_name, '') = $1", true },
	[OF_STATUS] = { "a.status = $1", true },
	[OF_TUNNEL] = { "a.cloudflare_hostname = $1", true },
	[OF_WORKTREE] = { "i.worktree_path = $1", true },
	/* All protocols are named: the index has them between host and port. */
	[IN_PORTS] = { "a.protocol IN ('tcp','udp') AND a.port_number BETWEEN $1 AND $2", true },
	[ABOVE_PORT] = { "a.port_number > $1", true },
	[OF_SEARCH] = { "(" FOUND_IN("p.name") " OR " FOUND_IN("a.service_name") " OR " FOUND_IN("a.description") " OR " FOUND_IN(
				"a.notes") " OR " FOUND_IN("a.hostname") " OR " FOUND_IN("a.cloudflare_hostname") " OR " FOUND_IN("CAST(a.port_number AS TEXT)") ")",
			true },
	[ORDER_PORT] = { " ORDER BY a.port_number, a.hostname, a.protocol, a.id" },
	[ORDER_AGE] = { " ORDER BY a.allocated_at, a.id" },
	[ORDER_RELEASE] = { " ORDER BY a.released_at DESC NULLS LAST, a.id" },
	[EVENTS] = { "SELECT e.seq, e.at, e.actor, e.op, e.project_id, e.subject, e.service,"
		     " coalesce(e.port, 0), e.before, e.after FROM events e" },
	[EVENT_PROJECT] = { "e.project_id = $1", true },
	[EVENT_SERVICE] = { "e.service = $1", true },
	[EVENT_PORT] = { "e.port = $1", true },
	[EVENT_AFTER] = { "e.seq > $1", true },
	/*
	 * Where writers work beside each other, a number is not the order of commits: what has ended
	 * goes by transactions, and behind those that have not, nothing is given yet.
	 */
	[EVENT_AFTER_SETTLED] = { "(e.xid, e.seq) > (event_xid($1), $1)"
				  " AND e.xid < pg_snapshot_xmin(pg_current_snapshot())",
				  true },
	[EVENT_SETTLED] = { "e.xid < pg_snapshot_xmin(pg_current_snapshot())", true },
	[ORDER_OLDEST] = { " ORDER BY e.seq" },
	[ORDER_SETTLED] = { " ORDER BY e.xid, e.seq" },
	[ORDER_NEWEST] = { " ORDER BY e.seq DESC" },
	[ORDER_NEWEST_SETTLED] = { " ORDER BY e.xid DESC, e.seq DESC" },
	[LIMIT] = { " LIMIT $1" },
};
static_assert(ARRAY_LEN(parts) == PART_COUNT, "a part has no text");

/* Parts are added in the order of the enum, as that is the order of their parameters. */
static void add(struct sql_filter *q, enum part part)
{
	assert(q->shape >> part == 0);
	q->shape |= UINT64_C(1) << part;
}

static void add_value(struct sql_filter *q, struct sql_value value)
{
	assert(q->n_values < SQL_FILTER_VALUES);
	q->values[q->n_values++] = value;
}

static void add_text(struct sql_filter *q, enum part part, const char *text)
{
	if (!text)
		return;
	add(q, part);
	add_value(q, sql_exact(text));
}

static void add_id(struct sql_filter *q, enum part part, const char *id)
{
	if (!id)
		return;
	add(q, part);
	add_value(q, sql_id(id));
}

/* 0: not set. */
static void add_int(struct sql_filter *q, enum part part, int64_t number)
{
	if (!number)
		return;
	add(q, part);
	add_value(q, sql_int(number));
}

static void add_life(struct sql_filter *q, const struct entry_filter *f)
{
	switch (f->life) {
	case LIVE_ONLY: add(q, IS_LIVE); break;
	case RELEASED_ONLY: add(q, IS_RELEASED); break;
	case LIVE_AND_RELEASED: break;
	}
}

static void add_order(struct sql_filter *q, const struct entry_filter *f)
{
	switch (f->order) {
	case BY_PORT: add(q, ORDER_PORT); break;
	case BY_AGE: add(q, ORDER_AGE); break;
	case BY_RELEASE: add(q, ORDER_RELEASE); break;
	case AS_READ: break;
	}
}

static const char *protocol_text(int protocol)
{
	return protocol < 0 ? NULL : protocol_name((enum protocol)protocol);
}

static const char *status_text(int status)
{
	return status < 0 ? NULL : entry_status_name((enum entry_status)status);
}

static void add_conditions(struct sql_filter *q, const struct entry_filter *f)
{
	add_life(q, f);
	add_id(q, OF_ID, f->id);
	add_id(q, OF_PROJECT, f->project_id);
	add_text(q, OF_SERVICE, f->service);
	add_text(q, OF_ENVIRONMENT, f->environment);
	add_int(q, OF_INSTANCE, f->instance);
	add_text(q, f->project_id ? OF_HOST_TOO : OF_HOST, f->host);
	add_text(q, OF_PROTOCOL, protocol_text(f->protocol));
	if (f->primary_only)
		add(q, IS_PRIMARY);
	add_text(q, OF_TYPE, f->type);
	add_text(q, OF_RANGE, f->range);
	add_text(q, OF_STATUS, status_text(f->status));
	add_text(q, OF_TUNNEL, f->tunnel_hostname);
	add_text(q, OF_WORKTREE, f->worktree);
	add_int(q, IN_PORTS, f->ports.first);
	if (f->ports.first)
		add_value(q, sql_int(f->ports.last));
	add_int(q, ABOVE_PORT, f->after_port);
	add_text(q, OF_SEARCH, f->search);
}

#define PART(part) (UINT64_C(1) << (part))

/* A project's entries are as many as its ports, a service's events as its moves. */
static const uint64_t few = PART(OF_ID) | PART(OF_PROJECT) | PART(OF_TUNNEL) | PART(OF_WORKTREE) |
			    PART(IN_PORTS) | PART(EVENT_SERVICE) | PART(EVENT_PORT) | PART(LIMIT);

void sql_filter_entries(const struct entry_filter *f, bool marked, struct sql_filter *ret)
{
	ret->shape = 0;
	ret->n_values = 0;
	add(ret, marked ? ENTRIES_MARKED : ENTRIES);
	add(ret, WITH_PROJECTS);
	add(ret, WITH_INSTANCES);
	add_conditions(ret, f);
	add_order(ret, f);
	add_int(ret, LIMIT, f->limit);
	ret->may_be_long = !(ret->shape & few);
}

void sql_filter_entry_count(const struct entry_filter *f, struct sql_filter *ret)
{
	ret->shape = 0;
	ret->n_values = 0;
	add(ret, ENTRY_COUNT);
	if (f->search)
		add(ret, WITH_PROJECTS);
	if (f->worktree)
		add(ret, WITH_INSTANCES);
	add_conditions(ret, f);
	ret->may_be_long = false;
}

void sql_filter_events(const struct event_filter *f, bool settled, struct sql_filter *ret)
{
	bool follows = settled && f->after_seq && !f->newest_first;
	bool starts = settled && f->settled_only && f->newest_first;

	ret->shape = 0;
	ret->n_values = 0;
	add(ret, EVENTS);
	add_id(ret, EVENT_PROJECT, f->project_id);
	add_text(ret, EVENT_SERVICE, f->service);
	add_int(ret, EVENT_PORT, f->port);
	add_int(ret, follows ? EVENT_AFTER_SETTLED : EVENT_AFTER, f->after_seq);
	if (starts)
		add(ret, EVENT_SETTLED);
	if (follows)
		add(ret, ORDER_SETTLED);
	else if (starts)
		add(ret, ORDER_NEWEST_SETTLED);
	else
		add(ret, f->newest_first ? ORDER_NEWEST : ORDER_OLDEST);
	add_int(ret, LIMIT, f->limit);
	ret->may_be_long = !(ret->shape & few);
}

/* Add a part whose parameters count from $1, behind `used` others; how many it has. */
static unsigned renumber(const char *sql, unsigned used, struct text *ret)
{
	unsigned most = 0;

	for (const char *dollar = strchr(sql, '$'); dollar; dollar = strchr(sql, '$')) {
		unsigned n = (unsigned)(dollar[1] - '0');

		text_add_bytes(ret, sql, (size_t)(dollar - sql));
		text_addf(ret, "$%u", used + n);
		most = n > most ? n : most;
		sql = dollar + 2;
	}
	text_add(ret, sql);
	return most;
}

void sql_filter_text(uint64_t shape, struct text *ret)
{
	const char *glue = " WHERE ";
	unsigned used = 0;

	for (unsigned part = 0; part < PART_COUNT; part++) {
		if (!(shape >> part & 1))
			continue;
		if (parts[part].is_condition) {
			text_add(ret, glue);
			glue = " AND ";
		}
		used += renumber(parts[part].sql, used, ret);
	}
}
