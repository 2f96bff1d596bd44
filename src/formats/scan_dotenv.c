#include <string.h>

#include "base/cursor.h"
#include "formats/dotenv.h"
#include "formats/scan.h"

/* "SUPABASE_API_PORT" -> "supabase-api", 1; "WEB_PORT_2" -> "web", 2. */
static bool service_of(const char *variable, char ret[static NAME_SIZE], unsigned *ret_nth)
{
	const char *suffix = NULL;
	char words[VARIABLE_SIZE];
	uint64_t nth = 1;

	for (const char *at = variable; (at = strstr(at, "_PORT")); at++)
		suffix = at;
	if (!suffix)
		return false;
	memcpy(words, variable, (size_t)(suffix - variable));
	words[suffix - variable] = '\0';
	for (char *c = words; *c; c++)
		*c = *c == '_' ? '-' : *c;
	suffix += strlen("_PORT");
	if (eat_char(&suffix, '_') && (!eat_number(&suffix, UINT32_MAX, &nth) || nth < 2))
		return false;
	*ret_nth = (unsigned)nth;
	return eat_end(&suffix) && name_from_words(words, ret);
}

static uint16_t port_of(const char *value, size_t len)
{
	char text[8] = "";
	const char *at = text;
	uint16_t port;

	if (len >= sizeof(text))
		return 0;
	memcpy(text, value, len);
	return eat_port(&at, &port) && eat_end(&at) ? port : 0;
}

bool dotenv_finding(const char *bytes, const struct dotenv_item *item, struct finding *ret)
{
	struct finding finding = { .protocol = PROTO_TCP, .line = item->line };
	char variable[VARIABLE_SIZE] = "";

	if (item->name_len >= sizeof(variable))
		return false;
	memcpy(variable, bytes + item->name, item->name_len);
	if (!service_of(variable, finding.service, &finding.nth))
		return false;
	finding.port = port_of(bytes + item->value, item->value_len);
	*ret = finding;
	return true;
}

bool scan_dotenv(const char *bytes, size_t len, const char *file, struct findings *ret,
		 struct err *err)
{
	struct dotenv d = { bytes, len };
	struct dotenv_item item;
	struct finding finding;

	if (!scan_is_text(bytes, len, file, err))
		return false;
	while (dotenv_next(&d, &item))
		if (dotenv_finding(bytes, &item, &finding))
			findings_put(ret, &finding);
	return true;
}
