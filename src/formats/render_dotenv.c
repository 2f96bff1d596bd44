/*
 * Lines of NAME=value: .ports.env and its like, and direnv's .envrc, which is a
 * script of bash.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "formats/dotenv.h"
#include "formats/render_rows.h"

/* May the value of this assignment be replaced? */
typedef bool may_replace_fn(const struct file_bytes *old, const struct dotenv_item *item,
			    struct err *err);

struct splicing {
	const struct port_values *v;
	const struct file_bytes *old;
	const char *before; /* of a line that is added: "export " */
	may_replace_fn *may_replace;
	bool has_heredocs; /* it is a script: lines of here-documents are data */
	size_t looked_at;  /* up to here for such */
	unsigned odd_line; /* where such open that are not understood; 0: nowhere */
	bool *seen;	   /* of each value: its variable is in the file */
};

static const struct port_value *value_named(const struct port_values *v, const char *name,
					    size_t len)
{
	for (unsigned i = 0; i < v->count; i++)
		if (strlen(v->items[i].variable) == len && !memcmp(v->items[i].variable, name, len))
			return &v->items[i];
	return NULL;
}

/* --- here-documents */

static size_t next_line(const struct file_bytes *f, size_t at)
{
	const char *end = memchr(f->bytes + at, '\n', f->len - at);

	return end ? (size_t)(end - f->bytes) + 1 : f->len;
}

/* What a line has of "<<": the word of the last, and how many; one that is no plain word is odd. */
struct heredocs {
	const char *word;
	size_t len;
	unsigned count;
	bool is_odd;
};

/* EOF, -EOF, 'EOF', "EOF" or \EOF, and then no more of the word. */
static void read_delimiter(const char *at, const char *end, struct heredocs *ret)
{
	char quote = '\0';

	at += at < end && *at == '-';
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at < end && strchr("'\"\\", *at))
		quote = *at++;
	ret->word = at;
	while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
		at++;
	ret->len = (size_t)(at - ret->word);
	ret->count++;
	if (quote && quote != '\\')
		ret->is_odd = ret->is_odd || at == end || *at++ != quote;
	ret->is_odd = ret->is_odd || !ret->len || (at < end && !strchr(" \t\r\n;&|<>()", *at));
}

/* 1 << 2 is arithmetic. */
static const char *behind_arithmetic(const char *at, const char *end)
{
	const char *close = at + 1 < end && !memcmp(at, "((", 2)
				    ? memmem(at, (size_t)(end - at), "))", 2)
				    : at;

	return close ? close : end;
}

static bool is_comment(const char *line, const char *at)
{
	return *at == '#' && (at == line || at[-1] == ' ' || at[-1] == '\t');
}

/* In quotes there are none, but for "$(cat <<EOF"; "<<<" is something else. */
static struct heredocs heredocs_of(const char *line, const char *end)
{
	struct heredocs found = { .count = 0 };
	char quote = '\0';
	bool runs = false;

	for (const char *at = line; (at = behind_arithmetic(at, end)) < end; at++) {
		size_t n = 0;

		if (!quote && is_comment(line, at))
			break;
		if (*at == '\\' && quote != '\'') {
			at += at + 1 < end;
			continue;
		}
		if (quote ? *at == quote : *at == '\'' || *at == '"')
			quote = quote ? '\0' : *at;
		runs = runs || *at == '`' || *at == '(';
		while (at + n < end && at[n] == '<')
			n++;
		if (n == 2 && (!quote || (quote == '"' && runs)))
			read_delimiter(at + 2, end, &found);
		at += n ? n - 1 : 0;
	}
	return found;
}

/* Where the line at `at` ends, or the here-document that opens in it; one without its end opens
   none, and none does behind it. */
static size_t line_or_heredoc(struct splicing *s, size_t at)
{
	const struct file_bytes *f = s->old;
	const size_t line = next_line(f, at);
	struct heredocs found = { .count = 0 };

	if (s->has_heredocs)
		found = heredocs_of(f->bytes + at, f->bytes + line);
	if (found.is_odd || found.count > 1)
		s->odd_line = line_at(f->bytes, at);
	if (found.count != 1 || s->odd_line)
		return line;
	for (size_t next = line; next < f->len;) {
		size_t start = next, end;

		next = next_line(f, start);
		while (start < next && f->bytes[start] == '\t')
			start++;
		for (end = next; end > start && strchr("\r\n", f->bytes[end - 1]);)
			end--;
		if (end - start == found.len && !memcmp(f->bytes + start, found.word, found.len))
			return next;
	}
	s->has_heredocs = false;
	return line;
}

/* Behind the here-document that `place` is in; 0: it is in none.  Places come in their order. */
static size_t behind_heredoc(struct splicing *s, size_t place)
{
	while (s->has_heredocs && s->looked_at <= place) {
		size_t end = line_or_heredoc(s, s->looked_at);

		if (place < next_line(s->old, s->looked_at))
			return 0;
		s->looked_at = end;
		if (place < end)
			return end;
	}
	return 0;
}

static void step_to(struct dotenv *d, size_t to)
{
	for (; d->at < to; d->at++)
		d->line += d->bytes[d->at] == '\n';
}

