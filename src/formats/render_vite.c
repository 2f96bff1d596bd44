/*
 * vite.config.*: `server: { port: 5173 }` becomes a number that the environment may
 * change, and `strictPort`, without which Vite silently takes another port.  Services
 * called `preview` and `hmr` have the ports of `preview` and of `server.hmr`.
 * Source: vite.dev, "Server Options": port, strictPort, hmr; "Preview Options".
 *
 * The configuration is a program; only an object that is written out is changed.
 */
#include <string.h>

#include "formats/edits.h"
#include "formats/js.h"
#include "formats/render_rows.h"

/* One property of an object, from its key to the end of its value. */
struct property {
	bool is_there;
	size_t key, from, to;	   /* the value is from `from` to `to` */
	size_t number, number_end; /* the only number in it; equal: none, or several */
	unsigned numbers;
	bool is_false, is_word; /* `false`; a single word or number */
};

/* An object that has a port. */
struct section {
	const char *key;
	const struct port_value *value; /* NULL: it is none of ours */
	bool is_there;
	bool is_named; /* the key is there, whatever its value */
	size_t inside; /* behind its '{'; of one that is no object, where its value is */
	struct property port, strict;
	bool is_spread;
	bool is_empty; /* nothing stands in it */
};

enum { SERVER, PREVIEW, HMR, SECTION_COUNT };

struct config {
	const struct file_bytes *old;
	struct js js;
	struct section sections[SECTION_COUNT];
	size_t root;   /* behind the '{' of the configuration; 0: not found */
	size_t spread; /* `...more` in it, which may have a server, too; 0: none */
	unsigned root_depth;
};

static bool step(struct config *c, bool *ret_more, struct err *err)
{
	return js_next(&c->js, ret_more, err);
}

/* A key may be in quotes. */
static bool is_key(const struct js *j, const char *name)
{
	struct js inner = *j;

	if (j->kind == JS_TEXT && j->to - j->from >= 2) {
		inner.from++;
		inner.to--;
	}
	return (j->kind == JS_TEXT || j->kind == JS_WORD) && js_is(&inner, name);
}

/* The value at hand, up to the ',' or '}' that ends it, which is at hand then. */
static bool take_value(struct config *c, unsigned depth, struct property *p, struct err *err)
{
	unsigned tokens = 0;
	bool more = true;

	p->is_there = true;
	p->from = p->to = c->js.from;
	while (more && !(c->js.depth == depth && (js_is(&c->js, ",") || js_is(&c->js, "}")))) {
		if (c->js.kind == JS_NUMBER) {
			p->number = c->js.from;
			p->number_end = c->js.to;
			p->numbers++;
		}
		p->is_false = !tokens && js_is(&c->js, "false");
		p->is_word = ++tokens == 1;
		p->to = c->js.to;
		if (!step(c, &more, err))
			return false;
	}
	return true;
}

static bool take_section(struct config *c, struct section *s, struct err *err);

/* The value of `hmr`, if it is an object, up to its '}'. */
static bool take_hmr(struct config *c, const struct section *of, bool is_hmr, struct err *err)
{
	struct section *hmr = &c->sections[HMR];

	if (!is_hmr || of != &c->sections[SERVER] || !hmr->value)
		return true;
	hmr->is_named = true;
	return !js_is(&c->js, "{") || take_section(c, hmr, err);
}

/* One property of an object at this depth; its key is at hand. */
static bool take_property(struct config *c, struct section *s, unsigned depth, struct err *err)
{
	struct property other = { .key = c->js.from };
	struct property *p = is_key(&c->js, "port")	    ? &s->port
			     : is_key(&c->js, "strictPort") ? &s->strict
							    : &other;
	bool is_hmr = is_key(&c->js, "hmr");
	size_t key = c->js.from;
	bool more;

	/* `...more` may have a port, too. */
	s->is_spread |= js_is(&c->js, ".");
	if (!step(c, &more, err))
		return false;
	/* `port` alone stands for something that is elsewhere. */
	if (js_is(&c->js, ":") && !step(c, &more, err))
		return false;
	p->key = key;
	return take_hmr(c, s, is_hmr, err) && take_value(c, depth, p, err);
}

/* An object whose '{' is at hand; behind it its '}' is. */
static bool take_section(struct config *c, struct section *s, struct err *err)
{
	unsigned depth = c->js.depth;
	bool more;

	if (s->is_there)
		return render_fail(err, c->old->name, line_at(c->old->bytes, c->js.from),
				   "a second '%s'", s->key);
	s->is_there = s->is_named = true;
	s->inside = c->js.to;
	if (!step(c, &more, err))
		return false;
	s->is_empty = js_is(&c->js, "}") && c->js.depth == depth;
	while (!(c->js.depth == depth && js_is(&c->js, "}"))) {
		if (!(js_is(&c->js, ",") ? step(c, &more, err) : take_property(c, s, depth, err)))
			return false;
	}
	return true;
}

