/*
 * The rules of a tunnel brought into its file: places are found in the bytes, and changed
 * there.  What comes out is read again, and has to say what was meant.
 */
#include <string.h>

#include "formats/edits.h"
#include "formats/ingress.h"
#include "formats/render.h"

#define CATCH_ALL "http_status:404"

struct splicing {
	const char *bytes, *file, *line_end;
	size_t len;
	struct ingress in;
	struct edits edits;
	const struct ingress_step *steps;
	unsigned count;
	bool needs_rest; /* there is no rule that takes what no other takes */
};

/* --- what cannot be changed */

static bool takes_rest(const struct ingress_rule *rule)
{
	return !*rule->path.text && ingress_takes(rule->hostname.text, "");
}

static bool check_rules(struct splicing *s, struct err *err)
{
	const struct ingress *in = &s->in;

	if (in->is_there && !in->is_list)
		return render_fail(err, s->file, in->line, "'ingress' is no list of rules here");
	for (unsigned i = 0; i < in->count; i++) {
		const struct ingress_rule *rule = &in->rules[i];

		if (rule->is_odd || rule->hostname.is_odd || rule->path.is_odd)
			return render_fail(err, s->file, rule->line,
					   "a rule that takes over another's words: write it out");
		if (takes_rest(rule) && i + 1 < in->count)
			return render_fail(err, s->file, rule->line,
					   "a rule that takes all, and others behind it: only the "
					   "last one may");
	}
	s->needs_rest = !in->count || !takes_rest(&in->rules[in->count - 1]);
	return true;
}

/* --- changes of what is there */

static bool correct(struct splicing *s, const struct ingress_step *step, struct err *err)
{
	const struct ingress_rule *rule = &s->in.rules[step->rule];
	CLEANUP(text_release) struct text put = { 0 };

	if (!rule->said)
		return render_fail(err, s->file, rule->line, "a rule without a service");
	if (rule->service.is_odd)
		return render_fail(err, s->file, rule->said,
				   "the service of '%.100s' is shared with other rules: write it "
				   "out, as http://localhost:%u",
				   step->want->hostname, step->want->port);
	ingress_service(rule->service.text, step->want->port, &put);
	edits_add(&s->edits, rule->service.from, rule->service.to, &put);
	return true;
}

/* --- rules that are added */

/* As JSON, which is YAML, too: a list in brackets may be either. */
static void add_in_braces(struct text *t, const struct ingress_step *step, const char *behind)
{
	text_addf(t, "{\"hostname\": \"%s\", \"service\": \"http://localhost:%u\"}%s",
		  step->want->hostname, step->want->port, behind);
}

/* A star at the start of a plain text would be an alias. */
static void add_in_lines(struct splicing *s, struct text *t, unsigned indent,
			 const struct ingress_step *step)
{
	const char *quote = step->want->hostname[0] == '*' ? "\"" : "";

	text_addf(t, "%*s- hostname: %s%s%s%s", (int)indent, "", quote, step->want->hostname, quote,
		  s->line_end);
	text_addf(t, "%*s  service: http://localhost:%u%s", (int)indent, "", step->want->port,
		  s->line_end);
}

static void add_rest(struct splicing *s, struct text *t, unsigned indent)
{
	if (s->needs_rest)
		text_addf(t, "%*s- service: " CATCH_ALL "%s", (int)indent, "", s->line_end);
}

static size_t line_start(const struct splicing *s, size_t at)
{
	while (at > 0 && s->bytes[at - 1] != '\n')
		at--;
	return at;
}

/* Behind the line that `at` is on. */
static size_t line_behind(const struct splicing *s, size_t at)
{
	const char *end = at < s->len ? memchr(s->bytes + at, '\n', s->len - at) : NULL;

	return end ? (size_t)(end - s->bytes) + 1 : s->len;
}

/* The '-' of a rule, which stands before its first key, perhaps on a line above. */
static bool find_dash(const struct splicing *s, const struct ingress_rule *rule, size_t *ret)
{
	size_t at = rule->start;

	while (at > 0 && strchr(" \t\r\n", s->bytes[at - 1]))
		at--;
	*ret = at - (at > 0);
	return at > 0 && s->bytes[at - 1] == '-';
}

