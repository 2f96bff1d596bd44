#include <string.h>

#include "formats/claim.h"
#include "formats/dotenv.h"
#include "formats/scan.h"

/* Digits that are no port are a slip; ${WEB_PORT:-3000} and nothing at all are none of ours. */
static bool is_digits(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] >= '0' && text[n] <= '9')
		n++;
	return n && n == len;
}

/* `ret_any`: it is a line that such files have. */
static bool tell_item(const char *bytes, const struct dotenv_item *item, claim_fn *fn, void *arg,
		      bool *ret_any, struct err *err)
{
	struct claim c = claim_of(CLAIM_ENTRY, item->line);
	struct finding found;
	struct err why = { 0 };

	if (!dotenv_finding(bytes, item, &found))
		return true;
	*ret_any = true;
	if (!found.port && is_digits(bytes + item->value, item->value_len)) {
		fail(&why, ERR_INVALID, "'%.*s' is not a port from 1 to 65535",
		     (int)(item->value_len < 20 ? item->value_len : 20), bytes + item->value);
		return claim_tell_wrong(c, &why, fn, arg, err);
	}
	c.service = found.service;
	c.ports = (struct port_range){ found.port, found.port };
	return !found.port || fn(&c, arg);
}

bool claims_dotenv(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		   struct err *err)
{
	struct dotenv d;
	struct dotenv_item item;
	bool any = false;

	if (!claim_open(&bytes, &len, file, err))
		return false;
	d = (struct dotenv){ bytes, len };
	while (dotenv_next(&d, &item))
		if (!tell_item(bytes, &item, fn, arg, &any, err))
			return false;
	return any || claim_fail(err, file, 1, "no line like WEB_PORT=3000");
}
