/*
 * How it works: a struct of the policy is described by a table of its keys, and
 * a key by the function that reads its value straight into the struct's field.
 * Lists are fields too: their key says where the count stands and what one item
 * is.  The reader goes down only where a table leads, so a file cannot make it
 * go deep.
 */
#include "formats/policy_yaml.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/utf8.h"
#include "formats/yaml.h"

struct key;

/* Reads the value at hand into `field` and steps past it. */
typedef bool set_fn(struct yaml *y, const struct key *key, void *field, struct err *err);

#define NOWHERE SIZE_MAX

/* What a mapping may hold. */
struct shape {
	const char *what; /* "a range", for messages */
	const struct key *keys;
	size_t n_keys;
	size_t line_at;		    /* the field for the line it starts on; NOWHERE: none */
	void (*init)(void *object); /* NULL: zero */
};

struct key {
	const char *name;
	const char *what; /* of a value that is a name: what it names */
	set_fn *set;
	size_t at; /* of the field in its struct */
	bool required;
	uint64_t max; /* of a number; of a list: how many items */
	/* Lists only. */
	size_t count_at; /* of the unsigned that counts them, in the same struct */
	size_t size;	 /* of one item */
	set_fn *item;
	const struct shape *shape; /* of an item that is a mapping */
	size_t value_at;	   /* of an item that is "name: value": where the value goes */
};

/* --- one value */

static bool refuse_extras(const struct yaml *y, struct err *err)
{
	if (y->has_anchor || y->kind == YAML_ALIAS)
		return yaml_fail(y, err, "a policy holds no anchors and no aliases");
	return !y->has_tag || yaml_fail(y, err, "a policy holds no tags");
}

/* The value at hand as text; NULL: it is none, and `err` says so. */
static const char *scalar(const struct yaml *y, const struct key *key, struct err *err)
{
	if (!refuse_extras(y, err))
		return NULL;
	if (y->kind != YAML_SCALAR) {
		yaml_fail(y, err, "'%s' takes one value", key->name);
		return NULL;
	}
	if (y->is_long) {
		yaml_fail(y, err, "'%s' takes a value on one line", key->name);
		return NULL;
	}
	return text_str(&y->text);
}

/* Another parser has refused the value: say where it stands. */
static bool fail_here(const struct yaml *y, struct err *err)
{
	char why[ERR_TEXT_SIZE];

	if (!err)
		return false;
	memcpy(why, err->text, sizeof(why));
	return yaml_fail(y, err, "%s", why);
}

static bool set_name(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	const char *s = scalar(y, key, err);
	char name[NAME_SIZE];

	if (!s)
		return false;
	if (!name_fold(key->what, s, name, err))
		return fail_here(y, err);
	memcpy(field, name, sizeof(name));
	return yaml_next(y, err);
}

static bool set_text(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	const char *s = scalar(y, key, err);
	size_t len;

	if (!s)
		return false;
	len = strlen(s);
	if (len >= POLICY_TEXT_SIZE)
		return yaml_fail(y, err, "'%s' is longer than %d bytes", key->name,
				 POLICY_TEXT_SIZE - 1);
	if (!utf8_is_printable(s, len))
		return yaml_fail(y, err, "'%s' is one line without control characters", key->name);
	memcpy(field, s, len + 1);
	return yaml_next(y, err);
}

static bool number(struct yaml *y, const struct key *key, uint64_t max, uint64_t *ret,
		   struct err *err)
{
	const char *s = scalar(y, key, err);
	const char *at = s;

	if (!s)
		return false;
	if (!eat_number(&at, max, ret) || !eat_end(&at))
		return yaml_fail(y, err, "'%s' is a number from 0 to %llu, not '%.80s'", key->name,
				 (unsigned long long)max, s);
	return yaml_next(y, err);
}

static bool set_unsigned(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	uint64_t n = 0;

	if (!number(y, key, key->max, &n, err))
		return false;
	*(unsigned *)field = (unsigned)n;
	return true;
}

static bool set_int(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	uint64_t n = 0;

	if (!number(y, key, key->max, &n, err))
		return false;
	*(int *)field = (int)n;
	return true;
}

