#include "store/postgres/statements.h"

#include "store/embedded_objects.h"
#include "store/postgres/looks.h"
#include "store/postgres/writes.h"

/*
 * Reading: one state throughout.  Writing: each statement sees the latest, and
 * nobody else writes while LOCK_BOOK is held.
 */
static const char *const texts[STATEMENT_COUNT] = {
	[BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	[BEGIN_WRITE] = "BEGIN ISOLATION LEVEL READ COMMITTED",
	[LOCK_BOOK] = SQL_LOCK_BOOK,
	[WHICH_DATABASE] = "SELECT system_identifier || '/' || oid FROM pg_control_system(),"
			   " pg_database WHERE datname = current_database()",
	[TAKE_TIME] = "SELECT set_config('statement_timeout', '0', true),"
		      " set_config('idle_in_transaction_session_timeout', '0', true)",
	[GET_XID] = SQL_GET_XID,
	[XID_STATUS] = SQL_XID_STATUS,
	[FIND_TRANSACTION] = SQL_FIND_TRANSACTION,
	[CHOOSE_PORT] = SQL_CHOOSE_PORT,
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[SAVEPOINT] = "SAVEPOINT one_call",
	[SAVEPOINT_UNDO] = "ROLLBACK TO one_call",
	[SAVEPOINT_END] = "RELEASE one_call",
	[LOOK_VALIDITY] = SQL_LOOK_VALIDITY,
	[LOOK_RIGHTS] = SQL_LOOK_RIGHTS,
	[LOOK_DURABILITY] = SQL_LOOK_DURABILITY,
	[SERVER_TIME] = SQL_SERVER_TIME,
	[RANGE_PUT] = SQL_RANGE_PUT,
	[EVENT_ADD] = SQL_EVENT_ADD,
	[CHECK_ADD] = SQL_CHECK_ADD,
};

const char *pg_statement_text(unsigned what)
{
	if (what == LOOK_OBJECTS)
		return embed_objects_sql;
	return texts[what] ? texts[what] : sql_statement_text(what);
}
