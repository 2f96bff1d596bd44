#include "http/remembered.h"

#include <stdlib.h>
#include <string.h>

/* Rationale: as many services as a team asks for; with SIZE_MAX_KEPT 8 MB at most. */
#define SETS 1024
/* Rationale: so many that are asked in turns may fall on one set and are all found. */
#define WAYS 4
/* Rationale: an entry is some 600 bytes; longer lists are asked for more rarely. */
#define SIZE_MAX_KEPT 2048

struct kept {
	char *line; /* NULL: nothing is here */
	const char *operation;
	struct book_state state;
	struct http_reply reply;
};

struct set {
	struct kept places[WAYS];
	unsigned next; /* the one that goes when all are in use */
};

struct remembered {
	struct set sets[SETS];
};

struct remembered *remembered_new(void)
{
	return calloc(1, sizeof(struct remembered));
}

static void forget(struct kept *k)
{
	free(k->line);
	http_reply_release(&k->reply);
	*k = (struct kept){ .line = NULL };
}

void remembered_free(struct remembered *all)
{
	if (!all)
		return;
	for (unsigned i = 0; i < SETS * WAYS; i++)
		forget(&all->sets[i / WAYS].places[i % WAYS]);
	free(all);
}

/* Source: FNV-1a, 32 bits. */
static unsigned set_of(const char *line)
{
	uint32_t hash = UINT32_C(0x811c9dc5);

	for (; *line; line++)
		hash = (hash ^ (unsigned char)*line) * UINT32_C(0x01000193);
	return (hash ^ hash >> 16) % SETS;
}

/* NULL: it is not there. */
static const struct kept *find_in(const struct set *set, const char *line)
{
	for (unsigned i = 0; i < WAYS; i++)
		if (set->places[i].line && !strcmp(set->places[i].line, line))
			return &set->places[i];
	return NULL;
}

/* Its own place, or one that is free, or else each in its turn. */
static struct kept *place_in(struct set *set, const char *line)
{
	const struct kept *own = find_in(set, line);

	if (own)
		return &set->places[own - set->places];
	for (unsigned i = 0; i < WAYS; i++)
		if (!set->places[i].line)
			return &set->places[i];
	return &set->places[set->next++ % WAYS];
}

/* Its own bytes, all else as it is. */
static bool copy_reply(const struct http_reply *from, struct http_reply *to)
{
	struct http_reply copy = *from;

	copy.body = (struct text){ 0 };
	text_add_bytes(&copy.body, text_str(&from->body), from->body.len);
	if (!text_ok(&copy.body)) {
		text_release(&copy.body);
		return false;
	}
	*to = copy;
	return true;
}

const char *remembered_find(const struct remembered *all, const char *line,
			    const struct book_state *state, struct http_reply *reply)
{
	const struct kept *k = find_in(&all->sets[set_of(line)], line);

	if (!k || memcmp(&k->state, state, sizeof(*state)) != 0 || !copy_reply(&k->reply, reply))
		return NULL;
	return k->operation;
}

void remembered_add(struct remembered *all, const char *line, const struct book_state *state,
		    const char *operation, const struct http_reply *reply)
{
	struct kept *k = place_in(&all->sets[set_of(line)], line);

	if (reply->stream || reply->body.len + strlen(line) > SIZE_MAX_KEPT)
		return;
	forget(k);
	if (!copy_reply(reply, &k->reply))
		return;
	*k = (struct kept){ strdup(line), operation, *state, k->reply };
	if (!k->line)
		forget(k);
}
