#include "formats/compose.h"

#include <string.h>

#include "formats/yaml.h"

struct reading {
	struct arena *arena;
	struct yaml y;
	struct compose_file *file;
	unsigned room;
};

/* Reads the value at hand and steps past it; the key's own place is in `key`. */
struct key {
	char text[2 * NAME_SIZE];
	struct compose_text at;
	unsigned line, column;
};
typedef bool value_fn(struct reading *r, const struct key *key, void *arg, struct err *err);

static struct compose_text text_at(const struct yaml *y)
{
	return (struct compose_text){ y->from, y->to, true, y->is_quoted };
}

static void take_key(const struct yaml *y, struct key *ret)
{
	*ret = (struct key){ .line = y->line, .column = y->column };
	if (y->kind != YAML_SCALAR || y->is_long || y->text.len >= sizeof(ret->text))
		return;
	memcpy(ret->text, text_str(&y->text), y->text.len + 1);
	ret->at = text_at(y);
}

/* Give each value of the mapping at hand to `read`; what is none is skipped. */
static bool each_value(struct reading *r, value_fn *read, void *arg, struct err *err)
{
	struct yaml *y = &r->y;
	struct key key;

	if (y->kind != YAML_MAP)
		return yaml_skip(y, err);
	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_MAP_END) {
		take_key(y, &key);
		if (!yaml_skip(y, err) || !read(r, &key, arg, err))
			return false;
	}
	return yaml_next(y, err);
}

/* --- one port */

void compose_split(const char *text, size_t len, size_t *ret_host, size_t *ret_host_len,
		   bool *ret_colon)
{
	size_t last = len, before = len;
	unsigned depth = 0;

	for (size_t i = 0; i < len; i++) {
		depth += text[i] == '{' || text[i] == '[';
		depth -= depth && (text[i] == '}' || text[i] == ']');
		if (text[i] != ':' || depth)
			continue;
		before = last;
		last = i;
	}
	*ret_colon = last < len;
	*ret_host = before < last ? before + 1 : 0;
	*ret_host_len = *ret_colon ? last - *ret_host : 0;
}

/* What stands in the file is what it means: no escapes, not over lines. */
static bool is_plain_text(const struct yaml *y)
{
	return y->kind == YAML_SCALAR && !y->is_long && y->text.len == y->to - y->from &&
	       !memcmp(text_str(&y->text), y->bytes + y->from, y->text.len);
}

static bool copy_container(struct compose_item *item, const char *text, size_t len)
{
	if (!len || len >= sizeof(item->container))
		return false;
	memcpy(item->container, text, len);
	item->container[len] = '\0';
	return true;
}

static void take_short(const struct yaml *y, struct compose_item *item)
{
	const char *text = text_str(&y->text), *slash = strrchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : y->text.len, host, host_len, inside;
	bool colon;

	if (!is_plain_text(y)) {
		item->is_odd = true;
		return;
	}
	item->text = text_at(y);
	if (slash)
		protocol_from_name(slash + 1, &item->protocol);
	compose_split(text, len, &host, &host_len, &colon);
	inside = colon ? host + host_len + 1 : 0;
	item->is_odd = !copy_container(item, text + inside, len - inside);
}

/* One key of the long form. */
static bool take_long(struct reading *r, const struct key *key, void *arg, struct err *err)
{
	struct compose_item *item = arg;
	const struct yaml *y = &r->y;

	if (!is_plain_text(y) || !key->at.is_there || item->n_pairs == COMPOSE_PAIRS_MAX) {
		item->is_odd = true;
		return yaml_skip(&r->y, err);
	}
	item->pairs[item->n_pairs][0] = key->at;
	item->pairs[item->n_pairs++][1] = text_at(y);
	if (!strcmp(key->text, "published"))
		item->text = text_at(y);
	if (!strcmp(key->text, "protocol"))
		protocol_from_name(text_str(&y->text), &item->protocol);
	if (!strcmp(key->text, "target")) {
		item->target = key->at.from - key->at.is_quoted;
		item->target_column = key->column;
		item->is_odd |= !copy_container(item, text_str(&y->text), y->text.len);
	}
	return yaml_skip(&r->y, err);
}

static bool read_item(struct reading *r, struct compose_item *item, struct err *err)
{
	struct yaml *y = &r->y;

	item->line = y->line;
	item->is_odd = y->has_anchor || y->has_tag;
	if (y->kind == YAML_MAP) {
		item->is_long = true;
		item->is_flow = y->bytes[y->from] == '{';
		if (!each_value(r, take_long, item, err))
			return false;
		item->is_odd |= !item->container[0];
		return true;
	}
	if (y->kind == YAML_SCALAR)
		take_short(y, item);
	else
		item->is_odd = true;
	return yaml_skip(y, err);
}

static unsigned nth_of(const struct compose_service *s, enum protocol protocol)
{
	unsigned nth = 1;

	for (unsigned i = 0; i < s->count; i++)
		nth += s->items[i].protocol == protocol;
	return nth;
}

static bool read_list(struct reading *r, struct compose_service *s, struct err *err)
{
	struct yaml *y = &r->y;
	unsigned room = 0;

	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_LIST_END) {
		struct compose_item item = { .protocol = PROTO_TCP };
		struct compose_item *items = arena_grow(r->arena, s->items, s->count, &room,
							sizeof(*items));

		if (!items)
			return fail_memory(err);
		if (s->count == COMPOSE_ITEMS_MAX)
			return yaml_fail(y, err, "more than %d ports of one service",
					 COMPOSE_ITEMS_MAX);
		s->items = items;
		if (!read_item(r, &item, err))
			return false;
		item.nth = nth_of(s, item.protocol);
		s->items[s->count++] = item;
	}
	return yaml_next(y, err);
}

