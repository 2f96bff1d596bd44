/*
 * Compose: the host's side of `ports:` becomes a variable with our number as its
 * default; the container's side is the image's and stays.  In the file itself the
 * ports are changed where they stand.  An override file gets `ports: !override`:
 * without the tag compose adds to the ports of the base file, which would still be
 * taken.
 * Source: the Compose specification, "ports", "Interpolation", "Merge and override";
 * the tag is known from Docker Compose 2.24.4 on.
 */
#include <ctype.h>
#include <string.h>

#include "formats/compose.h"
#include "formats/edits.h"
#include "formats/render_rows.h"

struct composing {
	const struct port_values *v;
	const struct file_bytes *old, *base;
	struct arena arena;
	struct compose_file is, of_base; /* what `old` and `base` say */
	struct edits edits;
	unsigned found; /* ports of ours */
};

static void composing_release(struct composing *c)
{
	arena_release(&c->arena);
}

static const struct port_value *value_of(const struct port_values *v, const char *service,
					 const struct compose_item *item)
{
	for (unsigned i = 0; i < v->count; i++)
		if (v->items[i].nth == item->nth && v->items[i].protocol == item->protocol &&
		    !strcmp(v->items[i].service, service))
			return &v->items[i];
	return NULL;
}

static bool has_value(const struct port_values *v, const char *service)
{
	for (unsigned i = 0; i < v->count; i++)
		if (!strcmp(v->items[i].service, service))
			return true;
	return false;
}

static size_t digits_at(const char *text, size_t at, size_t len)
{
	size_t n = 0;

	while (at + n < len && isdigit((unsigned char)text[at + n]))
		n++;
	return n;
}

/* Where the default of "${X:-3000}" or "${X-3000}" stands; 0: it is another text. */
static size_t default_at(const char *host, size_t len)
{
	size_t at = 2;

	if (len < 4 || memcmp(host, "${", 2) != 0 || host[len - 1] != '}')
		return 0;
	while (at < len && (isalnum((unsigned char)host[at]) || host[at] == '_'))
		at++;
	at += host[at] == ':';
	if (host[at] != '-' || at + 1 + digits_at(host, at + 1, len) != len - 1)
		return 0;
	return at + 1;
}

/* The host's part with our port; a variable without a number stays. False: it is a range. */
static bool add_host(const char *host, size_t len, const struct port_value *p, struct text *ret)
{
	size_t number = default_at(host, len), digits = digits_at(host, 0, len);

	if (digits == len) {
		port_add_variable(p, ret);
	} else if (number) {
		text_add_bytes(ret, host, number);
		text_addf(ret, "%u}", p->port);
	} else if (digits) {
		return false;
	} else {
		text_add_bytes(ret, host, len);
	}
	return true;
}

/* A short port, or what is published of a long one ("" if it says nothing). */
static bool add_text(const struct compose_item *item, const char *bytes, const struct port_value *p,
		     struct text *ret)
{
	const char *text = bytes + item->text.from;
	size_t len = item->text.to - item->text.from, host = 0, host_len = len;
	bool colon = true;

	if (!item->is_long)
		compose_split(text, len, &host, &host_len, &colon);
	text_add_bytes(ret, text, host);
	if (!add_host(text + host, host_len, p, ret))
		return false;
	text_add(ret, colon ? "" : ":");
	text_add_bytes(ret, text + host + host_len, len - host - host_len);
	return true;
}

static bool fail_range(const struct file_bytes *file, const struct compose_item *item,
		       struct err *err)
{
	return render_fail(err, file->name, item->line,
			   "a range of ports: give each of them a line of its own");
}

/* --- changing ports where they stand */

static void insert_published(struct composing *c, const struct compose_item *item,
			     const struct text *text)
{
	CLEANUP(text_release) struct text put = { 0 };

	text_addf(&put, "published: \"%s\"%s", text_str(text),
		  item->is_flow ? ", " : line_end_of(c->old->bytes, c->old->len));
	for (unsigned i = 1; !item->is_flow && i < item->target_column; i++)
		text_add(&put, " ");
	edits_add(&c->edits, item->target, item->target, &put);
}

