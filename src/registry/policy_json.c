/*
 * registry/policy_json.c - writing a policy and reading it back.
 *
 * A range of ports is [first, last]; a list of words is an array of strings.
 * What is read was written by policy_json and has passed policy_check: a
 * document that does not fit is damage, not bad input.
 */
#include "registry/policy_json.h"

#include <stdio.h>
#include <string.h>

static json_t *ports_json(struct port_range r)
{
	return json_pack("[ii]", (int)r.first, (int)r.last);
}

static json_t *words_json(const char words[][NAME_SIZE], unsigned count)
{
	json_t *array = json_array();

	for (unsigned i = 0; array && i < count; i++)
		if (!json_append(array, json_string(words[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *except_json(const struct policy_range *r)
{
	json_t *array = json_array();

	for (unsigned i = 0; array && i < r->n_except; i++)
		if (!json_append(array, ports_json(r->except[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *avoid_json(const struct policy_range *r)
{
	json_t *array = json_array();

	for (unsigned i = 0; array && i < r->n_avoid; i++)
		if (!json_append(array, json_integer(r->avoid[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *roles_json(const struct policy_range *r)
{
	json_t *object = json_object();

	for (unsigned i = 0; object && i < r->n_roles; i++)
		if (!json_put_int(object, r->roles[i].name, r->roles[i].offset)) {
			json_decref(object);
			return NULL;
		}
	return object;
}

json_t *policy_range_json(const struct policy_range *r)
{
	json_t *o = json_object();

	if (o && json_put_text(o, "name", r->name) &&
	    json_put_text(o, "description", r->description) &&
	    json_put(o, "ports", ports_json(r->ports)) && json_put(o, "except", except_json(r)) &&
	    json_put_int(o, "block", r->block) && json_put_int(o, "slice", r->slice) &&
	    json_put_text(o, "slices", r->slicing == SLICES_TOP ? "top" : "even") &&
	    json_put_int(o, "firstNumber", r->first_number) &&
	    json_put(o, "roles", roles_json(r)) &&
	    json_put(o, "environments", words_json(r->environments, r->n_environments)) &&
	    json_put(o, "types", words_json(r->types, r->n_types)) &&
	    json_put_bool(o, "shared", r->shared) && json_put_bool(o, "legacy", r->legacy) &&
	    json_put_bool(o, "temporary", r->temporary) &&
	    json_put_int(o, "expiresMs", r->expires_ms) &&
	    json_put_int(o, "cooldownMs", r->cooldown_ms) &&
	    json_put_text(o, "strategy",
			  r->strategy == STRATEGY_RANDOM ? "random" : "sequential") &&
	    json_put(o, "avoid", avoid_json(r)))
		return o;
	json_decref(o);
	return NULL;
}

static json_t *ranges_json(const struct policy *p)
{
	json_t *array = json_array();

	for (unsigned i = 0; array && i < p->n_ranges; i++)
		if (!json_append(array, policy_range_json(&p->ranges[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *reserved_list_json(const struct policy *p)
{
	json_t *array = json_array();

	for (unsigned i = 0; array && i < p->n_reserved; i++)
		if (!json_append(array,
				 json_pack("{s:o, s:s}", "ports", ports_json(p->reserved[i].ports),
					   "reason", p->reserved[i].reason))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *aliases_json(const struct policy *p)
{
	json_t *object = json_object();

	for (unsigned i = 0; object && i < p->n_aliases; i++)
		if (!json_put_text(object, p->aliases[i].name, p->aliases[i].type)) {
			json_decref(object);
			return NULL;
		}
	return object;
}

/* Only where the policy names some: a book of before has none. */
static bool put_unasked(json_t *o, const struct policy *p)
{
	json_t *array = p->n_unasked ? json_array() : NULL;

	if (!p->n_unasked)
		return true;
	for (unsigned i = 0; array && i < p->n_unasked; i++)
		if (!json_append(array, json_integer(p->unasked[i]))) {
			json_decref(array);
			return false;
		}
	return json_put(o, "unasked", array);
}

json_t *policy_json(const struct policy *p)
{
	json_t *o = json_object();

	if (o && json_put_text(o, "name", p->name) &&
	    json_put_text(o, "description", p->description) &&
	    json_put_text(o, "environment", p->environment) &&
	    json_put(o, "ranges", ranges_json(p)) &&
	    json_put(o, "reserved", reserved_list_json(p)) && put_unasked(o, p) &&
	    json_put(o, "aliases", aliases_json(p)) &&
	    json_put(o, "purposes", words_json(p->purposes, p->n_purposes)))
		return o;
	json_decref(o);
	return NULL;
}

/* Readers: each returns false when the value does not fit. */

static bool read_text(const json_t *o, const char *key, char *ret, size_t size)
{
	const char *text = json_text_of(o, key);

	if (!text)
		text = "";
	if (strlen(text) >= size)
		return false;
	snprintf(ret, size, "%s", text);
	return true;
}

static bool read_ports(const json_t *json, struct port_range *ret)
{
	json_int_t first = json_integer_value(json_array_get(json, 0));
	json_int_t last = json_integer_value(json_array_get(json, 1));

	if (first < 1 || last < first || last > UINT16_MAX)
		return false;
	*ret = (struct port_range){ (uint16_t)first, (uint16_t)last };
	return true;
}

static bool read_number(const json_t *o, const char *key, unsigned most, unsigned *ret)
{
	int64_t n = json_int_of(o, key, 0);

	if (n < 0 || n > (int64_t)most)
		return false;
	*ret = (unsigned)n;
	return true;
}

static bool read_words(const json_t *array, char words[][NAME_SIZE], unsigned room, unsigned *ret)
{
	size_t count = json_array_size(array);

	if (count > room)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *word = json_string_value(json_array_get(array, i));

		if (!word || strlen(word) >= NAME_SIZE)
			return false;
		snprintf(words[i], NAME_SIZE, "%s", word);
	}
	*ret = (unsigned)count;
	return true;
}

static bool read_except(const json_t *array, struct policy_range *r)
{
	size_t count = json_array_size(array);

	if (count > POLICY_MAX_EXCEPT)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_ports(json_array_get(array, i), &r->except[i]))
			return false;
	r->n_except = (unsigned)count;
	return true;
}

static bool read_avoid(const json_t *array, struct policy_range *r)
{
	size_t count = json_array_size(array);

	if (count > POLICY_MAX_AVOID)
		return false;
	for (size_t i = 0; i < count; i++)
		r->avoid[i] = (uint16_t)json_integer_value(json_array_get(array, i));
	r->n_avoid = (unsigned)count;
	return true;
}

static bool read_roles(json_t *object, struct policy_range *r)
{
	const char *name;
	json_t *offset;

	if (json_object_size(object) > POLICY_MAX_ROLES)
		return false;
	json_object_foreach(object, name, offset) {
		struct policy_role *role = &r->roles[r->n_roles];

		if (strlen(name) >= NAME_SIZE)
			return false;
		snprintf(role->name, sizeof(role->name), "%s", name);
		role->offset = (uint16_t)json_integer_value(offset);
		r->n_roles++;
	}
	return true;
}

static bool is_word(const json_t *o, const char *key, const char *word)
{
	const char *text = json_text_of(o, key);

	return text && !strcmp(text, word);
}

static bool read_range(json_t *o, struct policy_range *r)
{
	r->slicing = is_word(o, "slices", "top") ? SLICES_TOP : SLICES_EVEN;
	r->strategy = is_word(o, "strategy", "random") ? STRATEGY_RANDOM : STRATEGY_SEQUENTIAL;
	r->shared = json_bool_of(o, "shared");
	r->legacy = json_bool_of(o, "legacy");
	r->temporary = json_bool_of(o, "temporary");
	r->expires_ms = json_int_of(o, "expiresMs", 0);
	r->cooldown_ms = json_int_of(o, "cooldownMs", 0);
	return read_text(o, "name", r->name, sizeof(r->name)) &&
	       read_text(o, "description", r->description, sizeof(r->description)) &&
	       read_ports(json_object_get(o, "ports"), &r->ports) &&
	       read_except(json_object_get(o, "except"), r) &&
	       read_number(o, "block", 65536, &r->block) &&
	       read_number(o, "slice", 65536, &r->slice) &&
	       read_number(o, "firstNumber", 65536, &r->first_number) &&
	       read_roles(json_object_get(o, "roles"), r) &&
	       read_words(json_object_get(o, "environments"), r->environments, POLICY_MAX_WORDS,
			  &r->n_environments) &&
	       read_words(json_object_get(o, "types"), r->types, POLICY_MAX_WORDS, &r->n_types) &&
	       read_avoid(json_object_get(o, "avoid"), r);
}

static bool read_ranges(const json_t *array, struct policy *p)
{
	size_t count = json_array_size(array);

	if (count == 0 || count > POLICY_MAX_RANGES)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_range(json_array_get(array, i), &p->ranges[i]))
			return false;
	p->n_ranges = (unsigned)count;
	return true;
}

static bool read_reserved(const json_t *array, struct policy *p)
{
	size_t count = json_array_size(array);

	if (count > POLICY_MAX_RESERVED)
		return false;
	for (size_t i = 0; i < count; i++) {
		const json_t *o = json_array_get(array, i);
		struct policy_reserved *r = &p->reserved[i];

		if (!read_ports(json_object_get(o, "ports"), &r->ports) ||
		    !read_text(o, "reason", r->reason, sizeof(r->reason)))
			return false;
	}
	p->n_reserved = (unsigned)count;
	return true;
}

static bool read_unasked(const json_t *array, struct policy *p)
{
	size_t count = json_array_size(array);

	if (count > ARRAY_LEN(p->unasked))
		return false;
	for (size_t i = 0; i < count; i++)
		p->unasked[i] = (uint16_t)json_integer_value(json_array_get(array, i));
	p->n_unasked = (unsigned)count;
	return true;
}

static bool read_aliases(json_t *object, struct policy *p)
{
	const char *name;
	json_t *type;

	if (json_object_size(object) > POLICY_MAX_ALIASES)
		return false;
	json_object_foreach(object, name, type) {
		struct policy_alias *alias = &p->aliases[p->n_aliases];

		if (strlen(name) >= NAME_SIZE || !json_is_string(type) ||
		    strlen(json_string_value(type)) >= NAME_SIZE)
			return false;
		snprintf(alias->name, sizeof(alias->name), "%s", name);
		snprintf(alias->type, sizeof(alias->type), "%s", json_string_value(type));
		p->n_aliases++;
	}
	return true;
}

bool policy_from_json(const json_t *json, struct policy *ret, struct err *err)
{
	if (read_text(json, "name", ret->name, sizeof(ret->name)) &&
	    read_text(json, "description", ret->description, sizeof(ret->description)) &&
	    read_text(json, "environment", ret->environment, sizeof(ret->environment)) &&
	    read_ranges(json_object_get(json, "ranges"), ret) &&
	    read_reserved(json_object_get(json, "reserved"), ret) &&
	    read_unasked(json_object_get(json, "unasked"), ret) &&
	    read_aliases(json_object_get(json, "aliases"), ret) &&
	    read_words(json_object_get(json, "purposes"), ret->purposes, POLICY_MAX_PURPOSES,
		       &ret->n_purposes))
		return true;
	return fail(err, ERR_BOOK, "the policy that the book keeps cannot be understood");
}
