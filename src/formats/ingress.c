#include "formats/ingress.h"

#include <string.h>
#include <strings.h>

#include "formats/upstream.h"
#include "formats/yaml.h"

/* Rationale: the keys that count here are words; a longer one is none of them. */
#define KEY_SIZE 64

struct reading {
	struct arena *arena;
	struct yaml y;
	struct ingress *in;
	unsigned room;
};

/* The key at hand; steps past it. "": it is none of ours. */
static bool take_key(struct reading *r, char ret[static KEY_SIZE], struct err *err)
{
	const struct yaml *y = &r->y;

	ret[0] = '\0';
	if (y->kind == YAML_SCALAR && y->text.len < KEY_SIZE)
		memcpy(ret, text_str(&y->text), y->text.len + 1);
	return yaml_skip(&r->y, err);
}

static bool take_value(struct reading *r, struct ingress_value *ret, struct err *err)
{
	const struct yaml *y = &r->y;

	*ret = (struct ingress_value){ .from = y->from, .to = y->to };
	ret->is_odd = y->kind != YAML_SCALAR || y->has_anchor || y->has_tag || y->is_long;
	ret->text = arena_copy(r->arena, y->kind == YAML_SCALAR ? text_str(&y->text) : "");
	return ret->text ? yaml_skip(&r->y, err) : fail_memory(err);
}

static struct ingress_value *value_of(struct ingress_rule *rule, const char *key)
{
	if (!strcmp(key, "hostname"))
		return &rule->hostname;
	if (!strcmp(key, "path"))
		return &rule->path;
	return !strcmp(key, "service") ? &rule->service : NULL;
}

static bool take_pair(struct reading *r, struct ingress_rule *rule, struct err *err)
{
	unsigned line = r->y.line;
	struct ingress_value *value;
	char key[KEY_SIZE];

	if (!take_key(r, key, err))
		return false;
	value = value_of(rule, key);
	rule->is_odd |= !strcmp(key, "<<");
	if (value == &rule->service)
		rule->said = line;
	return value ? take_value(r, value, err) : yaml_skip(&r->y, err);
}

static bool take_rule(struct reading *r, struct ingress_rule *rule, struct err *err)
{
	struct yaml *y = &r->y;

	rule->line = y->line;
	rule->start = y->from;
	rule->column = y->column;
	rule->is_odd = y->kind != YAML_MAP || y->has_anchor || y->has_tag;
	if (y->kind != YAML_MAP)
		return yaml_skip(y, err);
	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_MAP_END)
		if (!take_pair(r, rule, err))
			return false;
	/* Before the next piece is read: what it says is another rule's. */
	rule->end = y->behind;
	return yaml_next(y, err);
}

static bool take_rules(struct reading *r, struct err *err)
{
	struct ingress *in = r->in;
	struct yaml *y = &r->y;

	if (!yaml_next(&r->y, err))
		return false;
	while (y->kind != YAML_LIST_END) {
		struct ingress_value none = { .text = "" };
		struct ingress_rule rule = { .hostname = none, .path = none, .service = none };
		struct ingress_rule *rules = arena_grow(r->arena, in->rules, in->count, &r->room,
							sizeof(*rules));

		if (!rules)
			return fail_memory(err);
		if (in->count == INGRESS_RULES_MAX)
			return yaml_fail(y, err, "more than %d rules", INGRESS_RULES_MAX);
		in->rules = rules;
		if (!take_rule(r, &rule, err))
			return false;
		rule.port = upstream_port(rule.service.text);
		in->rules[in->count++] = rule;
	}
	return yaml_next(&r->y, err);
}

static bool take_ingress(struct reading *r, struct err *err)
{
	struct ingress *in = r->in;
	struct yaml *y = &r->y;
	const bool is_nothing = y->kind == YAML_SCALAR && !y->text.len && !y->is_quoted;

	in->is_there = true;
	in->start = y->from;
	in->is_list = (y->kind == YAML_LIST || is_nothing) && !y->has_anchor && !y->has_tag;
	in->is_flow = y->kind == YAML_LIST && y->bytes[y->from] == '[';
	return y->kind == YAML_LIST ? take_rules(r, err) : yaml_skip(y, err);
}

static bool take_word(struct reading *r, const char **ret, struct err *err)
{
	struct ingress_value value;

	if (!take_value(r, &value, err))
		return false;
	*ret = value.text;
	return true;
}

static bool take_top(struct reading *r, struct err *err)
{
	const unsigned line = r->y.line;
	const size_t behind = r->y.behind;
	char key[KEY_SIZE];

	if (!take_key(r, key, err))
		return false;
	if (!strcmp(key, "tunnel"))
		return take_word(r, &r->in->tunnel, err);
	if (!strcmp(key, "credentials-file"))
		return take_word(r, &r->in->credentials, err);
	if (strcmp(key, "ingress") != 0)
		return yaml_skip(&r->y, err);
	r->in->line = line;
	r->in->behind_key = behind;
	return take_ingress(r, err);
}

static bool read_all(struct reading *r, struct err *err)
{
	struct yaml *y = &r->y;

	if (y->kind == YAML_END)
		return true;
	if (y->kind != YAML_MAP)
		return yaml_fail(y, err, "a configuration is written as 'key: value' lines");
	if (!yaml_next(&r->y, err))
		return false;
	while (y->kind != YAML_MAP_END)
		if (!take_top(r, err))
			return false;
	return true;
}

bool ingress_read(struct arena *a, const char *bytes, size_t len, const char *file,
		  struct ingress *ret, struct err *err)
{
	struct reading r = { .arena = a, .in = ret };
	bool ok;

	*ret = (struct ingress){ .tunnel = "", .credentials = "" };
	ok = yaml_open(&r.y, bytes, len, file, err) && read_all(&r, err);
	yaml_release(&r.y);
	return ok;
}

bool ingress_takes(const char *rule, const char *hostname)
{
	size_t len = strlen(hostname), end;

	if (!*rule || !strcmp(rule, "*"))
		return true;
	if (strncmp(rule, "*.", 2) != 0)
		return !strcasecmp(rule, hostname);
	end = strlen(rule + 1);
	return len > end && !strcasecmp(hostname + len - end, rule + 1);
}

/* "/root/.cloudflared/6ff42ae2-765d-4adf-8112-31c55c1551ef.json" is named by the id. */
static bool is_file_of(const char *path, const char *tunnel)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = strlen(tunnel);

	return !strncasecmp(name, tunnel, len) && !strcmp(name + len, ".json");
}

bool ingress_is_of(const struct ingress *in, const char *tunnel)
{
	if (!tunnel || !*tunnel || !*in->tunnel || !strcasecmp(in->tunnel, tunnel))
		return true;
	return is_file_of(in->credentials, tunnel);
}
