#include "book/layout.h"

#include <assert.h>
#include <portbook.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "ports/port_range.h"

/* ---- JSON into a struct: `at` is the member's place, `value` may be NULL ---- */

typedef bool read_fn(const struct member *m, const json_t *value, void *at, struct arena *a);

static const char *text_of(const json_t *value)
{
	const char *text = json_string_value(value);

	return text ? text : "";
}

static bool read_text(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	*(const char **)at = text_of(value);
	return true;
}

static bool read_chars(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	const char *text = text_of(value);

	if (strlen(text) < m->room)
		memcpy(at, text, strlen(text) + 1);
	return true;
}

static bool read_flag(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	*(bool *)at = json_is_true(value);
	return true;
}

static bool read_port(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	*(uint16_t *)at = (uint16_t)json_integer_value(value);
	return true;
}

static bool read_count(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	*(uint32_t *)at = (uint32_t)json_integer_value(value);
	return true;
}

static bool read_number(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	*(int64_t *)at = json_is_integer(value) ? json_integer_value(value) : -1;
	return true;
}

static bool read_pid(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	*(int32_t *)at = (int32_t)json_integer_value(value);
	return true;
}

static bool read_time(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	int64_t ms = 0;

	if (json_is_string(value) && time_parse(json_string_value(value), &ms, NULL))
		*(int64_t *)at = ms;
	return true;
}

static bool read_word(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	for (const struct word *w = m->words; w->name; w++)
		if (!strcmp(w->name, text_of(value)))
			*(int32_t *)at = w->number;
	return true;
}

/* What all lists of portbook.h look like. */
struct list {
	size_t count;
	void *items;
};

/* Room for the items; NULL when there are none, which is no failure unless `count` is set. */
static bool list_room(struct list *list, size_t count, size_t item_size, struct arena *a)
{
	list->count = count;
	list->items = count ? arena_alloc(a, count * item_size) : NULL;
	return list->items || !count;
}

static bool read_texts(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	struct list *list = at;
	const char **items;

	if (!list_room(list, json_array_size(value), sizeof(*items), a))
		return false;
	items = list->items;
	for (size_t i = 0; i < list->count; i++)
		items[i] = text_of(json_array_get(value, i));
	return true;
}

static bool read_ports(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	struct list *list = at;
	uint16_t *items;

	if (!list_room(list, json_array_size(value), sizeof(*items), a))
		return false;
	items = list->items;
	for (size_t i = 0; i < list->count; i++)
		items[i] = (uint16_t)json_integer_value(json_array_get(value, i));
	return true;
}

static bool read_stretches(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	struct list *list = at;
	struct portbook_stretch *items;
	struct port_range r;

	if (!list_room(list, json_array_size(value), sizeof(*items), a))
		return false;
	items = list->items;
	for (size_t i = 0; i < list->count; i++)
		if (port_range_parse(text_of(json_array_get(value, i)), &r, NULL))
			items[i] = (struct portbook_stretch){ r.first, r.last };
	return true;
}

/* A fact is a text; of anything else that a program has put there, its JSON. */
static bool read_fact(const char *name, const json_t *value, struct portbook_fact *ret,
		      struct arena *a)
{
	CLEANUP(text_release) struct text json = { 0 };

	ret->name = name;
	ret->value = json_string_value(value);
	if (ret->value)
		return true;
	text_add_json(&json, value, JSON_COMPACT | JSON_ENCODE_ANY);
	ret->value = text_ok(&json) ? arena_copy(a, text_str(&json)) : NULL;
	return ret->value;
}

static bool read_facts(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	struct list *list = at;
	struct portbook_fact *items;
	const char *name;
	json_t *fact;

	if (!list_room(list, json_object_size(value), sizeof(*items), a))
		return false;
	items = list->items;
	if (!items)
		return true;
	json_object_foreach(json_walked(value), name, fact)
		if (!read_fact(name, fact, items++, a))
			return false;
	return true;
}

static bool read_object(const struct layout *layout, const json_t *object, void *ret,
			struct arena *a);

static bool read_one(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	void *one;

	if (!json_is_object(value))
		return true;
	one = arena_alloc(a, m->layout->size);
	if (!one || !read_object(m->layout, value, one, a))
		return false;
	*(void **)at = one;
	return true;
}

static bool read_many(const struct member *m, const json_t *value, void *at, struct arena *a)
{
	struct list *list = at;
	void **items;

	if (!list_room(list, json_array_size(value), sizeof(*items), a))
		return false;
	items = list->items;
	for (size_t i = 0; i < list->count; i++) {
		items[i] = arena_alloc(a, m->layout->size);
		if (!items[i] || !read_object(m->layout, json_array_get(value, i), items[i], a))
			return false;
	}
	return true;
}

