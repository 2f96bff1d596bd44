/*
 * supabase/config.toml: the parts that have a port.  `enabled = false` may stand behind
 * the port, so those of a section are told at its end.
 */
#include <string.h>

#include "formats/mention.h"
#include "formats/supabase.h"
#include "formats/toml.h"

/* Rationale: [db] has two. */
#define SECTION_MAX 4

struct section {
	struct mention items[SECTION_MAX];
	unsigned count;
	bool is_disabled;
};

static bool end_section(struct mentions *m, struct section *s)
{
	for (unsigned i = 0; i < s->count && !s->is_disabled; i++)
		if (!mentions_tell(m, s->items[i]))
			return false;
	*s = (struct section){ .count = 0 };
	return true;
}

static const char *service_of(const struct toml *t)
{
	if (!strcmp(t->section, "edge_runtime") && !strcmp(t->key, "inspector_port"))
		return "inspector";
	return supabase_service(t->section, t->key);
}

static void take_value(const struct mentions *m, const struct toml *t, struct section *s)
{
	const char *service = service_of(t), *end = t->value;
	struct mention x = { .kind = MENTION_BINDS, .is_named = true };

	s->is_disabled |= !strcmp(t->key, "enabled") && t->end - t->value >= 5 &&
			  !memcmp(t->value, "false", 5);
	if (!service || s->count == SECTION_MAX)
		return;
	x.port = toml_port(t->value, t->end, &end);
	x.at = (size_t)(t->value - m->bytes);
	x.len = (size_t)(end - t->value);
	mention_set_words(&x, service, strlen(service));
	if (x.port)
		s->items[s->count++] = x;
}

bool mentions_supabase(struct mentions *m, struct err *err)
{
	struct toml t = { .lines = { .rest = m->bytes, .left = m->len }, .file = m->file };
	struct section s = { .count = 0 };
	bool more;

	for (;;) {
		if (!toml_next(&t, &more, err))
			return false;
		if (!more)
			return end_section(m, &s);
		if (!t.is_section)
			take_value(m, &t, &s);
		else if (!end_section(m, &s))
			return false;
	}
}
