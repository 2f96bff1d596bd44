/*
 * Four levels lead to a hook: "hooks" in the file, "PreToolUse" in that, a matcher in that
 * list, and the hook in its list.  Each level is found with its place among its like, so that
 * it can be put in or taken out with the comma that it needs.
 */
#include "cli/agent_hooks.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_walk.h"

enum level { HOOKS, EVENT, GROUP, HOOK };
#define LEVEL_COUNT 4

/* Rationale: the whole is some milliseconds; who waits longer has a broken book. */
#define TIMEOUT_S 10

static const char *const names[LEVEL_COUNT] = { "hooks", "PreToolUse", NULL, "hooks" };

/* One of the things in an object or a list. */
struct item {
	struct json_piece in; /* what it is in */
	const char *begin, *end;
	const char *before_end; /* of the one before it; NULL: it is the first */
	unsigned count;		/* of all that are in there */
	struct json_piece value;
};

static const char *end_of(const struct json_piece *p)
{
	return p->at + p->len;
}

/* --- finding */

/* The member `name`, the last if there are many; without length where there is none. */
static bool find_member(const struct json_piece *object, const char *name, struct item *ret,
			struct err *err)
{
	struct json_walk w = json_walk_of(object);
	struct item item = { .in = *object };
	const char *before = NULL;
	bool more;

	for (;;) {
		if (!json_walk_next(&w, &more, err))
			return false;
		if (!more)
			break;
		item.count++;
		if (json_walk_at(&w, name)) {
			item.begin = w.key.at;
			item.end = end_of(&w.value);
			item.before_end = before;
			item.value = w.value;
		}
		before = end_of(&w.value);
	}
	*ret = item;
	return true;
}

static bool is_ours(const struct json_piece *hook, struct err *err)
{
	CLEANUP(json_cleanup) json_t *value = NULL;
	const char *command;

	if (json_piece_kind(hook) != '{' || !json_piece_parse(hook, &value, err))
		return false;
	command = json_text_of(value, "command");
	return command && strstr(command, AGENT_HOOK_WORDS);
}

/* The first element for which `fits` is true; value.len 0: there is none. */
static bool find_element(const struct json_piece *list, struct item *ret,
			 bool (*fits)(const struct json_piece *, void *, struct err *), void *arg,
			 struct err *err)
{
	struct json_walk w = json_walk_of(list);
	struct item item = { .in = *list };
	const char *before = NULL;
	bool more;

	for (;;) {
		if (!json_walk_next(&w, &more, err))
			return false;
		if (!more)
			break;
		item.count++;
		if (!item.value.len && fits(&w.value, arg, err)) {
			item.begin = w.value.at;
			item.end = end_of(&w.value);
			item.before_end = before;
			item.value = w.value;
		}
		before = end_of(&w.value);
	}
	*ret = item;
	return true;
}

static bool hook_fits(const struct json_piece *hook, void *arg, struct err *err)
{
	(void)arg;
	return is_ours(hook, err);
}

/* Has the matcher's list our hook?  `arg`: the two levels below. */
static bool group_fits(const struct json_piece *group, void *arg, struct err *err)
{
	struct item *levels = arg, list;

	if (json_piece_kind(group) != '{' || !find_member(group, names[HOOK], &list, err) ||
	    !list.value.len || json_piece_kind(&list.value) != '[')
		return false;
	return find_element(&list.value, &levels[HOOK], hook_fits, NULL, err) &&
	       levels[HOOK].value.len;
}

static bool fail_form(const struct json_piece *p, const char *what, const char *form,
		      struct err *err)
{
	return fail(err, ERR_INVALID, "%.200s:%u: '%s' is no %s", p->file, p->line, what, form);
}

/* As far as there is anything; what is not there has no value. */
static bool find(const struct json_piece *root, struct item levels[static LEVEL_COUNT],
		 struct err *err)
{
	struct err why = { 0 };

