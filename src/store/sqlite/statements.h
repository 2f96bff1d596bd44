/*
 * sqlite/statements.h - every statement with a fixed text, beside those of all engines.
 */
#ifndef STORE_SQLITE_STATEMENTS_H
#define STORE_SQLITE_STATEMENTS_H

#include "store/sql/statements.h"

enum statement {
	BEGIN_READ = SQL_STATEMENT_COUNT,
	BEGIN_WRITE,
	COMMIT,
	ROLLBACK,
	SAVEPOINT,
	SAVEPOINT_UNDO,
	SAVEPOINT_END,
	SYNC_FULLY,
	GET_APPLICATION_ID,
	GET_VERSION,
	COUNT_OBJECTS,
	USE_WAL,
	PROJECT_SEEN,
	PROJECT_SEE,
	SIGHTS,
	MARK,
	UNMARK,
	STATEMENT_COUNT,
};

/* Of an enum statement or sql_statement. */
const char *statement_text(unsigned what);

#endif
