#include <string.h>

#include "base/cursor.h"
#include "formats/claim.h"
#include "formats/dotenv.h"
#include "formats/scan.h"
#include "formats/upstream.h"

/* Rationale: so many other machines no program talks to; of more, the ports are taken as ours. */
#define OTHERS_MAX 64

/* The ..._ of ..._HOST variables that name another machine, as offsets into the bytes. */
struct others {
	struct {
		size_t at, len;
	} items[OTHERS_MAX];
	unsigned count;
};

static bool ends_with(const char *name, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !memcmp(name + len - n, end, n) &&
	       (len == n || name[len - n - 1] == '_');
}

/* A variable in it is another machine, too, as we cannot tell. */
static bool is_elsewhere(const char *value, size_t len)
{
	char host[DNS_NAME_MAX + 1] = "";

	if (len >= sizeof(host))
		return true;
	memcpy(host, value, len);
	return !upstream_is_here(host);
}

static void find_others(const char *bytes, size_t len, struct others *ret)
{
	struct dotenv d = { bytes, len };
	struct dotenv_item item;

	ret->count = 0;
	while (ret->count < OTHERS_MAX && dotenv_next(&d, &item)) {
		if (!ends_with(bytes + item.name, item.name_len, "HOST") ||
		    !is_elsewhere(bytes + item.value, item.value_len))
			continue;
		ret->items[ret->count].at = item.name;
		ret->items[ret->count++].len = item.name_len - strlen("HOST");
	}
}

/* `prefix_len`: the name up to its "PORT". */
static bool is_of_others(const struct others *others, const char *bytes, size_t name,
			 size_t prefix_len)
{
	for (unsigned i = 0; i < others->count; i++)
		if (others->items[i].len == prefix_len &&
		    !memcmp(bytes + others->items[i].at, bytes + name, prefix_len))
			return true;
	return false;
}

static size_t prefix_length(const char *name, size_t len)
{
	while (len >= 4 && memcmp(name + len - 4, "PORT", 4))
		len--;
	return len >= 4 ? len - 4 : 0;
}

/* PORT=3000, which is no variable of ours. */
static bool plain_finding(const char *bytes, const struct dotenv_item *item, struct finding *ret)
{
	char text[8] = "";
	const char *at = text;

	if (item->name_len != 4 || memcmp(bytes + item->name, "PORT", 4) ||
	    item->value_len >= sizeof(text))
		return false;
	memcpy(text, bytes + item->value, item->value_len);
	*ret = (struct finding){ .service = CLAIM_SERVICE, .line = item->line };
	return eat_port(&at, &ret->port) && eat_end(&at);
}

bool claims_env(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		struct err *err)
{
	struct others others;
	struct dotenv d;
	struct dotenv_item item;
	struct finding found;

	if (!claim_open(&bytes, &len, file, err))
		return false;
	find_others(bytes, len, &others);
	d = (struct dotenv){ bytes, len };
	while (dotenv_next(&d, &item)) {
		struct claim c = claim_of(CLAIM_ENTRY, item.line);

		if ((!plain_finding(bytes, &item, &found) &&
		     !dotenv_finding(bytes, &item, &found)) ||
		    !found.port ||
		    is_of_others(&others, bytes, item.name,
				 prefix_length(bytes + item.name, item.name_len)))
			continue;
		c.service = found.service;
		c.ports = (struct port_range){ found.port, found.port };
		if (!fn(&c, arg))
			return false;
	}
	return true;
}
