/*
 * Where programs listen by themselves: app.listen(3000), uvicorn.run(app, port=8000),
 * http.ListenAndServe(":8080", nil), process.env.PORT || 3000.  Other numbers are no
 * ports that we know of: `port: 5432` in a source mostly is that of a database.
 */
#include <ctype.h>
#include <string.h>

#include "formats/mention.h"
#include "formats/source.h"

/* Rationale: the longest rule looks back over  environ . get ( "PORT" , default = */
#define BEHIND 8

/* Rationale: real sources nest 30 deep; deeper calls are not looked at. */
#define CALLS_MAX 64

struct reading {
	struct mentions *m;
	struct source s;
	struct source_token last[BEHIND];     /* the newest first */
	struct source_token calls[CALLS_MAX]; /* what each open '(' calls; else SOURCE_END */
	unsigned depth;
};

static bool is_text(const struct reading *r, const struct source_token *t, const char *text)
{
	size_t len = strlen(text);

	return t->to - t->from == len && !memcmp(r->m->bytes + t->from, text, len);
}

static bool is_mark(const struct reading *r, const struct source_token *t, char c)
{
	return t->kind == SOURCE_MARK && r->m->bytes[t->from] == c;
}

static bool is_one_of(const struct reading *r, const struct source_token *t,
		      const char *const *words)
{
	for (; *words; words++)
		if (is_text(r, t, *words))
			return true;
	return false;
}

/* What a program's own port is called; DB_PORT and its like are ports that it calls. */
static bool names_own_port(const struct reading *r, const struct source_token *t)
{
	static const char *const names[] = { "PORT",	    "port",	    "DEFAULT_PORT",
					     "defaultPort", "SERVER_PORT",  "serverPort",
					     "HTTP_PORT",   "httpPort",	    "APP_PORT",
					     "LISTEN_PORT", "listenPort",   "WEB_PORT",
					     "API_PORT",    "default_port", "server_port",
					     "http_port",   "DefaultPort",  NULL };

	return (t->kind == SOURCE_WORD || t->kind == SOURCE_TEXT) && is_one_of(r, t, names);
}

/* --- what may stand before a number */

/* `const PORT = 3000`, `PORT: int = 3000`, `port := 3000`; `port == 3000` asks. */
static bool is_assigned(const struct reading *r)
{
	const struct source_token *l = r->last;
	bool walrus = is_mark(r, &l[1], ':');

	if (!is_mark(r, &l[0], '='))
		return false;
	if (names_own_port(r, &l[1]) || (walrus && names_own_port(r, &l[2])))
		return !r->depth || r->s.language != SOURCE_PYTHON;
	/* A type: `PORT: int`, `port: number`, `const port uint16`. */
	return l[1].kind == SOURCE_WORD && is_mark(r, &l[2], ':') && names_own_port(r, &l[3]) &&
	       !r->depth;
}

/* process.env.PORT || 3000, PORT ?? '3000', (... PORT) || 3000: the variable. */
static const struct source_token *js_variable(const struct reading *r)
{
	const struct source_token *l = r->last;
	bool operator=(is_mark(r, &l[0], '|') && is_mark(r, &l[1], '|')) ||
		(is_mark(r, &l[0], '?') && is_mark(r, &l[1], '?'));
	unsigned i = 2;

	while (operator&& i<BEHIND -
	       1 &&(is_mark(r, &l[i], ')') || is_mark(r, &l[i], ']') || is_mark(r, &l[i], ',')))
		i++;
	return operator&& names_own_port(r, &l[i]) ? &l[i] : NULL;
}

/* environ.get("PORT", 3000), getenv("PORT", "3000"), env.int("PORT", default=3000) */
static const struct source_token *python_variable(const struct reading *r)
{
	const struct source_token *l = r->last;
	unsigned i = is_mark(r, &l[0], '=') && is_text(r, &l[1], "default") ? 2 : 0;

	return is_mark(r, &l[i], ',') && l[i + 1].kind == SOURCE_TEXT &&
			       names_own_port(r, &l[i + 1]) && is_mark(r, &l[i + 2], '(')
		       ? &l[i + 1]
		       : NULL;
}

static bool is_js_listen(const struct reading *r)
{
	const struct source_token *l = r->last;
	static const char *const calls[] = { "listen", NULL };

	/* listen({ port: 3000 }), Bun.serve({ port: 3000 }), Deno.serve({ port: 3000 }) */
	static const char *const objects[] = { "listen", "serve", NULL };

	if (is_mark(r, &l[0], '(') && is_one_of(r, &l[1], calls) && is_mark(r, &l[2], '.'))
		return true;
	return is_mark(r, &l[0], ':') && is_text(r, &l[1], "port") && r->depth &&
	       is_one_of(r, &r->calls[r->depth - 1], objects);
}

