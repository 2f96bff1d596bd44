#include "store/sqlite/statements.h"

#include "store/sql/reads.h"
#include "store/sql/writes.h"
#include "store/sqlite/writes.h"

static const char *const texts[STATEMENT_COUNT] = {
	[BEGIN_READ] = "BEGIN",
	[BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[SAVEPOINT] = "SAVEPOINT one_call",
	[SAVEPOINT_UNDO] = "ROLLBACK TO one_call",
	[SAVEPOINT_END] = "RELEASE one_call",
	[SYNC_FULLY] = "PRAGMA synchronous = FULL",
	[GET_APPLICATION_ID] = "PRAGMA application_id",
	[GET_VERSION] = "PRAGMA user_version",
	[COUNT_OBJECTS] = "SELECT count(*) FROM sqlite_schema",
	[USE_WAL] = "PRAGMA journal_mode = WAL",
	[PROJECT_SEEN] = SQL_PROJECT_SEEN,
	[PROJECT_SEE] = SQL_PROJECT_SEE,
	[SIGHTS] = (SQL_SIGHTS),
	[MARK] = SQL_MARK,
	[UNMARK] = SQL_UNMARK,
	[ENTRY_VERIFIED] = (SQL_ENTRY_VERIFIED_ALONE),
	[SERVICE_FIND] = SQL_SERVICE_FIND(SQL_VERIFIED_BY_MARK),
	[ENTRY_PUT] = (SQL_ENTRY_PUT ", is_seen = NULL"),
	[RANGE_PUT] = SQL_RANGE_PUT,
	[EVENT_ADD] = (SQL_EVENT_ADD),
	[CHECK_ADD] = (SQL_CHECK_ADD),
};

const char *statement_text(unsigned what)
{
	return texts[what] ? texts[what] : sql_statement_text(what);
}