static read_fn *const readers[] = {
	[MEMBER_TEXT] = read_text,   [MEMBER_CHARS] = read_chars,
	[MEMBER_FLAG] = read_flag,   [MEMBER_PORT] = read_port,
	[MEMBER_COUNT] = read_count, [MEMBER_NUMBER] = read_number,
	[MEMBER_PID] = read_pid,     [MEMBER_TIME] = read_time,
	[MEMBER_WORD] = read_word,   [MEMBER_TEXTS] = read_texts,
	[MEMBER_PORTS] = read_ports, [MEMBER_STRETCHES] = read_stretches,
	[MEMBER_FACTS] = read_facts, [MEMBER_ONE] = read_one,
	[MEMBER_MANY] = read_many,
};
static_assert(ARRAY_LEN(readers) == MEMBER_KIND_COUNT, "a kind of member cannot be read");

static bool read_object(const struct layout *layout, const json_t *object, void *ret,
			struct arena *a)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct member *m = &layout->members[i];

		if (!readers[m->kind](m, json_object_get(object, m->key), (char *)ret + m->offset,
				      a))
			return false;
	}
	return true;
}

bool layout_read(const struct layout *layout, const json_t *object, void *ret, struct arena *a,
		 struct err *err)
{
	return read_object(layout, object, ret, a) || fail_memory(err);
}

/* ---- a struct into JSON: `at` is the member's place; what says nothing is left out ---- */

typedef bool write_fn(const struct member *m, const void *at, json_t *object, struct err *err);

static bool set(json_t *object, const char *key, json_t *value, struct err *err)
{
	return json_put(object, key, value) || fail_memory(err);
}

static bool check_text(const char *what, const char *text, struct err *err)
{
	return utf8_is_valid(text, strlen(text)) ||
	       fail(err, ERR_INVALID, "'%s' is not valid UTF-8", what);
}

static bool write_text(const struct member *m, const void *at, json_t *object, struct err *err)
{
	const char *text = *(const char *const *)at;

	return !text ||
	       (check_text(m->key, text, err) && set(object, m->key, json_string(text), err));
}

static bool write_flag(const struct member *m, const void *at, json_t *object, struct err *err)
{
	return !*(const bool *)at || set(object, m->key, json_true(), err);
}

static bool write_port(const struct member *m, const void *at, json_t *object, struct err *err)
{
	uint16_t port = *(const uint16_t *)at;

	return !port || set(object, m->key, json_integer(port), err);
}

static bool write_count(const struct member *m, const void *at, json_t *object, struct err *err)
{
	uint32_t count = *(const uint32_t *)at;

	return !count || set(object, m->key, json_integer(count), err);
}

static bool write_word(const struct member *m, const void *at, json_t *object, struct err *err)
{
	int32_t number = *(const int32_t *)at;

	if (!number)
		return true;
	for (const struct word *w = m->words; w->name; w++)
		if (w->number == number)
			return set(object, m->key, json_string(w->name), err);
	return fail(err, ERR_INVALID, "%d is not a value of '%s'", (int)number, m->key);
}

static bool write_fact(const struct portbook_fact *fact, json_t *facts, struct err *err)
{
	if (!fact->name || !*fact->name)
		return fail(err, ERR_INVALID, "a fact of 'metadata' has no name");
	return check_text("metadata", fact->name, err) &&
	       (!fact->value || check_text(fact->name, fact->value, err)) &&
	       set(facts, fact->name, fact->value ? json_string(fact->value) : json_null(), err);
}

static bool write_facts(const struct member *m, const void *at, json_t *object, struct err *err)
{
	const struct portbook_facts *given = at;
	json_t *facts;

	if (!given->count)
		return true;
	if (!given->items)
		return fail(err, ERR_INVALID, "'%s' is NULL and is said to have %zu", m->key,
			    given->count);
	facts = json_object();
	if (!set(object, m->key, facts, err))
		return false;
	for (size_t i = 0; i < given->count; i++)
		if (!write_fact(&given->items[i], facts, err))
			return false;
	return true;
}

static write_fn *const writers[MEMBER_KIND_COUNT] = {
	[MEMBER_TEXT] = write_text,   [MEMBER_FLAG] = write_flag, [MEMBER_PORT] = write_port,
	[MEMBER_COUNT] = write_count, [MEMBER_WORD] = write_word, [MEMBER_FACTS] = write_facts,
};

bool layout_write(const struct layout *layout, const void *from, json_t *object, struct err *err)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct member *m = &layout->members[i];

		if (!writers[m->kind](m, (const char *)from + m->offset, object, err))
			return false;
	}
	return true;
}
