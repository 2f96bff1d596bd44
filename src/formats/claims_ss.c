/*
 * Source: ss(8) and what it prints: [Netid] State Recv-Q Send-Q Local-Address:Port
 * Peer-Address:Port [users:(("node",pid=1,fd=3))] and more with other options.
 * Netid is there where several kinds of sockets were asked for.
 */
#include <string.h>

#include "formats/listing.h"

/* As the first process of the row is called; false: its user was not told. */
static bool take_program(struct listing_row *row)
{
	static const char users[] = "users:((\"";
	const char *end = row->line + row->len;
	const char *at = memmem(row->line, row->len, users, strlen(users));
	size_t len = 0;

	if (!at)
		return false;
	for (at += strlen(users); at < end && *at != '"' && len < LISTING_WORD_SIZE - 1; at++)
		row->program[len++] = *at;
	row->program[len] = '\0';
	return len > 0;
}

/* Which column has the state; `count`: none. A socket of UDP that is not connected listens. */
static unsigned find_state(const struct listing_row *row, enum protocol *ret)
{
	for (unsigned at = 0; at < 2 && at < row->count; at++) {
		bool listens = !strcmp(row->words[at], "LISTEN");

		*ret = listens ? PROTO_TCP : PROTO_UDP;
		if ((listens || !strcmp(row->words[at], "UNCONN")) &&
		    (!at || !strcmp(row->words[0], listens ? "tcp" : "udp")))
			return at;
	}
	return row->count;
}

static bool read_row(struct listing_row *row, struct claim *ret)
{
	enum protocol protocol;
	unsigned at = find_state(row, &protocol);

	if (at + 3 >= row->count)
		return false;
	if (take_program(row))
		ret->program = row->program;
	return listing_take_port(row->words[at + 3], protocol, ret);
}

bool claims_ss(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
	       struct err *err)
{
	static const char *const heads[] = { "State", "Netid", NULL };

	return listing_read(bytes, len, file, heads, read_row, fn, arg, err);
}