static bool set_offset(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	uint64_t n = 0;

	if (!number(y, key, UINT16_MAX, &n, err))
		return false;
	*(uint16_t *)field = (uint16_t)n;
	return true;
}

static bool set_port(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	const char *s = scalar(y, key, err);

	if (!s)
		return false;
	if (!port_parse(s, field, err))
		return fail_here(y, err);
	return yaml_next(y, err);
}

static bool set_range(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	const char *s = scalar(y, key, err);

	if (!s)
		return false;
	if (!port_range_parse(s, field, err))
		return fail_here(y, err);
	return yaml_next(y, err);
}

static bool set_duration(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	const char *s = scalar(y, key, err);

	if (!s)
		return false;
	if (!strcmp(s, "0") || !strcmp(s, "0s")) /* no time at all: none elsewhere, fine here */
		*(int64_t *)field = 0;
	else if (!duration_parse(s, field, err))
		return fail_here(y, err);
	return yaml_next(y, err);
}

/* The index of the value at hand among `words`. */
static bool one_of(struct yaml *y, const struct key *key, const char *const words[2], unsigned *ret,
		   struct err *err)
{
	const char *s = scalar(y, key, err);

	if (!s)
		return false;
	for (unsigned i = 0; i < 2; i++)
		if (!strcmp(words[i], s)) {
			*ret = i;
			return yaml_next(y, err);
		}
	return yaml_fail(y, err, "'%s' is %s or %s, not '%.80s'", key->name, words[0], words[1], s);
}

static bool set_flag(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	static const char *const words[] = { "false", "true" };
	unsigned i = 0;

	if (!one_of(y, key, words, &i, err))
		return false;
	*(bool *)field = i == 1;
	return true;
}

static bool set_slicing(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	static const char *const words[] = { [SLICES_EVEN] = "even", [SLICES_TOP] = "top" };
	unsigned i = 0;

	if (!one_of(y, key, words, &i, err))
		return false;
	*(enum slicing *)field = (enum slicing)i;
	return true;
}

static bool set_strategy(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	static const char *const words[] = {
		[STRATEGY_SEQUENTIAL] = "sequential", [STRATEGY_RANDOM] = "random"
	};
	unsigned i = 0;

	if (!one_of(y, key, words, &i, err))
		return false;
	*(enum strategy *)field = (enum strategy)i;
	return true;
}

/* --- mappings */

static const struct key *key_named(const struct shape *shape, const char *name)
{
	for (size_t i = 0; i < shape->n_keys; i++)
		if (!strcmp(shape->keys[i].name, name))
			return &shape->keys[i];
	return NULL;
}

static bool fail_unknown(const struct yaml *y, const struct shape *shape, struct err *err)
{
	const char *name = text_str(&y->text), *nearest = shape->keys[0].name;
	unsigned least = UINT32_MAX;

	for (size_t i = 0; i < shape->n_keys; i++) {
		unsigned d = name_distance(name, shape->keys[i].name, NAME_SIZE);

		if (d < least) {
			least = d;
			nearest = shape->keys[i].name;
		}
	}
	if (!utf8_is_printable(name, strlen(name)))
		name = "...";
	return yaml_fail(y, err, "%s has no key '%.80s': the nearest is '%s'", shape->what, name,
			 nearest);
}

/* The key at hand; NULL: it may not stand here, and `err` says why. */
static const struct key *key_at_hand(const struct yaml *y, const struct shape *shape, uint64_t seen,
				     struct err *err)
{
	const struct key *key;

