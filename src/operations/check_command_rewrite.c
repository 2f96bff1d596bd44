/*
 * The command with the project's own ports: where the port is asked for, and where the same
 * command goes on to speak of it, as in `npm start & curl localhost:3000`.
 */
#include <string.h>

#include "base/cursor.h"
#include "base/text.h"
#include "operations/check_command.h"

static const struct judged *fix_at(const struct judged *judged, unsigned count, size_t at)
{
	for (unsigned i = 0; i < count; i++)
		if (judged[i].is_denied && judged[i].port->fix.is_known &&
		    judged[i].port->fix.at == at)
			return &judged[i];
	return NULL;
}

/* 'PORT=$(...)' in single quotes would not be run. */
static bool is_single_quoted(const char *command, const struct shell_fix *f)
{
	return f->at && command[f->at - 1] == '\'' && command[f->at + f->len] == '\'';
}

static void add_fix(struct text *t, const char *command, const struct judged *j)
{
	const struct shell_fix *f = &j->port->fix;

	if (!j->own && is_single_quoted(command, f))
		text_addf(t, "'\"%s\"'", j->instead);
	else
		text_addf(t, "%s%s%s", f->before, j->instead, f->after);
}

/* Two servers cannot have one port. */
static bool is_twice(const struct judged *judged, unsigned count, unsigned i)
{
	for (unsigned k = 0; k < i && k < count; k++)
		if (judged[k].is_denied && !strcmp(judged[k].instead, judged[i].instead) &&
		    judged[k].port->program != judged[i].port->program)
			return true;
	return false;
}

static bool can_rewrite(const struct judged *judged, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (judged[i].is_denied && (!judged[i].instead || !judged[i].port->fix.is_known ||
					    is_twice(judged, count, i)))
			return false;
	return true;
}

/* --- and what else in the command means that port */

/* What stands before a port that is asked for or looked at, and what behind it. */
static const struct {
	const char *before, *behind;
} mentions[] = {
	{ "localhost:", "" }, { "127.0.0.1:", "" }, { "0.0.0.0:", "" },	  { "[::1]:", "" },
	{ "-i:", "" },	      { "-ti:", "" },	    { "-iTCP:", "" },	  { "-i tcp:", "" },
	{ "tcp:", "" },	      { " ", "/tcp" },	    { "kill-port ", "" },
};

static bool begins_with(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - at) >= len && !memcmp(at, word, len);
}

/* Which of the denied has that port, and an entry to take its place? */
static const struct judged *judged_of(const struct judged *judged, unsigned count, uint16_t port)
{
	for (unsigned i = 0; i < count; i++)
		if (judged[i].is_denied && judged[i].own && judged[i].first == port)
			return &judged[i];
	return NULL;
}

/*
 * `curl localhost:3000` behind a server that is to have another port now: how many bytes
 * at `at` were written anew; 0: none.
 */
static size_t add_mention(struct text *t, const char *at, const char *end,
			  const struct judged *judged, unsigned count)
{
	for (size_t i = 0; i < ARRAY_LEN(mentions); i++) {
		const char *number = at + strlen(mentions[i].before), *behind = number;
		const struct judged *j;
		uint16_t port;

		if (!begins_with(at, end, mentions[i].before) || !eat_port(&behind, &port) ||
		    !begins_with(behind, end, mentions[i].behind))
			continue;
		j = judged_of(judged, count, port);
		if (!j)
			continue;
		text_addf(t, "%s%s", mentions[i].before, j->instead);
		return (size_t)(behind - at);
	}
	return 0;
}

/* The byte at `at`, or a mention that begins there; how many bytes were written. */
static size_t add_piece(struct text *t, const char *at, const char *end,
			const struct judged *judged, unsigned count)
{
	size_t mentioned = add_mention(t, at, end, judged, count);

	if (!mentioned)
		text_add_bytes(t, at, 1);
	return mentioned ? mentioned : 1;
}

bool judged_rewrite(struct call *c, const char *command, const struct judged *judged,
		    unsigned count, const char **ret, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	size_t len = strlen(command), at = 0;

	*ret = NULL;
	if (!can_rewrite(judged, count))
		return true;
	for (;;) {
		const struct judged *j = fix_at(judged, count, at);
		size_t replaced = j ? j->port->fix.len : 0;

		if (j)
			add_fix(&t, command, j);
		at += replaced;
		if (!replaced && at == len)
			break;
		if (!replaced)
			at += add_piece(&t, command + at, command + len, judged, count);
	}
	*ret = text_ok(&t) ? arena_copy(&c->arena, text_str(&t)) : NULL;
	return *ret || fail_memory(err);
}