static bool change_item(struct composing *c, const struct compose_item *item,
			const struct port_value *p, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 }, quoted = { 0 };
	const struct compose_text *at = &item->text;
	size_t len = at->to - at->from;

	if (item->is_odd || (item->is_long && !item->target))
		return render_fail(err, c->old->name, item->line,
				   "a port in a form that cannot be changed");
	if (!add_text(item, c->old->bytes, p, &text))
		return fail_range(c->old, item, err);
	c->found++;
	if (!at->is_there) {
		insert_published(c, item, &text);
	} else if (text.len != len || memcmp(text_str(&text), c->old->bytes + at->from, len)) {
		text_addf(&quoted, at->is_quoted ? "%s" : "\"%s\"", text_str(&text));
		edits_add(&c->edits, at->from, at->to, &quoted);
	}
	return true;
}

static bool change_service(struct composing *c, const struct compose_service *s, struct err *err)
{
	if (s->is_odd && has_value(c->v, s->name))
		return render_fail(err, c->old->name, s->ports_line,
				   "the ports of '%s' are behind an anchor or an alias, or no list",
				   s->key);
	for (unsigned i = 0; i < s->count; i++) {
		const struct port_value *p = value_of(c->v, s->name, &s->items[i]);

		if (p && !change_item(c, &s->items[i], p, err))
			return false;
	}
	return true;
}

static bool change_base(struct composing *c, struct err *err)
{
	for (unsigned i = 0; i < c->is.count; i++)
		if (c->is.services[i].name[0] && !change_service(c, &c->is.services[i], err))
			return false;
	return c->found ||
	       render_fail(err, c->old->name, 1, "none of these services publishes a port here");
}

/* --- an override file */

/* A scalar of a base file, within { }. */
static bool add_scalar(const struct compose_text *t, const char *bytes, struct text *ret)
{
	const char *at = bytes + t->from;
	size_t len = t->to - t->from;
	bool is_special = false;

	if (t->is_quoted) {
		text_add_bytes(ret, at - 1, len + 2);
		return true;
	}
	for (size_t i = 0; i < len; i++) {
		if (at[i] == '"' || at[i] == '\\')
			return false;
		is_special |= strchr(",[]{}:#", at[i]) != NULL;
	}
	text_add(ret, is_special ? "\"" : "");
	text_add_bytes(ret, at, len);
	text_add(ret, is_special ? "\"" : "");
	return true;
}

/* Is it the key `published`?  Ours is put in its place. */
static bool is_published(const struct compose_text *key, const char *bytes)
{
	return key->to - key->from == strlen("published") &&
	       !memcmp(bytes + key->from, "published", strlen("published"));
}

static bool add_long(const struct composing *c, const struct compose_item *item,
		     const struct port_value *p, struct text *ret)
{
	CLEANUP(text_release) struct text text = { 0 };
	const char *bytes = c->base->bytes;
	bool ok = !p || add_text(item, bytes, p, &text);

	text_add(ret, "{");
	if (p)
		text_addf(ret, "published: \"%s\"", text_str(&text));
	for (unsigned i = 0; ok && i < item->n_pairs; i++) {
		if (p && is_published(&item->pairs[i][0], bytes))
			continue;
		text_add(ret, p || i ? ", " : "");
		ok = add_scalar(&item->pairs[i][0], bytes, ret);
		text_add(ret, ": ");
		ok = ok && add_scalar(&item->pairs[i][1], bytes, ret);
	}
	text_add(ret, "}");
	return ok;
}

static bool add_short(const struct composing *c, const struct compose_item *item,
		      const struct port_value *p, struct text *ret)
{
	CLEANUP(text_release) struct text text = { 0 };

	if (!p)
		text_add_bytes(&text, c->base->bytes + item->text.from,
			       item->text.to - item->text.from);
	else if (!add_text(item, c->base->bytes, p, &text))
		return false;
	text_addf(ret, "\"%s\"", text_str(&text));
	return !strpbrk(text_str(&text), "\"\\");
}

struct layout {
	const char *end;
	unsigned indent;
};

static void add_line_start(const struct layout *l, unsigned more, struct text *ret)
{
	text_add(ret, l->end);
	for (unsigned i = 0; i < l->indent + more; i++)
		text_add(ret, " ");
}

