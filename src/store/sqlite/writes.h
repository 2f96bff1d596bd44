/*
 * sqlite/writes.h - the statements that write as only SQLite wants them.
 */
#ifndef STORE_SQLITE_WRITES_H
#define STORE_SQLITE_WRITES_H

/* A range that keeps its name keeps its id, which is a random UUID (version 4) if none is given. */
#define SQL_RANGE_PUT                                                                            \
	"INSERT INTO port_ranges (id, range_name, start_port, end_port, block_size, slice_size," \
	" description, is_active, rule) VALUES (coalesce($1, lower(hex(randomblob(4)) || '-' ||" \
	" hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' ||"                \
	" substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),"                         \
	" $2, $3, $4, $5, $6, $7, 1, $8)"                                                        \
	" ON CONFLICT (range_name) DO UPDATE SET start_port = excluded.start_port,"              \
	" end_port = excluded.end_port, block_size = excluded.block_size,"                       \
	" slice_size = excluded.slice_size, description = excluded.description, is_active = 1,"  \
	" rule = excluded.rule"

#define SQL_EVENT_ADD                                                                               \
	"INSERT INTO events (seq, at, actor, op, project_id, subject, service, port, before,"       \
	" after) VALUES (coalesce($1, (SELECT max(seq) + $2 FROM events)), $3, $4, $5, $6, $7, $8," \
	" $9, $10, $11)"

/* For sqlite/looks.c. */
#define SQL_PROJECT_SEEN "SELECT seen_at FROM projects WHERE id = $1"
#define SQL_PROJECT_SEE	 "UPDATE projects SET seen_at = $1 WHERE id = $2"
/* In the order of their ids: an index would lead to each of them, and need a sort. */
#define SQL_SIGHTS                                                                        \
	"SELECT id, project_id, hostname = $1, is_seen FROM port_allocations NOT INDEXED" \
	" WHERE released_at IS NULL ORDER BY id"
/* Its own time stays, and is not read. */
#define SQL_MARK "UPDATE port_allocations SET is_seen = 1 WHERE id = $1"
#define SQL_ENTRY_VERIFIED_ALONE                                            \
	"UPDATE port_allocations SET last_verified_at = $1, is_seen = NULL" \
	" WHERE id = $2 AND hostname = $3 AND released_at IS NULL"
#define SQL_UNMARK "UPDATE port_allocations SET last_verified_at = $1, is_seen = NULL WHERE id = $2"

#define SQL_CHECK_ADD                                                                 \
	"INSERT INTO port_health_checks (id, port_allocation_id, checked_at, status," \
	" response_time_us, details) VALUES ($1, $2, $3, $4, $5, $6)"

#endif
