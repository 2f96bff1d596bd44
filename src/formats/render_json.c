/*
 * {"WEB_PORT": 3100}: an object with a member for each variable, among others.
 */
#include <string.h>

#include "base/arena.h"
#include "base/json_walk.h"
#include "formats/render_rows.h"

bool json_render(const struct port_values *v, struct text *ret, struct err *err)
{
	text_add(ret, "{");
	for (unsigned i = 0; i < v->count; i++)
		text_addf(ret, "%s\n  \"%s\": %u", i ? "," : "", v->items[i].variable,
			  v->items[i].port);
	text_add(ret, "\n}\n");
	return text_ok(ret) || fail_memory(err);
}

/* An object of the file, and where its last member ends. */
struct members {
	const struct file_bytes *old;
	size_t inside;	 /* behind its '{' */
	size_t end;	 /* behind its last member; `inside`: there is none */
	const char *gap; /* what stands before its first key; NULL: it has none */
	size_t gap_len;
	bool *seen; /* of each value: its variable is there */
};

static size_t place_of(const struct file_bytes *old, const struct json_piece *p)
{
	return (size_t)(p->at - old->bytes);
}

static const struct port_value *value_at(const struct port_values *v, const struct json_walk *w)
{
	for (unsigned i = 0; i < v->count; i++)
		if (json_walk_at(w, v->items[i].variable))
			return &v->items[i];
	return NULL;
}

/* Replace what is there, up to the end of the last member. */
static bool replace_members(const struct port_values *v, const struct json_piece *object,
			    struct members *m, struct text *ret, struct err *err)
{
	struct json_walk w = json_walk_of(object);
	size_t copied = 0;
	bool more;

	while (json_walk_next(&w, &more, err) && more) {
		const struct port_value *value = value_at(v, &w);
		size_t at = place_of(m->old, &w.value);

		if (m->end == m->inside) {
			m->gap = m->old->bytes + m->inside;
			m->gap_len = place_of(m->old, &w.key) - m->inside;
		}
		m->end = at + w.value.len;
		if (!value)
			continue;
		text_add_bytes(ret, m->old->bytes + copied, at - copied);
		text_addf(ret, "%u", value->port);
		copied = m->end;
		m->seen[value - v->items] = true;
	}
	text_add_bytes(ret, m->old->bytes + copied, m->end - copied);
	return !more;
}

/* As the first member is set off. */
static void add_missing(const struct port_values *v, const struct members *m, struct text *ret)
{
	bool is_first = m->end == m->inside;
	const char *end = line_end_of(m->old->bytes, m->old->len);

	for (unsigned i = 0; i < v->count; i++) {
		if (m->seen[i])
			continue;
		text_add(ret, is_first ? "" : ",");
		if (m->gap)
			text_add_bytes(ret, m->gap, m->gap_len);
		else
			text_addf(ret, "%s  ", end);
		text_addf(ret, "\"%s\": %u", v->items[i].variable, v->items[i].port);
		is_first = false;
	}
	/* An object that was empty is closed on a line of its own. */
	if (!m->gap && !is_first)
		text_add(ret, end);
}

/* What the file says, with our members set: what it must say afterwards. */
static bool says_the_same(const struct port_values *v, const struct file_bytes *old, json_t *was,
			  const struct text *now, struct err *err)
{
	CLEANUP(json_cleanup) json_t *is = NULL;

	if (!json_parse_file(text_str(now), now->len, old->name, &is, err))
		return false;
	for (unsigned i = 0; i < v->count; i++)
		if (!json_put_int(was, v->items[i].variable, v->items[i].port))
			return fail_memory(err);
	return json_equal(was, is) ||
	       fail(err, ERR_INVALID, "%.200s: its members cannot be told apart", old->name);
}

static bool parse_object(const struct file_bytes *old, json_t **ret, struct err *err)
{
	if (!json_parse_file(old->bytes, old->len, old->name, ret, err))
		return false;
	return json_is_object(*ret) ||
	       render_fail(err, old->name, 1, "an object was expected, {\"NAME_PORT\": 1234}");
}

bool json_splice(const struct port_values *v, const struct file_bytes *old,
		 const struct file_bytes *base, struct text *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	CLEANUP(json_cleanup) json_t *was = NULL;
	struct members m = { .old = old, .seen = arena_alloc(&arena, v->count + 1) };
	struct json_piece object;

	(void)base;
	if (!m.seen)
		return fail_memory(err);
	if (!parse_object(old, &was, err) ||
	    !json_piece_of(old->bytes, old->len, old->name, &object, err))
		return false;
	m.inside = m.end = place_of(old, &object) + 1;
	if (!replace_members(v, &object, &m, ret, err))
		return false;
	add_missing(v, &m, ret);
	text_add_bytes(ret, old->bytes + m.end, old->len - m.end);
	return (text_ok(ret) || fail_memory(err)) && says_the_same(v, old, was, ret, err);
}
