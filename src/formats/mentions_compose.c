/* Compose files: the host's side of what they publish. See compose.h. */
#include <string.h>

#include "formats/compose.h"
#include "formats/mention.h"

/* Rationale: who publishes a longer range means a range of the machine, and not these ports. */
#define RANGE_MAX 100

/* Where the default of "${X:-3000}" or "${X-3000}" stands; 0: it is another text. */
static size_t default_at(const char *host, size_t len)
{
	const char *minus = memchr(host, '-', len);

	if (len < 5 || memcmp(host, "${", 2) != 0 || host[len - 1] != '}' || !minus)
		return 0;
	return (size_t)(minus - host) + 1;
}

static bool tell_range(struct mentions *m, struct mention x, const char *host, size_t len,
		       size_t minus)
{
	uint16_t first = mention_port(host, minus);
	uint16_t last = mention_port(host + minus + 1, len - minus - 1);

	x.is_fixed = true;
	x.len = len;
	if (!first || last < first || last - first >= RANGE_MAX)
		return true;
	for (unsigned port = first; port <= last; port++) {
		x.port = (uint16_t)port;
		if (!mentions_tell(m, x))
			return false;
	}
	return true;
}

static bool tell_host(struct mentions *m, struct mention x, size_t at, size_t len)
{
	const char *host = m->bytes + at;
	size_t number = default_at(host, len);
	const char *minus = number ? NULL : memchr(host, '-', len);

	x.at = at + number;
	x.len = number ? len - 1 - number : len;
	x.is_default = number;
	if (minus)
		return tell_range(m, x, host, len, (size_t)(minus - host));
	x.port = mention_port(m->bytes + x.at, x.len);
	if (number)
		x.form = MENTION_NUMBER;
	return !x.port || mentions_tell(m, x);
}

static bool tell_item(struct mentions *m, const struct compose_service *s,
		      const struct compose_item *item)
{
	const struct compose_text *t = &item->text;
	size_t host = 0, len = t->to - t->from;
	bool has_host = true;
	struct mention x = {
		.protocol = item->protocol,
		.kind = MENTION_BINDS,
		.nth = item->nth,
		.is_named = s->name[0],
		.is_fixed = s->is_odd,
		/* A variable may be put into quotes only: '{' means something in lists. */
		.form = t->is_quoted ? MENTION_SHELL : MENTION_NUMBER
	};

	mention_set_words(&x, s->key, strlen(s->key));
	if (item->is_odd || !t->is_there)
		return true;
	if (!item->is_long)
		compose_split(m->bytes + t->from, t->to - t->from, &host, &len, &has_host);
	return !has_host || tell_host(m, x, t->from + host, len);
}

static bool tell_service(struct mentions *m, const struct compose_service *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (!tell_item(m, s, &s->items[i]))
			return false;
	for (unsigned i = 0; i < s->shared_count; i++)
		if (!tell_item(m, s, &s->shared[i]))
			return false;
	return true;
}

bool mentions_compose(struct mentions *m, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct compose_file file;

	if (!compose_read(&arena, m->bytes, m->len, m->file, &file, err))
		return false;
	for (unsigned i = 0; i < file.count; i++)
		if (!tell_service(m, &file.services[i]))
			return false;
	return true;
}
