/*
 * sandbox/looks.c - a struct is a table of its fields: a text that is NULL is left out, and so is
 * what is 0.
 */
#include "sandbox/looks.h"

#include <string.h>

enum kind { NUMBER, TEXT };

struct field {
	const char *name;
	size_t offset, size;
	enum kind kind;
};
#define FIELD(type, name, kind)                                                            \
	{                                                                                  \
#name, offsetof(struct type, name), sizeof(((struct type *)0)->name), kind \
	}

/* clang-format off */
static const struct field look_fields[] = {
	FIELD(look, protocol, NUMBER), FIELD(look, ports.first, NUMBER),
	FIELD(look, ports.last, NUMBER), FIELD(look, learn, NUMBER),
	FIELD(look, one_holder, NUMBER), FIELD(look, recalls, NUMBER),
	{ 0 },
};
static const struct field process_fields[] = {
	FIELD(process, pid, NUMBER), FIELD(process, uid, NUMBER), FIELD(process, socket, NUMBER),
	FIELD(process, fd, NUMBER), FIELD(process, address, TEXT), FIELD(process, start, NUMBER),
	FIELD(process, started_at_ms, NUMBER), FIELD(process, parent, NUMBER),
	FIELD(process, user, TEXT), FIELD(process, program, TEXT), FIELD(process, command, TEXT),
	FIELD(process, cwd, TEXT), FIELD(process, cgroup, TEXT), FIELD(process, unit, TEXT),
	FIELD(process, container, TEXT), FIELD(process, container_id, TEXT),
	FIELD(process, container_folder, TEXT), FIELD(process, container_service, TEXT),
	FIELD(process, is_proxy, NUMBER),
	{ 0 },
};
static const struct field ancestor_fields[] = {
	FIELD(ancestor, pid, NUMBER), FIELD(ancestor, program, TEXT), FIELD(ancestor, cwd, TEXT),
	{ 0 },
};
static const struct field listener_fields[] = {
	FIELD(listener, protocol, NUMBER), FIELD(listener, port, NUMBER),
	FIELD(listener, uid, NUMBER), FIELD(listener, user, TEXT), FIELD(listener, inode, NUMBER),
	FIELD(listener, ipv4, NUMBER), FIELD(listener, ipv6, NUMBER),
	FIELD(listener, loopback_only, NUMBER), FIELD(listener, partly_known, NUMBER),
	{ 0 },
};
static const struct field list_fields[] = {
	FIELD(listener_list, notice, TEXT), FIELD(listener_list, took_us, NUMBER),
	FIELD(listener_list, learned, NUMBER),
	{ 0 },
};
static const struct field container_fields[] = {
	FIELD(container, id, TEXT), FIELD(container, name, TEXT), FIELD(container, folder, TEXT),
	FIELD(container, service, TEXT),
	{ 0 },
};
static const struct field published_fields[] = {
	FIELD(published, protocol, NUMBER), FIELD(published, port, NUMBER),
	FIELD(published, address, TEXT),
	{ 0 },
};
static const struct field containers_fields[] = {
	FIELD(container_list, notice, TEXT), FIELD(container_list, was_slow, NUMBER),
	{ 0 },
};
/* clang-format on */

/* A number of any width; what is wider comes back as it was, whatever its sign. */

static int64_t load(const void *at, size_t size)
{
	int32_t four;
	int64_t eight;

	switch (size) {
	case 1: return *(const unsigned char *)at;
	case 2: return *(const uint16_t *)at;
	case 4: memcpy(&four, at, sizeof(four)); return four;
	default: memcpy(&eight, at, sizeof(eight)); return eight;
	}
}

static void keep(void *at, size_t size, int64_t value)
{
	const uint32_t four = (uint32_t)value;

	switch (size) {
	case 1: *(unsigned char *)at = value != 0; break;
	case 2: *(uint16_t *)at = (uint16_t)value; break;
	case 4: memcpy(at, &four, sizeof(four)); break;
	default: memcpy(at, &value, sizeof(value)); break;
	}
}

static bool put_field(json_t *json, const struct field *f, const void *value)
{
	const char *text;
	int64_t number;

	if (f->kind == TEXT) {
		memcpy(&text, (const char *)value + f->offset, sizeof(text));
		return !text || json_put_text(json, f->name, text);
	}
	number = load((const char *)value + f->offset, f->size);
	return !number || json_put_int(json, f->name, number);
}

static json_t *to_json(const struct field *fields, const void *value)
{
	json_t *json = json_object();

	for (const struct field *f = fields; f->name; f++)
		if (json && !put_field(json, f, value)) {
			json_decref(json);
			return NULL;
		}
	return json;
}

static bool take_field(const json_t *json, const struct field *f, struct arena *a, void *ret)
{
	const char *text = json_text_of(json, f->name), *copy;

	if (f->kind == NUMBER) {
		keep((char *)ret + f->offset, f->size, json_int_of(json, f->name, 0));
		return true;
	}
	copy = arena_copy(a, text);
	memcpy((char *)ret + f->offset, &copy, sizeof(copy));
	return copy || !text;
}

static bool from_json(const json_t *json, const struct field *fields, struct arena *a, void *ret,
		      struct err *err)
{
	for (const struct field *f = fields; f->name; f++)
		if (!take_field(json, f, a, ret))
			return fail_memory(err);
	return true;
}

/* A member that is an array of such. */

typedef json_t *to_json_fn(const void *item);
typedef bool from_json_fn(const json_t *json, struct arena *a, void *ret, struct err *err);