/* "ports: !override" with all ports of the service: those that are not ours as they are. */
static bool add_ports(const struct composing *c, const struct compose_service *s,
		      const struct layout *l, struct text *ret, struct err *err)
{
	text_add(ret, "ports: !override");
	for (unsigned i = 0; i < s->count; i++) {
		const struct compose_item *item = &s->items[i];
		const struct port_value *p = value_of(c->v, s->name, item);

		if (item->is_odd || (item->is_long && !item->target))
			return render_fail(err, c->base->name, item->line,
					   "a port in a form that cannot be changed");
		add_line_start(l, 2, ret);
		text_add(ret, "- ");
		if (!(item->is_long ? add_long : add_short)(c, item, p, ret))
			return fail_range(c->base, item, err);
	}
	return true;
}

static void add_key(const struct composing *c, const struct compose_service *s, struct text *ret)
{
	size_t quote = s->key_at.is_quoted;

	text_add_bytes(ret, c->base->bytes + s->key_at.from - quote,
		       s->key_at.to - s->key_at.from + 2 * quote);
	text_add(ret, ":");
}

static const struct compose_service *service_of(const struct compose_file *f, const char *key)
{
	for (unsigned i = 0; i < f->count; i++)
		if (!strcmp(f->services[i].key, key))
			return &f->services[i];
	return NULL;
}

/* The item of the base file for the same port of the container. */
static const struct compose_item *item_like(const struct compose_service *s,
					    const struct compose_item *item)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->items[i].protocol == item->protocol &&
		    !strcmp(s->items[i].container, item->container))
			return &s->items[i];
	return NULL;
}

static bool change_override(struct composing *c, const struct compose_service *of_base,
			    const struct compose_service *s, struct err *err)
{
	if (s->is_odd)
		return change_service(c, s, err);
	if (!s->is_override) {
		render_fail(err, c->old->name, s->ports_line,
			    "these ports are added to those of '%s', which are taken, too",
			    c->base->name);
		return fail_hint(err, "write 'ports: !override', with all that '%s' is to have",
				 s->key);
	}
	for (unsigned i = 0; i < s->count; i++) {
		const struct compose_item *like = item_like(of_base, &s->items[i]);
		const struct port_value *p = like ? value_of(c->v, of_base->name, like) : NULL;

		if (p && !change_item(c, &s->items[i], p, err))
			return false;
	}
	return true;
}

static bool insert_ports(struct composing *c, const struct compose_service *of_base,
			 const struct compose_service *s, struct err *err)
{
	const struct layout l = { line_end_of(c->old->bytes, c->old->len), s->column - 1 };
	CLEANUP(text_release) struct text text = { 0 };

	if (!s->is_block)
		return render_fail(err, c->old->name, s->line,
				   "'%s' is not written as 'key: value' lines", s->key);
	if (!add_ports(c, of_base, &l, &text, err))
		return false;
	add_line_start(&l, 0, &text);
	edits_add(&c->edits, s->first, s->first, &text);
	return true;
}

/* A service that is new in the override file; `column` is that of services there. */
static bool insert_service(struct composing *c, const struct compose_service *s, struct err *err)
{
	const struct layout l = { line_end_of(c->old->bytes, c->old->len), c->is.column - 1 };
	const struct layout inner = { l.end, l.indent + 2 };
	CLEANUP(text_release) struct text text = { 0 };

	if (!c->is.is_block)
		return render_fail(err, c->old->name, c->is.line,
				   "'services' is not written as 'key: value' lines");
	add_key(c, s, &text);
	add_line_start(&inner, 0, &text);
	if (!add_ports(c, s, &inner, &text, err))
		return false;
	add_line_start(&l, 0, &text);
	edits_add(&c->edits, c->is.first, c->is.first, &text);
	return true;
}

/* Is a port of the service ours? */
static bool is_ours(const struct composing *c, const struct compose_service *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (value_of(c->v, s->name, &s->items[i]))
			return true;
	return false;
}

static bool fail_odd_base(const struct composing *c, const struct compose_service *s,
			  struct err *err)
{
	return render_fail(err, c->base->name, s->ports_line,
			   "the ports of '%s' are behind an anchor or an alias, or no list",
			   s->key);
}

static bool override_service(struct composing *c, const struct compose_service *of_base,
			     struct err *err)
{
	const struct compose_service *s = service_of(&c->is, of_base->key);

	if (of_base->is_odd && of_base->name[0] && has_value(c->v, of_base->name))
		return fail_odd_base(c, of_base, err);
	if (!of_base->name[0] || !is_ours(c, of_base))
		return true;
	c->found++;
	if (!s)
		return insert_service(c, of_base, err);
	return s->ports_line ? change_override(c, of_base, s, err)
			     : insert_ports(c, of_base, s, err);
}

