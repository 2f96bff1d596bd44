#include "cli/hook_text.h"

#include <string.h>

#define LINES_START "# >>> portbook "
#define LINES_END   "# <<< portbook <<<\n"

/*
 * Source: githooks(5), post-checkout: it gets the ref of the previous HEAD,
 * which after `git worktree add` is the null one; it runs at the top of the
 * checkout, and its exit status becomes that of the command.  `.git` is a file
 * in a linked worktree, and a folder in a clone.
 */
static const char post_checkout[] = LINES_START
	"(portbook hook remove git takes these lines out) >>>\n"
	"# A new worktree gets its ports and .ports.env.\n"
	"if [ \"${PORTBOOK_HOOK-}\" != 0 ] && [ -f .git ] &&\n"
	"\tcommand -v portbook >/dev/null 2>&1; then\n"
	"\tcase \"${1-}\" in\n"
	"\t'' | *[!0]*) ;;\n"
	"\t*) portbook init --quiet </dev/null || : ;;\n"
	"\tesac\n"
	"fi\n" LINES_END;

/*
 * Source: githooks(5), pre-commit: it runs at the top of the checkout, and its exit status
 * ends the commit.  What is looked at is what would be committed; only what lint refuses (1)
 * is in its way, whatever else becomes of portbook.
 */
static const char pre_commit[] = LINES_START
	"(portbook hook remove pre-commit takes these lines out) >>>\n"
	"# No port of another's is committed.\n"
	"if [ \"${PORTBOOK_HOOK-}\" != 0 ] && [ \"${PORTBOOK_DISABLE-}\" != 1 ] &&\n"
	"\tportbook_project=$(portbook where --name 2>/dev/null) &&\n"
	"\tportbook_tree=$(mktemp -d); then\n"
	"\t(\n"
	"\t\ttrap 'rm -rf \"$portbook_tree\"' EXIT\n"
	"\t\ttrap 'exit 130' HUP INT TERM\n"
	"\t\tgit checkout-index -q --all --prefix=\"$portbook_tree/\" || exit 0\n"
	"\t\tunset $(git rev-parse --local-env-vars)\n"
	"\t\t(cd \"$portbook_tree\" && portbook lint --project \"$portbook_project\" .)\n"
	"\t) </dev/null >&2 || [ \"$?\" != 1 ] || exit 1\n"
	"fi\n" LINES_END;

static const struct {
	const char *name, *lines;
} kinds[HOOK_KIND_COUNT] = {
	[HOOK_POST_CHECKOUT] = { "post-checkout", post_checkout },
	[HOOK_PRE_COMMIT] = { "pre-commit", pre_commit },
};

static const char then_kept[] = LINES_START "(the hook that was here before) >>>\n"
					    "if [ -x \"$0" HOOK_KEPT_SUFFIX "\" ]; then\n"
					    "\texec \"$0" HOOK_KEPT_SUFFIX "\" \"$@\"\n"
					    "fi\n" LINES_END;

static const char shell_line[] = "#!/bin/sh\n";

const char *hook_name(enum hook_kind kind)
{
	return kinds[kind].name;
}

/* With its line break, where it has one. */
static size_t line_length(const char *at, const char *end)
{
	const char *next = memchr(at, '\n', (size_t)(end - at));

	return next ? (size_t)(next + 1 - at) : (size_t)(end - at);
}

static bool starts_with(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - at) >= len && !memcmp(at, word, len);
}

/* Behind the last line of ours that starts at `at`; NULL: they have no end. */
static const char *skip_ours(const char *at, const char *end)
{
	for (; at < end; at += line_length(at, end))
		if (starts_with(at, end, LINES_END))
			return at + strlen(LINES_END);
	return NULL;
}

void hook_without(const char *bytes, size_t len, struct text *ret)
{
	const char *at = bytes, *end = bytes + len;

	while (at < end) {
		const char *behind = starts_with(at, end, LINES_START) ? skip_ours(at, end) : NULL;
		size_t line = line_length(at, end);

		if (!behind)
			text_add_bytes(ret, at, line);
		at = behind ? behind : at + line;
	}
}

static bool has_interpreter(const char *bytes, size_t len)
{
	return len >= 2 && bytes[0] == '#' && bytes[1] == '!';
}

void hook_with(enum hook_kind kind, const char *bytes, size_t len, struct text *ret)
{
	CLEANUP(text_release) struct text others = { 0 };
	const char *text;
	size_t first = 0;

	hook_without(bytes, len, &others);
	text = text_str(&others);
	if (has_interpreter(text, others.len))
		first = line_length(text, text + others.len);
	text_add_bytes(ret, text, first);
	if (!first)
		text_add(ret, others.len ? "" : shell_line);
	else if (text[first - 1] != '\n')
		text_add(ret, "\n");
	text_add(ret, kinds[kind].lines);
	text_add_bytes(ret, text + first, others.len - first);
	ret->out_of_memory = ret->out_of_memory || others.out_of_memory;
}

void hook_around_kept(enum hook_kind kind, struct text *ret)
{
	text_add(ret, shell_line);
	text_add(ret, kinds[kind].lines);
	text_add(ret, then_kept);
}

bool hook_is_empty(const char *bytes, size_t len)
{
	size_t first = has_interpreter(bytes, len) ? line_length(bytes, bytes + len) : 0;

	for (size_t i = first; i < len; i++)
		if (!strchr(" \t\r\n", bytes[i]) || !bytes[i])
			return false;
	return true;
}

/* The next word of the line; `*at` steps behind it. */
static size_t next_word(const char **at, const char *end)
{
	const char *start;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	for (start = *at; *at < end && !strchr(" \t\r\n", **at);)
		(*at)++;
	return (size_t)(*at - start);
}

/* Is the program's path, "/usr/bin/bash", one of these? */
static bool is_program(const char *behind, size_t len, const char *const *names)
{
	const char *word = behind - len;

	for (; *names; names++) {
		size_t n = strlen(*names);

		if (len >= n && !memcmp(behind - n, *names, n) &&
		    (len == n || word[len - n - 1] == '/'))
			return true;
	}
	return false;
}

bool hook_is_shell(const char *bytes, size_t len)
{
	static const char *const shells[] = { "sh", "bash", "dash", "ash", "ksh", "zsh", NULL };
	static const char *const env[] = { "env", NULL };
	const char *at = bytes + 2, *end;
	size_t word;

	if (memchr(bytes, '\0', len))
		return false;
	if (!has_interpreter(bytes, len))
		return true;
	end = bytes + line_length(bytes, bytes + len);
	/* With a carriage return the interpreter is another one, and there is none. */
	if (memchr(bytes, '\r', (size_t)(end - bytes)))
		return false;
	word = next_word(&at, end);
	if (is_program(at, word, env)) {
		word = next_word(&at, end);
		if (word == 2 && !memcmp(at - 2, "-S", 2))
			word = next_word(&at, end);
	}
	return word && is_program(at, word, shells);
}
