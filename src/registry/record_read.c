#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "ports/name.h"
#include "registry/record_fields.h"

static const char *text_at(const void *at)
{
	const char *text;

	memcpy(&text, at, sizeof(text));
	return text;
}

static bool fail_field(const struct field *f, const char *what, struct err *err)
{
	return fail(err, ERR_INVALID, "'%s' is not %s", f->name, what);
}

/* A whole number, also as text. */
static bool number_of(const json_t *value, int64_t *ret)
{
	const char *text = json_string_value(value);
	uint64_t n;

	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return true;
	}
	if (!text || !eat_number(&text, INT64_MAX, &n) || !eat_end(&text))
		return false;
	*ret = (int64_t)n;
	return true;
}

static bool is_none(const json_t *value)
{
	return !value || json_is_null(value) ||
	       (json_is_string(value) && !*json_string_value(value));
}

static bool number_within(const struct field *f, const json_t *value, int64_t least, int64_t most,
			  int64_t *ret, struct err *err)
{
	return (number_of(value, ret) && *ret >= least && *ret <= most) ||
	       fail(err, ERR_INVALID, "'%s' is not a whole number from %lld to %lld", f->name,
		    (long long)least, (long long)most);
}

static bool read_text(const struct field *f, const json_t *value, struct arena *a, void *at,
		      struct err *err)
{
	const char *text = is_none(value) ? NULL : json_string_value(value);

	(void)a;
	if (!text && !is_none(value))
		return fail_field(f, "a text", err);
	if (!text && f->kind != TEXT)
		return fail(err, ERR_INVALID, "'%s' is missing", f->name);
	memcpy(at, &text, sizeof(text));
	return true;
}

static bool read_name(const struct field *f, const json_t *value, struct arena *a, void *at,
		      struct err *err)
{
	char folded[NAME_SIZE];

	if (!read_text(f, value, a, at, err) || !name_fold(f->name, text_at(at), folded, err))
		return false;
	return !strcmp(folded, text_at(at)) || fail_field(f, "in small letters", err);
}

static bool read_document(const struct field *f, const json_t *value, struct arena *a, void *at,
			  struct err *err)
{
	CLEANUP(json_text_cleanup) char *formatted = NULL;
	const char *text;

	if (!json_is_object(value))
		return read_text(&(struct field){ f->name, TEXT, f->at }, value, a, at, err);
	if (!json_format(value, &formatted, err))
		return false;
	text = arena_copy(a, formatted);
	if (!text)
		return fail_memory(err);
	memcpy(at, &text, sizeof(text));
	return true;
}

static bool read_time(const struct field *f, const json_t *value, struct arena *a, void *at,
		      struct err *err)
{
	int64_t ms = 0;

	(void)a;
	if (!is_none(value) && !number_of(value, &ms) &&
	    (!json_is_string(value) || !time_parse(json_string_value(value), &ms, NULL)))
		return fail_field(f, "a time like 2026-12-31T12:00:00Z", err);
	memcpy(at, &ms, sizeof(ms));
	return true;
}

static bool read_big(const struct field *f, const json_t *value, struct arena *a, void *at,
		     struct err *err)
{
	int64_t n = -1;

	(void)a;
	if ((f->kind == BIG || !is_none(value)) &&
	    !number_within(f, value, f->kind == BIG, INT64_MAX, &n, err))
		return false;
	memcpy(at, &n, sizeof(n));
	return true;
}

static bool read_count(const struct field *f, const json_t *value, struct arena *a, void *at,
		       struct err *err)
{
	bool from_one = f->kind == FROM_ONE;
	unsigned count;
	int64_t n;

	(void)a;
	if (!number_within(f, value, from_one, from_one ? INSTANCE_MAX : UINT16_MAX, &n, err))
		return false;
	count = (unsigned)n;
	memcpy(at, &count, sizeof(count));
	return true;
}

static bool read_number(const struct field *f, const json_t *value, struct arena *a, void *at,
			struct err *err)
{
	int64_t n = -1;
	int number;

	(void)a;
	if (!is_none(value) && !number_within(f, value, 0, UINT16_MAX, &n, err))
		return false;
	number = (int)n;
	memcpy(at, &number, sizeof(number));
	return true;
}

static bool read_port(const struct field *f, const json_t *value, struct arena *a, void *at,
		      struct err *err)
{
	int64_t n = 0;
	uint16_t port;

