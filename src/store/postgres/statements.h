/*
 * postgres/statements.h - every statement with a fixed text, beside those of all engines.
 */
#ifndef STORE_POSTGRES_STATEMENTS_H
#define STORE_POSTGRES_STATEMENTS_H

#include "store/sql/statements.h"

enum statement {
	BEGIN_READ = SQL_STATEMENT_COUNT,
	BEGIN_WRITE,
	LOCK_BOOK,
	GET_XID,
	XID_STATUS,
	WHICH_DATABASE,
	TAKE_TIME,
	FIND_TRANSACTION,
	CHOOSE_PORT,
	COMMIT,
	ROLLBACK,
	SAVEPOINT,
	SAVEPOINT_UNDO,
	SAVEPOINT_END,
	LOOK_OBJECTS,
	LOOK_VALIDITY,
	LOOK_RIGHTS,
	LOOK_DURABILITY,
	SERVER_TIME,
	STATEMENT_COUNT,
	FILTERED, /* made of a filter: has a shape instead of a text here */
};

/*
 * The lock that all who write take, whoever is allowed what: "portbook" in ASCII.
 * Programs that call allocate_port and its like share it: see 0002_functions.sql.
 */
#define SQL_LOCK_BOOK "SELECT pg_advisory_xact_lock(8101820098856054635)"

/* Of an enum statement or sql_statement. */
const char *pg_statement_text(unsigned what);

#endif
