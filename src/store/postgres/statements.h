/*
 * postgres/statements.h - every statement with a fixed text, beside those of all engines.
 */
#ifndef STORE_POSTGRES_STATEMENTS_H
#define STORE_POSTGRES_STATEMENTS_H

#include <stdbool.h>

#include "store/sql/statements.h"

enum statement {
	BEGIN_READ = SQL_STATEMENT_COUNT,
	BEGIN_WRITE,
	LOCK_BOOK,
	SHARE_BOOK,
	HOLD_SERVICE,
	XID_STATUS,
	WHICH_DATABASE,
	TAKE_TIME,
	FIND_TRANSACTION,
	CLAIM_PORT,
	ENTER_PORT,
	RELEASE_ENTRIES,
	COMMIT,
	ROLLBACK,
	SAVEPOINT,
	SAVEPOINT_UNDO,
	SAVEPOINT_END,
	LOOK_OBJECTS,
	LOOK_VALIDITY,
	LOOK_RIGHTS,
	LOOK_SLOTS,
	LOOK_DURABILITY,
	SERVER_TIME,
	TELL_WATCHERS,
	STATEMENT_COUNT,
	FILTERED, /* made of a filter: has a shape instead of a text here */
};

/*
 * The lock that all who write take, whoever is allowed what: "portbook" in ASCII.
 * Who changes one service shares it (store_begin_shared), and so do programs that
 * call allocate_port and its like: see 0004_slots.sql.
 */
#define SQL_LOCK_BOOK  "SELECT pg_advisory_xact_lock(8101820098856054635)"
#define SQL_SHARE_BOOK "SELECT pg_advisory_xact_lock_shared(8101820098856054635)"

/*
 * Who watches the book shares another lock as long as it does ("portwatc" in ASCII), so
 * that a writer who can have it alone knows that nobody does, and need not notify.  To notify
 * is no part of the change: it takes a lock of the whole server, and 14,300 commits a second
 * become 4,400.  Nobody waits until it is on disk.
 */
#define WATCH_LOCK    "8101820099207459939"
#define WATCH_CHANNEL "portbook"
#define SQL_WATCH     "LISTEN " WATCH_CHANNEL "; SELECT pg_advisory_lock_shared(" WATCH_LOCK ")"
#define SQL_TELL_WATCHERS                                                     \
	"SELECT CASE WHEN NOT pg_try_advisory_xact_lock(" WATCH_LOCK ") THEN" \
	" concat(set_config('synchronous_commit', 'off', true),"              \
	" pg_notify('" WATCH_CHANNEL "', '')) END"

/*
 * And, behind the lock, what a transaction is known by: all its events carry its
 * name (0003_transactions.sql).
 */
#define SQL_AND_XID               \
	", pg_current_xact_id()," \
	" set_config('portbook.transaction_id', gen_random_uuid()::text, true)"

/* Of an enum statement or sql_statement. */
const char *pg_statement_text(unsigned what);

/* Does it change what all who share the book rely on? */
bool pg_statement_needs_alone(unsigned what);

#endif
