#include "project/lint.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/edits.h"

/* --- rules */

/* The folder may end with '/'. */
static bool is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return !strncmp(path, folder, len) && (folder[len - 1] == '/' || path[len] == '/');
}

/* A part of the path has this name. */
static bool has_part(const char *path, const char *pattern)
{
	char part[NAME_MAX + 1];

	while (*path) {
		size_t len = strcspn(path, "/");

		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		if (!fnmatch(pattern, part, 0))
			return true;
		path += len + (path[len] == '/');
	}
	return false;
}

static bool fits(const char *path, const char *pattern)
{
	const char *slash;

	if (!strncmp(pattern, "./", 2))
		pattern += 2;
	slash = strchr(pattern, '/');
	if (!slash)
		return has_part(path, pattern);
	return slash[1] ? !fnmatch(pattern, path, 0) || is_below(path, pattern)
			: is_below(path, pattern);
}

static bool is_ignored(const struct lint_gathering *g, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", g->prefix, name);
	for (unsigned i = 0; g->rules && i < g->rules->n_ignore; i++)
		if (fits(path, g->rules->ignore[i]))
			return true;
	return false;
}

static bool is_allowed(const struct lint_gathering *g, uint16_t port)
{
	for (unsigned i = 0; g->rules && i < g->rules->n_allow; i++)
		if (g->rules->allow[i] == port)
			return true;
	return false;
}

/* --- rows */

struct gathering {
	struct lint_gathering *g;
	struct err *err;
};

static bool found(const char *name, const struct mention *m, void *arg)
{
	struct gathering *x = arg;
	json_t *row;

	if (is_allowed(x->g, m->port))
		return true;
	row = json_object();
	return (json_append(x->g->mentions, row) && json_put_text(row, "file", name) &&
		json_put_int(row, "line", m->line) && json_put_int(row, "column", m->column) &&
		json_put_int(row, "port", m->port) &&
		json_put_text(row, "protocol", protocol_name(m->protocol)) &&
		json_put_text(row, "kind", mention_kind_name(m->kind)) &&
		json_put(row, "words", json_string(m->words)) &&
		json_put_bool(row, "isNamed", m->is_named) &&
		json_put_bool(row, "isDefault", m->is_default) &&
		json_put_bool(row, "mayChange", !m->is_fixed) &&
		json_put_int(row, "nth", m->nth)) ||
	       fail_memory(x->err);
}

/* "compose.yaml:3:5: why": its place is told apart, the rest is the message. */
static const char *take_place(const char *name, const char *text, int64_t *line, int64_t *column)
{
	size_t len = strlen(name);
	const char *at = text + len;
	char *end;

	if (strncmp(text, name, len) != 0 || *at != ':')
		return text;
	*line = strtol(at + 1, &end, 10);
	if (end == at + 1 || *end != ':')
		return at + 1 + strspn(at + 1, " ");
	at = end + 1;
	*column = strtol(at, &end, 10);
	if (end == at || *end != ':')
		*column = 1;
	else
		at = end + 1;
	return at + strspn(at, " ");
}

/* What was told of a file before it was not understood: nobody knows what that was. */
static void forget(json_t *mentions, const char *name)
{
	for (size_t n = json_array_size(mentions); n; n--) {
		const char *file = json_text_of(json_array_get(mentions, n - 1), "file");

		if (!file || strcmp(file, name) != 0)
			return;
		json_array_remove(mentions, n - 1);
	}
}

static bool skipped(const char *name, const struct err *why, void *arg)
{
	struct gathering *x = arg;
	json_t *row = json_object();
	int64_t line = 1, column = 1;
	const char *text = take_place(name, why->text, &line, &column);

	forget(x->g->mentions, name);
	return (json_append(x->g->skipped, row) && json_put_text(row, "file", name) &&
		json_put_int(row, "line", line > 0 ? line : 1) &&
		json_put_int(row, "column", column > 0 ? column : 1) &&
		json_put(row, "port", json_null()) && json_put(row, "protocol", json_null()) &&
		json_put_text(row, "rule", "not-understood") &&
		json_put_text(row, "severity", "warning") && json_put_text(row, "message", text) &&
		json_put(row, "hint", json_string("the file was left alone")) &&
		json_put(row, "owner", json_null()) && json_put(row, "instead", json_null()) &&
		json_put_bool(row, "fixable", false)) ||
	       fail_memory(x->err);
}

