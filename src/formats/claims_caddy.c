/*
 * Source: Caddy's documentation, "Caddyfile Concepts": a line's first word is a
 * directive; a block is opened by '{' at the end of a line and closed by '}' on a
 * line of its own; quotes and backticks, '#' before a comment; "reverse_proxy
 * [<matcher>] [<upstreams...>] { to <upstreams...> }".
 */
#include <stdio.h>
#include <string.h>

#include "formats/claim.h"
#include "formats/scan.h"
#include "formats/upstream.h"

/* Rationale: a hostname or an upstream; a longer word is neither, and is cut. */
#define WORD_SIZE 512

struct reading {
	char site[WORD_SIZE]; /* its first address; "": none was seen */
	bool goes_on;	      /* its line ended with a comma */
	unsigned depth;
	unsigned proxy_depth; /* 0: not in a block of reverse_proxy */
	claim_fn *fn;
	void *arg;
};

/* A line, word by word. */
struct words {
	const char *at, *end;
	unsigned line;
	char word[WORD_SIZE];
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_quote(char c)
{
	return c == '"' || c == '`';
}

/* False: the line has no more, or the rest is a comment. */
static bool next_word(struct words *w)
{
	char quote = '\0';
	size_t len = 0;

	while (w->at < w->end && is_blank(*w->at))
		w->at++;
	if (w->at == w->end || *w->at == '#')
		return false;
	if (is_quote(*w->at))
		quote = *w->at++;
	for (; w->at < w->end && (quote ? *w->at != quote : !is_blank(*w->at)); w->at++)
		if (len < WORD_SIZE - 1)
			w->word[len++] = *w->at;
	if (quote && w->at < w->end)
		w->at++;
	w->word[len] = '\0';
	return true;
}

/* --- sites */

/* An address, and not a directive, a snippet "(x)" or a route "&(x)". */
static bool is_address(const char *word)
{
	return !strchr("({&@/", *word) && (strpbrk(word, ".:") || !strcmp(word, "localhost"));
}

/* "https://shop.example.org:8443/x" -> "shop.example.org". */
static void hostname_of(const char *address, char ret[static WORD_SIZE])
{
	const char *scheme = strstr(address, "://"), *at = scheme ? scheme + 3 : address;

	snprintf(ret, WORD_SIZE, "%.*s", (int)strcspn(at, ":/,"), at);
}

static void take_site(struct reading *r, const char *word)
{
	size_t len = strlen(word);

	if (!r->goes_on)
		memcpy(r->site, word, len + 1);
	r->goes_on = len && word[len - 1] == ',';
}

/* --- upstreams */

static bool tell(struct reading *r, const char *upstream, unsigned line)
{
	struct claim c = claim_of(CLAIM_ENTRY, line);
	uint16_t port = upstream_port(upstream);
	char hostname[WORD_SIZE], service[NAME_SIZE], description[WORD_SIZE + 32];

	if (!port)
		return true;
	c.ports = (struct port_range){ port, port };
	c.service = CLAIM_SERVICE;
	hostname_of(r->site, hostname);
	if (upstream_service(hostname, service))
		c.service = service;
	if (name_is_dns(hostname)) {
		snprintf(description, sizeof(description), "caddy serves it as %s", hostname);
		c.description = description;
	}
	return r->fn(&c, r->arg);
}

/* The rest of the line: upstreams, and matchers that lead nowhere. */
static bool tell_rest(struct reading *r, struct words *w, bool *ret_opens)
{
	while (next_word(w)) {
		*ret_opens = !strcmp(w->word, "{");
		if (!tell(r, w->word, w->line))
			return false;
	}
	return true;
}

static bool is_proxy(const char *word)
{
	return !strcmp(word, "reverse_proxy") || !strcmp(word, "php_fastcgi");
}

static void skip_rest(struct words *w, bool *ret_opens)
{
	while (next_word(w))
		*ret_opens = !strcmp(w->word, "{");
}

static bool read_line(struct reading *r, struct words *w)
{
	bool opens = false, proxies;

	if (!next_word(w))
		return true;
	if (!strcmp(w->word, "}")) {
		if (r->depth == r->proxy_depth)
			r->proxy_depth = 0;
		r->depth -= r->depth > 0;
		return true;
	}
	proxies = is_proxy(w->word);
	if (proxies || (r->proxy_depth && !strcmp(w->word, "to"))) {
		if (!tell_rest(r, w, &opens))
			return false;
	} else {
		if (!r->depth && (is_address(w->word) || r->goes_on))
			take_site(r, w->word);
		opens = !strcmp(w->word, "{");
		skip_rest(w, &opens);
	}
	r->depth += opens;
	if (opens && proxies && !r->proxy_depth)
		r->proxy_depth = r->depth;
	return true;
}

bool claims_caddy(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		  struct err *err)
{
	struct reading r = { .fn = fn, .arg = arg };
	struct lines l;

	if (!claim_open(&bytes, &len, file, err))
		return false;
	l = (struct lines){ .rest = bytes, .left = len };
	while (lines_next(&l)) {
		struct words w = { .at = l.line, .end = l.line + l.len, .line = l.number };

		if (!read_line(&r, &w))
			return false;
	}
	return true;
}
