/*
 * Source: systemd.syntax(7) (sections, ';' and '#', a backslash at the end of a
 * line), systemd.exec(5) (WorkingDirectory=, Environment=), systemd.service(5)
 * (Exec...=), systemd.socket(5) (ListenStream=, ListenDatagram=).
 */
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/text.h"
#include "formats/claim.h"
#include "formats/command_port.h"
#include "formats/scan.h"

/* Rationale: a path, or an assignment of a port; what is longer is neither. */
#define WORD_SIZE 4096

/* Rationale: a unit that gives its program more ports has them in a file of its own. */
#define PORTS_MAX 64

struct found {
	enum protocol protocol;
	uint16_t port;
	unsigned line;
};

struct reading {
	char folder[WORD_SIZE]; /* "": none */
	struct found items[PORTS_MAX];
	unsigned count;
	bool has_failed; /* there is no memory */
};

static void put(struct reading *r, uint16_t port, enum protocol protocol, unsigned line)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->items[i].port == port && r->items[i].protocol == protocol)
			return;
	if (port && r->count < PORTS_MAX)
		r->items[r->count++] = (struct found){ protocol, port, line };
}

/* --- what the keys say */

typedef void value_fn(struct reading *r, const char *value, unsigned line);

/* "-/srv/shop" may be missing; "~" and "%h" are not known here. */
static void take_folder(struct reading *r, const char *value, unsigned line)
{
	(void)line;
	eat_char(&value, '-');
	if (*value == '/' && !strchr(value, '%') && strlen(value) < WORD_SIZE)
		memcpy(r->folder, value, strlen(value) + 1);
	else
		r->folder[0] = '\0';
}

static void take_command(struct reading *r, const char *value, unsigned line)
{
	const struct command_text command = { value, strlen(value), NULL };
	struct command_port said;

	if (command_port_find(&command, &said, NULL))
		put(r, said.port, PROTO_TCP, line);
	else
		r->has_failed = true;
}

/* "PORT" or "..._PORT". */
static bool names_port(const char *name, size_t len)
{
	return (len == 4 && !strncmp(name, "PORT", 4)) ||
	       (len > 5 && !strncmp(name + len - 5, "_PORT", 5));
}

static void take_assignment(struct reading *r, const char *word, unsigned line)
{
	const char *value = strchr(word, '=');
	uint16_t port;

	if (!value || !names_port(word, (size_t)(value - word)))
		return;
	value++;
	if (eat_port(&value, &port) && eat_end(&value))
		put(r, port, PROTO_TCP, line);
}

/* The next of several words, with its quotes taken away; NULL: there are no more. */
static const char *take_word(const char *at, char ret[static WORD_SIZE])
{
	char quote = '\0';
	size_t len = 0;

	while (*at == ' ' || *at == '\t')
		at++;
	if (!*at)
		return NULL;
	for (; *at && (quote || (*at != ' ' && *at != '\t')); at++) {
		if (quote ? *at == quote : *at == '"' || *at == '\'')
			quote = quote ? '\0' : *at;
		else if (len < WORD_SIZE - 1)
			ret[len++] = *at;
	}
	ret[len] = '\0';
	return at;
}

static void take_environment(struct reading *r, const char *value, unsigned line)
{
	char word[WORD_SIZE];

	while ((value = take_word(value, word)))
		take_assignment(r, word, line);
}

/* "3000", "127.0.0.1:3000", "[::]:3000"; a path or an abstract name has no port. */
static uint16_t port_of_address(const char *value)
{
	const char *colon = strrchr(value, ':'), *at = colon ? colon + 1 : value;
	uint16_t port;

	return eat_port(&at, &port) && eat_end(&at) && !strchr("/@", *value) ? port : 0;
}

static void take_stream(struct reading *r, const char *value, unsigned line)
{
	put(r, port_of_address(value), PROTO_TCP, line);
}

static void take_datagram(struct reading *r, const char *value, unsigned line)
{
	put(r, port_of_address(value), PROTO_UDP, line);
}

static const struct key {
	const char *name;
	value_fn *take;
} keys[] = {
	{ "WorkingDirectory", take_folder }, { "Environment", take_environment },
	{ "ExecStart", take_command },	     { "ListenStream", take_stream },
	{ "ListenDatagram", take_datagram },
};

/* --- lines */

static const char *trim(struct text *t)
{
	char *s = t->s;

	while (t->len && strchr(" \t", s[t->len - 1]))
		s[--t->len] = '\0';
	return text_str(t) + strspn(text_str(t), " \t");
}

static void read_line(struct reading *r, struct text *t, unsigned line)
{
	const char *s = trim(t), *equals = strchr(s, '=');
	size_t len = equals ? strcspn(s, " \t=") : 0;

	for (size_t i = 0; equals && i < ARRAY_LEN(keys); i++)
		if (strlen(keys[i].name) == len && !strncmp(s, keys[i].name, len))
			keys[i].take(r, equals + 1 + strspn(equals + 1, " \t"), line);
}

static bool is_comment(const struct lines *l)
{
	return l->len && (l->line[0] == '#' || l->line[0] == ';');
}

/* A line that ends with a backslash goes on in the next, and comments between do not end it. */
static bool read_all(struct reading *r, struct lines *l)
{
	CLEANUP(text_release) struct text whole = { 0 };
	unsigned start = 0;

	while (lines_next(l)) {
		bool goes_on = l->len && l->line[l->len - 1] == '\\';

		if (is_comment(l))
			continue;
		if (!whole.len)
			start = l->number;
		text_add_bytes(&whole, l->line, l->len - goes_on);
		if (goes_on) {
			text_add(&whole, " ");
			continue;
		}
		if (!text_ok(&whole))
			return false;
		read_line(r, &whole, start);
		whole.len = 0;
	}
	if (text_ok(&whole) && whole.len)
		read_line(r, &whole, start);
	return text_ok(&whole) && !r->has_failed;
}

/* --- the unit */

/* "/etc/systemd/system/shop-api@.service" -> "shop-api@.service". */
static const char *unit_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash && slash[1] ? slash + 1 : file;
}

static void service_of(const char *unit, char ret[static NAME_SIZE])
{
	char words[NAME_SIZE];
	const char *dot = strrchr(unit, '.');
	size_t len = strcspn(unit, "@");

	len = dot && (size_t)(dot - unit) < len ? (size_t)(dot - unit) : len;
	snprintf(words, sizeof(words), "%.*s", (int)(len < NAME_SIZE ? len : NAME_SIZE - 1), unit);
	if (!name_from_words(words, ret))
		memcpy(ret, CLAIM_SERVICE, sizeof(CLAIM_SERVICE));
}

static bool tell_all(const struct reading *r, const char *file, claim_fn *fn, void *arg)
{
	char service[NAME_SIZE];

	service_of(unit_of(file), service);
	for (unsigned i = 0; i < r->count; i++) {
		const struct found *f = &r->items[i];
		struct claim c = claim_of(CLAIM_ENTRY, f->line);

		c.ports = (struct port_range){ f->port, f->port };
		c.protocol = f->protocol;
		c.service = service;
		c.unit = unit_of(file);
		c.path = r->folder[0] ? r->folder : NULL;
		if (!fn(&c, arg))
			return false;
	}
	return true;
}

bool claims_systemd(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		    struct err *err)
{
	struct reading r = { .count = 0 };
	struct lines l;

	if (!claim_open(&bytes, &len, file, err))
		return false;
	l = (struct lines){ .rest = bytes, .left = len };
	return read_all(&r, &l) ? tell_all(&r, file, fn, arg) : fail_memory(err);
}
