/*
 * store/memory/requests.c - what was answered to calls that had a key.
 */
#include <string.h>

#include "store/memory/book.h"

static size_t request_at(const struct memory *m, const char *actor, const char *key)
{
	for (size_t i = 0; i < m->requests.count; i++) {
		const struct request *r = m->requests.rows[i];

		if (!strcmp(r->actor, actor) && !strcmp(r->key, key))
			return i;
	}
	return NOT_FOUND;
}

bool memory_request_find(struct store *s, const char *actor, const char *key, struct arena *a,
			 struct request *ret, bool *ret_found, struct err *err)
{
	const struct memory *m = memory_of(s);
	size_t at = request_at(m, actor, key);
	struct request r;

	*ret_found = at != NOT_FOUND;
	if (at == NOT_FOUND)
		return true;
	r = *(const struct request *)m->requests.rows[at];
	r.actor = actor, r.key = key;
	r.op = arena_copy(a, r.op);
	r.answer = arena_copy(a, r.answer);
	if (!r.op || !r.answer)
		return fail_memory(err);
	*ret = r;
	return true;
}

bool memory_request_add(struct store *s, const struct request *r, struct err *err)
{
	struct memory *m = memory_of(s);

	if (request_at(m, r->actor, r->key) != NOT_FOUND)
		return fail(err, ERR_TAKEN, "it is in the book already");
	return memory_put(m, &m->requests, NOT_FOUND, r, err);
}

bool memory_requests_remove(struct store *s, int64_t before_ms, struct err *err)
{
	struct memory *m = memory_of(s);
	size_t mark = m->journal.count;

	for (size_t i = m->requests.count; i-- > 0;) {
		const struct request *r = m->requests.rows[i];

		if (r->at_ms >= before_ms || memory_table_remove(&m->requests, i, &m->journal, err))
			continue;
		journal_undo(&m->journal, mark);
		return false;
	}
	if (!s->in_transaction)
		journal_settle(&m->journal);
	return true;
}
