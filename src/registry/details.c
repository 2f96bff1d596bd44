#include "registry/details.h"

#include <string.h>

#include "registry/field.h"

static bool dns_field(const char *text, struct err *err)
{
	if (!*text || name_is_dns(text))
		return true;
	return fail(err, ERR_INVALID, "'%.260s' is not a hostname like app.example.com", text);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool assign(const char **field, const char *text, bool fold, struct arena *a, bool *changed,
		   struct err *err)
{
	char *copy;

	if (!text)
		return true;
	copy = arena_copy(a, text);
	if (!copy)
		return fail_memory(err);
	for (char *c = copy; fold && *c; c++)
		*c = lower(*c);
	if (same(*field, copy))
		return true;
	*field = *copy ? copy : NULL;
	*changed = true;
	return true;
}

static bool merge(json_t *into, const json_t *from)
{
	const char *key;
	json_t *value;

	json_object_foreach(json_walked(from), key, value) {
		if (json_is_null(value))
			json_object_del(into, key);
		else if (json_object_set(into, key, value) < 0)
			return false;
	}
	return true;
}

static bool merge_metadata(const json_t *given, struct arena *a, struct entry *e, bool *changed,
			   struct err *err)
{
	CLEANUP(json_cleanup) json_t *old = json_loads(e->metadata ? e->metadata : "{}", 0, NULL);
	CLEANUP(json_cleanup) json_t *new = old ? json_deep_copy(old) : NULL;
	CLEANUP(json_text_cleanup) char *text = NULL;

	if (!new || !merge(new, given))
		return fail_memory(err);
	if (json_equal(old, new))
		return true;
	if (!json_format(new, &text, err))
		return false;
	if (strlen(text) > METADATA_MAX)
		return fail(err, ERR_INVALID, "the metadata is longer than %d bytes", METADATA_MAX);
	*changed = true;
	e->metadata = arena_copy(a, text);
	return e->metadata || fail_memory(err);
}

static bool word_field(const char *what, const char **field, const char *text, struct arena *a,
		       bool *changed, struct err *err)
{
	char name[NAME_SIZE] = "";

	if (!text)
		return true;
	if (*text && !name_fold(what, text, name, err))
		return false;
	return assign(field, name, false, a, changed, err);
}

bool details_apply(const struct details *d, struct arena *a, struct entry *e, bool *ret_changed,
		   struct err *err)
{
	const struct {
		const char *what, *text;
		size_t most;
		const char **field;
	} lines[] = {
		{ "description", d->description, DESCRIPTION_MAX, &e->description },
		{ "note", d->notes, NOTES_MAX, &e->notes },
		{ "unit's name", d->unit, UNIT_MAX, &e->unit },
		{ "tunnel's id", d->tunnel_id, TUNNEL_ID_MAX, &e->tunnel_id },
	};
	bool changed = false;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!field_is_line(lines[i].what, lines[i].text, lines[i].most, err) ||
		    !assign(lines[i].field, lines[i].text, false, a, &changed, err))
			return false;
	if (d->tunnel_hostname &&
	    (!dns_field(d->tunnel_hostname, err) ||
	     !assign(&e->tunnel_hostname, d->tunnel_hostname, true, a, &changed, err)))
		return false;
	if (!word_field("type", &e->type, d->type, a, &changed, err) ||
	    !word_field("role", &e->role, d->role, a, &changed, err))
		return false;
	if (d->metadata && !merge_metadata(d->metadata, a, e, &changed, err))
		return false;
	*ret_changed = changed;
	return true;
}
