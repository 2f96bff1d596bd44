#include <stdlib.h>

#include "store/sqlite/db.h"
#include "store/sqlite/sqlite.h"

void session_close(struct session *s)
{
	kept_blocks_forget(&s->sql);
	if (s->txn != TXN_NONE)
		session_rollback(&s->sql.store);
	for (unsigned i = 0; i < STATEMENT_COUNT; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	for (unsigned i = 0; i < SHAPES_KEPT; i++) {
		sqlite3_finalize(s->shapes[i].stmt);
		s->shapes[i].stmt = NULL;
		s->shapes[i].shape = 0;
	}
	session_shorten_log(s);
	sqlite3_close(s->db);
	s->db = NULL;
	queue_close(&s->queue);
}

static void sqlite_free(struct store *store)
{
	struct session *s = session_of(store);

	if (store->process_ends) {
		session_shorten_log(s);
		return;
	}
	session_close(s);
	free(s->path);
	free(s);
}

const struct store_ops sqlite_ops = {
	.name = "sqlite",
	.state = sqlite_state,
	.free = sqlite_free,
	.begin = session_begin,
	.commit = session_commit,
	.rollback = session_rollback,
	.part_begin = batch_part_begin,
	.part_end = batch_part_end,
	.part_undo = batch_part_undo,
	SQL_STORE_OPS,
	.claim = sql_claim,
	.entries_verified = sqlite_entries_verified,
};

bool store_sqlite_has_moved(struct store *s)
{
	int moved = 0;

	return s->ops == &sqlite_ops &&
	       sqlite3_file_control(session_of(s)->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) ==
		       SQLITE_OK &&
	       moved;
}
