#include "store/sqlite/migrations.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/macros.h"
#include "registry/store.h"

/*
 * Every process that opens the book parses this text: it is written short, and
 * has no more than 24 objects (a test counts them).
 *
 * Times are milliseconds since 1970, ids are UUIDs.  `ordinal` is 0 for the
 * service's primary port, else the port itself, so that live_service allows
 * one primary and any number of others.  `range_name` NULL: registered outside
 * of all ranges.  References are not enforced by SQLite (it would ask for each
 * row, in an index of its own): project_remove is the only way to lose one.
 */
#define PROJECT_TABLES                                                                          \
	"CREATE TABLE settings(name TEXT PRIMARY KEY,value TEXT NOT NULL)STRICT,WITHOUT ROWID;" \
	"CREATE TABLE projects(id TEXT PRIMARY KEY,number INTEGER UNIQUE,"                      \
	"name TEXT NOT NULL UNIQUE,path TEXT,owner TEXT,description TEXT,"                      \
	"status TEXT NOT NULL CHECK(status IN('active','reserved','legacy','archived')),"       \
	"metadata TEXT,created_at INTEGER NOT NULL)STRICT,WITHOUT ROWID;"                       \
	"CREATE INDEX project_path ON projects(path)WHERE path IS NOT NULL;"                    \
	"CREATE TABLE instances(project_id TEXT REFERENCES projects,number INTEGER,"            \
	"hostname TEXT NOT NULL,purpose TEXT,branch TEXT,status TEXT,worktree_path TEXT,"       \
	"slice INTEGER NOT NULL,created_at INTEGER NOT NULL,released_at INTEGER,"               \
	"PRIMARY KEY(project_id,number))STRICT,WITHOUT ROWID;"                                  \
	"CREATE UNIQUE INDEX live_worktree ON instances(hostname,worktree_path)"                \
	"WHERE released_at IS NULL AND worktree_path IS NOT NULL;"

#define RANGE_TABLES                                                                               \
	"CREATE TABLE port_ranges(id TEXT PRIMARY KEY,range_name TEXT NOT NULL UNIQUE,"            \
	"start_port INTEGER NOT NULL,end_port INTEGER NOT NULL,block_size INTEGER NOT NULL,"       \
	"slice_size INTEGER NOT NULL,description TEXT,is_active INTEGER NOT NULL,"                 \
	"rule TEXT NOT NULL)STRICT,WITHOUT ROWID;"                                                 \
	"CREATE TABLE blocks(hostname TEXT,start_port INTEGER,end_port INTEGER NOT NULL,"          \
	"range_name TEXT,project_id TEXT REFERENCES projects,created_at INTEGER NOT NULL,"         \
	"PRIMARY KEY(hostname,start_port),CHECK(start_port<=end_port))STRICT,WITHOUT ROWID;"       \
	"CREATE TRIGGER block_overlap BEFORE INSERT ON blocks WHEN EXISTS(SELECT 1 FROM blocks b " \
	"WHERE b.hostname=NEW.hostname AND b.start_port<=NEW.end_port "                            \
	"AND b.end_port>=NEW.start_port)"                                                          \
	"BEGIN SELECT RAISE(ABORT,'the block overlaps another');END;"                              \
	"CREATE TABLE reserved_ports(hostname TEXT DEFAULT '*',start_port INTEGER,"                \
	"end_port INTEGER NOT NULL,reason TEXT,project_name TEXT,until INTEGER,"                   \
	"from_policy INTEGER NOT NULL,PRIMARY KEY(hostname,start_port))STRICT,WITHOUT ROWID;"

#define SERVICE_KEY "project_id,service_name,environment,instance,hostname,protocol"