/* Takes `json` and gives it back, or NULL where there was no memory. */
static json_t *with_items(json_t *json, const char *name, const void *items, unsigned count,
			  size_t size, to_json_fn *fn)
{
	json_t *list = json_array();
	bool ok = json && list;

	for (unsigned i = 0; i < count && ok; i++)
		ok = json_append(list, fn((const char *)items + i * size));
	if (ok && json_put(json, name, json_incref(list))) {
		json_decref(list);
		return json;
	}
	json_decref(list);
	json_decref(json);
	return NULL;
}

static bool take_items(const json_t *json, const char *name, struct arena *a, size_t size,
		       from_json_fn *fn, void **ret, unsigned *ret_count, struct err *err)
{
	const json_t *list = json_object_get(json, name);
	size_t count = json_array_size(list);
	char *items = arena_alloc(a, (count + 1) * size);

	if (!items)
		return fail_memory(err);
	for (size_t i = 0; i < count; i++)
		if (!fn(json_array_get(list, i), a, items + i * size, err))
			return false;
	*ret = items;
	*ret_count = (unsigned)count;
	return true;
}

/* Each of them. */

json_t *look_to_json(const struct look *what)
{
	return to_json(look_fields, what);
}

void look_from_json(const json_t *json, struct look *ret)
{
	/* It has no texts, and so needs no memory. */
	(void)!from_json(json, look_fields, NULL, ret, NULL);
}

static json_t *ancestor_to_json(const void *item)
{
	return to_json(ancestor_fields, item);
}

static bool ancestor_from_json(const json_t *json, struct arena *a, void *ret, struct err *err)
{
	return from_json(json, ancestor_fields, a, ret, err);
}

json_t *process_to_json(const struct process *p)
{
	return with_items(to_json(process_fields, p), "ancestors", p->ancestors, p->n_ancestors,
			  sizeof(*p->ancestors), ancestor_to_json);
}

bool process_from_json(const json_t *json, struct arena *a, struct process *ret, struct err *err)
{
	void *ancestors;

	*ret = (struct process){ 0 };
	if (!from_json(json, process_fields, a, ret, err) ||
	    !take_items(json, "ancestors", a, sizeof(*ret->ancestors), ancestor_from_json,
			&ancestors, &ret->n_ancestors, err))
		return false;
	ret->ancestors = ancestors;
	return true;
}

static json_t *process_item_to_json(const void *item)
{
	return process_to_json(item);
}

static bool process_item_from_json(const json_t *json, struct arena *a, void *ret, struct err *err)
{
	return process_from_json(json, a, ret, err);
}

static json_t *text_to_json(const void *item)
{
	return json_string(*(const char *const *)item);
}

static bool text_from_json(const json_t *json, struct arena *a, void *ret, struct err *err)
{
	const char *text = arena_copy(a, json_is_string(json) ? json_string_value(json) : "");

	memcpy(ret, &text, sizeof(text));
	return text || fail_memory(err);
}

static json_t *listener_to_json(const void *item)
{
	const struct listener *l = item;
	json_t *json = with_items(to_json(listener_fields, l), "addresses", l->addresses,
				  l->n_addresses, sizeof(*l->addresses), text_to_json);

	return with_items(json, "processes", l->processes, l->n_processes, sizeof(*l->processes),
			  process_item_to_json);
}

static bool listener_from_json(const json_t *json, struct arena *a, void *ret, struct err *err)
{
	struct listener *l = ret;
	void *addresses, *processes;

	if (!from_json(json, listener_fields, a, l, err) ||
	    !take_items(json, "addresses", a, sizeof(*l->addresses), text_from_json, &addresses,
			&l->n_addresses, err) ||
	    !take_items(json, "processes", a, sizeof(*l->processes), process_item_from_json,
			&processes, &l->n_processes, err))
		return false;
	l->addresses = addresses;
	l->processes = processes;
	return true;
}

json_t *listeners_to_json(const struct listener_list *list)
{
	return with_items(to_json(list_fields, list), "items", list->items, list->count,
			  sizeof(*list->items), listener_to_json);
}

bool listeners_from_json(const json_t *json, struct arena *a, struct listener_list *ret,
			 struct err *err)
{
	struct listener_list list = { 0 };
	void *items;

	if (!from_json(json, list_fields, a, &list, err) ||
	    !take_items(json, "items", a, sizeof(*list.items), listener_from_json, &items,
			&list.count, err))
		return false;
	list.items = items;
	*ret = list;
	return true;
}

static json_t *published_to_json(const void *item)
{
	return to_json(published_fields, item);
}

static bool published_from_json(const json_t *json, struct arena *a, void *ret, struct err *err)
{
	return from_json(json, published_fields, a, ret, err);
}

static json_t *container_to_json(const void *item)
{
	const struct container *c = item;

	return with_items(to_json(container_fields, c), "ports", c->ports, c->n_ports,
			  sizeof(*c->ports), published_to_json);
}

static bool container_from_json(const json_t *json, struct arena *a, void *ret, struct err *err)
{
	struct container *c = ret;
	void *ports;

	if (!from_json(json, container_fields, a, c, err) ||
	    !take_items(json, "ports", a, sizeof(*c->ports), published_from_json, &ports,
			&c->n_ports, err))
		return false;
	c->ports = ports;
	return true;
}

json_t *containers_to_json(const struct container_list *list)
{
	return with_items(to_json(containers_fields, list), "items", list->items, list->count,
			  sizeof(*list->items), container_to_json);
}

bool containers_from_json(const json_t *json, struct arena *a, struct container_list *ret,
			  struct err *err)
{
	struct container_list list = { 0 };
	void *items;

	if (!from_json(json, containers_fields, a, &list, err) ||
	    !take_items(json, "items", a, sizeof(*list.items), container_from_json, &items,
			&list.count, err))
		return false;
	list.items = items;
	*ret = list;
	return true;
}
