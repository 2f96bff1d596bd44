#include "formats/port_cell.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cursor.h"
#include "base/macros.h"

static bool is_separator(char c)
{
	return !c || strchr(" \t\n\r,;+&()|`*", c);
}

static size_t word_length(const char *at)
{
	size_t n = 0;

	while (!is_separator(at[n]))
		n++;
	return n;
}

static bool has_digit(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (isdigit((unsigned char)at[i]))
			return true;
	return false;
}

struct port_cell port_cell_of(const char *text)
{
	return (struct port_cell){ .at = text };
}

/* --- eaters: a piece, or nothing */

static bool eat_protocol(const char **at, unsigned *ret)
{
	static const struct {
		const char *name;
		unsigned says;
	} names[] = { { "tcp", SAYS_TCP }, { "udp", SAYS_UDP } };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strncasecmp(*at, names[i].name, 3) && !isalnum((unsigned char)(*at)[3])) {
			*at += 3;
			*ret |= names[i].says;
			return true;
		}
	return false;
}

/* "tcp", "tcp/udp", "tcp+udp", "tcp, udp" */
static bool eat_protocols(const char **at, unsigned *ret)
{
	const char *next;

	if (!eat_protocol(at, ret))
		return false;
	next = *at + strspn(*at, "/+,& ");
	if (next > *at && eat_protocol(&next, ret))
		*at = next;
	return true;
}

/* "-", "--", "..", " to ", and the dashes of typography; not the arrow "->". */
static bool eat_dash(const char **at)
{
	static const char *const dashes[] = { "--", "-", "...", "..", "\u2013", "\u2014", "to " };
	const char *p = *at;

	eat_blanks(&p);
	for (size_t i = 0; i < ARRAY_LEN(dashes); i++) {
		if (!eat_word(&p, dashes[i]))
			continue;
		eat_blanks(&p);
		if (!isdigit((unsigned char)*p))
			return false;
		*at = p;
		return true;
	}
	return false;
}

/* "http://", and of "[::1]:3000", "localhost:3000" or ":3000" what is before the port. */
static void eat_address(const char **at, size_t len, struct port_cell *c)
{
	const char *end = *at + len, *colon, *scheme = memmem(*at, len, "://", 3);

	if (scheme)
		*at = scheme + 3;
	colon = **at == '[' ? memmem(*at, (size_t)(end - *at), "]:", 2)
			    : memchr(*at, ':', (size_t)(end - *at));
	if (!colon ||
	    (isdigit((unsigned char)**at) && strspn(*at, "0123456789-") == (size_t)(colon - *at)))
		return; /* "8080:80" starts with the port */
	colon += *colon == ']';
	c->host = *at;
	c->host_len = (int)(colon - *at);
	*at = colon + strspn(colon, ":"); /* three of them, where an IPv6 address is empty */
}

/* What may follow a port: where it leads to in a container, a path, a protocol. */
static bool eat_rest(const char **at, struct port_cell *c)
{
	const char *p = *at, *next;

	if (*p == ':' || !strncmp(p, "->", 2)) {
		p += *p == ':' ? 1 : 2;
		p += strspn(p, "0123456789-");
	}
	next = p + (*p == '/');
	if (next > p && eat_protocols(&next, &c->protocols))
		p = next;
	else if (next > p && c->host)
		p += strcspn(p, " \t\n,;|");
	if (!is_separator(*p))
		return false;
	next = p + strspn(p, " (`*/");
	if (next > p && eat_protocols(&next, &c->protocols))
		p = next;
	*at = p;
	return true;
}

static bool eat_ports(const char **at, size_t len, struct port_cell *c)
{
	const char *p = *at;
	bool is_link;

	if (eat_protocol(&p, &c->protocols) && *p != '/' && *p != ':')
		return false;
	if (p > *at)
		p++;
	eat_address(&p, len - (size_t)(p - *at), c);
	is_link = eat_char(&p, '['); /* "[3100](...)" beside others */
	if (!eat_port(&p, &c->ports.first))
		return false;
	c->ports.last = c->ports.first;
	if (eat_dash(&p) && (!eat_port(&p, &c->ports.last) || c->ports.last < c->ports.first))
		return false;
	if ((is_link && !eat_char(&p, ']')) || !eat_rest(&p, c))
		return false;
	*at = p;
	return true;
}

/* Rationale: a remark; a limit keeps a cell of brackets from being read again for each. */
#define ASIDE_MAX 200

/* "(web, v2)": up to its end; of all else 1. */
static size_t aside_length(const char *at)
{
	const char *end = *at == '(' ? memchr(at, ')', strnlen(at, ASIDE_MAX)) : NULL;

	return end ? (size_t)(end - at) : 1;
}

/* Separators, what stands in brackets, and words that say nothing but perhaps a protocol. */
static void skip_words(struct port_cell *c)
{
	for (;;) {
		size_t len;

		while (*c->at && is_separator(*c->at))
			c->at += aside_length(c->at);
		len = word_length(c->at);
		if (!len || has_digit(c->at, len))
			return;
		c->protocols |= protocols_said(c->at);
		c->at += len;
	}
}

bool port_cell_next(struct port_cell *c, bool *ret_more, struct err *err)
{
	size_t len;

	c->protocols = 0;
	c->host = NULL;
	skip_words(c);
	len = word_length(c->at);
	*ret_more = len > 0;
	if (!len || eat_ports(&c->at, len, c))
		return true;
	return fail(err, ERR_INVALID, "'%.*s' is not a port from 1 to 65535 or a range of them",
		    (int)(len < 60 ? len : 60), c->at);
}

unsigned protocols_said(const char *text)
{
	unsigned says = 0;

	if (!strncasecmp(text, "both", 4))
		return SAYS_TCP | SAYS_UDP;
	return eat_protocols(&text, &says) ? says : 0;
}