/* run(port=8000), HTTPServer(("", 8000), ...), bind(("0.0.0.0", 8000)) */
static bool is_python_listen(const struct reading *r, const struct source_token *t)
{
	static const char *const calls[] = { "run",	   "run_app",	    "serve",
					     "run_simple", "launch",	    "start_server",
					     "Config",	   "create_server", "listen",
					     "start",	   "run_server",    NULL };
	static const char *const servers[] = { "HTTPServer", "ThreadingHTTPServer",
					       "TCPServer",  "ThreadingTCPServer",
					       "WSGIServer", "make_server",
					       "bind",	     NULL };
	const struct source_token *l = r->last;

	if (!r->depth)
		return false;
	if (is_mark(r, &l[0], '=') && is_text(r, &l[1], "port"))
		return is_one_of(r, &r->calls[r->depth - 1], calls);
	/* Of a socket it is how many may wait. */
	if (is_mark(r, &l[0], '(') && is_text(r, &l[1], "listen") && is_mark(r, &l[2], '.'))
		return t->to - t->from > 3;
	return is_mark(r, &l[0], ',') && l[1].kind == SOURCE_TEXT && is_mark(r, &l[2], '(') &&
	       r->depth > 1 && is_one_of(r, &r->calls[r->depth - 2], servers);
}

static bool go_listens(const struct reading *r)
{
	static const char *const calls[] = {
		"ListenAndServe", "ListenAndServeTLS", "Listen", "ListenTLS", "Run", "RunTLS",
		"Start",	  "StartTLS",	       NULL
	};
	const struct source_token *l = r->last;

	if (is_mark(r, &l[0], ':') && is_text(r, &l[1], "Addr"))
		return true;
	return r->depth && is_one_of(r, &r->calls[r->depth - 1], calls) &&
	       (is_mark(r, &l[0], '(') ||
		(is_mark(r, &l[0], ',') && l[1].kind == SOURCE_TEXT && is_mark(r, &l[2], '(')));
}

/* --- the number */

/* ":8080", "127.0.0.1:8080": Go's addresses to listen on. */
static bool take_address(const struct reading *r, struct source_token *t)
{
	const char *colon = memrchr(r->m->bytes + t->from, ':', t->to - t->from);

	if (t->kind != SOURCE_TEXT || !colon)
		return false;
	t->from = (size_t)(colon - r->m->bytes) + 1;
	return true;
}

static const struct source_token *variable_before(const struct reading *r)
{
	switch (r->s.language) {
	case SOURCE_JS: return js_variable(r);
	case SOURCE_PYTHON: return python_variable(r);
	case SOURCE_GO: return NULL;
	}
	__builtin_unreachable();
}

static bool is_listened_on(const struct reading *r, struct source_token *t)
{
	bool is_number = t->kind == SOURCE_NUMBER;

	switch (r->s.language) {
	case SOURCE_JS: return is_number && is_js_listen(r);
	case SOURCE_PYTHON: return is_number && is_python_listen(r, t);
	case SOURCE_GO: return go_listens(r) && take_address(r, t);
	}
	__builtin_unreachable();
}

static bool tell_value(struct reading *r, struct source_token t)
{
	const struct source_token *variable = variable_before(r);
	struct mention x = { .kind = MENTION_CODE, .is_fixed = true, .is_default = variable };

	if (variable)
		mention_set_words(&x, r->m->bytes + variable->from, variable->to - variable->from);
	else if (!(t.kind == SOURCE_NUMBER && is_assigned(r)) && !is_listened_on(r, &t))
		return true;
	else
		mention_set_words(&x, "server", strlen("server"));
	x.at = t.from;
	x.len = t.to - t.from;
	x.port = mention_port(r->m->bytes + t.from, x.len);
	return !x.port || mentions_tell(r->m, x);
}

/* --- tokens */

static void follow_brackets(struct reading *r, const struct source_token *t)
{
	if (is_mark(r, t, '(')) {
		if (r->depth < CALLS_MAX)
			r->calls[r->depth] = r->last[0].kind == SOURCE_WORD
						     ? r->last[0]
						     : (struct source_token){ SOURCE_END, 0, 0 };
		r->depth += r->depth < CALLS_MAX;
	} else if (is_mark(r, t, ')')) {
		r->depth -= r->depth > 0;
	}
}

static bool read_source(struct mentions *m, enum source_language language)
{
	struct reading r = { .m = m, .s = { language, m->bytes, m->len, 0 } };

	for (size_t i = 0; i < BEHIND; i++)
		r.last[i].kind = SOURCE_END;
	for (;;) {
		struct source_token t = source_next(&r.s);

		if (t.kind == SOURCE_END)
			return true;
		if ((t.kind == SOURCE_NUMBER || t.kind == SOURCE_TEXT) && !tell_value(&r, t))
			return false;
		follow_brackets(&r, &t);
		memmove(r.last + 1, r.last, sizeof(r.last) - sizeof(r.last[0]));
		r.last[0] = t;
	}
}

bool mentions_js(struct mentions *m, struct err *err)
{
	(void)err;
	return read_source(m, SOURCE_JS);
}

bool mentions_python(struct mentions *m, struct err *err)
{
	(void)err;
	return read_source(m, SOURCE_PYTHON);
}

bool mentions_go(struct mentions *m, struct err *err)
{
	(void)err;
	return read_source(m, SOURCE_GO);
}
