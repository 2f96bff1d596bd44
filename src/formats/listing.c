#include "formats/listing.h"

#include <ctype.h>
#include <string.h>

#include "base/cursor.h"
#include "ports/port_set.h"

static bool is_space(char c)
{
	return isspace((unsigned char)c);
}

static void split(const struct lines *l, struct listing_row *ret)
{
	size_t i = 0;

	ret->line = l->line;
	ret->len = l->len;
	for (ret->count = 0; ret->count < LISTING_WORDS_MAX; ret->count++) {
		size_t len = 0;

		while (i < l->len && is_space(l->line[i]))
			i++;
		if (i == l->len)
			return;
		for (; i < l->len && !is_space(l->line[i]); i++)
			if (len < LISTING_WORD_SIZE - 1)
				ret->words[ret->count][len++] = l->line[i];
		ret->words[ret->count][len] = '\0';
	}
}

bool listing_take_port(const char *address, enum protocol protocol, struct claim *ret)
{
	const char *colon = strrchr(address, ':'), *at = colon ? colon + 1 : "";
	uint16_t port;

	if (!eat_port(&at, &port) || !eat_end(&at))
		return false;
	ret->protocol = protocol;
	ret->ports = (struct port_range){ port, port };
	return true;
}

/* A program is no name of a service, but all that such a row has. */
static bool tell(struct claim *c, struct port_set *seen, claim_fn *fn, void *arg)
{
	struct port_set *of = &seen[c->protocol == PROTO_UDP];

	if (port_set_has(of, c->ports.first))
		return true;
	port_set_add(of, c->ports.first);
	c->service = c->program ? c->program : CLAIM_SERVICE;
	return fn(c, arg);
}

static bool is_head(const struct listing_row *row, const char *const *heads)
{
	for (; row->count && *heads; heads++)
		if (!strcmp(row->words[0], *heads))
			return true;
	return false;
}

bool listing_read(const char *bytes, size_t len, const char *file, const char *const *heads,
		  listing_row_fn *read, claim_fn *fn, void *arg, struct err *err)
{
	struct port_set seen[2] = { 0 };
	struct listing_row row;
	struct lines l;
	bool any = false;

	if (!claim_open(&bytes, &len, file, err))
		return false;
	l = (struct lines){ .rest = bytes, .left = len };
	while (lines_next(&l)) {
		struct claim c = claim_of(CLAIM_ENTRY, l.number);

		split(&l, &row);
		any = any || is_head(&row, heads);
		if (!read(&row, &c))
			continue;
		any = true;
		if (!tell(&c, seen, fn, arg))
			return false;
	}
	return any || claim_fail(err, file, 1, "no line says who listens");
}
