/*
 * Source: Cloudflare's documentation, "Configuration file" of cloudflared:
 * `ingress` is a list of rules with `hostname`, `path` and `service`, of which the
 * last has no hostname; `service` is a URL, unix:..., http_status:NNN or a word.
 */
#include <string.h>

#include "formats/claim.h"
#include "formats/upstream.h"
#include "formats/yaml.h"

/* Rationale: a URL of a service is a scheme, a name and a port. */
#define VALUE_SIZE 512

struct rule {
	char hostname[VALUE_SIZE], service[VALUE_SIZE];
	unsigned line;
};

struct reading {
	struct yaml y;
	claim_fn *fn;
	void *arg;
};

/* The scalar at hand, or "" for what is none, or too long; steps past the value. */
static bool take_value(struct yaml *y, char ret[static VALUE_SIZE], struct err *err)
{
	ret[0] = '\0';
	if (y->kind == YAML_SCALAR && y->text.len < VALUE_SIZE)
		memcpy(ret, text_str(&y->text), y->text.len + 1);
	return yaml_skip(y, err);
}

static bool tell_rule(struct reading *r, const struct rule *rule)
{
	struct claim c = claim_of(CLAIM_ENTRY, rule->line);
	uint16_t port = upstream_port(rule->service);
	char service[NAME_SIZE];

	if (!port)
		return true;
	c.ports = (struct port_range){ port, port };
	c.service = CLAIM_SERVICE;
	if (upstream_service(rule->hostname, service))
		c.service = service;
	if (name_is_dns(rule->hostname))
		c.tunnel_hostname = rule->hostname;
	return r->fn(&c, r->arg);
}

static bool read_rule(struct reading *r, struct err *err)
{
	struct yaml *y = &r->y;
	struct rule rule = { .line = y->line };
	char key[VALUE_SIZE], other[VALUE_SIZE];

	if (y->kind != YAML_MAP)
		return yaml_skip(y, err);
	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_MAP_END) {
		unsigned line = y->line;
		char *value = other;

		if (!take_value(y, key, err))
			return false;
		if (!strcmp(key, "hostname"))
			value = rule.hostname;
		if (!strcmp(key, "service")) {
			value = rule.service;
			rule.line = line;
		}
		if (!take_value(y, value, err))
			return false;
	}
	return tell_rule(r, &rule) && yaml_next(y, err);
}

static bool read_ingress(struct reading *r, struct err *err)
{
	struct yaml *y = &r->y;

	if (y->kind != YAML_LIST)
		return yaml_skip(y, err);
	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_LIST_END)
		if (!read_rule(r, err))
			return false;
	return yaml_next(y, err);
}

static bool read_all(struct reading *r, struct err *err)
{
	struct yaml *y = &r->y;
	char key[VALUE_SIZE];

	if (y->kind == YAML_END)
		return true;
	if (y->kind != YAML_MAP)
		return yaml_fail(y, err, "a configuration is written as 'key: value' lines");
	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_MAP_END)
		if (!take_value(y, key, err) ||
		    !(strcmp(key, "ingress") ? yaml_skip(y, err) : read_ingress(r, err)))
			return false;
	return true;
}

bool claims_cloudflared(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
			struct err *err)
{
	struct reading r = { .fn = fn, .arg = arg };
	bool ok = claim_open(&bytes, &len, file, err) && yaml_open(&r.y, bytes, len, file, err) &&
		  read_all(&r, err);

	yaml_release(&r.y);
	return ok;
}
