/*
 * vite.config.*: `server: { port: 5173 }` becomes a number that the environment may
 * change, and `strictPort`, without which Vite silently takes another port.
 * Source: vitejs.dev, "Server Options": port, strictPort.
 *
 * The configuration is a program; only an object that is written out is changed.
 */
#include <string.h>

#include "formats/edits.h"
#include "formats/js.h"
#include "formats/render_rows.h"

/* One property of `server`, from its key to the end of its value. */
struct property {
	bool is_there;
	size_t key, from, to;	   /* the value is from `from` to `to` */
	size_t number, number_end; /* the only number in it; equal: none, or several */
	unsigned numbers;
	bool is_false, is_word; /* `false`; a single word or number */
};

struct config {
	const struct file_bytes *old;
	struct js js;
	bool has_server;
	size_t inside; /* behind the '{' of `server` */
	struct property port, strict;
	bool is_spread;
	bool is_empty; /* nothing stands in `server` */
	size_t root;   /* behind the '{' of the configuration; 0: not found */
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

/* One property of an object at this depth; its key is at hand. */
static bool take_property(struct config *c, unsigned depth, struct err *err)
{
	struct property other = { .key = c->js.from };
	struct property *p = is_key(&c->js, "port")	    ? &c->port
			     : is_key(&c->js, "strictPort") ? &c->strict
							    : &other;
	size_t key = c->js.from;
	bool more;

	/* `...more` may have a port, too. */
	c->is_spread |= js_is(&c->js, ".");
	if (!step(c, &more, err))
		return false;
	/* `port` alone stands for something that is elsewhere. */
	if (js_is(&c->js, ":") && !step(c, &more, err))
		return false;
	p->key = key;
	return take_value(c, depth, p, err);
}

/* The object `server`, whose '{' is at hand; behind it its '}' is. */
static bool take_server(struct config *c, struct err *err)
{
	unsigned depth = c->js.depth;
	bool more;

	if (c->has_server)
		return render_fail(err, c->old->name, line_at(c->old->bytes, c->js.from),
				   "a second 'server'");
	c->has_server = true;
	c->inside = c->js.to;
	if (!step(c, &more, err))
		return false;
	c->is_empty = js_is(&c->js, "}") && c->js.depth == depth;
	while (!(c->js.depth == depth && js_is(&c->js, "}"))) {
		if (!(js_is(&c->js, ",") ? step(c, &more, err) : take_property(c, depth, err)))
			return false;
	}
	return true;
}

/* Behind the '{' of the configuration; a `server` that came before is another object's. */
static void take_root(struct config *c)
{
	c->root = c->js.to;
	c->root_depth = c->js.depth;
	c->has_server = c->is_spread = false;
	c->port = c->strict = (struct property){ .is_there = false };
}

/* The configuration's own, or, where it is computed, the only one. */
static bool is_our_server(const struct config *c)
{
	return !c->root || c->js.depth == c->root_depth + 1;
}

/* What stood before the token at hand. */
struct before {
	bool is_call;	      /* defineConfig( */
	bool is_default;      /* export default */
	bool is_name, is_key; /* server, server: */
};

static struct before behind(const struct js *j, struct before b)
{
	return (struct before){
		.is_call = (b.is_call && js_is(j, "(")) || js_is(j, "defineConfig"),
		.is_default = js_is(j, "default"),
		.is_name = is_key(j, "server"),
		.is_key = b.is_name && js_is(j, ":"),
	};
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
		if (js_is(&c->js, "{") && b.is_key && is_our_server(c)) {
			if (!take_server(c, err))
				return false;
		} else if (js_is(&c->js, "{") && (b.is_call || b.is_default) && !c->root) {
			take_root(c);
		}
		b = behind(&c->js, b);
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
static bool change_port(const struct config *c, const struct port_value *p, struct edits *e)
{
	CLEANUP(text_release) struct text text = { 0 };
	const struct property *port = &c->port;

	if (port->is_word && port->numbers)
		add_number(p, &text);
	else if (is_fallback(c, port))
		text_addf(&text, "%u", p->port);
	else
		return false;
	edits_add(e, port->number, port->number_end, &text);
	return true;
}

static void change_strict(const struct config *c, struct edits *e)
{
	CLEANUP(text_release) struct text text = { 0 };

	text_add(&text, c->strict.is_there ? "true" : "strictPort: true, ");
	if (!c->strict.is_there)
		edits_add(e, c->port.key, c->port.key, &text);
	else if (c->strict.is_word && c->strict.is_false)
		edits_add(e, c->strict.from, c->strict.to, &text);
}

/* What `server` has to have, put behind a '{'. */
static void insert(const struct config *c, const struct port_value *p, struct edits *e)
{
	CLEANUP(text_release) struct text text = { 0 };
	bool has_strict = c->has_server && c->strict.is_there;
	const char *end = line_end_of(c->old->bytes, c->old->len);

	if (!c->has_server)
		text_addf(&text, "%s\tserver: {", end);
	text_add(&text, " port: ");
	add_number(p, &text);
	text_add(&text, has_strict ? "" : ", strictPort: true");
	text_add(&text, !c->has_server ? " }," : c->is_empty ? " " : ",");
	edits_add(e, c->has_server ? c->inside : c->root, c->has_server ? c->inside : c->root,
		  &text);
}

static bool change(const struct config *c, const struct port_value *p, struct edits *e,
		   struct err *err)
{
	if (c->port.is_there ? !change_port(c, p, e) : c->is_spread)
		return render_fail(
			err, c->old->name,
			line_at(c->old->bytes, c->port.is_there ? c->port.key : c->inside),
			"the port of 'server' is computed");
	if (c->port.is_there)
		change_strict(c, e);
	else if (c->has_server || c->root)
		insert(c, p, e);
	else
		return render_fail(err, c->old->name, 1,
				   "no configuration that is written out, as in "
				   "defineConfig({ server: { port: 5173 } })");
	return true;
}

bool vite_splice(const struct port_values *v, const struct file_bytes *old,
		 const struct file_bytes *base, struct text *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct port_value *p = port_of_service(v, v->is_one ? v->items[0].service : "web");
	struct edits edits = { .arena = &arena };
	struct config c = { .old = old,
			    .js = { .bytes = old->bytes, .len = old->len, .file = old->name } };

	(void)base;
	if (!p)
		return fail(err, ERR_INVALID,
			    "there is no service 'web' whose port Vite could have");
	if (!read_config(&c, err) || !change(&c, p, &edits, err))
		return false;
	return edits_apply(&edits, old->bytes, old->len, ret) || fail_memory(err);
}