/* --- values where they stand */

/* The next assignment that is one. */
static bool next_item(struct splicing *s, struct dotenv *d, struct dotenv_item *ret)
{
	struct dotenv before = *d;

	while (dotenv_next(d, ret)) {
		size_t behind = behind_heredoc(s, ret->name);

		if (!behind)
			return !s->odd_line;
		/* What seemed to be its quotes may have gone on behind the document. */
		*d = before;
		step_to(d, behind);
		before = *d;
	}
	return false;
}

static bool replace_known(struct splicing *s, struct text *ret, struct err *err)
{
	struct dotenv d = { s->old->bytes, s->old->len };
	struct dotenv_item item;
	size_t copied = 0;

	while (next_item(s, &d, &item)) {
		const struct port_value *value = value_named(s->v, d.bytes + item.name,
							     item.name_len);

		if (item.is_open)
			return render_fail(err, s->old->name, item.line,
					   "the quote that opens here is not closed");
		if (!value)
			continue;
		if (!s->may_replace(s->old, &item, err))
			return false;
		text_add_bytes(ret, d.bytes + copied, item.value - copied);
		text_addf(ret, "%u", value->port);
		copied = item.value + item.value_len;
		s->seen[value - s->v->items] = true;
	}
	if (s->odd_line)
		return render_fail(
			err, s->old->name, s->odd_line,
			"here-documents open here: one on a line, up to a plain word, is "
			"understood");
	text_add_bytes(ret, d.bytes + copied, d.len - copied);
	return true;
}

static void append_missing(const struct splicing *s, struct text *ret)
{
	const char *end = line_end_of(s->old->bytes, s->old->len);
	bool is_open = s->old->len && s->old->bytes[s->old->len - 1] != '\n';

	for (unsigned i = 0; i < s->v->count; i++) {
		const struct port_value *value = &s->v->items[i];

		if (s->seen[i])
			continue;
		text_addf(ret, "%s%s%s=%u%s", is_open ? end : "", s->before, value->variable,
			  value->port, end);
		is_open = false;
	}
}

static bool splice(struct splicing *s, struct text *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };

	s->seen = arena_alloc(&arena, s->v->count * sizeof(*s->seen));
	if (!s->seen)
		return fail_memory(err);
	if (!replace_known(s, ret, err))
		return false;
	append_missing(s, ret);
	return text_ok(ret) || fail_memory(err);
}

static bool is_number(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return true;
}

/* A shell that sources the file would run it, or the number in its place: `3101`. */
static bool is_no_command(const struct file_bytes *old, const struct dotenv_item *item,
			  struct err *err)
{
	const char *value = old->bytes + item->value;
	bool is_command = item->quote == '`' && !is_number(value, item->value_len);

	for (size_t i = 0; i < item->value_len && item->quote != '\''; i++)
		is_command = is_command || value[i] == '`' ||
			     (value[i] == '$' && i + 1 < item->value_len && value[i + 1] == '(');
	return !is_command || render_fail(err, old->name, item->line,
					  "a command gives the value of %.*s: put a number there",
					  (int)item->name_len, old->bytes + item->name);
}

bool dotenv_splice(const struct port_values *v, const struct file_bytes *old,
		   const struct file_bytes *base, struct text *ret, struct err *err)
{
	struct splicing s = { .v = v, .old = old, .before = "", .may_replace = is_no_command };

	(void)base;
	return splice(&s, ret, err);
}

/*
 * Of what a shell computes nothing can be replaced blindly: $(...) may go over
 * lines, and a '\' at the end makes two lines one.
 */
static bool is_plain(const struct file_bytes *old, const struct dotenv_item *item, struct err *err)
{
	const char *value = old->bytes + item->value;

	for (size_t i = 0; i < item->value_len; i++)
		if (!isalnum((unsigned char)value[i]) && !strchr("_-.:/${}", value[i]))
			return render_fail(err, old->name, item->line,
					   "the value of %.*s is more than a number or a variable",
					   (int)item->name_len, old->bytes + item->name);
	return true;
}

bool direnv_splice(const struct port_values *v, const struct file_bytes *old,
		   const struct file_bytes *base, struct text *ret, struct err *err)
{
	struct splicing s = { .v = v,
			      .old = old,
			      .before = "export ",
			      .may_replace = is_plain,
			      .has_heredocs = true };

	(void)base;
	return splice(&s, ret, err);
}

static void add_all(const struct port_values *v, const char *before, struct text *ret)
{
	text_addf(ret, "# The ports of this checkout, from the port book: %s makes them anew.\n",
		  v->command);
	for (unsigned i = 0; i < v->count; i++)
		text_addf(ret, "%s%s=%u\n", before, v->items[i].variable, v->items[i].port);
}

bool dotenv_render(const struct port_values *v, struct text *ret, struct err *err)
{
	add_all(v, "", ret);
	return text_ok(ret) || fail_memory(err);
}

bool direnv_render(const struct port_values *v, struct text *ret, struct err *err)
{
	add_all(v, "export ", ret);
	return text_ok(ret) || fail_memory(err);
}
