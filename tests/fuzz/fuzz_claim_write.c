/*
 * Each line of the input is an entry: project, service, port, description and
 * note, with tabs between them.
 */
#include <stdlib.h>

#include "fuzz_claims.h"

#define FIELDS 5

/* The fields of the line at `*at`, which it cuts; false: they make no entry. */
static bool take_entry(char **at, struct claim *ret)
{
	char *field[FIELDS] = { NULL }, *line = strsep(at, "\n");
	unsigned long port;

	for (size_t i = 0; i < FIELDS && line; i++)
		field[i] = strsep(&line, "\t");
	port = field[2] ? strtoul(field[2], NULL, 10) : 0;
	if (!field[1] || !*field[0] || !*field[1] || port < 1 || port > UINT16_MAX)
		return false;
	*ret = claim_of(CLAIM_ENTRY, 0);
	ret->project = field[0];
	ret->service = field[1];
	ret->ports = (struct port_range){ (uint16_t)port, (uint16_t)port };
	ret->description = field[3] && *field[3] ? field[3] : NULL;
	ret->note = field[4] && *field[4] ? field[4] : NULL;
	return true;
}

/* portkeeper has one text for whose a port is, and no notes: it keeps proper names. */
static size_t with_names(struct claim *claims, size_t count, char (*names)[2][NAME_SIZE])
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct claim c = claims[i];

		if (!name_from_words(c.project, names[kept][0]) ||
		    !name_from_words(c.service, names[kept][1]))
			continue;
		c.project = names[kept][0];
		c.service = names[kept][1];
		c.ports.first = c.ports.last = (uint16_t)(1000 + kept); /* each port once */
		c.note = NULL;
		claims[kept++] = c;
	}
	return kept;
}

static void fuzz_one(const char *text, size_t size)
{
	static struct claim claims[FUZZ_CLAIMS_MAX];
	static char names[FUZZ_CLAIMS_MAX][2][NAME_SIZE];
	char *copy = strdup(text), *at = copy;
	size_t count = 0;

	MUST(copy);
	while (at && count < FUZZ_CLAIMS_MAX && utf8_is_valid(text, size))
		count += take_entry(&at, &claims[count]);
	/* "shop@2" is read as two things: a project with that name cannot be. */
	for (size_t i = 0; i < count; i++)
		if (strchr(claims[i].project, '@'))
			claims[i].project = "shop";
	fuzz_round_trip(claims_write_md, claims_md, claims, count);
	count = with_names(claims, count, names);
	fuzz_round_trip(claims_write_portkeeper, claims_portkeeper, claims, count);
	free(copy);
}
