/*
 * Where programs listen by themselves: app.listen(3000), uvicorn.run(app, port=8000),
 * http.ListenAndServe(":8080", nil), process.env.PORT || 3000, new WebSocketServer({ port: 3000 }).
 * Other numbers are no ports that we know of: `port: 5432` in a source mostly is that of a database.
 */
#include <ctype.h>
#include <string.h>

#include "formats/mention.h"
#include "formats/source.h"
#include "ports/known.h"

/* Rationale: the longest rule looks back over  environ . get ( "PORT" , default = */
#define BEHIND 8

/* Rationale: real sources nest 30 deep; deeper calls are not looked at. */
#define CALLS_MAX 64

/* SOURCE_END: there is none. */
struct source_call {
	struct source_token name, owner; /* Server and ws of ws.Server( */
};

struct reading {
	struct mentions *m;
	struct source s;
	struct source_token last[BEHIND];    /* the newest first */
	struct source_call calls[CALLS_MAX]; /* what each open '(' calls */
	unsigned depth;
	bool may_listen, asks_environment; /* Go: the file does */
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
	/* A type: `PORT: int`, `port: number`. */
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

/* listen({ port: 3000 }), Bun.serve({ port: 3000 }), new WebSocketServer({ port: 3000 }) */
static bool is_js_server(const struct reading *r, const struct source_call *call)
{
	static const char *const names[] = { "listen", "serve", "WebSocketServer", NULL };
	/* A Server by itself may be one that is called: new ws.Server(), new WebSocket.Server() */
	static const char *const servers[] = { "Server", "server", NULL };
	static const char *const owners[] = { "ws", "WS", "Ws", "WebSocket", "Hapi", "hapi", NULL };

	return is_one_of(r, &call->name, names) ||
	       (is_one_of(r, &call->name, servers) && is_one_of(r, &call->owner, owners));
}

static bool is_js_listen(const struct reading *r)
{
	const struct source_token *l = r->last;

	if (is_mark(r, &l[0], '(') && is_text(r, &l[1], "listen") && is_mark(r, &l[2], '.'))
		return true;
	return is_mark(r, &l[0], ':') && is_text(r, &l[1], "port") && r->depth &&
	       is_js_server(r, &r->calls[r->depth - 1]);
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
		return is_one_of(r, &r->calls[r->depth - 1].name, calls);
	/* Of a socket it is how many may wait. */
	if (is_mark(r, &l[0], '(') && is_text(r, &l[1], "listen") && is_mark(r, &l[2], '.'))
		return t->to - t->from > 3;
	return is_mark(r, &l[0], ',') && l[1].kind == SOURCE_TEXT && is_mark(r, &l[2], '(') &&
	       r->depth > 1 && is_one_of(r, &r->calls[r->depth - 2].name, servers);
}

static const char *const go_calls[] = {
	"ListenAndServe", "ListenAndServeTLS", "Listen", "ListenTLS", "Run", "RunTLS",
	"Start",	  "StartTLS",	       NULL
};

static bool go_listens(const struct reading *r)
{
	const struct source_token *l = r->last;

	if (is_mark(r, &l[0], ':') && is_text(r, &l[1], "Addr"))
		return true;
	return r->depth && is_one_of(r, &r->calls[r->depth - 1].name, go_calls) &&
	       (is_mark(r, &l[0], '(') ||
		(is_mark(r, &l[0], ',') && l[1].kind == SOURCE_TEXT && is_mark(r, &l[2], '(')));
}

/* getEnv("PORT", "8080"), flag.Int("port", 8080, "..."), flag.IntVar(&port, "port", 8080, "...") */
static const struct source_token *go_variable(const struct reading *r)
{
	static const char *const fillers[] = { "IntVar", "UintVar", "StringVar", NULL };
	const struct source_token *l = r->last;

	if (!r->may_listen || !r->depth || !is_mark(r, &l[0], ',') || l[1].kind != SOURCE_TEXT ||
	    !names_own_port(r, &l[1]))
		return NULL;
	return is_mark(r, &l[2], '(') || is_one_of(r, &r->calls[r->depth - 1].name, fillers) ? &l[1]
											     : NULL;
}

/* port := "8080", const port = 8080, var port string = "8080"; `for port := 3000` tries some. */
static bool go_assigns(const struct reading *r)
{
	const struct source_token *l = r->last;
	bool has_type = is_mark(r, &l[0], '=') && l[1].kind == SOURCE_WORD &&
			names_own_port(r, &l[2]);

	return r->may_listen && (has_type || is_assigned(r)) && !is_text(r, &l[3], "for");
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
	case SOURCE_GO: return go_variable(r);
	}
	__builtin_unreachable();
}

static uint16_t port_at(const struct reading *r, const struct source_token *t)
{
	return mention_port(r->m->bytes + t->from, t->to - t->from);
}

/* What is assigned in Go; where everybody expects another program, it is whom this one calls. */
static bool is_go_own(const struct reading *r, struct source_token *t)
{
	take_address(r, t);
	return !known_service(PROTO_TCP, port_at(r, t), NULL);
}