static bool is_comment(const struct splicing *s, size_t start)
{
	while (start < s->len && (s->bytes[start] == ' ' || s->bytes[start] == '\t'))
		start++;
	return start < s->len && s->bytes[start] == '#';
}

static bool is_blank(const struct splicing *s, size_t start)
{
	while (start < s->len && strchr(" \t\r", s->bytes[start]))
		start++;
	return start < s->len && s->bytes[start] == '\n';
}

static size_t above(const struct splicing *s, size_t start,
		    bool is_such(const struct splicing *s, size_t start))
{
	while (start > 0 && is_such(s, line_start(s, start - 1)))
		start = line_start(s, start - 1);
	return start;
}

/* Comments right above a rule are about it, and blank lines keep it apart from the last one. */
static size_t above_comments(const struct splicing *s, size_t start)
{
	return above(s, above(s, start, is_comment), is_blank);
}

static bool find_lines(const struct splicing *s, const struct ingress_rule *rule,
		       unsigned *ret_indent, size_t *ret_start, struct err *err)
{
	size_t dash;

	if (!find_dash(s, rule, &dash))
		return render_fail(err, s->file, rule->line, "the '-' of this rule is not found");
	*ret_start = line_start(s, dash);
	*ret_indent = (unsigned)(dash - *ret_start);
	return strspn(s->bytes + *ret_start, " ") >= *ret_indent ||
	       render_fail(err, s->file, rule->line, "this rule does not start a line of its own");
}

/* Before a rule; of many that come before one, the first goes first. */
static bool add_before(struct splicing *s, const struct ingress_step *step, struct err *err)
{
	const struct ingress_rule *rule = &s->in.rules[step->rule];
	CLEANUP(text_release) struct text put = { 0 };
	size_t at = rule->start;
	unsigned indent;

	if (s->in.is_flow) {
		add_in_braces(&put, step, ", ");
	} else {
		if (!find_lines(s, rule, &indent, &at, err))
			return false;
		at = above_comments(s, at);
		add_in_lines(s, &put, indent, step);
	}
	edits_add(&s->edits, at, at, &put);
	return true;
}

static void add_all(struct splicing *s, struct text *t, unsigned indent)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->steps[i].change == INGRESS_ADDED && s->steps[i].rule == s->in.count)
			add_in_lines(s, t, indent, &s->steps[i]);
	add_rest(s, t, indent);
}

/* Behind the last rule. */
static bool add_behind(struct splicing *s, struct err *err)
{
	const struct ingress_rule *last = &s->in.rules[s->in.count - 1];
	CLEANUP(text_release) struct text put = { 0 };
	size_t at = line_behind(s, last->end), start;
	unsigned indent;

	if (s->in.is_flow)
		return render_fail(err, s->file, last->line,
				   "the last rule has to take all the rest, as "
				   "{service: " CATCH_ALL "} does");
	if (!find_lines(s, last, &indent, &start, err))
		return false;
	if (at && s->bytes[at - 1] != '\n')
		text_add(&put, s->line_end);
	add_all(s, &put, indent);
	edits_add(&s->edits, at, at, &put);
	return true;
}

/* --- where there are no rules yet */

/* `ingress: []`, which may be JSON. */
static bool fill_brackets(struct splicing *s, struct err *err)
{
	size_t from = s->in.start, to = from + 1;
	CLEANUP(text_release) struct text put = { 0 };

	while (to < s->len && strchr(" \t\r\n", s->bytes[to]))
		to++;
	if (to == s->len || s->bytes[to] != ']')
		return render_fail(err, s->file, s->in.line, "the end of this list is not found");
	text_add(&put, "[");
	for (unsigned i = 0; i < s->count; i++)
		add_in_braces(&put, &s->steps[i], ", ");
	text_add(&put, "{\"service\": \"" CATCH_ALL "\"}]");
	edits_add(&s->edits, from, to + 1, &put);
	return true;
}