static void forget(struct section *s)
{
	*s = (struct section){ .key = s->key, .value = s->value };
}

/* Behind the '{' of the configuration; a `server` that came before is another object's. */
static void take_root(struct config *c)
{
	c->root = c->js.to;
	c->root_depth = c->js.depth;
	for (unsigned i = 0; i < SECTION_COUNT; i++)
		forget(&c->sections[i]);
}

/* The key at hand is the configuration's own; where that is computed, any object's. */
static bool is_our_own(const struct config *c)
{
	return !c->root || c->js.depth == c->root_depth;
}

/* What stood before the token at hand. */
struct before {
	bool is_call;		       /* defineConfig( */
	bool is_default;	       /* export default */
	bool is_start;		       /* the '{' or ',' before a property */
	struct section *named, *keyed; /* server, server: */
	struct section *alone;	       /* `server` as all of a property, if no ':' follows */
};

/* One of the two that stand in the configuration itself; NULL: another word, or none of ours. */
static struct section *section_named(struct config *c)
{
	for (unsigned i = SERVER; i <= PREVIEW && is_our_own(c); i++)
		if (c->sections[i].value && is_key(&c->js, c->sections[i].key))
			return &c->sections[i];
	return NULL;
}

static struct before behind(struct config *c, struct before b)
{
	struct section *named = section_named(c);

	return (struct before){
		.is_call = (b.is_call && js_is(&c->js, "(")) || js_is(&c->js, "defineConfig"),
		.is_default = js_is(&c->js, "default"),
		.is_start = js_is(&c->js, "{") || js_is(&c->js, ","),
		.named = named,
		.alone = c->root && b.is_start ? named : NULL,
		.keyed = js_is(&c->js, ":") ? b.named : NULL,
	};
}

/* `preview: common` is somebody's own. */
static bool take_keyed(struct config *c, struct section *s, struct err *err)
{
	s->is_named = true;
	s->inside = c->js.from;
	return !js_is(&c->js, "{") || take_section(c, s, err);
}

/* `{ server, ...more }`: neither is written out here. */
static void take_short(struct config *c, struct before b)
{
	if (b.is_start && c->root && is_our_own(c) && js_is(&c->js, "."))
		c->spread = c->js.from;
	if (!b.alone || b.alone->is_there || !(js_is(&c->js, ",") || js_is(&c->js, "}")))
		return;
	b.alone->is_named = true;
	b.alone->inside = c->js.from;
}

/* Where the configuration is written out: defineConfig({ ... }), or export default { ... }. */
static bool read_config(struct config *c, struct err *err)
{
	struct before b = { .is_call = false };
	bool more;

	for (;;) {
		if (!step(c, &more, err))
			return false;
		if (!more)
			return true;
		if (b.keyed) {
			if (!take_keyed(c, b.keyed, err))
				return false;
		} else if (js_is(&c->js, "{") && (b.is_call || b.is_default) && !c->root) {
			take_root(c);
		}
		take_short(c, b);
		b = behind(c, b);
	}
}

static void add_number(const struct port_value *p, struct text *ret)
{
	text_addf(ret, "Number(process.env.%s) || %u", p->variable, p->port);
}

/* "... || 3000": what counts if nothing else does. */
static bool is_fallback(const struct config *c, const struct property *p)
{
	size_t at = p->number;

	while (at > p->from && strchr(" \t\r\n", c->old->bytes[at - 1]))
		at--;
	return p->numbers == 1 && p->number_end == p->to && at > p->from &&
	       strchr("|?", c->old->bytes[at - 1]);
}

/* False: what it is, is computed. */
static bool change_port(const struct config *c, const struct section *s, struct edits *e)
{
	CLEANUP(text_release) struct text text = { 0 };
	const struct property *port = &s->port;

	if (port->is_word && port->numbers)
		add_number(s->value, &text);
	else if (is_fallback(c, port))
		text_addf(&text, "%u", s->value->port);
	else
		return false;
	edits_add(e, port->number, port->number_end, &text);
	return true;
}

static void change_strict(const struct section *s, struct edits *e)
{
	CLEANUP(text_release) struct text text = { 0 };

	text_add(&text, s->strict.is_there ? "true" : "strictPort: true, ");
	if (!s->strict.is_there)
		edits_add(e, s->port.key, s->port.key, &text);
	else if (s->strict.is_word && s->strict.is_false)
		edits_add(e, s->strict.from, s->strict.to, &text);
}

static bool has_strict(const struct config *c, const struct section *s)
{
	return s != &c->sections[HMR];
}

