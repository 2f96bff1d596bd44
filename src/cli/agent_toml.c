/*
 * Lines of TOML, as far as is needed to find a table and two keys in it.  A form
 * of ours that is not understood is refused, never guessed at.
 */
#include <stdio.h>
#include <string.h>

#include "cli/agent_file.h"

struct toml_line {
	const char *at;
	size_t len; /* without its newline */
	size_t whole;
};

static struct toml_line line_at(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	size_t len = newline ? (size_t)(newline - at) : (size_t)(end - at);

	return (struct toml_line){ at, len, len + (newline != NULL) };
}

static size_t skip_blanks(const struct toml_line *l, size_t i)
{
	while (i < l->len && (l->at[i] == ' ' || l->at[i] == '\t'))
		i++;
	return i;
}

static bool starts(const struct toml_line *l, const char *word)
{
	size_t i = skip_blanks(l, 0), len = strlen(word);

	return l->len - i >= len && !memcmp(l->at + i, word, len);
}

/* "[LIST.portbook]" with nothing but a comment behind it. */
static bool is_our_table(const struct toml_line *l, const char *header)
{
	size_t i;

	if (!starts(l, header))
		return false;
	i = skip_blanks(l, skip_blanks(l, 0) + strlen(header));
	return i == l->len || l->at[i] == '#' || l->at[i] == '\r';
}

static bool is_key(const struct toml_line *l, const char *key)
{
	size_t i;

	if (!starts(l, key))
		return false;
	i = skip_blanks(l, skip_blanks(l, 0) + strlen(key));
	return i < l->len && l->at[i] == '=';
}

/* A list that goes on on the next line has no end here; nor has a long string. */
static bool is_one_line(const struct toml_line *l)
{
	const char *open = memchr(l->at, '[', l->len);

	return (!open || memchr(open, ']', l->len - (size_t)(open - l->at))) &&
	       !memmem(l->at, l->len, "\"\"\"", 3) && !memmem(l->at, l->len, "'''", 3);
}

/* A basic string, whose escapes are those of JSON. */
static void add_string(struct text *t, const char *s)
{
	CLEANUP(json_cleanup) json_t *value = json_string(s);

	if (value)
		text_add_json(t, value, JSON_ENCODE_ANY);
	else
		t->out_of_memory = true;
}

static void add_command(struct text *t, const struct agent_entry *entry)
{
	text_add(t, "command = ");
	add_string(t, entry->command);
	text_add(t, "\n");
}

static void add_args(struct text *t, const struct agent_entry *entry)
{
	text_add(t, "args = [");
	for (const char *const *a = entry->args; *a; a++) {
		text_add(t, a == entry->args ? "" : ", ");
		add_string(t, *a);
	}
	text_add(t, "]\n");
}

static const struct {
	const char *key;
	void (*add)(struct text *t, const struct agent_entry *entry);
} keys[] = { { "command", add_command }, { "args", add_args } };

/* The lines of our table: those two are ours, the others stay. */
static bool add_table(const char **at, const char *end, const struct agent_entry *entry,
		      struct text *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		keys[i].add(ret, entry);
	while (*at < end) {
		struct toml_line l = line_at(*at, end);
		bool ours = is_key(&l, keys[0].key) || is_key(&l, keys[1].key);

		if (starts(&l, "["))
			return true;
		if (ours && !is_one_line(&l))
			return fail(err, ERR_INVALID,
				    "portbook's table in the file has a value of several lines");
		if (!ours)
			text_add_bytes(ret, l.at, l.whole);
		*at += l.whole;
	}
	return true;
}

/* The same table in another form of TOML. */
static bool is_other_form(const struct toml_line *l, const char *list)
{
	char word[64];

	snprintf(word, sizeof(word), "%s.portbook.", list);
	if (starts(l, word) || is_key(l, list))
		return true;
	snprintf(word, sizeof(word), "[%s]", list);
	return starts(l, word);
}

static void add_new(struct text *t, const char *header, const struct agent_entry *entry)
{
	if (t->len)
		text_add(t, t->s[t->len - 1] == '\n' ? "\n" : "\n\n");
	text_addf(t, "%s\n", header);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		keys[i].add(t, entry);
}

bool agent_file_toml(const char *bytes, size_t len, const char *list,
		     const struct agent_entry *entry, struct text *ret, struct err *err)
{
	const char *at = bytes, *end = bytes + len;
	bool found = false;
	char header[64];

	snprintf(header, sizeof(header), "[%s.portbook]", list);
	while (at < end) {
		struct toml_line l = line_at(at, end);

		if (is_other_form(&l, list))
			return fail(err, ERR_INVALID,
				    "the file has its servers in a form that is not written here");
		text_add_bytes(ret, l.at, l.whole);
		at += l.whole;
		if (found || !is_our_table(&l, header))
			continue;
		found = true;
		if (l.whole == l.len)
			text_add(ret, "\n");
		if (!add_table(&at, end, entry, ret, err))
			return false;
	}
	if (!found)
		add_new(ret, header, entry);
	return text_ok(ret) || fail_memory(err);
}
