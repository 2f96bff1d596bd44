/*
 * The configurations of vite, next, astro and nuxt are programs: their tokens are
 * read, and what `port` is within `server` and its like.
 * Source: vite.dev, "Server Options"; docs.astro.build, "Configuration Reference";
 * nuxt.com, "devServer".
 */
#include <string.h>

#include "formats/js.h"
#include "formats/mention.h"
#include "formats/upstream.h"

/* Rationale: longer than any key that is looked for; a longer one is none. */
#define KEY_SIZE 16

/* Rationale: a URL on this machine. */
#define URL_SIZE 256

struct reading {
	struct mentions *m;
	struct js js;
	char keys[JS_BRACKETS_MAX + 1][KEY_SIZE]; /* of what each bracket is the value */
	char key[KEY_SIZE];			  /* of the value that comes; "": none */
	char word[KEY_SIZE];			  /* the token before, if it may be a key */
};

/* The text of a word, or what stands in quotes; "" of what is longer, or something else. */
static void token_text(const struct js *j, size_t size, char *ret)
{
	size_t quotes = j->kind == JS_TEXT, len = j->to - j->from;

	ret[0] = '\0';
	if ((j->kind != JS_WORD && j->kind != JS_TEXT) || len < 2 * quotes ||
	    len - 2 * quotes >= size)
		return;
	memcpy(ret, j->bytes + j->from + quotes, len - 2 * quotes);
	ret[len - 2 * quotes] = '\0';
}

static bool is_server(const char *key)
{
	static const char *const keys[] = { "server", "preview", "hmr", "devServer" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!strcmp(key, keys[i]))
			return true;
	return false;
}

/* The number at hand, or the text of one: '3000'. */
static bool take_number(const struct js *j, struct mention *x)
{
	size_t quotes = j->kind == JS_TEXT;

	if ((j->kind != JS_NUMBER && j->kind != JS_TEXT) || j->to - j->from <= 2 * quotes)
		return false;
	x->at = j->from + quotes;
	x->len = j->to - j->from - 2 * quotes;
	x->port = mention_port(j->bytes + x->at, x->len);
	return x->port;
}

static void take_name(const struct js *j, struct mention *x)
{
	const char *at = j->bytes + j->from;
	size_t len = j->to - j->from;

	if (len >= 4 && !memcmp(at + len - 4, "PORT", 4))
		mention_set_words(x, at, len);
}

/*
 * What `port` is, up to the ',' or '}' behind it: a number, or what counts where a
 * variable is not set.  All else is computed, and nobody knows what it is.
 */
static bool read_port(struct reading *r, struct err *err)
{
	struct js j = r->js;
	struct mention x = { .kind = MENTION_BINDS, .form = MENTION_JS };
	const char *key = r->keys[r->js.depth];
	unsigned depth = r->js.depth, tokens = 0;
	bool more, operator= false;

	mention_set_words(&x, key, strlen(key));
	for (;;) {
		if (!js_next(&j, &more, err))
			return false;
		if (!more || (j.depth <= depth && (js_is(&j, ",") || js_is(&j, "}"))))
			break;
		if (j.kind == JS_WORD)
			take_name(&j, &x);
		if ((!tokens || operator) && !x.port)
			x.is_default = take_number(&j, &x) && tokens;
		operator= js_is(&j, "|") || js_is(&j, "?");
		tokens++;
	}
	/* "3000 + offset" is no port of anybody's. */
	if (!x.port || (!x.is_default && tokens > 1))
		return true;
	if (x.is_default || r->m->bytes[x.at - 1] == '\'' || r->m->bytes[x.at - 1] == '"')
		x.form = MENTION_NUMBER;
	return mentions_tell(r->m, x);
}

/* 'http://localhost:8080' of a proxy. */
static bool read_text(struct reading *r)
{
	struct mention x = { .kind = MENTION_CODE, .is_fixed = true };
	char url[URL_SIZE];
	const char *scheme, *colon;

	token_text(&r->js, sizeof(url), url);
	scheme = strstr(url, "://");
	colon = scheme ? strchr(scheme + 3, ':') : NULL;
	if (!colon)
		return true;
	x.port = upstream_port(url);
	x.at = r->js.from + 1 + (size_t)(colon + 1 - url);
	x.len = strspn(colon + 1, "0123456789");
	mention_set_words(&x, "proxy", strlen("proxy"));
	return !x.port || !x.len || mentions_tell(r->m, x);
}

static bool take_token(struct reading *r, struct err *err)
{
	const struct js *j = &r->js;
	char c = j->bytes[j->from];
	bool is_mark = j->kind == JS_OTHER && j->to - j->from == 1;

	if (is_mark && strchr("({[", c)) {
		memcpy(r->keys[j->depth], r->key, KEY_SIZE);
		r->key[0] = '\0';
	} else if (is_mark && c == ':' && r->word[0]) {
		memcpy(r->key, r->word, KEY_SIZE);
		if (!strcmp(r->key, "port") && is_server(r->keys[j->depth]) && !read_port(r, err))
			return false;
	} else if (is_mark && strchr(",})]", c)) {
		r->key[0] = '\0';
	}
	token_text(j, KEY_SIZE, r->word);
	return j->kind != JS_TEXT || read_text(r);
}

bool mentions_js_config(struct mentions *m, struct err *err)
{
	struct reading r = { .m = m, .js = { .bytes = m->bytes, .len = m->len, .file = m->file } };
	bool more;

	for (;;) {
		if (!js_next(&r.js, &more, err))
			return false;
		if (!more)
			return true;
		if (!take_token(&r, err))
			return false;
	}
}