static bool override_all(struct composing *c, struct err *err)
{
	for (unsigned i = 0; i < c->of_base.count; i++)
		if (!override_service(c, &c->of_base.services[i], err))
			return false;
	return c->found ||
	       render_fail(err, c->base->name, 1, "none of these services publishes a port here");
}

static const char heading[] = "# Docker Compose 2.24.4 or newer: !override replaces the ports of ";

/* Without its folder, which differs from checkout to checkout. */
static const char *name_of(const struct file_bytes *file)
{
	const char *slash = strrchr(file->name, '/');

	return slash ? slash + 1 : file->name;
}

/* A file, or its end, that has no services yet: the same as an empty one that has. */
static bool append_services(struct composing *c, struct text *ret, struct err *err)
{
	const char *end = line_end_of(c->old->bytes, c->old->len);
	bool is_open = c->old->len && c->old->bytes[c->old->len - 1] != '\n';
	CLEANUP(text_release) struct text body = { 0 };
	const struct layout inner = { end, 4 };

	for (unsigned i = 0; i < c->of_base.count; i++) {
		const struct compose_service *s = &c->of_base.services[i];

		if (s->is_odd && s->name[0] && has_value(c->v, s->name))
			return fail_odd_base(c, s, err);
		if (!s->name[0] || !is_ours(c, s))
			continue;
		c->found++;
		text_addf(&body, "%s  ", end);
		add_key(c, s, &body);
		add_line_start(&inner, 0, &body);
		if (!add_ports(c, s, &inner, &body, err))
			return false;
	}
	if (!c->found)
		return render_fail(err, c->base->name, 1,
				   "none of these services publishes a port here");
	text_add_bytes(ret, c->old->bytes, c->old->len);
	text_addf(ret, "%s%s%s.%s", is_open ? end : "", heading, name_of(c->base), end);
	text_addf(ret, "services:%s%s", text_str(&body), end);
	return (text_ok(&body) && text_ok(ret)) || fail_memory(err);
}

/* --- the row of the table */

static bool read_both(struct composing *c, struct err *err)
{
	return compose_read(&c->arena, c->old->bytes, c->old->len, c->old->name, &c->is, err) &&
	       (!c->base->bytes || compose_read(&c->arena, c->base->bytes, c->base->len,
						c->base->name, &c->of_base, err));
}

/* The file has the same services, with the same ports of their containers. */
static bool is_same_inside(struct composing *c, const struct text *now, struct err *err)
{
	struct compose_file is;
	bool same;

	if (!compose_read(&c->arena, text_str(now), now->len, c->old->name, &is, err))
		return false;
	same = is.count == c->is.count;
	for (unsigned i = 0; same && i < is.count; i++) {
		const struct compose_service *a = &is.services[i], *b = &c->is.services[i];

		same = !strcmp(a->key, b->key) && a->count == b->count;
		for (unsigned k = 0; same && k < a->count; k++)
			same = !strcmp(a->items[k].container, b->items[k].container) &&
			       a->items[k].protocol == b->items[k].protocol;
	}
	return same || render_fail(err, c->old->name, 1, "its ports cannot be told apart");
}

bool compose_splice(const struct port_values *v, const struct file_bytes *old,
		    const struct file_bytes *base, struct text *ret, struct err *err)
{
	static const struct file_bytes none = { .name = NULL };
	const struct file_bytes empty = { old->name, "", 0 };
	CLEANUP(composing_release)
	struct composing c = { .v = v,
			       .old = old->bytes ? old : &empty,
			       .base = base ? base : &none };

	c.edits.arena = &c.arena;
	if (!old->bytes && !c.base->bytes)
		return fail(err, ERR_NOT_FOUND, "there is no compose file to add to");
	if (!read_both(&c, err))
		return false;
	if (c.base->bytes && !c.is.has_services)
		return append_services(&c, ret, err);
	if (!(c.base->bytes ? override_all(&c, err) : change_base(&c, err)))
		return false;
	if (!edits_apply(&c.edits, c.old->bytes, c.old->len, ret))
		return fail_memory(err);
	return c.base->bytes || is_same_inside(&c, ret, err);
}