/* --- services */

static bool take_service_key(struct reading *r, const struct key *key, void *arg, struct err *err)
{
	struct compose_service *s = arg;
	const struct yaml *y = &r->y;
	size_t behind = key->at.to + key->at.is_quoted;
	static const char override[] = "!override";

	if (!s->column) {
		s->first = key->at.from - key->at.is_quoted;
		s->column = key->column;
	}
	if (strcmp(key->text, "ports") != 0)
		return yaml_skip(&r->y, err);
	s->ports_line = key->line;
	if (y->kind == YAML_ALIAS)
		s->alias = (struct compose_text){ y->name_from, y->name_to, true, false };
	s->is_odd = y->kind != YAML_LIST || y->has_anchor;
	s->is_override = y->has_tag && y->from > behind &&
			 memmem(y->bytes + behind, y->from - behind, override,
				sizeof(override) - 1);
	return y->kind == YAML_LIST ? read_list(r, s, err) : yaml_skip(&r->y, err);
}

static bool take_service(struct reading *r, const struct key *key, void *arg, struct err *err)
{
	struct compose_file *f = r->file;
	struct compose_service s = { .line = key->line, .key_at = key->at };
	struct compose_service *services = arena_grow(r->arena, f->services, f->count, &r->room,
						      sizeof(*services));

	(void)arg;
	s.key = arena_copy(r->arena, key->text);
	if (!services || !s.key)
		return fail_memory(err);
	if (f->count == COMPOSE_SERVICES_MAX)
		return yaml_fail(&r->y, err, "more than %d services", COMPOSE_SERVICES_MAX);
	f->services = services;
	if (!f->column) {
		f->first = key->at.from - key->at.is_quoted;
		f->column = key->column;
	}
	if (!key->at.is_there || !name_from_words(key->text, s.name))
		s.name[0] = '\0';
	s.is_block = r->y.kind == YAML_MAP && r->y.bytes[r->y.from] != '{';
	if (!each_value(r, take_service_key, &s, err))
		return false;
	s.is_block = s.is_block && s.column;
	f->services[f->count++] = s;
	return true;
}

static bool take_top(struct reading *r, const struct key *key, void *arg, struct err *err)
{
	struct compose_file *f = r->file;

	(void)arg;
	if (strcmp(key->text, "services") != 0)
		return yaml_skip(&r->y, err);
	f->has_services = true;
	f->line = key->line;
	f->is_block = r->y.kind == YAML_MAP && r->y.bytes[r->y.from] != '{';
	if (!each_value(r, take_service, NULL, err))
		return false;
	f->is_block = f->is_block && f->column;
	return true;
}

/* --- lists that are only named */

static bool is_alias_of(const struct compose_service *s, const struct yaml *list)
{
	size_t len = list->name_to - list->name_from;

	return s->alias.is_there && s->alias.from > list->name_to &&
	       s->alias.to - s->alias.from == len &&
	       !memcmp(list->bytes + s->alias.from, list->bytes + list->name_from, len);
}

static bool is_named(const struct compose_file *f, const struct yaml *list)
{
	for (unsigned i = 0; i < f->count; i++)
		if (is_alias_of(&f->services[i], list))
			return true;
	return false;
}

static bool is_same_list(const struct compose_service *s, const struct compose_service *list)
{
	return s->count && list->count && s->items->line == list->items->line &&
	       s->items->text.from == list->items->text.from;
}

/* The list at hand is that of all who name it behind it, until another gets its name. */
static bool share_list(struct reading *r, struct err *err)
{
	struct compose_file *f = r->file;
	const struct yaml named = r->y;
	struct compose_service list = { .count = 0 };
	bool is_taken = false;

	if (!read_list(r, &list, err))
		return false;
	for (unsigned i = 0; i < f->count; i++)
		is_taken = is_taken || is_same_list(&f->services[i], &list);
	for (unsigned i = 0; i < f->count; i++) {
		struct compose_service *s = &f->services[i];

		if (!is_alias_of(s, &named))
			continue;
		s->shared = list.items;
		s->shared_count = is_taken ? 0 : list.count;
		is_taken = true;
	}
	return true;
}

/* Only now it is known which lists are named. */
static bool read_named(struct reading *r, struct err *err)
{
	struct yaml *y = &r->y;

	while (y->kind != YAML_END) {
		bool is_list = y->kind == YAML_LIST && y->has_anchor && is_named(r->file, y);

		if (is_list ? !share_list(r, err) : !yaml_next(y, err))
			return false;
	}
	return true;
}

static bool has_alias(const struct compose_file *f)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->services[i].alias.is_there)
			return true;
	return false;
}

bool compose_read(struct arena *a, const char *bytes, size_t len, const char *file,
		  struct compose_file *ret, struct err *err)
{
	struct reading r = { .arena = a, .file = ret };
	bool ok;

	*ret = (struct compose_file){ .count = 0 };
	ok = yaml_open(&r.y, bytes, len, file, err) &&
	     (r.y.kind == YAML_END || r.y.kind == YAML_MAP ||
	      yaml_fail(&r.y, err, "a compose file is written as 'key: value' lines")) &&
	     each_value(&r, take_top, NULL, err);
	yaml_release(&r.y);
	if (!ok || !has_alias(ret))
		return ok;
	r.y = (struct yaml){ 0 };
	ok = yaml_open(&r.y, bytes, len, file, err) && read_named(&r, err);
	yaml_release(&r.y);
	return ok;
}
