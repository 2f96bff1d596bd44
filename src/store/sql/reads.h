/*
 * sql/reads.h - the statements that read, one text for every engine.
 *
 * Parameters are $1, $2, ... first used in that order: PostgreSQL counts them
 * by number, SQLite by first appearance, so the two agree.  Columns come in
 * the order in which the engine's reader takes them.
 *
 * What engines keep in other types (a UUID, a time, a truth) they convert when
 * they bind and read: see sql/value.h.
 *
 * Entries and events, which are filtered in many ways: see sql/filter.h.
 */
#ifndef STORE_SQL_READS_H
#define STORE_SQL_READS_H

#define SQL_SETTING_GET "SELECT value FROM settings WHERE name = $1"
#define SQL_SETTING_ALL "SELECT name, value FROM settings ORDER BY name"

#define SQL_REQUEST_FIND "SELECT op, answer, at FROM requests WHERE actor = $1 AND \"key\" = $2"

#define SQL_RANGE_ALL                                                                       \
	"SELECT id, range_name, start_port, end_port, block_size, slice_size, description," \
	" rule FROM port_ranges ORDER BY start_port, range_name"

#define SQL_CHECK                                                                            \
	"SELECT id, port_allocation_id, checked_at, status, coalesce(response_time_us, -1)," \
	" details FROM port_health_checks"
#define SQL_CHECK_ALL	   SQL_CHECK " ORDER BY id"
#define SQL_CHECK_OF	   SQL_CHECK " WHERE port_allocation_id = $1 ORDER BY checked_at, id"
#define SQL_CHECK_ENTRIES  " ORDER BY port_allocation_id, checked_at, id"
#define SQL_CHECK_BY_ENTRY SQL_CHECK SQL_CHECK_ENTRIES
#define SQL_CHECK_OF_PROJECT                                                            \
	SQL_CHECK " WHERE port_allocation_id IN (SELECT id FROM port_allocations WHERE" \
		  " project_id = $1)" SQL_CHECK_ENTRIES

#define SQL_PROJECT                                                                          \
	"SELECT id, coalesce(number, -1), name, path, owner, description, status, metadata," \
	" created_at FROM projects"
#define SQL_PROJECT_BY_ID   SQL_PROJECT " WHERE id = $1"
#define SQL_PROJECT_BY_NAME SQL_PROJECT " WHERE name = $1"
/* Two projects may name one path: the older one has it. */
#define SQL_PROJECT_BY_PATH   SQL_PROJECT " WHERE path = $1 ORDER BY created_at, id LIMIT 1"
#define SQL_PROJECT_BY_NUMBER SQL_PROJECT " WHERE number = $1"
#define SQL_PROJECT_ALL	      SQL_PROJECT " ORDER BY coalesce(number, -1), name"
/* Each half has a partial index that serves it. */
#define SQL_PROJECT_HAS_ENTRIES                                 \
	"SELECT 1 WHERE EXISTS (SELECT 1 FROM port_allocations" \
	" WHERE project_id = $1 AND released_at IS NULL)"

#define SQL_INSTANCE                                                                        \
	"SELECT i.project_id, p.name, i.number, i.hostname, i.purpose, i.branch, i.status," \
	" i.worktree_path, i.slice, i.created_at, i.released_at"                            \
	" FROM instances i LEFT JOIN projects p ON p.id = i.project_id"
#define SQL_INSTANCE_ALL	SQL_INSTANCE " ORDER BY i.project_id, i.number"
#define SQL_INSTANCE_OF_PROJECT SQL_INSTANCE " WHERE i.project_id = $1 ORDER BY i.number"
#define SQL_INSTANCE_IN \
	SQL_INSTANCE " WHERE i.hostname = $1 AND i.worktree_path = $2 AND i.released_at IS NULL"

#define SQL_BLOCK \
	"SELECT hostname, start_port, end_port, range_name, project_id, created_at FROM blocks"
#define SQL_BLOCK_ORDER " ORDER BY created_at, hostname, start_port"
#define SQL_BLOCK_ALL	SQL_BLOCK SQL_BLOCK_ORDER
#define SQL_BLOCK_ON	SQL_BLOCK " WHERE hostname = $1" SQL_BLOCK_ORDER
#define SQL_BLOCK_OF	SQL_BLOCK " WHERE project_id = $1" SQL_BLOCK_ORDER
#define SQL_BLOCK_ON_OF SQL_BLOCK " WHERE hostname = $1 AND project_id = $2" SQL_BLOCK_ORDER

#define SQL_RESERVED_ALL                                                                  \
	"SELECT hostname, start_port, end_port, reason, project_name, until, from_policy" \
	" FROM reserved_ports ORDER BY start_port, hostname"

/* Of port_allocations a and projects p; `worktree` is the path of the entry's instance. */
#define SQL_ENTRY_COLUMNS(worktree, verified)                                                   \
	"a.id, a.project_id, p.name, coalesce(p.number, -1), a.instance, a.environment,"        \
	" a.service_name, a.ordinal = 0, a.service_type, a.role, a.range_name, a.hostname,"     \
	" a.protocol, a.port_number, a.status, a.description, a.notes, a.unit,"                 \
	" a.cloudflare_hostname, a.cloudflare_tunnel_id, a.metadata, a.allocated_by, " worktree \
	", a.allocated_at, a.last_used_at, " verified ", a.released_at, a.expires_at"

/* When its owner was last seen; with a mark, at the last look at its project. */
#define SQL_VERIFIED	     "a.last_verified_at"
#define SQL_VERIFIED_BY_MARK "CASE WHEN a.is_seen THEN p.seen_at ELSE a.last_verified_at END"

/*
 * Served by the index live_service, once the project's name has given its id.
 * Every `get` prepares it anew: what could be a join is a subquery, as that is
 * prepared in half the time.
 */
#define SQL_SERVICE_FIND(verified)                                                                         \
	"SELECT " SQL_ENTRY_COLUMNS(                                                                       \
		"(SELECT worktree_path FROM instances"                                                     \
		" WHERE project_id = p.id AND number = a.instance)",                                       \
		verified) ", EXISTS (SELECT 1 FROM instances WHERE project_id = p.id"                      \
			  " AND worktree_path IS NOT NULL AND released_at IS NULL)"                        \
			  " FROM projects p CROSS JOIN port_allocations a"                                 \
			  " WHERE p.name = $1 AND a.project_id = p.id AND a.service_name = $2"             \
			  " AND a.environment = coalesce($3, (SELECT value FROM settings"                  \
			  " WHERE name = 'environment'))"                                                  \
			  " AND a.instance = $4 AND a.hostname = $5 AND a.protocol = $6 AND a.ordinal = 0" \
			  " AND a.released_at IS NULL"

/* Served by the index live_port. */
#define SQL_TAKEN                                                                        \
	"SELECT port_number FROM port_allocations WHERE hostname = $1 AND protocol = $2" \
	" AND port_number BETWEEN $3 AND $4 AND released_at IS NULL"

#endif