	memset(levels, 0, LEVEL_COUNT * sizeof(*levels));
	if (!find_member(root, names[HOOKS], &levels[HOOKS], err))
		return false;
	if (!levels[HOOKS].value.len)
		return true;
	if (json_piece_kind(&levels[HOOKS].value) != '{')
		return fail_form(&levels[HOOKS].value, names[HOOKS], "object", err);
	if (!find_member(&levels[HOOKS].value, names[EVENT], &levels[EVENT], err))
		return false;
	if (!levels[EVENT].value.len)
		return true;
	if (json_piece_kind(&levels[EVENT].value) != '[')
		return fail_form(&levels[EVENT].value, names[EVENT], "list", err);
	return find_element(&levels[EVENT].value, &levels[GROUP], group_fits, levels, &why) ||
	       fail(err, why.code, "%s", why.text);
}

/* --- putting in */

struct splice {
	const char *at;
	size_t len;
	struct text text;
};

static void splice_release(struct splice *s)
{
	text_release(&s->text);
}

static void new_line(struct text *t, unsigned level)
{
	text_add(t, "\n");
	for (unsigned i = 0; i < level; i++)
		text_add(t, "  ");
}

static void add_text(struct text *t, const char *command)
{
	CLEANUP(json_cleanup) json_t *value = json_string(command);

	text_add_json(t, value, JSON_ENCODE_ANY);
}

static void add_group(struct text *t, const char *command)
{
	new_line(t, 3);
	text_add(t, "{");
	new_line(t, 4);
	text_add(t, "\"matcher\": \"Bash\",");
	new_line(t, 4);
	text_add(t, "\"hooks\": [");
	new_line(t, 5);
	text_add(t, "{ \"type\": \"command\", \"command\": ");
	add_text(t, command);
	text_addf(t, ", \"timeout\": %d }", TIMEOUT_S);
	new_line(t, 4);
	text_add(t, "]");
	new_line(t, 3);
	text_add(t, "}");
}

static void add_event(struct text *t, const char *command)
{
	new_line(t, 2);
	text_addf(t, "\"%s\": [", names[EVENT]);
	add_group(t, command);
	new_line(t, 2);
	text_add(t, "]");
}

static void add_hooks(struct text *t, const char *command)
{
	new_line(t, 1);
	text_addf(t, "\"%s\": {", names[HOOKS]);
	add_event(t, command);
	new_line(t, 1);
	text_add(t, "}");
}

/* Behind what is in there already, or as the only one. */
static void put_last(const struct json_piece *in, const char *last, unsigned level,
		     struct splice *s)
{
	if (last) {
		CLEANUP(text_release) struct text text = { 0 };

		text_add(&text, ",");
		text_add(&text, text_str(&s->text));
		text_release(&s->text);
		s->text = text;
		text = (struct text){ 0 };
		s->at = last;
		return;
	}
	s->at = in->at + 1;
	s->len = (size_t)(end_of(in) - 1 - s->at);
	new_line(&s->text, level);
}

static const char *last_end(const struct json_piece *in, struct err *err)
{
	struct json_walk w = json_walk_of(in);
	const char *last = NULL;
	bool more = true;

	while (more && json_walk_next(&w, &more, err))
		if (more)
			last = end_of(&w.value);
	return last;
}

/* The command alone, in a hook of ours that has another. */
static bool replace_command(const struct item *hook, const char *command, struct splice *s,
			    struct err *err)
{
	struct item member;

	if (!find_member(&hook->value, "command", &member, err))
		return false;
	s->at = member.value.at;
	s->len = member.value.len;
	add_text(&s->text, command);
	return true;
}

static bool find_splice(const struct json_piece *root, const char *command, struct splice *s,
			struct err *err)
{
	struct item levels[LEVEL_COUNT];
	const struct json_piece *in = root;
	unsigned level = 0;

