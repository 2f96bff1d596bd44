#include "store/postgres/statements.h"

#include "store/embedded_objects.h"
#include "store/postgres/looks.h"
#include "store/postgres/writes.h"

/*
 * Reading: one state throughout.  Writing: each statement sees the latest, and
 * nobody else writes while LOCK_BOOK is held; under SHARE_BOOK others do, and
 * HOLD_SERVICE keeps them from what this transaction reads and then changes.
 */
static const char *const texts[STATEMENT_COUNT] = {
	[BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	[BEGIN_WRITE] = "BEGIN ISOLATION LEVEL READ COMMITTED",
	[LOCK_BOOK] = (SQL_LOCK_BOOK SQL_AND_XID),
	[SHARE_BOOK] = (SQL_SHARE_BOOK SQL_AND_XID),
	[HOLD_SERVICE] = SQL_HOLD_SERVICE,
	[WHICH_DATABASE] = ("SELECT system_identifier || '/' || oid FROM pg_control_system(),"
			    " pg_database WHERE datname = current_database()"),
	[TAKE_TIME] = ("SELECT set_config('statement_timeout', '0', true),"
		       " set_config('idle_in_transaction_session_timeout', '0', true)"),
	[XID_STATUS] = SQL_XID_STATUS,
	[FIND_TRANSACTION] = SQL_FIND_TRANSACTION,
	[CLAIM_PORT] = (SQL_CLAIM_PORT),
	[ENTER_PORT] = (SQL_ENTER_PORT),
	[RELEASE_ENTRIES] = SQL_RELEASE_ENTRIES,
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[SAVEPOINT] = "SAVEPOINT one_call",
	[SAVEPOINT_UNDO] = "ROLLBACK TO one_call",
	[SAVEPOINT_END] = "RELEASE one_call",
	[LOOK_VALIDITY] = SQL_LOOK_VALIDITY,
	[LOOK_RIGHTS] = SQL_LOOK_RIGHTS,
	[LOOK_SLOTS] = SQL_LOOK_SLOTS,
	[LOOK_DURABILITY] = (SQL_LOOK_DURABILITY),
	[SERVER_TIME] = SQL_SERVER_TIME,
	[TELL_WATCHERS] = SQL_TELL_WATCHERS,
	[RANGE_PUT] = SQL_RANGE_PUT,
	[EVENT_ADD] = SQL_EVENT_ADD,
	[CHECK_ADD] = SQL_CHECK_ADD,
	[REQUEST_FIND] = (SQL_ROLES_REQUEST_FIND),
};

/* What is read without being locked, by who shares the book. */
static const bool needs_alone[SQL_STATEMENT_COUNT] = {
	[SETTING_PUT] = true,
	[PROJECT_PUT] = true,
	[PROJECT_REMOVE] = true,
	[PROJECT_REMOVE_CHECKS] = true,
	[PROJECT_REMOVE_RELEASED] = true,
	[PROJECT_REMOVE_INSTANCES] = true,
	[PROJECT_REMOVE_BLOCKS] = true,
	[INSTANCE_PUT] = true,
	[BLOCK_ADD] = true,
	[BLOCK_REMOVE] = true,
	[RESERVED_PUT] = true,
	[RESERVED_REMOVE] = true,
	[RANGES_RETIRE] = true,
	[RANGE_PUT] = true,
	[RANGES_REMOVE] = true,
	[CHECK_REMOVE] = true,
	[CLEAR_CHECKS] = true,
	[CLEAR_ENTRIES] = true,
	[CLEAR_BLOCKS] = true,
	[CLEAR_INSTANCES] = true,
	[CLEAR_PROJECTS] = true,
	[CLEAR_RANGES] = true,
	[CLEAR_RESERVED] = true,
	[CLEAR_EVENTS] = true,
	[CLEAR_REQUESTS] = true,
	[CLEAR_SETTINGS] = true,
};

bool pg_statement_needs_alone(unsigned what)
{
	return what < SQL_STATEMENT_COUNT && needs_alone[what];
}

const char *pg_statement_text(unsigned what)
{
	if (what == LOOK_OBJECTS)
		return embed_objects_sql;
	return texts[what] ? texts[what] : sql_statement_text(what);
}
