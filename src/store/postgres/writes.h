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

/*
 * A number that is given may be above all so far: the next one goes on from there.
 * Who shares the book knows no last one, and takes the next that nobody can have:
 * see store_seq_step.
 */
#define SQL_EVENT_ADD                             \
	"INSERT INTO events"                      \
	" (seq, at, actor, op, project_id,"       \
	" subject, service, port, before, after)" \
	" VALUES"                                 \
	" (CASE WHEN $1::bigint IS NOT NULL OR"   \
	" $2 > 0 THEN next_event($1, $2)"         \
	" WHEN $2 = 0 THEN"                       \
	" nextval('events_seq_seq') ELSE"         \
	" currval('events_seq_seq') - $2 END,"    \
	" $3, $4, $5, $6,"                        \
	" $7, $8, $9, $10, $11)"

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

/* What was answered to the same role; '': from before roles were kept (0007_bound.sql). */
#define SQL_ROLES_REQUEST_FIND                                     \
	"SELECT op, answer, at FROM requests WHERE role_name IN (" \
	"current_user, '') AND actor = $1 AND \"key\" = $2"

/* The columns of SQL_ENTRY_ADD but for the port, and then the plan; the range goes by its name. */
#define SQL_CLAIM_PORT                                                                         \
	"SELECT claim_port($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9, $10, $11, $12, $13, $14," \
	" $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,"     \
	" $31, $32, $33, $34)"

/* In the order of enter_values. */
#define SQL_ENTER_PORT                                                                  \
	"SELECT enter_port($1, $2, (SELECT id FROM port_ranges WHERE range_name = $3)," \
	" $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, NULL)"
#define SQL_RELEASE_ENTRIES "SELECT release_entries($1, NULL, NULL, $2, $3)"
#define SQL_HOLD_SERVICE    "SELECT hold_service($1, $2)"

#endif
