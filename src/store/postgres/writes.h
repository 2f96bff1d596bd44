/*
 * postgres/writes.h - the statements that write as only PostgreSQL wants them.
 */
#ifndef STORE_POSTGRES_WRITES_H
#define STORE_POSTGRES_WRITES_H

/* A range that keeps its name keeps its id. */
#define SQL_RANGE_PUT                                                                 \
	"INSERT INTO port_ranges (id, range_name, start_port, end_port, block_size,"  \
	" slice_size, description, is_active, rule)"                                  \
	" VALUES (coalesce($1, gen_random_uuid()), $2, $3, $4, $5, $6, $7, true, $8)" \
	" ON CONFLICT (range_name) DO UPDATE SET start_port = excluded.start_port,"   \
	" end_port = excluded.end_port, block_size = excluded.block_size,"            \
	" slice_size = excluded.slice_size, description = excluded.description,"      \
	" is_active = true, rule = excluded.rule"

/* A number that is given may be above all so far: the next one goes on from there. */
#define SQL_EVENT_ADD                             \
	"INSERT INTO events"                      \
	" (seq, at, actor, op, project_id,"       \
	" subject, service, port, before, after)" \
	" VALUES"                                 \
	" (next_event($1, $2), $3, $4, $5, $6,"   \
	" $7, $8, $9, $10, $11)"

/* All events of the transaction carry its name: see 0003_transactions.sql. */
#define SQL_GET_XID                    \
	"SELECT pg_current_xact_id()," \
	" set_config('portbook.transaction_id', gen_random_uuid()::text, true)"

/*
 * Of a number that was never given, or so long ago that nobody knows: NULL.  To
 * ask of one that was not given yet is an error, and a snapshot's xmax is no
 * measure: it leaves out those that run and are younger than all that have ended.
 */
#define SQL_XID_STATUS "SELECT CASE WHEN $1 < pg_current_xact_id() THEN pg_xact_status($1) END"

#define SQL_FIND_TRANSACTION \
	"SELECT EXISTS (SELECT FROM events WHERE xid = $1 AND transaction_id = $2)"

#define SQL_CHECK_ADD                           \
	"INSERT INTO port_health_checks"        \
	" (id, port_allocation_id, checked_at," \
	" status, response_time_us, details)"   \
	" VALUES"                               \
	" (next_check($1), $2, $3, $4, $5, $6)"

#define SQL_CHOOSE_PORT "SELECT * FROM choose_port($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"

#endif
