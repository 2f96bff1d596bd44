/*
 * Commands that give their program a port: the scripts of package.json, the
 * processes of a Procfile.  They are run by a shell, and committed: the number
 * becomes a variable with it as its default, so that each checkout has its own.
 */
#include <string.h>

#include "base/arena.h"
#include "base/json_walk.h"
#include "formats/command_port.h"
#include "formats/render_rows.h"

void port_add_variable(const struct port_value *p, struct text *ret)
{
	text_addf(ret, "${%s:-%u}", p->variable, p->port);
}

/* A command as it stands in a file: its bytes there, and what a shell reads. */
struct command {
	const char *bytes;
	size_t len;
	struct command_text text;
};

/* Add the command's bytes, with our port where `found` says. */
static void add_with(const struct command *c, const struct command_port *found,
		     const struct port_value *p, struct text *ret)
{
	text_add_bytes(ret, c->bytes, found->at);
	text_add(ret, found->before);
	if (found->is_default || command_is_quoted(c->bytes, found->at))
		text_addf(ret, "%u", p->port);
	else
		port_add_variable(p, ret);
	text_add_bytes(ret, c->bytes + found->at + found->len, c->len - found->at - found->len);
}

/* --- package.json */

/* Where a script has its port, or could have it. */
typedef bool script_fn(const struct command_text *c, struct command_port *ret, struct err *err);

const struct port_value *port_named_in(const struct port_values *v, const char *name)
{
	char part[NAME_SIZE];

	while (*name) {
		size_t len = strcspn(name, ":-_");

		if (len < sizeof(part)) {
			memcpy(part, name, len);
			part[len] = '\0';
			if (port_of_service(v, part))
				return port_of_service(v, part);
		}
		name += len + (name[len] != '\0');
	}
	return NULL;
}

/*
 * Whose port a script is about: the service in its name, else the one that was
 * asked for, else `web`; of a project with a single service, that.
 */
static const struct port_value *port_of_script(const struct port_values *v, const char *name)
{
	static const char *const plain[] = { "dev", "start", "serve", "develop" };
	const struct port_value *p = port_named_in(v, name);

	for (size_t i = 0; !p && i < ARRAY_LEN(plain); i++)
		if (!strcmp(name, plain[i]))
			p = v->count == 1 ? port_of_service(v, v->items[0].service)
					  : port_of_service(v, "web");
	return p;
}

bool package_json_port(const struct port_values *v, const char *name, const char *command,
		       const struct port_value **ret, uint16_t *ret_was, struct err *err)
{
	const struct command_text text = { command, strlen(command), NULL };
	const struct port_value *p = port_of_script(v, name);
	struct command_port found = { .port = 0 };

	if (p && !command_port_find(&text, &found, err))
		return false;
	*ret = found.port ? p : NULL;
	*ret_was = found.port;
	return true;
}

/* Source: nextjs.org, "next CLI": `next dev` and `next start` take -p and PORT, else 3000. */
static bool find_next(const struct command_text *c, struct command_port *ret, struct err *err)
{
	return command_port_of(c, "next", ret, err);
}

struct scripts {
	const struct port_values *v;
	const struct file_bytes *old;
	script_fn *find;
	size_t copied;	/* of the old bytes, so many are in the new ones */
	unsigned count; /* of scripts with a port of ours */
};

/* The command of a script: a string between its quotes. */
static bool script_command(const struct json_piece *value, struct arena *arena, struct command *ret,
			   struct err *err)
{
	char *letters = arena_alloc(arena, value->len);
	size_t *places = arena_alloc(arena, value->len * sizeof(*places));

	if (!letters || !places)
		return fail_memory(err);
	ret->bytes = value->at + 1;
	ret->len = value->len - 2;
	ret->text = (struct command_text){ letters, json_piece_letters(value, letters, places),
					   places };
	for (size_t i = 0; i < ret->text.len; i++)
		places[i]--;
	return true;
}

static bool splice_command(struct scripts *s, const struct command *c, const struct port_value *p,
			   bool *ret_is_ours, struct text *ret, struct err *err)
{
	size_t at = (size_t)(c->bytes - s->old->bytes);
	struct command_port found;

	if (!s->find(&c->text, &found, err))
		return false;
	*ret_is_ours = found.port;
	if (!found.port)
		return true;
	text_add_bytes(ret, s->old->bytes + s->copied, at - s->copied);
	add_with(c, &found, p, ret);
	s->copied = at + c->len;
	s->count++;
	return true;
}

