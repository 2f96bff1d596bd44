#include "registry/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/record_fields.h"

/* ---- digests ---- */

/*
 * Source: FNV-1a, draft-eastlake-fnv.  Rationale: nobody gains by two rows that
 * have one digest, and by chance it takes four thousand million of them.
 */
#define DIGEST_START UINT64_C(0xcbf29ce484222325)
#define DIGEST_PRIME UINT64_C(0x100000001b3)

static uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t len)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < len; i++)
		digest = (digest ^ b[i]) * DIGEST_PRIME;
	return digest;
}

/* With its NUL, so that "a", "bc" is not "ab", "c". */
static uint64_t digest_text(uint64_t digest, const char *text)
{
	return digest_bytes(digest, text ? text : "", (text ? strlen(text) : 0) + 1);
}

static uint64_t digest_number(uint64_t digest, int64_t number)
{
	return digest_bytes(digest, &number, sizeof(number));
}

/* The same for every way of writing an object; what is none is its text. */
static bool digest_object(uint64_t *digest, const char *text, struct err *err)
{
	CLEANUP(json_text_cleanup) char *same = NULL;
	CLEANUP(json_cleanup) json_t *json = NULL, *real = NULL;
	struct err why = { 0 };

	if (!text || !*text || !strcmp(text, "{}")) {
		*digest = digest_text(*digest, "{}");
		return true;
	}
	if (!json_parse(text, strlen(text), &json, &why) && why.code == ERR_MEMORY)
		return fail_memory(err);
	/* Once more, as 1e2 is 100 to an engine that knows numbers. */
	real = json ? json_loads(text, JSON_DECODE_INT_AS_REAL, NULL) : NULL;
	same = real ? json_dumps(real, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	if (json && !same)
		return fail_memory(err);
	*digest = digest_text(*digest, same ? same : text);
	return true;
}

static const char *text_at(const void *at)
{
	const char *text;

	memcpy(&text, at, sizeof(text));
	return text;
}

static bool digest_field(uint64_t *digest, enum field_kind kind, const void *at, struct err *err)
{
	switch (kind) {
	case TEXT:
	case WORD:
	case NAME:
	case DOCUMENT: *digest = digest_text(*digest, text_at(at)); return true;
	case OBJECT: return digest_object(digest, text_at(at), err);
	case TIME:
	case BIG:
	case BIG_OR_NONE: *digest = digest_number(*digest, *(const int64_t *)at); return true;
	case COUNT:
	case FROM_ONE: *digest = digest_number(*digest, *(const unsigned *)at); return true;
	case NUMBER_OR_NONE: *digest = digest_number(*digest, *(const int *)at); return true;
	case PORT:
	case PORT_OR_NONE: *digest = digest_number(*digest, *(const uint16_t *)at); return true;
	case YES_NO: *digest = digest_number(*digest, *(const bool *)at); return true;
	case PROTOCOL: *digest = digest_number(*digest, *(const enum protocol *)at); return true;
	case STATUS: *digest = digest_number(*digest, *(const enum entry_status *)at); return true;
	case PROJECT_STATUS:
		*digest = digest_number(*digest, *(const enum project_status *)at);
		return true;
	}
	__builtin_unreachable();
}

static bool digest_of(const struct row_set *s, const struct record *row, uint64_t *ret,
		      struct err *err)
{
	uint64_t digest = digest_number(DIGEST_START, row->kind);
	struct record r = *row;

	if (r.kind == RECORD_RANGE && s->drops_range_ids)
		r.range.id = NULL;
	for (const struct field *f = record_fields(r.kind); f->name; f++)
		if (!digest_field(&digest, f->kind, (const char *)&r + f->at, err))
			return false;
	*ret = digest;
	return true;
}

/* ---- sets ---- */

void row_set_release(struct row_set *s)
{
	free(s->digests);
	free(s->met);
	*s = (struct row_set){ 0 };
}

static bool grow(struct row_set *s, struct err *err)
{
	size_t room = s->room ? s->room * 2 : 1024;
	uint64_t *digests = realloc(s->digests, room * sizeof(*digests));
	bool *met;

	if (!digests)
		return fail_memory(err);
	s->digests = digests;
	met = realloc(s->met, room * sizeof(*met));
	if (!met)
		return fail_memory(err);
	s->met = met;
	s->room = room;
	return true;
}

bool row_set_add(struct row_set *s, const struct record *row, struct err *err)
{
	s->drops_range_ids |= row->kind == RECORD_RANGE && !row->range.id;
	if ((s->count == s->room && !grow(s, err)) ||
	    !digest_of(s, row, &s->digests[s->count], err))
		return false;
	s->met[s->count++] = false;
	return true;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void row_set_sort(struct row_set *s)
{
	if (s->count)
		qsort(s->digests, s->count, sizeof(*s->digests), by_value);
}

/* The first that is not less. */
static size_t place_of(const struct row_set *s, uint64_t digest)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->digests[middle] < digest)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool row_set_meet(struct row_set *s, const struct record *row, bool *ret, struct err *err)
{
	uint64_t digest;
	size_t at;

	if (!digest_of(s, row, &digest, err))
		return false;
	at = place_of(s, digest);
	while (at < s->count && s->digests[at] == digest && s->met[at])
		at++;
	*ret = at < s->count && s->digests[at] == digest;
	if (*ret)
		s->met[at] = true;
	return true;
}

size_t row_set_unmet(const struct row_set *s)
{
	size_t unmet = 0;

	for (size_t i = 0; i < s->count; i++)
		unmet += !s->met[i];
	return unmet;
}

/* ---- for a person ---- */

char *record_text(const struct record *row, char ret[static RECORD_TEXT_SIZE])
{
	const struct entry *e = &row->allocation;

	switch (row->kind) {
	case RECORD_SETTING:
		snprintf(ret, RECORD_TEXT_SIZE, "the setting '%.80s'", row->setting.name);
		return ret;
	case RECORD_RANGE:
		snprintf(ret, RECORD_TEXT_SIZE, "the range '%.80s'", row->range.name);
		return ret;
	case RECORD_PROJECT:
		snprintf(ret, RECORD_TEXT_SIZE, "the project '%.80s'", row->project.name);
		return ret;
	case RECORD_INSTANCE:
		snprintf(ret, RECORD_TEXT_SIZE, "the instance '%.80s@%u'",
			 row->instance.project ? row->instance.project : "?", row->instance.number);
		return ret;
	case RECORD_BLOCK:
		snprintf(ret, RECORD_TEXT_SIZE, "the block %u-%u of host '%.80s'",
			 row->block.ports.first, row->block.ports.last, row->block.host);
		return ret;
	case RECORD_RESERVED:
		snprintf(ret, RECORD_TEXT_SIZE, "the reserved ports %u-%u",
			 row->reserved.ports.first, row->reserved.ports.last);
		return ret;
	case RECORD_ALLOCATION:
		snprintf(ret, RECORD_TEXT_SIZE, "the %sport %u of '%.80s@%u/%.80s' (id %.40s)",
			 e->status == STATUS_RELEASED ? "released " : "", e->port,
			 e->project ? e->project : "?", e->instance, e->service, e->id);
		return ret;
	case RECORD_CHECK:
		snprintf(ret, RECORD_TEXT_SIZE, "the check %lld", (long long)row->check.id);
		return ret;
	case RECORD_EVENT:
		snprintf(ret, RECORD_TEXT_SIZE, "the event %lld", (long long)row->event.seq);
		return ret;
	}
	__builtin_unreachable();
}
