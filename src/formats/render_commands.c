/*
 * Commands that give their program a port: the scripts of package.json, the
 * processes of a Procfile.  They are run by a shell, and committed: the number
 * becomes a variable with it as its default, so that each checkout has its own.
 */
#include <string.h>

#include "base/json_walk.h"
#include "formats/render_rows.h"

/* Within '...' a shell leaves a variable as it is. */
static bool is_in_quotes(const char *command, size_t at)
{
	bool is_in = false;

	for (size_t i = 0; i < at; i++)
		is_in = is_in != (command[i] == '\'');
	return is_in;
}

void port_add_variable(const struct port_value *p, struct text *ret)
{
	text_addf(ret, "${%s:-%u}", p->variable, p->port);
}

bool command_add(const char *command, size_t len, const struct port_value *p, struct text *ret)
{
	struct command_port found = { .at = len };
	bool has_port = command_port_find(command, len, &found);

	text_add_bytes(ret, command, found.at);
	if (has_port && (found.is_default || is_in_quotes(command, found.at)))
		text_addf(ret, "%u", p->port);
	else if (has_port)
		port_add_variable(p, ret);
	text_add_bytes(ret, command + found.at + found.len, len - found.at - found.len);
	return has_port;
}

/* --- package.json */

/* Add the script, with our port in it; false: it has none, or is another's. */
typedef bool script_fn(const struct port_values *v, const char *name, const char *command,
		       size_t len, struct text *ret);

/* A part of the name between ':', '-' and '_' that is a service: "dev:api", "api-start". */
static const struct port_value *named_in(const struct port_values *v, const char *name)
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
	const struct port_value *p = named_in(v, name);

	for (size_t i = 0; !p && i < ARRAY_LEN(plain); i++)
		if (!strcmp(name, plain[i]))
			p = v->count == 1 ? port_of_service(v, v->items[0].service)
					  : port_of_service(v, "web");
	return p;
}

static bool add_script(const struct port_values *v, const char *name, const char *command,
		       size_t len, struct text *ret)
{
	const struct port_value *p = port_of_script(v, name);

	return p && command_add(command, len, p, ret);
}

/*
 * Behind "next dev" or "next start" in the command; 0: it is not run there.
 * Source: nextjs.org, "next CLI": both take -p and PORT, else 3000.
 */
static size_t behind_next(const char *command, size_t len)
{
	static const char *const calls[] = { "next dev", "next start" };

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		size_t call_len = strlen(calls[i]);
		const char *at = memmem(command, len, calls[i], call_len);
		size_t end = at ? (size_t)(at - command) + call_len : 0;

		if (at && (at == command || strchr(" &;|/", at[-1])) &&
		    (end == len || strchr(" &;|", command[end])))
			return end;
	}
	return 0;
}

static bool add_next_script(const struct port_values *v, const char *name, const char *command,
			    size_t len, struct text *ret)
{
	const struct port_value *p = port_of_script(v, name);
	size_t end = behind_next(command, len);
	struct command_port found;

	if (!p || !end)
		return false;
	if (command_port_find(command, len, &found))
		return command_add(command, len, p, ret);
	text_add_bytes(ret, command, end);
	text_add(ret, " -p ");
	port_add_variable(p, ret);
	text_add_bytes(ret, command + end, len - end);
	return true;
}

struct scripts {
	const struct port_values *v;
	const struct file_bytes *old;
	script_fn *add;
	size_t copied;	/* of the old bytes, so many are in the new ones */
	unsigned count; /* of scripts with a port of ours */
};

static bool splice_script(struct scripts *s, const struct json_walk *w, json_t *was,
			  struct text *ret, struct err *err)
{
	CLEANUP(text_release) struct text command = { 0 };
	const char *inside = w->value.at + 1;
	size_t at = (size_t)(inside - s->old->bytes), len = w->value.len - 2;
	char name[NAME_SIZE];

	if (*w->value.at != '"' || w->key.len - 2 >= sizeof(name))
		return true;
	memcpy(name, w->key.at + 1, w->key.len - 2);
	name[w->key.len - 2] = '\0';
	if (!s->add(s->v, name, inside, len, &command))
		return true;
	if (!text_ok(&command))
		return fail_memory(err);
	text_add_bytes(ret, s->old->bytes + s->copied, at - s->copied);
	text_add_bytes(ret, text_str(&command), command.len);
	s->copied = at + len;
	s->count++;
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
			   script_fn *add, struct text *ret, struct err *err)
{
	static const char *const names[] = { "scripts" };
	CLEANUP(json_cleanup) json_t *was = NULL;
	struct scripts s = { .v = v, .old = old, .add = add };
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
	return splice_package(v, old, add_script, ret, err);
}

bool next_splice(const struct port_values *v, const struct file_bytes *old,
		 const struct file_bytes *base, struct text *ret, struct err *err)
{
	(void)base;
	return splice_package(v, old, add_next_script, ret, err);
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
		if (p)
			count += command_add(l.line + command, l.len - command, p, ret);
		else
			text_add_bytes(ret, l.line + command, l.len - command);
		text_add_bytes(ret, l.line + l.len, l.end_len);
	}
	if (!count)
		return render_fail(err, old->name, 1,
				   "no process of these services gives its program a port");
	return text_ok(ret) || fail_memory(err);
}