/* " hmr: { port: 3102 },", where the server is to have one and has none. */
static void add_hmr(const struct config *c, struct text *t)
{
	const struct section *hmr = &c->sections[HMR];

	if (!hmr->value || hmr->is_named)
		return;
	text_add(t, " hmr: { port: ");
	add_number(hmr->value, t);
	text_add(t, " },");
}

static void add_members(const struct config *c, const struct section *s, struct text *t)
{
	text_add(t, " port: ");
	add_number(s->value, t);
	if (has_strict(c, s) && !s->strict.is_there)
		text_add(t, ", strictPort: true");
}

/* A line of its own, as far in as the next one. */
static void add_line(const struct config *c, struct text *t)
{
	const char *bytes = c->old->bytes, *end = line_end_of(bytes, c->old->len);
	size_t from = c->root + strlen(end), to = from;

	if (from < c->old->len && !memcmp(bytes + c->root, end, strlen(end)))
		while (to < c->old->len && (bytes[to] == ' ' || bytes[to] == '\t'))
			to++;
	text_add(t, end);
	text_add_bytes(t, to > from ? bytes + from : "\t", to > from ? to - from : 1);
}

/* What an object has to have, put behind its '{', or with it behind that of the configuration. */
static void insert(const struct config *c, const struct section *s, struct edits *e)
{
	CLEANUP(text_release) struct text text = { 0 };
	size_t at = s->is_there ? s->inside : c->root;

	if (!s->is_there) {
		add_line(c, &text);
		text_addf(&text, "%s: {", s->key);
	}
	if (!s->is_there && s == &c->sections[SERVER])
		add_hmr(c, &text);
	add_members(c, s, &text);
	text_add(&text, !s->is_there ? " }," : s->is_empty ? " " : ",");
	edits_add(e, at, at, &text);
}

/* In a server that is there it comes before all else, so that a comma follows. */
static void insert_hmr(const struct config *c, struct edits *e)
{
	const struct section *server = &c->sections[SERVER];
	CLEANUP(text_release) struct text text = { 0 };

	if (server->is_there)
		add_hmr(c, &text);
	if (text.len)
		edits_add(e, server->inside, server->inside, &text);
}

static bool change(const struct config *c, const struct section *s, struct edits *e,
		   struct err *err)
{
	if (s->port.is_there ? !change_port(c, s, e) : s->is_spread)
		return render_fail(
			err, c->old->name,
			line_at(c->old->bytes, s->port.is_there ? s->port.key : s->inside),
			"the port of '%s' is computed", s->key);
	if (s->port.is_there && has_strict(c, s))
		change_strict(s, e);
	else if (!s->port.is_there && (s->is_there || c->root))
		insert(c, s, e);
	else if (!s->port.is_there)
		return render_fail(err, c->old->name, 1,
				   "no configuration that is written out, as in "
				   "defineConfig({ server: { port: 5173 } })");
	return true;
}

/* Vite asks the server's port of something else than this file. */
static bool fail_elsewhere(const struct config *c, struct err *err)
{
	const struct section *server = &c->sections[SERVER];
	size_t at = server->is_named ? server->inside : c->spread;

	return render_fail(err, c->old->name, line_at(c->old->bytes, at),
			   server->is_named ? "'server' is not written out here"
					    : "what is spread here may have a 'server' of its own");
}

/* Those of ours that are objects, or not there at all. */
static bool change_all(const struct config *c, struct edits *e, struct err *err)
{
	const struct section *server = &c->sections[SERVER];

	if (!server->is_there && (server->is_named || c->spread))
		return fail_elsewhere(c, err);
	insert_hmr(c, e);
	for (unsigned i = 0; i < SECTION_COUNT; i++) {
		const struct section *s = &c->sections[i];
		bool is_meant = i == HMR ? s->is_there : s->is_there || !s->is_named;

		if (s->value && is_meant && !change(c, s, e, err))
			return false;
	}
	return true;
}

bool vite_splice(const struct port_values *v, const struct file_bytes *old,
		 const struct file_bytes *base, struct text *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct port_value *p = port_of_service(v, v->is_one ? v->items[0].service : "web");
	struct edits edits = { .arena = &arena };
	struct config c = { .old = old,
			    .js = { .bytes = old->bytes, .len = old->len, .file = old->name },
			    .sections = { [SERVER] = { .key = "server", .value = p },
					  [PREVIEW] = { "preview", port_of_service(v, "preview") },
					  [HMR] = { "hmr", port_of_service(v, "hmr") } } };

	(void)base;
	if (!p)
		return fail(err, ERR_INVALID,
			    "there is no service 'web' whose port Vite could have");
	if (!read_config(&c, err) || !change_all(&c, &edits, err))
		return false;
	return edits_apply(&edits, old->bytes, old->len, ret) || fail_memory(err);
}
