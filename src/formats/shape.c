#include "formats/shape.h"

#include <assert.h>
#include <string.h>

#include "base/cursor.h"
#include "base/utf8.h"
#include "ports/name.h"
#include "ports/port_range.h"

/* --- one value */

static bool refuse_extras(const struct shape_reader *r, struct err *err)
{
	const struct yaml *y = &r->yaml;

	if (y->has_anchor || y->kind == YAML_ALIAS)
		return yaml_fail(y, err, "%s holds no anchors and no aliases", r->document);
	return !y->has_tag || yaml_fail(y, err, "%s holds no tags", r->document);
}

const char *shape_scalar(const struct shape_reader *r, const struct shape_key *key, struct err *err)
{
	if (!refuse_extras(r, err))
		return NULL;
	if (r->yaml.kind != YAML_SCALAR) {
		yaml_fail(&r->yaml, err, "'%s' takes one value", key->name);
		return NULL;
	}
	if (r->yaml.is_long) {
		yaml_fail(&r->yaml, err, "'%s' takes a value on one line", key->name);
		return NULL;
	}
	return text_str(&r->yaml.text);
}

const char *shape_line(const struct shape_reader *r, const struct shape_key *key, uint64_t max,
		       struct err *err)
{
	const char *s = shape_scalar(r, key, err);
	size_t len = s ? strlen(s) : 0;

	if (len > max) {
		yaml_fail(&r->yaml, err, "'%s' is longer than %u bytes", key->name, (unsigned)max);
		return NULL;
	}
	if (s && !utf8_is_printable(s, len)) {
		yaml_fail(&r->yaml, err, "'%s' is one line without control characters", key->name);
		return NULL;
	}
	return s;
}

bool shape_fail_here(const struct shape_reader *r, struct err *err)
{
	char why[ERR_TEXT_SIZE];

	if (!err)
		return false;
	memcpy(why, err->text, sizeof(why));
	return yaml_fail(&r->yaml, err, "%s", why);
}

bool shape_set_name(struct shape_reader *r, const struct shape_key *key, void *field,
		    struct err *err)
{
	const char *s = shape_scalar(r, key, err);
	char name[NAME_SIZE];

	if (!s)
		return false;
	if (!name_fold(key->what, s, name, err))
		return shape_fail_here(r, err);
	memcpy(field, name, sizeof(name));
	return yaml_next(&r->yaml, err);
}

bool shape_set_text(struct shape_reader *r, const struct shape_key *key, void *field,
		    struct err *err)
{
	const char *s = shape_line(r, key, key->max, err);
	const char *copy = s ? arena_copy(r->arena, s) : NULL;

	if (!s)
		return false;
	if (!*s)
		return yaml_fail(&r->yaml, err, "'%s' is empty", key->name);
	if (!copy)
		return fail_memory(err);
	*(const char **)field = copy;
	return yaml_next(&r->yaml, err);
}

bool shape_number(struct shape_reader *r, const struct shape_key *key, uint64_t max, uint64_t *ret,
		  struct err *err)
{
	const char *s = shape_scalar(r, key, err);
	const char *at = s;

	if (!s)
		return false;
	if (!eat_number(&at, max, ret) || !eat_end(&at))
		return yaml_fail(&r->yaml, err, "'%s' is a number from 0 to %llu, not '%.80s'",
				 key->name, (unsigned long long)max, s);
	return yaml_next(&r->yaml, err);
}

bool shape_set_unsigned(struct shape_reader *r, const struct shape_key *key, void *field,
			struct err *err)
{
	uint64_t n = 0;

	if (!shape_number(r, key, key->max, &n, err))
		return false;
	*(unsigned *)field = (unsigned)n;
	return true;
}

bool shape_set_int(struct shape_reader *r, const struct shape_key *key, void *field,
		   struct err *err)
{
	uint64_t n = 0;

	if (!shape_number(r, key, key->max, &n, err))
		return false;
	*(int *)field = (int)n;
	return true;
}

bool shape_set_port(struct shape_reader *r, const struct shape_key *key, void *field,
		    struct err *err)
{
	const char *s = shape_scalar(r, key, err);

	if (!s)
		return false;
	if (!port_parse(s, field, err))
		return shape_fail_here(r, err);
	return yaml_next(&r->yaml, err);
}

