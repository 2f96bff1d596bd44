#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "mcp/base64.h"
#include "mcp/own.h"

/* Rationale: the name of a list, a colon and a number. */
#define CURSOR_MAX 64

bool cursor_put(json_t *result, const char *list, int64_t position)
{
	CLEANUP(text_release) struct text t = { 0 };
	char plain[CURSOR_MAX];
	int len = snprintf(plain, sizeof(plain), "%s:%lld", list, (long long)position);

	text_add_base64(&t, (const unsigned char *)plain, (size_t)len);
	return text_ok(&t) && json_put_text(result, "nextCursor", text_str(&t));
}

bool cursor_decode(const char *cursor, const char *list, int64_t *ret)
{
	char plain[CURSOR_MAX + 1];
	size_t len, name = strlen(list);
	uint64_t n;
	const char *at;

	if (!cursor) {
		*ret = 0;
		return true;
	}
	if (!base64_decode(cursor, strlen(cursor), (unsigned char *)plain, CURSOR_MAX, &len))
		return false;
	plain[len] = '\0';
	if (strncmp(plain, list, name) != 0 || plain[name] != ':')
		return false;
	at = plain + name + 1;
	if (!eat_number(&at, INT32_MAX, &n) || *at)
		return false;
	*ret = (int64_t)n;
	return true;
}

bool cursor_of(struct mcp_request *q, const char *list, int64_t *ret)
{
	const json_t *cursor = json_object_get(q->params, "cursor");

	if (cursor && !json_is_string(cursor))
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "a cursor is a text");
	return cursor_decode(json_string_value(cursor), list, ret) ||
	       mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
			  "this cursor was not given for this list; begin without one");
}
