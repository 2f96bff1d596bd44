#include <stdlib.h>

#include "store/sqlite/db.h"

void session_close(struct session *s)
{
	if (s->txn != TXN_NONE)
		session_rollback(&s->store);
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
	.free = sqlite_free,
	.begin = session_begin,
	.commit = session_commit,
	.rollback = session_rollback,
	.setting_get = sqlite_setting_get,
	.setting_put = sqlite_setting_put,
	.setting_each = sqlite_setting_each,
	.project_find = sqlite_project_find,
	.project_put = sqlite_project_put,
	.project_remove = sqlite_project_remove,
	.project_each = sqlite_project_each,
	.instance_put = sqlite_instance_put,
	.instance_each = sqlite_instance_each,
	.instance_find = sqlite_instance_find,
	.block_add = sqlite_block_add,
	.block_remove = sqlite_block_remove,
	.block_each = sqlite_block_each,
	.reserved_put = sqlite_reserved_put,
	.reserved_remove = sqlite_reserved_remove,
	.reserved_each = sqlite_reserved_each,
	.ranges_put = sqlite_ranges_put,
	.range_each = sqlite_range_each,
	.entry_each = sqlite_entry_each,
	.service_find = sqlite_service_find,
	.entry_count = sqlite_entry_count,
	.taken = sqlite_taken,
	.claim = sqlite_claim,
	.entry_put = sqlite_entry_put,
	.event_add = sqlite_event_add,
	.event_each = sqlite_event_each,
	.check_add = sqlite_check_add,
	.check_each = sqlite_check_each,
	.clear = sqlite_clear,
};
