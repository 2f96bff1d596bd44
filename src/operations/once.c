#include "operations/once.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Rationale: a client that asks again does so within minutes; one that was asleep, in a day. */
#define KEPT_MS (INT64_C(24) * 60 * 60 * 1000)

/* Rationale: to look at all rows costs; a book has at most so many hours more than it needs. */
#define THINNED_EACH_MS (INT64_C(60) * 60 * 1000)

/* Whose rows say which hours were thinned: nobody has an empty name. */
#define NOBODY ""

/* Source: FNV-1a, 64 bits; it tells calls of one caller apart, and keeps nobody out. */
#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

/* "allocate 00000000deadbeef" */
#define ASKED_SIZE 128

bool once_check_key(const char *key, struct err *err)
{
	size_t len = strlen(key);

	if (!len || len > CALL_KEY_MAX)
		return fail(err, ERR_INVALID, "a key has from 1 to %d characters, and this one %zu",
			    CALL_KEY_MAX, len);
	for (const char *c = key; *c; c++)
		if (*c < ' ' || *c > '~')
			return fail(err, ERR_INVALID, "a key is of printable ASCII characters");
	return true;
}

static bool say_what(const char *operation, const json_t *input, char ret[static ASKED_SIZE],
		     struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	uint64_t sum = FNV_BASIS;

	text_add_json(&text, input, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text_ok(&text))
		return fail_memory(err);
	for (size_t i = 0; i < text.len; i++)
		sum = (sum ^ (unsigned char)text_str(&text)[i]) * FNV_PRIME;
	snprintf(ret, ASKED_SIZE, "%.100s %016llx", operation, (unsigned long long)sum);
	return true;
}

static bool fail_other(const char *key, const struct request *r, struct err *err)
{
	fail(err, ERR_INVALID, "the key '%.80s' was used for another call (%.*s)", key,
	     (int)strcspn(r->op, " "), r->op);
	return fail_hint(err, "take a new key for each new call");
}

bool once_find(struct call *c, const char *operation, const json_t *input, json_t **ret,
	       bool *ret_found, struct err *err)
{
	struct store *s = c->registry->store;
	const char *key = c->io.key;
	char asked[ASKED_SIZE];
	struct request r;

	if (!say_what(operation, input, asked, err) ||
	    !s->ops->request_find(s, registry_actor(c->registry), key, &c->arena, &r, ret_found,
				  err))
		return false;
	if (!*ret_found)
		return true;
	if (strcmp(r.op, asked) != 0)
		return fail_other(key, &r, err);
	return json_parse(r.answer, strlen(r.answer), ret, err);
}

static bool add_request(struct call *c, const struct request *r, bool *ret_taken, struct err *err)
{
	struct store *s = c->registry->store;
	struct err why = { 0 };

	*ret_taken = false;
	if (s->ops->request_add(s, r, &why))
		return true;
	*ret_taken = why.code == ERR_TAKEN;
	if (!*ret_taken)
		*err = why;
	return *ret_taken;
}

/* Once in an hour what is too old goes; that this hour's is done is a row itself. */
static bool thin(struct call *c, int64_t now, struct err *err)
{
	struct store *s = c->registry->store;
	char hour[TIME_TEXT_SIZE];
	const struct request mark = {
		.actor = NOBODY,
		.key = time_format(now - now % THINNED_EACH_MS, hour),
		.op = "thin",
		.answer = "",
		.at_ms = now,
	};
	struct request was;
	bool found, taken;

	if (!s->ops->request_find(s, mark.actor, mark.key, &c->arena, &was, &found, err))
		return false;
	return found || (add_request(c, &mark, &taken, err) &&
			 s->ops->requests_remove(s, now - KEPT_MS, err));
}

bool once_keep(struct call *c, const char *operation, const json_t *input, const json_t *answer,
	       struct err *err)
{
	CLEANUP(json_text_cleanup) char *text = NULL;
	char asked[ASKED_SIZE];
	struct request r = { .actor = registry_actor(c->registry),
			     .key = c->io.key,
			     .op = asked,
			     .at_ms = registry_now(c->registry) };
	bool taken;

	if (!say_what(operation, input, asked, err) || !json_format(answer, &text, err))
		return false;
	r.answer = text;
	if (!add_request(c, &r, &taken, err))
		return false;
	if (!taken)
		return thin(c, r.at_ms, err);
	c->registry->store->loss = LOSS_UNDONE;
	return fail(err, ERR_BUSY, "the call with the key '%.80s' is made at this moment", r.key);
}
