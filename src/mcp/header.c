#include "mcp/header.h"

#include <stddef.h>
#include <string.h>

#include "mcp/base64.h"

#define ENCODED_START "=?base64?"
#define ENCODED_END   "?="

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool header_trim(const char *value, char ret[static HEADER_VALUE_MAX])
{
	size_t len;

	while (is_blank(*value))
		value++;
	len = strlen(value);
	while (len && is_blank(value[len - 1]))
		len--;
	if (len >= HEADER_VALUE_MAX)
		return false;
	memcpy(ret, value, len);
	ret[len] = '\0';
	return true;
}

/* What stands between start and end; false: it is not of that form. */
static bool encoded_part(const char *value, const char **ret, size_t *ret_len)
{
	size_t start = strlen(ENCODED_START), end = strlen(ENCODED_END), len = strlen(value);

	if (len < start + end || strncmp(value, ENCODED_START, start) != 0 ||
	    strcmp(value + len - end, ENCODED_END) != 0)
		return false;
	*ret = value + start;
	*ret_len = len - start - end;
	return true;
}

bool header_is(const char *value, const char *text)
{
	char trimmed[HEADER_VALUE_MAX];
	unsigned char bytes[HEADER_VALUE_MAX];
	const char *encoded;
	size_t len;

	if (!header_trim(value, trimmed))
		return false;
	if (!encoded_part(trimmed, &encoded, &len))
		return !strcmp(trimmed, text);
	return base64_decode(encoded, len, bytes, sizeof(bytes), &len) && len == strlen(text) &&
	       !memcmp(bytes, text, len);
}