#define ENTRY_TABLES                                                                               \
	"CREATE TABLE port_allocations(id TEXT PRIMARY KEY,"                                       \
	"project_id TEXT NOT NULL REFERENCES projects,instance INTEGER NOT NULL DEFAULT 1,"        \
	"environment TEXT NOT NULL DEFAULT 'dev',service_name TEXT NOT NULL,"                      \
	"ordinal INTEGER NOT NULL DEFAULT 0,service_type TEXT,role TEXT,range_name TEXT,"          \
	"hostname TEXT NOT NULL DEFAULT 'localhost',"                                              \
	"protocol TEXT NOT NULL DEFAULT 'tcp'CHECK(protocol IN('tcp','udp')),"                     \
	"port_number INTEGER NOT NULL CHECK(port_number BETWEEN 1 AND 65535),"                     \
	"status TEXT NOT NULL CHECK(status IN('allocated','reserved','legacy','released')),"       \
	"description TEXT,notes TEXT,unit TEXT,cloudflare_hostname TEXT,"                          \
	"cloudflare_tunnel_id TEXT,metadata TEXT,allocated_by TEXT,allocated_at INTEGER NOT NULL," \
	"last_used_at INTEGER,last_verified_at INTEGER,released_at INTEGER,expires_at INTEGER,"    \
	"CHECK((status='released')=(released_at IS NOT NULL)))STRICT,WITHOUT ROWID;"               \
	"CREATE UNIQUE INDEX live_port ON port_allocations(hostname,protocol,port_number)"         \
	"WHERE released_at IS NULL;"                                                               \
	"CREATE UNIQUE INDEX live_service ON port_allocations(" SERVICE_KEY ",ordinal)"            \
	"WHERE released_at IS NULL;"                                                               \
	"CREATE UNIQUE INDEX live_tunnel ON port_allocations(cloudflare_hostname)"                 \
	"WHERE released_at IS NULL AND cloudflare_hostname IS NOT NULL;"                           \
	"CREATE INDEX past_service ON port_allocations(" SERVICE_KEY ",released_at)"               \
	"WHERE released_at IS NOT NULL;"                                                           \
	"CREATE TABLE port_health_checks(id INTEGER PRIMARY KEY,"                                  \
	"port_allocation_id TEXT NOT NULL REFERENCES port_allocations,"                            \
	"checked_at INTEGER NOT NULL,status TEXT NOT NULL,response_time_us INTEGER,details TEXT)"  \
	"STRICT;"                                                                                  \
	"CREATE INDEX check_of ON port_health_checks(port_allocation_id,checked_at);"

#define HISTORY_TABLES                                                                         \
	"CREATE TABLE events(seq INTEGER PRIMARY KEY,at INTEGER NOT NULL,actor TEXT,"          \
	"op TEXT NOT NULL,project_id TEXT,subject TEXT,service TEXT,port INTEGER,before TEXT," \
	"after TEXT)STRICT;"                                                                   \
	"CREATE INDEX event_project ON events(project_id)WHERE project_id IS NOT NULL;"        \
	"CREATE INDEX event_port ON events(port)WHERE port IS NOT NULL;"                       \
	"CREATE TABLE requests(actor TEXT,\"key\" TEXT,op TEXT NOT NULL,answer TEXT,"          \
	"at INTEGER NOT NULL,PRIMARY KEY(actor,\"key\"))STRICT,WITHOUT ROWID;"

/*
 * What is noted of each entry at each look is added at the end of a table, and not in an
 * index, too: that would write a page for each entry.  `history --health` reads all of it.
 * Where a look finds an entry as the last one did, nothing of it is written (looks.c).
 */
#define LOOKS                                              \
	"DROP INDEX check_of;"                             \
	"ALTER TABLE projects ADD COLUMN seen_at INTEGER;" \
	"ALTER TABLE port_allocations ADD COLUMN is_seen INTEGER;"

/* Append only: a released step never changes, because it never runs again. */
static const struct migration {
	const char *name;
	const char *sql;
} migrations[] = {
	{ "0001_book", PROJECT_TABLES RANGE_TABLES ENTRY_TABLES HISTORY_TABLES },
	{ "0002_looks", LOOKS },
};
/* 0002: they change how a book is kept, and nothing of what it has. */
#define STEPS_OF_KEEPING 1
static_assert(ARRAY_LEN(migrations) == BOOK_SCHEMA + STEPS_OF_KEEPING,
	      "a step more: raise BOOK_SCHEMA, and see what registry/record.c has to carry");

int migrations_latest(void)
{
	return (int)ARRAY_LEN(migrations);
}

int migrations_run(sqlite3 *db, int version)
{
	char stamp[96];
	int rc = SQLITE_OK;

	for (int i = version; i < migrations_latest() && rc == SQLITE_OK; i++)
		rc = sqlite3_exec(db, migrations[i].sql, NULL, NULL, NULL);
	snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 BOOK_APPLICATION_ID, migrations_latest());
	return rc == SQLITE_OK ? sqlite3_exec(db, stamp, NULL, NULL, NULL) : rc;
}
