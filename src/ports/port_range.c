#include "ports/port_range.h"

#include <string.h>

#include "base/cursor.h"

bool port_parse(const char *text, uint16_t *ret, struct err *err)
{
	const char *at = text;
	uint16_t port;

	if (!eat_port(&at, &port) || !eat_end(&at))
		return fail(err, ERR_INVALID, "'%.40s' is not a port: a number from 1 to 65535",
			    text);
	*ret = port;
	return true;
}

static bool eat_range(const char **at, struct port_range *ret)
{
	const char *p = *at;
	struct port_range r;

	if (!eat_port(&p, &r.first))
		return false;
	r.last = r.first;
	if (eat_char(&p, '-') && !eat_port(&p, &r.last))
		return false;
	*at = p;
	*ret = r;
	return true;
}

static bool not_backwards(struct port_range r, const char *text, struct err *err)
{
	return r.first <= r.last || fail(err, ERR_INVALID, "'%.80s' runs backwards", text);
}

bool port_range_parse(const char *text, struct port_range *ret, struct err *err)
{
	const char *at = text;
	struct port_range r;

	if (!eat_range(&at, &r) || !eat_end(&at))
		return fail(err, ERR_INVALID,
			    "'%.80s' is not a port or a range of ports like 3000-3999", text);
	if (!not_backwards(r, text, err))
		return false;
	*ret = r;
	return true;
}

bool port_list_parse(const char *text, struct port_range ret[static PORT_LIST_MAX],
		     unsigned *ret_count, struct err *err)
{
	struct port_range list[PORT_LIST_MAX];
	const char *at = text;
	unsigned n = 0;

	do {
		if (n == PORT_LIST_MAX)
			return fail(err, ERR_INVALID, "more than %d ports and ranges at once",
				    PORT_LIST_MAX);
		if (!eat_range(&at, &list[n]))
			return fail(err, ERR_INVALID,
				    "'%.80s' is not a list of ports like 3000,4000-4099", text);
		if (!not_backwards(list[n], text, err))
			return false;
		n++;
	} while (eat_char(&at, ','));
	if (!eat_end(&at))
		return fail(err, ERR_INVALID, "'%.80s' is not a list of ports like 3000,4000-4099",
			    text);

	memcpy(ret, list, n * sizeof(*list));
	*ret_count = n;
	return true;
}
