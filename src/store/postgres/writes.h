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

#define SQL_CHECK_ADD                           \
	"INSERT INTO port_health_checks"        \
	" (id, port_allocation_id, checked_at," \
	" status, response_time_us, details)"   \
	" VALUES"                               \
	" (next_check($1), $2, $3, $4, $5, $6)"

#define SQL_CHOOSE_PORT "SELECT * FROM choose_port($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"

#endif
