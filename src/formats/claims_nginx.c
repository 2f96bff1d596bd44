/*
 * Source: nginx.org, "Configuration file's structure" (directives end with ';' or
 * have a block in braces; quotes, '\', '#'), ngx_http_upstream_module (`upstream`
 * and its `server`), and the `..._pass` directives of the proxy modules.
 */
#include <stdio.h>
#include <string.h>

#include "formats/claim.h"
#include "formats/scan.h"
#include "formats/upstream.h"

/* Rationale: a hostname or URL; a longer word is neither, and is cut. */
#define WORD_SIZE 512

enum token {
	TOKEN_WORD,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_SEMICOLON,
	TOKEN_END,
};

struct lexer {
	const char *at, *end;
	unsigned line;
	char word[WORD_SIZE];
};

/* A directive with its first argument, up to where its block begins or it ends. */
struct directive {
	char name[WORD_SIZE], argument[WORD_SIZE];
	unsigned line;
	enum token end;
};

static char step(struct lexer *l)
{
	char c = *l->at++;

	l->line += c == '\n';
	return c;
}

static void skip_between(struct lexer *l)
{
	while (l->at < l->end && strchr(" \t\r\n#", *l->at))
		if (step(l) == '#')
			while (l->at < l->end && *l->at != '\n')
				l->at++;
}

static void add(struct lexer *l, size_t *len, char c)
{
	if (*len < WORD_SIZE - 1)
		l->word[(*len)++] = c;
}

static void read_word(struct lexer *l)
{
	char quote = *l->at == '"' || *l->at == '\'' ? step(l) : '\0';
	size_t len = 0;

	while (l->at < l->end && (quote ? *l->at != quote : !strchr(" \t\r\n{};", *l->at))) {
		/* "${name}" is one word. */
		bool is_variable = !quote && l->end - l->at > 1 && !strncmp(l->at, "${", 2);

		if (is_variable || *l->at == '\\')
			add(l, &len, step(l));
		if (l->at < l->end)
			add(l, &len, step(l));
	}
	if (quote && l->at < l->end)
		step(l);
	l->word[len] = '\0';
}

static enum token next_token(struct lexer *l)
{
	static const char marks[] = "{};";
	static const enum token tokens[] = { TOKEN_OPEN, TOKEN_CLOSE, TOKEN_SEMICOLON };
	const char *mark;

	skip_between(l);
	if (l->at >= l->end)
		return TOKEN_END;
	mark = strchr(marks, *l->at);
	if (mark) {
		step(l);
		return tokens[mark - marks];
	}
	read_word(l);
	return TOKEN_WORD;
}

/* False: that was the last one. */
static bool next_directive(struct lexer *l, struct directive *ret)
{
	char *const texts[] = { ret->name, ret->argument };
	unsigned count = 0;

	ret->name[0] = ret->argument[0] = '\0';
	ret->line = l->line;
	while ((ret->end = next_token(l)) == TOKEN_WORD) {
		if (!count)
			ret->line = l->line;
		if (count < ARRAY_LEN(texts))
			memcpy(texts[count], l->word, strlen(l->word) + 1);
		count++;
	}
	return ret->end != TOKEN_END;
}

/* The `server_name` of the block that begins at the lexer's place. */
static void find_server_name(struct lexer ahead, char ret[static WORD_SIZE])
{
	struct directive d;

	ret[0] = '\0';
	for (unsigned depth = 1; depth && next_directive(&ahead, &d);) {
		if (depth == 1 && !strcmp(d.name, "server_name")) {
			memcpy(ret, d.argument, strlen(d.argument) + 1);
			return;
		}
		depth += d.end == TOKEN_OPEN;
		depth -= d.end == TOKEN_CLOSE;
	}
}

/* A block that gives its name to what is in it. */
struct scope {
	unsigned depth; /* 0: we are in none */
	char name[WORD_SIZE];
};

struct reading {
	struct lexer lexer;
	struct scope upstream, server;
	unsigned depth;
	claim_fn *fn;
	void *arg;
};

static bool tell(struct reading *r, const struct directive *d, const struct scope *scope)
{
	struct claim c = claim_of(CLAIM_ENTRY, d->line);
	uint16_t port = upstream_port(d->argument);
	bool is_site = scope == &r->server;
	char service[NAME_SIZE], description[WORD_SIZE + 32];

	if (!port)
		return true;
	c.ports = (struct port_range){ port, port };
	c.service = CLAIM_SERVICE;
	if (scope->depth && (is_site ? upstream_service(scope->name, service)
				     : name_from_words(scope->name, service)))
		c.service = service;
	/* "_" stands for any name. */
	if (is_site && scope->depth && name_is_dns(scope->name) && strchr(scope->name, '.')) {
		snprintf(description, sizeof(description), "nginx serves it as %s", scope->name);
		c.description = description;
	}
	return r->fn(&c, r->arg);
}

static bool is_pass(const char *name)
{
	static const char *const passes[] = { "proxy_pass", "grpc_pass", "fastcgi_pass",
					      "uwsgi_pass", "scgi_pass" };

	for (size_t i = 0; i < ARRAY_LEN(passes); i++)
		if (!strcmp(name, passes[i]))
			return true;
	return false;
}

static void open_block(struct reading *r, const struct directive *d)
{
	r->depth++;
	if (!strcmp(d->name, "upstream") && !r->upstream.depth) {
		r->upstream.depth = r->depth;
		memcpy(r->upstream.name, d->argument, strlen(d->argument) + 1);
	}
	/* Not within another one: each byte is looked at twice, and not more often. */
	if (!strcmp(d->name, "server") && !r->server.depth) {
		r->server.depth = r->depth;
		find_server_name(r->lexer, r->server.name);
	}
}

static void close_block(struct reading *r)
{
	if (r->upstream.depth == r->depth)
		r->upstream.depth = 0;
	if (r->server.depth == r->depth)
		r->server.depth = 0;
	r->depth -= r->depth > 0;
}

static bool read_all(struct reading *r)
{
	struct directive d;

	while (next_directive(&r->lexer, &d)) {
		bool is_server = r->upstream.depth && !strcmp(d.name, "server");

		if (d.end == TOKEN_OPEN)
			open_block(r, &d);
		else if ((is_server || is_pass(d.name)) &&
			 !tell(r, &d, is_server ? &r->upstream : &r->server))
			return false;
		if (d.end == TOKEN_CLOSE)
			close_block(r);
	}
	return true;
}

bool claims_nginx(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		  struct err *err)
{
	struct reading r = { .fn = fn, .arg = arg };

	if (!claim_open(&bytes, &len, file, err))
		return false;
	r.lexer = (struct lexer){ .at = bytes, .end = bytes + len, .line = 1 };
	return read_all(&r);
}