static bool splice_script(struct scripts *s, const struct json_walk *w, json_t *was,
			  struct text *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct port_value *p;
	struct command command;
	char name[NAME_SIZE];
	bool is_ours;

	if (*w->value.at != '"' || w->key.len - 2 >= sizeof(name))
		return true;
	memcpy(name, w->key.at + 1, w->key.len - 2);
	name[w->key.len - 2] = '\0';
	p = port_of_script(s->v, name);
	if (!p)
		return true;
	if (!script_command(&w->value, &arena, &command, err) ||
	    !splice_command(s, &command, p, &is_ours, ret, err))
		return false;
	if (is_ours)
		json_object_del(was, name);
	return true;
}

static bool splice_scripts(struct scripts *s, const struct json_piece *scripts, json_t *was,
			   struct text *ret, struct err *err)
{
	struct json_walk w = json_walk_of(scripts);
	bool more = json_piece_kind(scripts) == '{';

	while (more) {
		if (!json_walk_next(&w, &more, err) ||
		    (more && !splice_script(s, &w, was, ret, err)))
			return false;
	}
	text_add_bytes(ret, s->old->bytes + s->copied, s->old->len - s->copied);
	if (s->count)
		return text_ok(ret) || fail_memory(err);
	return render_fail(err, s->old->name, scripts->len ? scripts->line : 1,
			   "no script gives its program a port of these services");
}

/* But for the scripts that have our ports it says what it said. */
static bool says_the_same(const json_t *was, const struct text *now, const struct file_bytes *old,
			  struct err *err)
{
	CLEANUP(json_cleanup) json_t *is = NULL;
	json_t *before = json_object_get(was, "scripts"), *after, *one;
	const char *name;
	void *next;

	if (!json_parse_file(text_str(now), now->len, old->name, &is, err))
		return false;
	after = json_object_get(is, "scripts");
	json_object_foreach_safe(after, next, name, one) if (!json_object_get(before, name))
		json_object_del(after, name);
	return json_equal(was, is) ||
	       render_fail(err, old->name, 1, "its scripts cannot be told apart");
}

static bool splice_package(const struct port_values *v, const struct file_bytes *old,
			   script_fn *find, struct text *ret, struct err *err)
{
	static const char *const names[] = { "scripts" };
	CLEANUP(json_cleanup) json_t *was = NULL;
	struct scripts s = { .v = v, .old = old, .find = find };
	struct json_piece root, scripts;

	if (!json_parse_file(old->bytes, old->len, old->name, &was, err))
		return false;
	return json_piece_of(old->bytes, old->len, old->name, &root, err) &&
	       json_walk_pick(&root, names, 1, &scripts, err) &&
	       splice_scripts(&s, &scripts, json_object_get(was, "scripts"), ret, err) &&
	       says_the_same(was, ret, old, err);
}

bool package_json_splice(const struct port_values *v, const struct file_bytes *old,
			 const struct file_bytes *base, struct text *ret, struct err *err)
{
	(void)base;
	return splice_package(v, old, command_port_find, ret, err);
}

bool next_splice(const struct port_values *v, const struct file_bytes *old,
		 const struct file_bytes *base, struct text *ret, struct err *err)
{
	(void)base;
	return splice_package(v, old, find_next, ret, err);
}

/* --- Procfile */

/* The service of a line "name: command"; where the command begins. NULL: it is another line. */
static const struct port_value *port_of_line(const struct port_values *v, const struct lines *l,
					     size_t *ret_command)
{
	const char *colon = memchr(l->line, ':', l->len);
	char words[NAME_SIZE], name[NAME_SIZE];
	size_t len = colon ? (size_t)(colon - l->line) : 0;

	if (!len || len >= sizeof(words))
		return NULL;
	memcpy(words, l->line, len);
	words[len] = '\0';
	*ret_command = len + 1;
	return name_from_words(words, name) ? port_of_service(v, name) : NULL;
}

static bool splice_process(const struct port_value *p, const char *bytes, size_t len,
			   unsigned *count, struct text *ret, struct err *err)
{
	const struct command c = { bytes, len, { bytes, len, NULL } };
	struct command_port found = { .port = 0 };

	if (p && !command_port_find(&c.text, &found, err))
		return false;
	if (found.port)
		add_with(&c, &found, p, ret);
	else
		text_add_bytes(ret, bytes, len);
	*count += found.port != 0;
	return true;
}

bool procfile_splice(const struct port_values *v, const struct file_bytes *old,
		     const struct file_bytes *base, struct text *ret, struct err *err)
{
	struct lines l = { .rest = old->bytes, .left = old->len };
	unsigned count = 0;

	(void)base;
	while (lines_next(&l)) {
		size_t command = 0;
		const struct port_value *p = port_of_line(v, &l, &command);

		text_add_bytes(ret, l.line, command);
		if (!splice_process(p, l.line + command, l.len - command, &count, ret, err))
			return false;
		text_add_bytes(ret, l.line + l.len, l.end_len);
	}
	if (!count)
		return render_fail(err, old->name, 1,
				   "no process of these services gives its program a port");
	return text_ok(ret) || fail_memory(err);
}
