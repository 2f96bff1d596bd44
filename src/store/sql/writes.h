/*
 * sql/writes.h - the statements that write, one text for every engine.
 *
 * Parameters as in sql/reads.h.  Truth is written '0' and '1': a number to one
 * engine, a boolean to another.  What engines say differently is in their own
 * writes.h.
 */
#ifndef STORE_SQL_WRITES_H
#define STORE_SQL_WRITES_H

#define SQL_SETTING_PUT                                      \
	"INSERT INTO settings (name, value) VALUES ($1, $2)" \
	" ON CONFLICT (name) DO UPDATE SET value = excluded.value"

#define SQL_PROJECT_PUT                                                                       \
	"INSERT INTO projects (id, number, name, path, owner, description, status, metadata," \
	" created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"                            \
	" ON CONFLICT (id) DO UPDATE SET number = excluded.number, name = excluded.name,"     \
	" path = excluded.path, owner = excluded.owner, description = excluded.description,"  \
	" status = excluded.status, metadata = excluded.metadata,"                            \
	" created_at = excluded.created_at"
#define SQL_PROJECT_REMOVE "DELETE FROM projects WHERE id = $1"
/* Before the entries that they are of. */
#define SQL_PROJECT_REMOVE_CHECKS                                      \
	"DELETE FROM port_health_checks WHERE port_allocation_id IN (" \
	"SELECT id FROM port_allocations WHERE project_id = $1)"
#define SQL_PROJECT_REMOVE_RELEASED \
	"DELETE FROM port_allocations WHERE project_id = $1 AND released_at IS NOT NULL"
#define SQL_PROJECT_REMOVE_INSTANCES "DELETE FROM instances WHERE project_id = $1"
#define SQL_PROJECT_REMOVE_BLOCKS    "DELETE FROM blocks WHERE project_id = $1"

#define SQL_INSTANCE_PUT                                                                   \
	"INSERT INTO instances (project_id, number, hostname, purpose, branch, status,"    \
	" worktree_path, slice, created_at, released_at)"                                  \
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"                                \
	" ON CONFLICT (project_id, number) DO UPDATE SET hostname = excluded.hostname,"    \
	" purpose = excluded.purpose, branch = excluded.branch, status = excluded.status," \
	" worktree_path = excluded.worktree_path, slice = excluded.slice,"                 \
	" created_at = excluded.created_at, released_at = excluded.released_at"

#define SQL_BLOCK_ADD                                                                             \
	"INSERT INTO blocks (hostname, start_port, end_port, range_name, project_id, created_at)" \
	" VALUES ($1, $2, $3, $4, $5, $6)"
#define SQL_BLOCK_REMOVE "DELETE FROM blocks WHERE hostname = $1 AND start_port = $2"

#define SQL_RESERVED_PUT                                                                           \
	"INSERT INTO reserved_ports (hostname, start_port, end_port, reason, project_name, until," \
	" from_policy) VALUES ($1, $2, $3, $4, $5, $6, $7)"                                        \
	" ON CONFLICT (hostname, start_port) DO UPDATE SET end_port = excluded.end_port,"          \
	" reason = excluded.reason, project_name = excluded.project_name,"                         \
	" until = excluded.until, from_policy = excluded.from_policy"
#define SQL_RESERVED_REMOVE "DELETE FROM reserved_ports WHERE hostname = $1 AND start_port = $2"

#define SQL_RANGES_RETIRE "UPDATE port_ranges SET is_active = '0'"
#define SQL_RANGES_REMOVE "DELETE FROM port_ranges WHERE is_active = '0'"

#define SQL_ENTRY_ADD                                                                           \
	"INSERT INTO port_allocations (id, project_id, instance, environment, service_name,"    \
	" ordinal, service_type, role, range_name, hostname, protocol, port_number, status,"    \
	" description, notes, unit, cloudflare_hostname, cloudflare_tunnel_id, metadata,"       \
	" allocated_by, allocated_at, last_used_at, last_verified_at, released_at, expires_at)" \
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,"  \
	" $18, $19, $20, $21, $22, $23, $24, $25)"
#define SQL_ENTRY_PUT                                                                        \
	SQL_ENTRY_ADD " ON CONFLICT (id) DO UPDATE SET project_id = excluded.project_id,"    \
		      " instance = excluded.instance, environment = excluded.environment,"   \
		      " service_name = excluded.service_name, ordinal = excluded.ordinal,"   \
		      " service_type = excluded.service_type, role = excluded.role,"         \
		      " range_name = excluded.range_name, hostname = excluded.hostname,"     \
		      " protocol = excluded.protocol, port_number = excluded.port_number,"   \
		      " status = excluded.status, description = excluded.description,"       \
		      " notes = excluded.notes, unit = excluded.unit,"                       \
		      " cloudflare_hostname = excluded.cloudflare_hostname,"                 \
		      " cloudflare_tunnel_id = excluded.cloudflare_tunnel_id,"               \
		      " metadata = excluded.metadata, allocated_by = excluded.allocated_by," \
		      " allocated_at = excluded.allocated_at,"                               \
		      " last_used_at = excluded.last_used_at,"                               \
		      " last_verified_at = excluded.last_verified_at,"                       \
		      " released_at = excluded.released_at, expires_at = excluded.expires_at"

#define SQL_ENTRY_VERIFIED                                                \
	"UPDATE port_allocations SET last_verified_at = $1 WHERE id = $2" \
	" AND hostname = $3 AND released_at IS NULL"

#define SQL_CHECK_REMOVE "DELETE FROM port_health_checks WHERE id = $1"

#define SQL_REQUEST_ADD \
	"INSERT INTO requests (actor, \"key\", op, answer, at) VALUES ($1, $2, $3, $4, $5)"
#define SQL_REQUESTS_REMOVE "DELETE FROM requests WHERE at < $1"

#define SQL_CLEAR_SETTINGS  "DELETE FROM settings"
#define SQL_CLEAR_PROJECTS  "DELETE FROM projects"
#define SQL_CLEAR_INSTANCES "DELETE FROM instances"
#define SQL_CLEAR_RANGES    "DELETE FROM port_ranges"
#define SQL_CLEAR_BLOCKS    "DELETE FROM blocks"
#define SQL_CLEAR_RESERVED  "DELETE FROM reserved_ports"
#define SQL_CLEAR_ENTRIES   "DELETE FROM port_allocations"
#define SQL_CLEAR_CHECKS    "DELETE FROM port_health_checks"
#define SQL_CLEAR_EVENTS    "DELETE FROM events"
#define SQL_CLEAR_REQUESTS  "DELETE FROM requests"

#endif