/* Behind `ingress:`, or at the end of a file that has no such key. */
static bool add_list(struct splicing *s, struct err *err)
{
	size_t at = s->in.is_there ? line_behind(s, s->in.behind_key) : s->len;
	CLEANUP(text_release) struct text put = { 0 };

	if (s->in.is_there && s->in.is_flow)
		return fill_brackets(s, err);
	if (at && s->bytes[at - 1] != '\n')
		text_add(&put, s->line_end);
	if (!s->in.is_there)
		text_addf(&put, "ingress:%s", s->line_end);
	add_all(s, &put, 2);
	edits_add(&s->edits, at, at, &put);
	return true;
}

static bool add_rules(struct splicing *s, struct err *err)
{
	if (!s->in.count)
		return add_list(s, err);
	for (unsigned i = 0; i < s->count; i++)
		if (s->steps[i].change == INGRESS_ADDED && s->steps[i].rule < s->in.count &&
		    !add_before(s, &s->steps[i], err))
			return false;
	return !s->needs_rest || add_behind(s, err);
}

/* --- what came out */

static bool same_rule(const struct ingress_rule *a, const struct ingress_rule *b)
{
	return !strcmp(a->hostname.text, b->hostname.text) && !strcmp(a->path.text, b->path.text);
}

/* Every old rule is there, in its order, and every wanted hostname reaches its port. */
static bool is_as_meant(const struct splicing *s, const struct ingress *now)
{
	unsigned added = s->needs_rest, at = 0;

	for (unsigned i = 0; i < s->count; i++)
		added += s->steps[i].change == INGRESS_ADDED;
	for (unsigned i = 0; i < now->count && at < s->in.count; i++)
		at += same_rule(&now->rules[i], &s->in.rules[at]);
	return at == s->in.count && now->count == s->in.count + added &&
	       takes_rest(&now->rules[now->count - 1]);
}

static bool check_result(struct splicing *s, struct ingress_want *wants, unsigned count,
			 const struct text *now, struct err *err)
{
	struct arena *a = s->edits.arena;
	struct ingress_step *again = arena_alloc(a, (count + 1) * sizeof(*again));
	struct ingress in;
	bool ok;

	if (!again)
		return fail_memory(err);
	ok = ingress_read(a, text_str(now), now->len, s->file, &in, err);
	if (!ok && err && err->code == ERR_MEMORY)
		return false;
	if (ok)
		ingress_plan(&in, wants, count, again);
	for (unsigned i = 0; ok && i < count; i++)
		ok = again[i].change == INGRESS_KEPT;
	return (ok && is_as_meant(s, &in)) ||
	       render_fail(err, s->file, s->in.line,
			   "the rules cannot be brought into this file: write them one key a line");
}

static bool splice(struct splicing *s, struct err *err)
{
	if (!check_rules(s, err))
		return false;
	for (unsigned i = 0; i < s->count; i++)
		if (s->steps[i].change == INGRESS_CORRECTED && !correct(s, &s->steps[i], err))
			return false;
	return add_rules(s, err);
}

/* A configuration of its own: cloudflared finds the credentials by the tunnel's id. */
static void start_file(const char *tunnel, struct text *ret)
{
	if (*tunnel)
		text_addf(ret, "tunnel: %s\n", tunnel);
}

bool ingress_splice(struct arena *a, const char *bytes, size_t len, const char *file,
		    const char *tunnel, struct ingress_want *wants, unsigned count,
		    struct ingress_step *steps, struct text *ret, struct err *err)
{
	CLEANUP(text_release) struct text fresh = { 0 }, out = { 0 };
	struct splicing s = {
		.file = file, .edits = { .arena = a }, .steps = steps, .count = count
	};

	if (!bytes) {
		start_file(tunnel, &fresh);
		bytes = text_str(&fresh);
		len = fresh.len;
	}
	s.bytes = bytes;
	s.len = len;
	s.line_end = line_end_of(bytes, len);
	if (!ingress_read(a, bytes, len, file, &s.in, err))
		return false;
	ingress_plan(&s.in, wants, count, steps);
	if (!count) {
		text_add_bytes(ret, bytes, len);
		return text_ok(ret) || fail_memory(err);
	}
	if (!splice(&s, err))
		return false;
	if (!text_ok(&fresh) || !edits_apply(&s.edits, bytes, len, &out))
		return fail_memory(err);
	if (!check_result(&s, wants, count, &out, err))
		return false;
	text_add_bytes(ret, text_str(&out), out.len);
	return text_ok(ret) || fail_memory(err);
}