	if (!find(root, levels, err))
		return false;
	if (levels[GROUP].value.len)
		return replace_command(&levels[HOOK], command, s, err);
	if (levels[EVENT].value.len) {
		in = &levels[EVENT].value;
		level = 2;
		add_group(&s->text, command);
	} else if (levels[HOOKS].value.len) {
		in = &levels[HOOKS].value;
		level = 1;
		add_event(&s->text, command);
	} else {
		add_hooks(&s->text, command);
	}
	put_last(in, last_end(in, err), level, s);
	return true;
}

/* --- taking out */

/* Behind the comma that follows `at`, of which there is one. */
static const char *behind_comma(const char *at, const char *end)
{
	while (at < end && *at != ',')
		at++;
	return at < end ? at + 1 : end;
}

/* The innermost that is not alone, with its comma. */
static void find_cut(const struct item levels[static LEVEL_COUNT], struct splice *s)
{
	unsigned level = HOOK;
	const struct item *item;
	const char *end;

	while (level > HOOKS && levels[level].count == 1)
		level--;
	item = &levels[level];
	end = item->end;
	s->at = item->before_end ? item->before_end : item->in.at + 1;
	if (!item->before_end && item->count == 1)
		end = end_of(&item->in) - 1;
	else if (!item->before_end)
		end = behind_comma(end, end_of(&item->in));
	s->len = (size_t)(end - s->at);
}

/* --- the file */

static bool is_blank(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", bytes[i]) || !bytes[i])
			return false;
	return true;
}

/* As the file ends its lines. */
static void add_lines(struct text *t, const struct text *lines, bool has_returns)
{
	for (size_t i = 0; i < lines->len; i++) {
		if (lines->s[i] == '\n' && has_returns)
			text_add(t, "\r");
		text_add_bytes(t, lines->s + i, 1);
	}
}

static bool put(const char *bytes, size_t len, const struct splice *s, struct text *ret,
		struct err *err)
{
	CLEANUP(json_cleanup) json_t *value = NULL;
	CLEANUP(text_release) struct text whole = { 0 };
	size_t at = (size_t)(s->at - bytes);

	text_add_bytes(&whole, bytes, at);
	add_lines(&whole, &s->text, memmem(bytes, len, "\r\n", 2) != NULL);
	text_add_bytes(&whole, s->at + s->len, len - at - s->len);
	if (!text_ok(&whole) || !text_ok(&s->text))
		return fail_memory(err);
	/* It is JSON now, as it was before. */
	if (!json_parse(text_str(&whole), whole.len, &value, err))
		return false;
	text_add_bytes(ret, text_str(&whole), whole.len);
	return text_ok(ret) || fail_memory(err);
}

static bool read_root(const char *bytes, size_t len, const char *file, struct json_piece *ret,
		      struct err *err)
{
	CLEANUP(json_cleanup) json_t *value = NULL;

	if (!json_piece_of(bytes, len, file, ret, err))
		return false;
	if (json_piece_kind(ret) != '{')
		return fail_form(ret, "the file", "object of JSON", err);
	/* What is only stepped over may yet be wrong. */
	return json_parse_file(bytes, len, file, &value, err);
}

bool agent_hooks_with(const char *bytes, size_t len, const char *file, const char *command,
		      struct text *ret, struct err *err)
{
	CLEANUP(splice_release) struct splice s = { 0 };
	struct json_piece root;

	if (is_blank(bytes, len)) {
		bytes = "{}\n";
		len = 3;
	}
	return read_root(bytes, len, file, &root, err) && find_splice(&root, command, &s, err) &&
	       put(bytes, len, &s, ret, err);
}

bool agent_hooks_without(const char *bytes, size_t len, const char *file, struct text *ret,
			 struct err *err)
{
	CLEANUP(splice_release) struct splice s = { .at = bytes };
	struct item levels[LEVEL_COUNT];
	struct json_piece root;

	if (is_blank(bytes, len)) {
		text_add_bytes(ret, bytes, len);
		return text_ok(ret) || fail_memory(err);
	}
	if (!read_root(bytes, len, file, &root, err) || !find(&root, levels, err))
		return false;
	if (levels[GROUP].value.len)
		find_cut(levels, &s);
	return put(bytes, len, &s, ret, err);
}