	(void)a;
	if ((f->kind == PORT || !is_none(value)) &&
	    !number_within(f, value, 1, UINT16_MAX, &n, err))
		return false;
	port = (uint16_t)n;
	memcpy(at, &port, sizeof(port));
	return true;
}

static bool read_yes_no(const struct field *f, const json_t *value, struct arena *a, void *at,
			struct err *err)
{
	const char *text = json_string_value(value);
	bool yes = json_is_true(value) || (text && !strcmp(text, "true"));

	(void)a;
	/* A spreadsheet writes its own words in capitals. */
	yes = yes || (text && !strcmp(text, "TRUE"));
	if (!yes && !json_is_false(value) && !is_none(value) &&
	    (!text || (strcmp(text, "false") != 0 && strcmp(text, "FALSE") != 0)))
		return fail_field(f, "true or false", err);
	memcpy(at, &yes, sizeof(yes));
	return true;
}

static bool read_choice(const struct field *f, const json_t *value, struct arena *a, void *at,
			struct err *err)
{
	const char *text = json_string_value(value);

	(void)a;
	if (text && f->kind == PROTOCOL && protocol_from_name(text, at))
		return true;
	if (text && f->kind == STATUS && entry_status_from_name(text, at))
		return true;
	if (text && f->kind == PROJECT_STATUS && project_status_from_name(text, at))
		return true;
	return fail(err, ERR_INVALID, "'%.40s' is no %s", text ? text : "", f->name);
}

typedef bool read_fn(const struct field *f, const json_t *value, struct arena *a, void *at,
		     struct err *err);
static read_fn *const readers[] = {
	[TEXT] = read_text,
	[WORD] = read_text,
	[NAME] = read_name,
	[DOCUMENT] = read_document,
	[OBJECT] = read_document,
	[TIME] = read_time,
	[BIG] = read_big,
	[BIG_OR_NONE] = read_big,
	[COUNT] = read_count,
	[FROM_ONE] = read_count,
	[NUMBER_OR_NONE] = read_number,
	[PORT] = read_port,
	[PORT_OR_NONE] = read_port,
	[YES_NO] = read_yes_no,
	[PROTOCOL] = read_choice,
	[STATUS] = read_choice,
	[PROJECT_STATUS] = read_choice,
};
static_assert(ARRAY_LEN(readers) == FIELD_KIND_COUNT, "a kind of field has no reader");

static bool knows_members(const struct field *fields, const json_t *row, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_walked(row), name, value) {
		const struct field *f = fields;

		while (f->name && strcmp(f->name, name) != 0)
			f++;
		if (!f->name)
			return fail(err, ERR_INVALID, "there is no '%.80s' in such a row", name);
	}
	return true;
}

/* What no row of a book can say, as its own statements would refuse it. */
static bool makes_sense(const struct record *r, struct err *err)
{
	const struct port_range *ports = r->kind == RECORD_BLOCK      ? &r->block.ports
					 : r->kind == RECORD_RESERVED ? &r->reserved.ports
					 : r->kind == RECORD_RANGE    ? &r->range.ports
								      : NULL;
	const struct entry *e = &r->allocation;

	if (ports && ports->first > ports->last)
		return fail(err, ERR_INVALID, "the ports %u-%u run backwards", ports->first,
			    ports->last);
	if (r->kind == RECORD_ALLOCATION &&
	    (e->status == STATUS_RELEASED) != (e->released_at_ms != 0))
		return fail(err, ERR_INVALID,
			    "'status' and 'releasedAt' contradict each other: only what was "
			    "released has such a time");
	return true;
}

bool record_read(enum record_kind kind, const json_t *row, struct arena *a, struct record *ret,
		 struct err *err)
{
	struct record r = { .kind = kind };

	if (!json_is_object(row))
		return fail(err, ERR_INVALID, "a row has to be an object");
	if (!knows_members(record_fields(kind), row, err))
		return false;
	for (const struct field *f = record_fields(kind); f->name; f++)
		if (!readers[f->kind](f, json_object_get(row, f->name), a, (char *)&r + f->at, err))
			return false;
	/* A value that is empty is a value. */
	if (kind == RECORD_SETTING && !r.setting.value)
		r.setting.value = "";
	if (kind == RECORD_RANGE && !r.range.rule)
		r.range.rule = "";
	if (!makes_sense(&r, err))
		return false;
	*ret = r;
	return true;
}
