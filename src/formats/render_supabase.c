/*
 * supabase/config.toml: the numbers of the parts that stand in it.  A part whose
 * section has no number gets one; a section that is not there is not added, as
 * that would turn the part on.
 *
 * Two checkouts that run side by side also need names of their own for Supabase's
 * containers, `project_id`, and the page's address in `site_url`.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "formats/edits.h"
#include "formats/render_rows.h"
#include "formats/supabase.h"
#include "formats/toml.h"

struct splicing {
	const struct port_values *v;
	const struct file_bytes *old;
	struct toml toml;
	struct arena arena;
	struct edits edits;
	unsigned found;
	size_t behind; /* the line of the section at hand */
	bool has_port, has_shadow;
};

static void splicing_release(struct splicing *s)
{
	arena_release(&s->arena);
}

static void replace(struct splicing *s, const char *from, const char *to, const char *text)
{
	CLEANUP(text_release) struct text put = { 0 };

	text_add(&put, text);
	edits_add(&s->edits, (size_t)(from - s->old->bytes), (size_t)(to - s->old->bytes), &put);
}

/* A value that is read from a variable, "env(NAME)", is somebody's own decision. */
static bool is_variable(const char *value, const char *end)
{
	return end - value > 5 && !memcmp(value, "\"env(", 5);
}

static bool change_port(struct splicing *s, const struct port_value *p, struct err *err)
{
	const struct toml *t = &s->toml;
	const char *end = t->value;
	char text[8];

	s->found++;
	if (is_variable(t->value, t->end))
		return true;
	if (!toml_port(t->value, t->end, &end))
		return render_fail(err, s->old->name, t->lines.number,
				   "the port is neither a number nor \"env(NAME)\"");
	snprintf(text, sizeof(text), "%u", p->port);
	replace(s, t->value, end, text);
	return true;
}

/* A section that ends without one of its ports gets it behind its head. */
static void add_missing(struct splicing *s, const char *section, const char *key)
{
	const char *service = supabase_service(section, key);
	const struct port_value *p = service ? port_of_service(s->v, service) : NULL;
	CLEANUP(text_release) struct text put = { 0 };

	if (!p)
		return;
	s->found++;
	text_addf(&put, "%s = %u%s", key, p->port, line_end_of(s->old->bytes, s->old->len));
	edits_add(&s->edits, s->behind, s->behind, &put);
}

static void end_section(struct splicing *s, const char *section)
{
	if (!s->has_port)
		add_missing(s, section, "port");
	if (!s->has_shadow)
		add_missing(s, section, "shadow_port");
}

/* The digits behind "http://127.0.0.1:" or "http://localhost:", within quotes. */
static void change_address(struct splicing *s)
{
	static const char *const starts[] = { "\"http://127.0.0.1:", "\"http://localhost:" };
	const struct port_value *web = port_of_service(s->v, "web");
	const char *value = s->toml.value, *end;
	char text[8];

	for (size_t i = 0; web && i < ARRAY_LEN(starts); i++) {
		size_t len = strlen(starts[i]);

		if ((size_t)(s->toml.end - value) < len || memcmp(value, starts[i], len) != 0)
			continue;
		for (end = value + len; end < s->toml.end && isdigit((unsigned char)*end);)
			end++;
		snprintf(text, sizeof(text), "%u", web->port);
		replace(s, value + len, end, text);
	}
}

static bool is_of_id(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

/*
 * "shop" becomes "shop-2" for the second instance, once; the first one's stays.  Left alone is
 * what is no plain text in quotes: a text over lines, or with escapes.
 */
static void change_project_id(struct splicing *s)
{
	const char *start = s->toml.value, *close = start + 1;
	char ending[16];
	size_t len;

	if (s->v->instance < 2 || start == s->toml.end || *start != '"')
		return;
	while (close < s->toml.end && is_of_id(*close))
		close++;
	if (close == s->toml.end || *close != '"' || close == start + 1)
		return;
	len = (size_t)snprintf(ending, sizeof(ending), "-%u", s->v->instance);
	if ((size_t)(close - start) <= len || memcmp(close - len, ending, len) != 0)
		replace(s, close, close, ending);
}

static bool take_value(struct splicing *s, struct err *err)
{
	const struct toml *t = &s->toml;
	const char *service = supabase_service(t->section, t->key);
	const struct port_value *p = service ? port_of_service(s->v, service) : NULL;

	s->has_port |= !strcmp(t->key, "port");
	s->has_shadow |= !strcmp(t->key, "shadow_port");
	if (!strcmp(t->section, "auth") && !strcmp(t->key, "site_url"))
		change_address(s);
	if (!t->section[0] && !strcmp(t->key, "project_id"))
		change_project_id(s);
	return !p || change_port(s, p, err);
}

static bool take_all(struct splicing *s, struct err *err)
{
	char section[TOML_WORD_SIZE] = "";
	bool more;

	for (;;) {
		if (!toml_next(&s->toml, &more, err))
			return false;
		if (more && !s->toml.is_section) {
			if (!take_value(s, err))
				return false;
			continue;
		}
		end_section(s, section);
		if (!more)
			return true;
		memcpy(section, s->toml.section, sizeof(section));
		s->behind = (size_t)(s->toml.lines.rest - s->old->bytes);
		/* Behind the last line of all nothing can be put without a line end. */
		s->has_port = s->has_shadow = s->toml.lines.end_len == 0;
	}
}

bool supabase_splice(const struct port_values *v, const struct file_bytes *old,
		     const struct file_bytes *base, struct text *ret, struct err *err)
{
	CLEANUP(splicing_release)
	struct splicing s = { .v = v,
			      .old = old,
			      .toml = { .lines = { .rest = old->bytes, .left = old->len },
					.file = old->name } };

	(void)base;
	s.edits.arena = &s.arena;
	if (!take_all(&s, err))
		return false;
	if (!s.found)
		return render_fail(err, old->name, 1,
				   "none of its parts is one of these services: supabase-api, db, "
				   "shadow, pooler, supabase-studio, inbucket, analytics");
	return edits_apply(&s.edits, old->bytes, old->len, ret) || fail_memory(err);
}
