#include <stdlib.h>
#include <string.h>

#include "base/json_walk.h"
#include "cli/agent_file.h"

#define SERVER_NAME "portbook"

static json_t *args_json(const struct agent_entry *entry)
{
	CLEANUP(json_cleanup) json_t *args = json_array();

	for (const char *const *a = entry->args; *a; a++)
		if (!json_append(args, json_string(*a)))
			return NULL;
	return json_incref(args);
}

static json_t *entry_json(const struct agent_entry *entry)
{
	return json_pack("{s:s*, s:s, s:o}", "type", entry->has_type ? "stdio" : NULL, "command",
			 entry->command, "args", args_json(entry));
}

/* As a part of a file that is indented by two blanks a level. */
static bool add_indented(struct text *t, const json_t *value, unsigned level, struct err *err)
{
	CLEANUP(text_release) struct text plain = { 0 };

	text_add_json(&plain, value, JSON_INDENT(2));
	for (const char *c = text_str(&plain); *c; c++) {
		text_add_bytes(t, c, 1);
		for (unsigned i = 0; *c == '\n' && i < level; i++)
			text_add(t, "  ");
	}
	return text_ok(&plain) || fail_memory(err);
}

/* The member of the object; `ret` is without length where there is none. */
static bool find(const struct json_piece *object, const char *name, struct json_piece *ret,
		 bool *ret_empty, struct err *err)
{
	struct json_walk w = json_walk_of(object);
	bool more;

	*ret = (struct json_piece){ 0 };
	*ret_empty = true;
	for (;;) {
		if (!json_walk_next(&w, &more, err))
			return false;
		if (!more)
			return true;
		*ret_empty = false;
		if (json_walk_at(&w, name))
			*ret = w.value;
	}
}

/* What is put where: `len` bytes at `at` make room for it. */
struct splice {
	const char *at;
	size_t len;
	struct text text;
};

static void splice_release(struct splice *s)
{
	text_release(&s->text);
}

static void add_member(struct text *t, const char *name, unsigned level)
{
	text_add(t, "\n");
	for (unsigned i = 0; i < level; i++)
		text_add(t, "  ");
	text_addf(t, "\"%s\": ", name);
}

/* Behind a new member: the comma before the next, or the object's end on a line of its own. */
static void end_member(struct text *t, bool is_last, unsigned level)
{
	text_add(t, is_last ? "\n" : ",");
	for (unsigned i = 1; is_last && i < level; i++)
		text_add(t, "  ");
}

/* There is no list of servers yet. */
static bool add_list(const struct json_piece *root, bool is_empty, const char *list,
		     const json_t *entry, struct splice *ret, struct err *err)
{
	ret->at = root->at + 1;
	add_member(&ret->text, list, 1);
	text_add(&ret->text, "{");
	add_member(&ret->text, SERVER_NAME, 2);
	if (!add_indented(&ret->text, entry, 2, err))
		return false;
	text_add(&ret->text, "\n  }");
	end_member(&ret->text, is_empty, 1);
	return true;
}

/* What stands there with ours in it: `env` and the like are the user's.  NULL: no memory. */
static json_t *merged(const struct json_piece *there, const json_t *entry, bool *ret_same)
{
	CLEANUP(json_cleanup) json_t *was = NULL;
	CLEANUP(json_cleanup) json_t *now = NULL;
	struct err err = { 0 };

	*ret_same = false;
	if (!there->len || !json_piece_parse(there, &was, &err) || !json_is_object(was))
		return json_deep_copy(entry);
	now = json_copy(was);
	if (!now || json_object_update(now, json_walked(entry)) < 0)
		return NULL;
	*ret_same = json_equal(was, now);
	return json_incref(now);
}

static bool add_server(const struct json_piece *list, const json_t *entry, struct splice *ret,
		       struct err *err)
{
	CLEANUP(json_cleanup) json_t *value = NULL;
	struct json_piece ours;
	bool is_empty, is_same;

	if (!find(list, SERVER_NAME, &ours, &is_empty, err))
		return false;
	value = merged(&ours, entry, &is_same);
	if (!value)
		return fail_memory(err);
	if (is_same)
		return true;
	ret->at = ours.len ? ours.at : list->at + 1;
	ret->len = ours.len;
	if (!ours.len)
		add_member(&ret->text, SERVER_NAME, 2);
	if (!add_indented(&ret->text, value, 2, err))
		return false;
	if (!ours.len)
		end_member(&ret->text, is_empty, 2);
	return true;
}

static bool find_splice(const char *bytes, size_t len, const char *name, const json_t *entry,
			struct splice *ret, struct err *err)
{
	struct json_piece root, list;
	bool is_empty;

	if (!json_piece_of(bytes, len, "the file", &root, err))
		return false;
	if (json_piece_kind(&root) != '{')
		return fail(err, ERR_INVALID, "the file is no object of JSON");
	ret->at = bytes;
	if (!find(&root, name, &list, &is_empty, err))
		return false;
	if (!list.len)
		return add_list(&root, is_empty, name, entry, ret, err);
	if (json_piece_kind(&list) != '{')
		return fail(err, ERR_INVALID, "'%s' in the file is no object", name);
	return add_server(&list, entry, ret, err);
}

static bool is_blank(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", bytes[i]) || !bytes[i])
			return false;
	return true;
}

/* It is JSON now, as it was before. */
static bool check(const struct text *t, struct err *err)
{
	CLEANUP(json_cleanup) json_t *value = NULL;

	return text_ok(t) ? json_parse(t->s, t->len, &value, err) : fail_memory(err);
}

bool agent_file_json(const char *bytes, size_t len, const char *list,
		     const struct agent_entry *entry, struct text *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *value = entry_json(entry);
	CLEANUP(splice_release) struct splice s = { 0 };
	CLEANUP(text_release) struct text whole = { 0 };

	if (!value)
		return fail_memory(err);
	if (is_blank(bytes, len)) {
		bytes = "{}\n";
		len = 3;
	}
	if (!find_splice(bytes, len, list, value, &s, err))
		return false;
	text_add_bytes(&whole, bytes, (size_t)(s.at - bytes));
	text_add_bytes(&whole, text_str(&s.text), s.text.len);
	text_add_bytes(&whole, s.at + s.len, len - (size_t)(s.at - bytes) - s.len);
	if (!text_ok(&s.text))
		return fail_memory(err);
	if (!check(&whole, err))
		return false;
	text_add_bytes(ret, whole.s, whole.len);
	return text_ok(ret) || fail_memory(err);
}
