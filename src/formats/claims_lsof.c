/*
 * Source: lsof(8), "OUTPUT": COMMAND (a blank as \x20), PID, USER, FD, TYPE, DEVICE,
 * SIZE/OFF, NODE (the protocol), NAME ("*:3000 (LISTEN)", "a:1->b:2 (ESTABLISHED)").
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "formats/listing.h"

/* The protocol stands behind COMMAND, PID, USER, FD; an offset may be missing. */
#define FIRST_COLUMN 4

static bool is_escape(const char *at)
{
	return at[0] == '\\' && at[1] == 'x' && isxdigit((unsigned char)at[2]) &&
	       isxdigit((unsigned char)at[3]);
}

static void decode(const char *from, char ret[static LISTING_WORD_SIZE])
{
	size_t len = 0;

	while (*from) {
		char hex[3] = { 0 };

		if (!is_escape(from)) {
			ret[len++] = *from++;
			continue;
		}
		memcpy(hex, from + 2, 2);
		ret[len] = (char)strtol(hex, NULL, 16);
		if (!isprint((unsigned char)ret[len]))
			ret[len] = '?';
		len++;
		from += 4;
	}
	ret[len] = '\0';
}

static bool is_protocol(const char *word)
{
	return !strcmp(word, "TCP") || !strcmp(word, "UDP");
}

static bool read_row(struct listing_row *row, struct claim *ret)
{
	unsigned at = FIRST_COLUMN;
	bool is_tcp;

	while (at < row->count && !is_protocol(row->words[at]))
		at++;
	if (at + 1 >= row->count || strstr(row->words[at + 1], "->"))
		return false;
	is_tcp = row->words[at][0] == 'T';
	if (is_tcp && (at + 2 >= row->count || strcmp(row->words[at + 2], "(LISTEN)") != 0))
		return false;
	decode(row->words[0], row->program);
	ret->program = row->program;
	return listing_take_port(row->words[at + 1], is_tcp ? PROTO_TCP : PROTO_UDP, ret);
}

bool claims_lsof(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		 struct err *err)
{
	static const char *const heads[] = { "COMMAND", NULL };

	return listing_read(bytes, len, file, heads, read_row, fn, arg, err);
}