	if (!refuse_extras(y, err))
		return NULL;
	if (y->kind != YAML_SCALAR) {
		yaml_fail(y, err, "a key of %s is one word", shape->what);
		return NULL;
	}
	key = key_named(shape, text_str(&y->text));
	if (!key) {
		fail_unknown(y, shape, err);
		return NULL;
	}
	if (seen >> (key - shape->keys) & 1) {
		yaml_fail(y, err, "'%s' stands twice in %s", key->name, shape->what);
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

static bool read_mapping(struct yaml *y, const struct shape *shape, void *object, struct err *err)
{
	const struct yaml start = *y; /* for the place only */
	uint64_t seen = 0;

	assert(shape->n_keys <= 64);
	if (!refuse_extras(y, err))
		return false;
	if (y->kind != YAML_MAP)
		return yaml_fail(y, err, "%s is written as 'key: value' lines", shape->what);
	if (shape->init)
		shape->init(object);
	if (shape->line_at != NOWHERE)
		*(unsigned *)((char *)object + shape->line_at) = y->line;
	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_MAP_END) {
		const struct key *key = key_at_hand(y, shape, seen, err);

		if (!key || !yaml_next(y, err) || !key->set(y, key, (char *)object + key->at, err))
			return false;
		seen |= UINT64_C(1) << (key - shape->keys);
	}
	if (!has_required(shape, seen, err))
		return fail_here(&start, err);
	return yaml_next(y, err);
}

/* --- lists */

static bool set_shaped(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	return read_mapping(y, key->shape, field, err);
}

/*
 * A list's field is its first item; the count stands beside it in the same
 * struct, at a distance that the key knows.
 */
static unsigned *count_of(const struct key *key, void *field)
{
	return (unsigned *)((char *)field - key->at + key->count_at);
}

static void *new_item(const struct yaml *y, const struct key *key, void *field, struct err *err)
{
	unsigned count = *count_of(key, field);

	if (count < key->max)
		return (char *)field + count * key->size;
	yaml_fail(y, err, "'%s' has more than %u entries", key->name, (unsigned)key->max);
	return NULL;
}

static bool set_list(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	if (!refuse_extras(y, err))
		return false;
	if (y->kind != YAML_LIST)
		return yaml_fail(y, err, "'%s' takes a list", key->name);
	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_LIST_END) {
		void *item = new_item(y, key, field, err);

		if (!item || !key->item(y, key, item, err))
			return false;
		++*count_of(key, field);
	}
	return yaml_next(y, err);
}

static bool is_there(const struct key *key, void *field, const char *name)
{
	for (unsigned i = 0; i < *count_of(key, field); i++)
		if (!strcmp((char *)field + i * key->size, name))
			return true;
	return false;
}

/* "name: value" lines: an item's struct starts with the name. */
static bool set_pairs(struct yaml *y, const struct key *key, void *field, struct err *err)
{
	if (!refuse_extras(y, err))
		return false;
	if (y->kind != YAML_MAP)
		return yaml_fail(y, err, "'%s' takes 'name: value' lines", key->name);
	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_MAP_END) {
		const struct yaml start = *y; /* for the place only */
		char *item = new_item(y, key, field, err);

		if (!item || !set_name(y, key, item, err))
			return false;
		if (is_there(key, field, item))
			return yaml_fail(&start, err, "'%s' stands twice in '%s'", item, key->name);
		if (!key->item(y, key, item + key->value_at, err))
			return false;
		++*count_of(key, field);
	}
	return yaml_next(y, err);
}

/* --- what a policy looks like */

#define FIELD(type, key_name, setter, field, ...)                                                \
	{                                                                                        \
		.name = key_name, .set = setter, .at = offsetof(struct type, field), __VA_ARGS__ \
	}
