/*
 * The parts of supabase/config.toml stand in sections, each with `port` and `enabled`.
 * Source: supabase's own template.
 */
#include <string.h>

#include "formats/scan.h"
#include "formats/supabase.h"
#include "formats/toml.h"

struct reading {
	struct toml toml;
	struct finding part; /* the section at hand; service "" if it is none of ours */
	bool disabled;
};

const char *supabase_service(const char *section, const char *key)
{
	static const struct part {
		const char *section, *key, *service;
	} parts[] = {
		{ "api", "port", "supabase-api" },
		{ "db", "port", "db" },
		{ "db", "shadow_port", "shadow" },
		{ "db.pooler", "port", "pooler" },
		{ "studio", "port", "supabase-studio" },
		{ "inbucket", "port", "inbucket" }, /* the older word, and the newer one */
		{ "local_smtp", "port", "inbucket" },
		{ "analytics", "port", "analytics" },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!strcmp(parts[i].section, section) && !strcmp(parts[i].key, key))
			return parts[i].service;
	return NULL;
}

static void end_section(struct reading *r, struct findings *ret)
{
	if (r->part.service[0] && !r->disabled)
		findings_put(ret, &r->part);
}

static void start_section(struct reading *r)
{
	const char *service = supabase_service(r->toml.section, "port");

	r->disabled = false;
	r->part = (struct finding){ .nth = 1, .protocol = PROTO_TCP, .line = r->toml.lines.number };
	if (service)
		memcpy(r->part.service, service, strlen(service) + 1);
}

static void take_value(struct reading *r)
{
	const struct toml *t = &r->toml;
	const char *end;

	if (!strcmp(t->key, "port")) {
		r->part.port = toml_port(t->value, t->end, &end);
		r->part.line = t->lines.number;
	} else if (!strcmp(t->key, "enabled")) {
		r->disabled = t->end - t->value >= 5 && !memcmp(t->value, "false", 5);
	}
}

bool scan_supabase(const char *bytes, size_t len, const char *file, struct findings *ret,
		   struct err *err)
{
	struct reading r = { .toml = { .lines = { .rest = bytes, .left = len }, .file = file } };
	bool more;

	if (!scan_is_text(bytes, len, file, err))
		return false;
	for (;;) {
		if (!toml_next(&r.toml, &more, err))
			return false;
		if (!more)
			break;
		if (!r.toml.is_section) {
			take_value(&r);
			continue;
		}
		end_section(&r, ret);
		start_section(&r);
	}
	end_section(&r, ret);
	return true;
}
