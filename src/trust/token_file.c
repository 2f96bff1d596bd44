#include "trust/token_file.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/utf8.h"

/* A file that is read, and the line at hand. */
struct reading {
	const char *file;
	unsigned line;
	struct arena *arena;
	struct token_list list;
	unsigned room;
};

static bool fail_at(const struct reading *r, struct err *err, const char *what, const char *word)
{
	fail(err, ERR_INVALID, "%.600s:%u: %s", r->file, r->line, what);
	if (*word && utf8_is_printable(word, strlen(word)))
		return fail_hint(err,
				 "at '%.80s'; a line is NAME sha256:HEX [read-only] [project:NAME]"
				 "... [added:DATE]",
				 word);
	return fail_hint(err, "a line is NAME sha256:HEX [read-only] [project:NAME]... "
			      "[added:DATE]");
}

/* Words. */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_digest(const char *word, unsigned char ret[static DIGEST_SIZE])
{
	if (!eat_word(&word, "sha256:") || strlen(word) != 2 * (size_t)DIGEST_SIZE)
		return false;
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		int high = digit_of(word[2 * i]), low = digit_of(word[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (unsigned char)(high * 16 + low);
	}
	return true;
}

static bool add_project(struct reading *r, struct token *t, const char *word, struct err *err)
{
	const char **list = arena_alloc(r->arena, (TOKEN_PROJECTS + 1) * sizeof(*list));
	char name[NAME_SIZE];
	unsigned n = 0;
	struct err why = { 0 };

	if (!name_fold("project", word, name, &why))
		return fail_at(r, err, why.text, word);
	if (!list)
		return fail_memory(err);
	for (; t->projects && t->projects[n]; n++)
		list[n] = t->projects[n];
	if (n == TOKEN_PROJECTS)
		return fail_at(r, err, "more projects than a token may be bound to", word);
	list[n] = arena_copy(r->arena, name);
	t->projects = list;
	return list[n] || fail_memory(err);
}

static bool take_word(struct reading *r, struct token *t, const char *word, struct err *err)
{
	const char *at = word;

	if (!strcmp(word, "read-only")) {
		t->only_reads = true;
		return true;
	}
	if (eat_word(&at, "project:"))
		return add_project(r, t, at, err);
	if (eat_word(&at, "added:")) {
		t->added = arena_copy(r->arena, at);
		return t->added || fail_memory(err);
	}
	return fail_at(r, err,
		       "a word that means nothing here, so what it should bind is not bound", word);
}

/* Lines. */

/* The next word of the line, which is cut off there; "": there is none. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, " \t\r");
	size_t len = strcspn(word, " \t\r");

	*at = word + len + (word[len] != '\0');
	word[len] = '\0';
	return word;
}

static bool check_new(struct reading *r, const struct token *t, struct err *err)
{
	for (unsigned i = 0; i < r->list.count; i++) {
		const struct token *other = &r->list.items[i];

		if (!strcmp(other->name, t->name))
			return fail_at(r, err, "a name that is there already", t->name);
		if (digest_same(other->digest, t->digest))
			return fail_at(r, err, "a token that is there already", t->name);
	}
	return true;
}

static bool keep(struct reading *r, const struct token *t, struct err *err)
{
	struct token *items = arena_grow(r->arena, r->list.items, r->list.count, &r->room,
					 sizeof(*items));

	if (!items)
		return fail_memory(err);
	items[r->list.count++] = *t;
	r->list.items = items;
	return true;
}

static bool parse_line(struct reading *r, char *line, struct err *err)
{
	struct token t = { .line = r->line };
	struct err why = { 0 };
	char *word = next_word(&line);

	if (!*word || *word == '#')
		return true;
	if (!name_fold("token", word, t.name, &why))
		return fail_at(r, err, why.text, word);
	word = next_word(&line);
	if (!parse_digest(word, t.digest))
		return fail_at(r, err, "no sha256: with 64 digits behind the name", "");
	for (word = next_word(&line); *word; word = next_word(&line))
		if (!take_word(r, &t, word, err))
			return false;
	return check_new(r, &t, err) && keep(r, &t, err);
}

bool token_file_parse(const char *file, const char *bytes, size_t len, struct arena *a,
		      struct token_list *ret, struct err *err)
{
	struct reading r = { .file = file, .arena = a };
	const char *end = bytes + len;

	while (bytes < end) {
		const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t line_len = (size_t)((stop ? stop : end) - bytes);
		char *line = arena_alloc(a, line_len + 1);

		r.line++;
		if (!line)
			return fail_memory(err);
		memcpy(line, bytes, line_len);
		if (memchr(line, '\0', line_len))
			return fail_at(&r, err, "a NUL", "");
		if (!parse_line(&r, line, err))
			return false;
		bytes += line_len + 1;
	}
	*ret = r.list;
	return true;
}

const struct token *token_named(const struct token_list *list, const char *name)
{
	for (unsigned i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].name, name))
			return &list->items[i];
	return NULL;
}

/* Bytes again. */

void token_file_add(const char *bytes, size_t len, const struct token *t, struct text *ret)
{
	text_add_bytes(ret, bytes, len);
	if (len && bytes[len - 1] != '\n')
		text_add(ret, "\n");
	text_addf(ret, "%s sha256:", t->name);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		text_addf(ret, "%02x", t->digest[i]);
	if (t->only_reads)
		text_add(ret, " read-only");
	for (const char *const *p = t->projects; p && *p; p++)
		text_addf(ret, " project:%s", *p);
	if (t->added)
		text_addf(ret, " added:%s", t->added);
	text_add(ret, "\n");
}

void token_file_without(const char *bytes, size_t len, unsigned line, struct text *ret)
{
	const char *at = bytes, *end = bytes + len, *stop;

	for (unsigned n = 1; n < line && at < end; n++) {
		stop = memchr(at, '\n', (size_t)(end - at));
		at = stop ? stop + 1 : end;
	}
	stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
	stop = stop ? stop + 1 : end;
	text_add_bytes(ret, bytes, (size_t)(at - bytes));
	text_add_bytes(ret, stop, (size_t)(end - stop));
}