static bool is_listened_on(const struct reading *r, struct source_token *t)
{
	bool is_number = t->kind == SOURCE_NUMBER;

	switch (r->s.language) {
	case SOURCE_JS: return is_number && (is_assigned(r) || is_js_listen(r));
	case SOURCE_PYTHON: return is_number && (is_assigned(r) || is_python_listen(r, t));
	case SOURCE_GO:
		return go_assigns(r) ? is_go_own(r, t) : go_listens(r) && take_address(r, t);
	}
	__builtin_unreachable();
}

static bool tell_value(struct reading *r, struct source_token t)
{
	const struct source_token *variable = variable_before(r);
	struct mention x = { .kind = MENTION_CODE,
			     .is_fixed = true,
			     .is_default = variable || (r->asks_environment && go_assigns(r)) };

	if (variable)
		mention_set_words(&x, r->m->bytes + variable->from, variable->to - variable->from);
	else if (!is_listened_on(r, &t))
		return true;
	else
		mention_set_words(&x, "server", strlen("server"));
	x.at = t.from;
	x.len = t.to - t.from;
	x.port = port_at(r, &t);
	return !x.port || mentions_tell(r->m, x);
}

/* --- tokens */

static struct source_call call_of(const struct reading *r)
{
	const struct source_token *l = r->last, none = { SOURCE_END, 0, 0 };
	bool is_word = l[0].kind == SOURCE_WORD;
	bool has_owner = is_word && is_mark(r, &l[1], '.') && l[2].kind == SOURCE_WORD;

	return (struct source_call){ is_word ? l[0] : none, has_owner ? l[2] : none };
}

static void follow_brackets(struct reading *r, const struct source_token *t)
{
	if (is_mark(r, t, '(')) {
		if (r->depth < CALLS_MAX)
			r->calls[r->depth] = call_of(r);
		r->depth += r->depth < CALLS_MAX;
	} else if (is_mark(r, t, ')')) {
		r->depth -= r->depth > 0;
	}
}

static void step(struct reading *r, const struct source_token *t)
{
	follow_brackets(r, t);
	memmove(r->last + 1, r->last, sizeof(r->last) - sizeof(r->last[0]));
	r->last[0] = *t;
}

/* ":" + port with nothing before it, or the format of it. */
static bool makes_address(const struct reading *r, const struct source_token *t)
{
	static const char *const formats[] = { ":%s", ":%d", ":%v", NULL };
	const struct source_token *l = r->last;

	if (t->kind == SOURCE_TEXT)
		return is_one_of(r, t, formats);
	return is_mark(r, t, '+') && l[0].kind == SOURCE_TEXT && is_text(r, &l[0], ":") &&
	       !is_mark(r, &l[1], '+');
}

/* r.Run(":" + port), r.Run(fmt.Sprintf(":%d", port)) */
static bool is_given_to_listen(const struct reading *r)
{
	for (unsigned i = 1; i <= 2 && i <= r->depth; i++)
		if (is_one_of(r, &r->calls[r->depth - i].name, go_calls))
			return true;
	return false;
}

static bool is_sign_of_server(const struct reading *r, const struct source_token *t)
{
	static const char *const words[] = { "ListenAndServe", "ListenAndServeTLS", "Listen",
					     "ListenTLS", NULL };
	static const char *const texts[] = { "0.0.0.0:%s", "0.0.0.0:%d", "PORT", NULL };

	if (t->kind == SOURCE_WORD)
		return is_one_of(r, t, words);
	return (t->kind == SOURCE_TEXT && is_one_of(r, t, texts)) ||
	       (makes_address(r, t) && is_given_to_listen(r));
}

static bool is_sign_of_client(const struct reading *r, const struct source_token *t)
{
	static const char *const words[] = { "Dial",	    "DialTimeout", "DialTLS",
					     "DialContext", "DialTCP",	   "DialUDP",
					     "DialHTTP",    "Dialer",	   "DialWithDialer",
					     "NewClient",   "SendMail",	   NULL };

	return t->kind == SOURCE_WORD && is_one_of(r, t, words);
}

/*
 * Does the file listen, or make an address for it and call nobody?  `port = 5432` of one that
 * does not is the database's.
 */
static void look_ahead(struct reading *r)
{
	struct reading ahead = *r;
	struct source_token t;
	bool listens = false, dials = false, has_address = false;

	while ((t = source_next(&ahead.s)).kind != SOURCE_END) {
		listens = listens || is_sign_of_server(&ahead, &t);
		dials = dials || is_sign_of_client(&ahead, &t);
		has_address = has_address || makes_address(&ahead, &t);
		if (t.kind == SOURCE_TEXT && is_text(&ahead, &t, "PORT"))
			r->asks_environment = true;
		step(&ahead, &t);
	}
	r->may_listen = listens || (has_address && !dials);
}

static bool read_source(struct mentions *m, enum source_language language)
{
	struct reading r = { .m = m, .s = { language, m->bytes, m->len, 0 } };

	for (size_t i = 0; i < BEHIND; i++)
		r.last[i].kind = SOURCE_END;
	if (language == SOURCE_GO)
		look_ahead(&r);
	for (;;) {
		struct source_token t = source_next(&r.s);

		if (t.kind == SOURCE_END)
			return true;
		if ((t.kind == SOURCE_NUMBER || t.kind == SOURCE_TEXT) && !tell_value(&r, t))
			return false;
		step(&r, &t);
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