/* "tcp, udp or both" */
static void add_words(struct text *t, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		text_addf(t, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

/* The index of the value at hand among `words`. */
static bool one_of(struct shape_reader *r, const struct shape_key *key, const char *const *words,
		   unsigned *ret, struct err *err)
{
	const char *s = shape_scalar(r, key, err);
	CLEANUP(text_release) struct text list = { 0 };

	if (!s)
		return false;
	for (unsigned i = 0; words[i]; i++)
		if (!strcmp(words[i], s)) {
			*ret = i;
			return yaml_next(&r->yaml, err);
		}
	add_words(&list, words);
	return yaml_fail(&r->yaml, err, "'%s' is %s, not '%.80s'", key->name, text_str(&list), s);
}

bool shape_set_choice(struct shape_reader *r, const struct shape_key *key, void *field,
		      struct err *err)
{
	unsigned i = 0;

	if (!one_of(r, key, key->words, &i, err))
		return false;
	*(unsigned *)field = i;
	return true;
}

bool shape_set_flag(struct shape_reader *r, const struct shape_key *key, void *field,
		    struct err *err)
{
	static const char *const words[] = { "false", "true", NULL };
	unsigned i = 0;

	if (!one_of(r, key, words, &i, err))
		return false;
	*(bool *)field = i == 1;
	return true;
}

/* --- mappings */

static const struct shape_key *key_named(const struct shape *shape, const char *name)
{
	for (size_t i = 0; i < shape->n_keys; i++)
		if (!strcmp(shape->keys[i].name, name))
			return &shape->keys[i];
	return NULL;
}

/* The key that was meant: what others call so, else the nearest name. */
static const char *nearest(const struct shape *shape, const char *name)
{
	const char *found = shape->keys[0].name;
	unsigned least = UINT32_MAX;

	for (size_t i = 0; i < shape->n_keys; i++) {
		unsigned d = name_distance(name, shape->keys[i].name, NAME_SIZE);

		if (shape->keys[i].also && !strcmp(shape->keys[i].also, name))
			return shape->keys[i].name;
		if (d < least) {
			least = d;
			found = shape->keys[i].name;
		}
	}
	return found;
}

static bool fail_unknown(const struct shape_reader *r, const struct shape *shape, struct err *err)
{
	const char *name = text_str(&r->yaml.text);

	return yaml_fail(&r->yaml, err, "%s has no key '%.80s': the nearest is '%s'", shape->what,
			 utf8_is_printable(name, strlen(name)) ? name : "...",
			 nearest(shape, name));
}

/* The key at hand; NULL: it may not stand here, and `err` says why. */
static const struct shape_key *key_at_hand(const struct shape_reader *r, const struct shape *shape,
					   uint64_t seen, struct err *err)
{
	const struct shape_key *key;

	if (!refuse_extras(r, err))
		return NULL;
	if (r->yaml.kind != YAML_SCALAR) {
		yaml_fail(&r->yaml, err, "a key of %s is one word", shape->what);
		return NULL;
	}
	key = key_named(shape, text_str(&r->yaml.text));
	if (!key) {
		fail_unknown(r, shape, err);
		return NULL;
	}
	if (seen >> (key - shape->keys) & 1) {
		yaml_fail(&r->yaml, err, "'%s' stands twice in %s", key->name, shape->what);
		return NULL;
	}
	return key;
}

static bool has_required(const struct shape *shape, uint64_t seen, struct err *err)
{
	for (size_t i = 0; i < shape->n_keys; i++)
		if (shape->keys[i].required && !(seen >> i & 1))
			return fail(err, ERR_INVALID, "%s has no '%s'", shape->what,
				    shape->keys[i].name);
	return true;
}

static bool read_mapping(struct shape_reader *r, const struct shape *shape, void *object,
			 struct err *err)
{
	const struct shape_reader start = *r; /* for the place only */
	uint64_t seen = 0;

	assert(shape->n_keys <= 64);
	if (!refuse_extras(r, err))
		return false;
	if (r->yaml.kind != YAML_MAP)
		return yaml_fail(&r->yaml, err, "%s is written as 'key: value' lines", shape->what);
	if (shape->init)
		shape->init(object);
	if (shape->line_at != SHAPE_NOWHERE)
		*(unsigned *)((char *)object + shape->line_at) = r->yaml.line;
	if (!yaml_next(&r->yaml, err))
		return false;
	while (r->yaml.kind != YAML_MAP_END) {
		const struct shape_key *key = key_at_hand(r, shape, seen, err);

		if (!key || !yaml_next(&r->yaml, err) ||
		    !key->set(r, key, (char *)object + key->at, err))
			return false;
		seen |= UINT64_C(1) << (key - shape->keys);
	}
	if (!has_required(shape, seen, err))
		return shape_fail_here(&start, err);
	return yaml_next(&r->yaml, err);
}

/* --- lists */

bool shape_set_shaped(struct shape_reader *r, const struct shape_key *key, void *field,
		      struct err *err)
{
	return read_mapping(r, key->shape, field, err);
}

static bool is_null(const struct yaml *y)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (y->kind == YAML_SCALAR && !y->is_quoted && !y->is_long &&
		    !strcmp(text_str(&y->text), words[i]))
			return true;
	return false;
}

bool shape_set_shaped_or_null(struct shape_reader *r, const struct shape_key *key, void *field,
			      struct err *err)
{
	if (!is_null(&r->yaml))
		return shape_set_shaped(r, key, field, err);
	return refuse_extras(r, err) && yaml_next(&r->yaml, err);
}

/*
 * A list's field is its first item; the count stands beside it in the same
 * struct, at a distance that the key knows.
 */
static unsigned *count_of(const struct shape_key *key, void *field)
{
	return (unsigned *)((char *)field - key->at + key->count_at);
}

static void *new_item(const struct shape_reader *r, const struct shape_key *key, void *field,
		      struct err *err)
{
	unsigned count = *count_of(key, field);

	if (count < key->max)
		return (char *)field + count * key->size;
	yaml_fail(&r->yaml, err, "'%s' has more than %u entries", key->name, (unsigned)key->max);
	return NULL;
}

/* One of them, read as `item` says. */
static bool set_item(struct shape_reader *r, const struct shape_key *key, void *field,
		     struct err *err)
{
	struct shape_key one = *key;

	one.max = key->item_max;
	return key->item(r, &one, field, err);
}

bool shape_set_list(struct shape_reader *r, const struct shape_key *key, void *field,
		    struct err *err)
{
	if (!refuse_extras(r, err))
		return false;
	if (r->yaml.kind != YAML_LIST)
		return yaml_fail(&r->yaml, err, "'%s' takes a list", key->name);
	if (!yaml_next(&r->yaml, err))
		return false;
	while (r->yaml.kind != YAML_LIST_END) {
		void *item = new_item(r, key, field, err);

		if (!item || !set_item(r, key, item, err))
			return false;
		++*count_of(key, field);
	}
	return yaml_next(&r->yaml, err);
}

/* The name of a pair: a name, or where none is asked for any line that fits. */
static bool set_pair_name(struct shape_reader *r, const struct shape_key *key, char *item,
			  struct err *err)
{
	const char *s;

	if (key->what)
		return shape_set_name(r, key, item, err);
	s = shape_line(r, key, NAME_SIZE - 1, err);
	if (!s)
		return false;
	if (!*s)
		return yaml_fail(&r->yaml, err, "'%s' has an empty name", key->name);
	memcpy(item, s, strlen(s) + 1);
	return yaml_next(&r->yaml, err);
}

static void keep_place(const struct shape_key *key, char *item, const struct yaml *y)
{
	const struct shape_place place = { y->line, y->column };

	if (key->place_at)
		memcpy(item + key->place_at, &place, sizeof(place));
}

static bool is_there(const struct shape_key *key, void *field, const char *name)
{
	for (unsigned i = 0; i < *count_of(key, field); i++)
		if (!strcmp((char *)field + i * key->size, name))
			return true;
	return false;
}

bool shape_set_pairs(struct shape_reader *r, const struct shape_key *key, void *field,
		     struct err *err)
{
	if (!refuse_extras(r, err))
		return false;
	if (r->yaml.kind != YAML_MAP)
		return yaml_fail(&r->yaml, err, "'%s' takes 'name: value' lines", key->name);
	if (!yaml_next(&r->yaml, err))
		return false;
	while (r->yaml.kind != YAML_MAP_END) {
		const struct shape_reader start = *r; /* for the place only */
		char *item = new_item(r, key, field, err);

		if (!item || !set_pair_name(r, key, item, err))
			return false;
		if (is_there(key, field, item))
			return yaml_fail(&start.yaml, err, "'%s' stands twice in '%s'", item,
					 key->name);
		keep_place(key, item, &start.yaml);
		if (!set_item(r, key, item + key->value_at, err))
			return false;
		++*count_of(key, field);
	}
	return yaml_next(&r->yaml, err);
}

bool shape_read(const char *bytes, size_t len, const char *file, const struct shape *shape,
		struct arena *arena, void *object, struct err *err)
{
	struct shape_reader r = { .document = shape->what, .arena = arena };
	bool ok = yaml_open(&r.yaml, bytes, len, file, err);

	if (ok && r.yaml.kind == YAML_END)
		ok = yaml_fail(&r.yaml, err, "there is no %s in it", shape->what + strlen("a "));
	ok = ok && read_mapping(&r, shape, object, err);
	yaml_release(&r.yaml);
	return ok;
}