static void leave_out(const struct lint_gathering *g, struct lint_names *n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n->count; i++)
		if (!is_ignored(g, n->items[i]))
			n->items[kept++] = n->items[i];
	n->count = kept;
}

bool lint_gather(const struct lint_names *n, struct lint_gathering *g, struct err *err)
{
	struct gathering x = { .g = g, .err = err };
	struct lint_reading r = { .found = found, .skipped = skipped, .arg = &x };
	struct lint_names names = *n;

	leave_out(g, &names);
	if (!lint_read(&names, &r, err))
		return false;
	g->n_files = r.n_read;
	return true;
}

/* --- putting things right */

/* A finding of the file at hand that may be put right. */
struct fixable {
	unsigned line, column;
	uint16_t port;
	const json_t *instead;
};

struct fixing {
	struct fixable *items; /* by place */
	unsigned n_items;
	struct edits edits;
	unsigned count;
};

static int by_place(const void *a, const void *b)
{
	const struct fixable *x = a, *y = b;
	int order = (x->line > y->line) - (x->line < y->line);

	if (!order)
		order = (x->column > y->column) - (x->column < y->column);
	return order ? order : (x->port > y->port) - (x->port < y->port);
}

static bool find_fixables(const char *name, const json_t *findings, struct fixing *x,
			  struct err *err)
{
	struct fixable *items = arena_alloc(x->edits.arena,
					    (json_array_size(findings) + 1) * sizeof(*items));
	const json_t *row;
	size_t i;

	if (!items)
		return fail_memory(err);
	x->items = items;
	json_array_foreach(json_walked(findings), i, row) {
		const char *file = json_text_of(row, "file");

		if (!json_bool_of(row, "fixable") || !file || strcmp(file, name) != 0)
			continue;
		items[x->n_items++] = (struct fixable){
			.line = (unsigned)json_int_of(row, "line", 0),
			.column = (unsigned)json_int_of(row, "column", 0),
			.port = (uint16_t)json_int_of(row, "port", 0),
			.instead = json_object_get(row, "instead"),
		};
	}
	if (x->n_items)
		qsort(items, x->n_items, sizeof(*items), by_place);
	return true;
}

static void add_port(const struct mention *m, const char *variable, unsigned port, struct text *ret)
{
	switch (m->form) {
	case MENTION_NUMBER: text_addf(ret, "%u", port); return;
	case MENTION_SHELL: text_addf(ret, "${%s:-%u}", variable, port); return;
	case MENTION_JS: text_addf(ret, "Number(process.env.%s) || %u", variable, port); return;
	}
	__builtin_unreachable();
}

static bool fix(const struct mention *m, void *arg)
{
	CLEANUP(text_release) struct text put = { 0 };
	struct fixing *x = arg;
	const struct fixable key = { .line = m->line, .column = m->column, .port = m->port };
	const struct fixable *found = x->n_items ? bsearch(&key, x->items, x->n_items, sizeof(key),
							   by_place)
						 : NULL;
	const char *variable = found ? json_text_of(found->instead, "variable") : NULL;

	if (!variable || m->is_fixed)
		return true;
	add_port(m, variable, (unsigned)json_int_of(found->instead, "port", 0), &put);
	edits_add(&x->edits, m->at, m->at + m->len, &put);
	x->count++;
	return true;
}

bool lint_fix(const char *name, const struct text *bytes, const json_t *findings, struct text *ret,
	      unsigned *ret_count, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct fixing x = { .edits = { .arena = &arena } };

	if (!find_fixables(name, findings, &x, err) || !lint_read_bytes(name, bytes, fix, &x, err))
		return false;
	*ret_count = x.count;
	return edits_apply(&x.edits, text_str(bytes), bytes->len, ret) || fail_memory(err);
}