#define LIST(type, key_name, setter, item_setter, field, ...)                                    \
	{                                                                                        \
		.name = key_name, .set = setter, .item = item_setter,                            \
		.at = offsetof(struct type, field), .max = ARRAY_LEN(((struct type *)0)->field), \
		.size = sizeof(((struct type *)0)->field[0]),                                    \
		.count_at = offsetof(struct type, n_##field), __VA_ARGS__                        \
	}
#define SHAPE(words, table, line, function)                                                      \
	{                                                                                        \
		.what = (words), .keys = (table), .n_keys = ARRAY_LEN(table), .line_at = (line), \
		.init = (function)                                                               \
	}

static const struct key range_keys[] = {
	FIELD(policy_range, "name", set_name, name, .what = "range", .required = true),
	FIELD(policy_range, "description", set_text, description),
	FIELD(policy_range, "ports", set_range, ports, .required = true),
	LIST(policy_range, "except", set_list, set_range, except),
	FIELD(policy_range, "block", set_unsigned, block, .max = UINT16_MAX),
	FIELD(policy_range, "slice", set_unsigned, slice, .max = UINT16_MAX),
	FIELD(policy_range, "slices", set_slicing, slicing),
	FIELD(policy_range, "first-number", set_unsigned, first_number, .max = UINT16_MAX),
	LIST(policy_range, "roles", set_pairs, set_offset, roles, .what = "role",
	     .value_at = offsetof(struct policy_role, offset)),
	LIST(policy_range, "environments", set_list, set_name, environments, .what = "environment"),
	LIST(policy_range, "types", set_list, set_name, types, .what = "type"),
	FIELD(policy_range, "shared", set_flag, shared),
	FIELD(policy_range, "legacy", set_flag, legacy),
	FIELD(policy_range, "temporary", set_flag, temporary),
	FIELD(policy_range, "expires", set_duration, expires_ms),
	FIELD(policy_range, "cooldown", set_duration, cooldown_ms),
	FIELD(policy_range, "strategy", set_strategy, strategy),
	LIST(policy_range, "avoid", set_list, set_port, avoid),
};
static const struct shape range_shape = SHAPE("a range", range_keys,
					      offsetof(struct policy_range, line), NULL);

static const struct key reserved_keys[] = {
	FIELD(policy_reserved, "ports", set_range, ports, .required = true),
	FIELD(policy_reserved, "reason", set_text, reason, .required = true),
};
static const struct shape reserved_shape = SHAPE("a reserved port", reserved_keys,
						 offsetof(struct policy_reserved, line), NULL);

static void project_init(void *object)
{
	((struct policy_project *)object)->number = -1;
}

static const struct key project_keys[] = {
	FIELD(policy_project, "name", set_name, name, .what = "project", .required = true),
	FIELD(policy_project, "number", set_int, number, .max = UINT16_MAX),
};
static const struct shape project_shape = SHAPE(
	"a project", project_keys, offsetof(struct policy_project, line), project_init);

static const struct key service_keys[] = {
	FIELD(policy_service, "project", set_name, project, .what = "project", .required = true),
	FIELD(policy_service, "service", set_name, service, .what = "service", .required = true),
	FIELD(policy_service, "port", set_port, port, .required = true),
};
static const struct shape service_shape = SHAPE("a service", service_keys,
						offsetof(struct policy_service, line), NULL);

static void policy_init(void *object)
{
	memcpy(((struct policy *)object)->environment, "dev", sizeof("dev"));
}

static const struct key policy_keys[] = {
	FIELD(policy, "name", set_name, name, .what = "policy", .required = true),
	FIELD(policy, "description", set_text, description),
	FIELD(policy, "environment", set_name, environment, .what = "environment"),
	LIST(policy, "ranges", set_list, set_shaped, ranges, .shape = &range_shape,
	     .required = true),
	LIST(policy, "reserved", set_list, set_shaped, reserved, .shape = &reserved_shape),
	LIST(policy, "aliases", set_pairs, set_name, aliases, .what = "type",
	     .value_at = offsetof(struct policy_alias, type)),
	LIST(policy, "purposes", set_list, set_name, purposes, .what = "purpose"),
	LIST(policy, "projects", set_list, set_shaped, projects, .shape = &project_shape),
	LIST(policy, "services", set_list, set_shaped, services, .shape = &service_shape),
};
static const struct shape policy_shape = SHAPE("a policy", policy_keys, NOWHERE, policy_init);

bool policy_yaml_parse(const char *bytes, size_t len, const char *file, struct policy *ret,
		       struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	CLEANUP(yaml_release) struct yaml y = { 0 };
	struct policy *p = arena_alloc(&arena, sizeof(*p)); /* too large for a stack */

	if (!p)
		return fail_memory(err);
	if (!yaml_open(&y, bytes, len, file, err))
		return false;
	if (y.kind == YAML_END)
		return yaml_fail(&y, err, "there is no policy in it");
	if (!read_mapping(&y, &policy_shape, p, err))
		return false;
	*ret = *p;
	return true;
}
