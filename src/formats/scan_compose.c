/*
 * Source: the Compose specification, "ports": short "[HOST:]CONTAINER[/PROTOCOL]"
 * with HOST "[IP:](port | range)", long with `published` and `protocol`; and
 * "Interpolation": ${NAME:-default}, $$ for a dollar.  What stands behind an
 * alias or a merge key is not looked at.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "formats/scan.h"
#include "formats/yaml.h"

/* Rationale: an address, two port ranges, each with a variable and its default. */
#define PORT_TEXT_SIZE 256

struct compose {
	struct yaml *y;
	struct findings *published; /* a finding for each port */
	struct findings named;	    /* a finding for each service */
	struct finding port;	    /* the one at hand */
};

/* Reads the value at hand and steps past it. */
typedef bool value_fn(struct compose *c, const char *key, struct err *err);

/* Give each value of the mapping at hand to `read`; what is no mapping is skipped. */
static bool each_value(struct compose *c, value_fn *read, struct err *err)
{
	struct yaml *y = c->y;

	if (y->kind != YAML_MAP)
		return yaml_skip(y, err);
	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_MAP_END) {
		char key[2 * NAME_SIZE] = "";

		if (y->kind == YAML_SCALAR)
			snprintf(key, sizeof(key), "%s", text_str(&y->text));
		c->port.line = y->line;
		if (!yaml_skip(y, err) || !read(c, key, err))
			return false;
	}
	return yaml_next(y, err);
}

/* --- one port */

static const char *skip_variable(const char *s)
{
	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return s;
}

/* Past the '}' that ends what `s` is inside of. */
static const char *skip_braces(const char *s)
{
	for (unsigned depth = 1; *s && depth; s++)
		depth += (*s == '{') - (*s == '}');
	return s;
}

/*
 * Variables become their default, or nothing.  Taking "${NAME:-" and its "}"
 * away is enough, as what stands between them is the default.
 */
static void interpolate(const char *s, char ret[static PORT_TEXT_SIZE])
{
	size_t len = 0;
	unsigned open = 0;

	while (*s && len < PORT_TEXT_SIZE - 1) {
		if (*s == '}' && open) {
			open--;
			s++;
		} else if (s[0] == '$' && s[1] == '{') {
			s = skip_variable(s + 2);
			if (eat_word(&s, ":-") || eat_char(&s, '-'))
				open++;
			else
				s = skip_braces(s);
		} else if (s[0] == '$' && s[1] == '$') {
			ret[len++] = '$';
			s += 2;
		} else if (*s == '$') {
			s = skip_variable(s + 1);
		} else {
			ret[len++] = *s++;
		}
	}
	ret[len] = '\0';
}

/* "3000", or the first of "3000-3010". */
static uint16_t first_port(const char *text)
{
	uint16_t first, last;

	if (!eat_port(&text, &first) || (eat_char(&text, '-') && !eat_port(&text, &last)))
		return 0;
	return eat_end(&text) ? first : 0;
}

static enum protocol protocol_of(const char *text)
{
	enum protocol p = PROTO_TCP;

	protocol_from_name(text, &p); /* another one, such as sctp: as tcp */
	return p;
}

/* "127.0.0.1:3000:80/udp"; "80" alone stands on a port that the engine chooses. */
static void read_short(struct compose *c)
{
	char text[PORT_TEXT_SIZE];
	char *slash, *colon;

	interpolate(text_str(&c->y->text), text);
	slash = strrchr(text, '/');
	if (slash) {
		*slash = '\0';
		c->port.protocol = protocol_of(slash + 1);
	}
	colon = strrchr(text, ':');
	if (!colon)
		return;
	*colon = '\0';
	colon = strrchr(text, ':');
	c->port.port = first_port(colon ? colon + 1 : text);
}

static bool read_long(struct compose *c, const char *key, struct err *err)
{
	char text[PORT_TEXT_SIZE] = "";

	if (c->y->kind == YAML_SCALAR)
		interpolate(text_str(&c->y->text), text);
	if (!strcmp(key, "published"))
		c->port.port = first_port(text);
	else if (!strcmp(key, "protocol"))
		c->port.protocol = protocol_of(text);
	return yaml_skip(c->y, err);
}

static bool read_port(struct compose *c, struct err *err)
{
	unsigned line = c->y->line;

	c->port.port = 0;
	c->port.protocol = PROTO_TCP;
	if (c->y->kind == YAML_MAP) {
		if (!each_value(c, read_long, err))
			return false;
	} else {
		if (c->y->kind == YAML_SCALAR)
			read_short(c);
		if (!yaml_skip(c->y, err))
			return false;
	}
	c->port.line = line;
	findings_put(c->published, &c->port);
	c->port.nth++;
	return true;
}

/* --- services */

static bool read_service_key(struct compose *c, const char *key, struct err *err)
{
	struct yaml *y = c->y;

	if (strcmp(key, "ports") || y->kind != YAML_LIST)
		return yaml_skip(y, err);
	if (!yaml_next(y, err))
		return false;
	while (y->kind != YAML_LIST_END)
		if (!read_port(c, err))
			return false;
	return yaml_next(y, err);
}

static bool read_service(struct compose *c, const char *key, struct err *err)
{
	c->port = (struct finding){ .nth = 1, .line = c->port.line };
	if (!name_from_words(key, c->port.service))
		return yaml_skip(c->y, err);
	findings_put(&c->named, &c->port);
	return each_value(c, read_service_key, err);
}

static bool read_top(struct compose *c, const char *key, struct err *err)
{
	if (strcmp(key, "services"))
		return yaml_skip(c->y, err);
	return each_value(c, read_service, err);
}

bool scan_compose(const char *bytes, size_t len, const char *file, struct findings *ret,
		  struct err *err)
{
	CLEANUP(yaml_release) struct yaml y = { 0 };
	struct compose c = { .y = &y, .published = ret };
	unsigned before = ret->count;

	if (!yaml_open(&y, bytes, len, file, err))
		return false;
	if (y.kind == YAML_END)
		return true;
	if (y.kind != YAML_MAP)
		return yaml_fail(&y, err, "a compose file is written as 'key: value' lines");
	if (!each_value(&c, read_top, err))
		return false;
	if (ret->count > before)
		return true;
	for (unsigned i = 0; i < c.named.count; i++)
		findings_put(ret, &c.named.items[i]);
	return true;
}
