/*
 * Where the client works: "roots/list" names its folders, the first of which is
 * taken for the one that is meant.  An answer requires them of the client: once up to
 * 2025-11-25, where a link stays, and each time from 2026-07-28 on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "mcp/tool.h"

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	char lower = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
	const char *at = c ? strchr(digits, lower) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* RFC 3986, section 2.1; false for what is no path in UTF-8 without NUL. */
static bool add_decoded(struct text *t, const char *uri)
{
	for (; *uri; uri++) {
		char c = *uri;

		if (c == '%') {
			int high = hex_digit(uri[1]), low = high < 0 ? -1 : hex_digit(uri[2]);

			if (low < 0 || (high == 0 && low == 0))
				return false;
			c = (char)(high << 4 | low);
			uri += 2;
		}
		text_add_bytes(t, &c, 1);
	}
	return text_ok(t) && utf8_is_valid(t->s, t->len);
}

/* The path of a file URI of this machine; NULL: it is none, or there is no memory. */
static char *path_of(const char *uri)
{
	static const char *const starts[] = { "file:///", "file://localhost/" };
	CLEANUP(text_release) struct text t = { 0 };

	for (size_t i = 0; uri && i < ARRAY_LEN(starts); i++)
		if (!strncmp(uri, starts[i], strlen(starts[i])))
			return add_decoded(&t, uri + strlen(starts[i]) - 1) ? text_take(&t) : NULL;
	return NULL;
}

static char *first_root(const json_t *listed)
{
	const json_t *roots = json_object_get(listed, "roots");
	size_t i;
	json_t *root;

	json_array_foreach(json_walked(roots), i, root) {
		char *path = path_of(json_text_of(root, "uri"));

		if (path)
			return path;
	}
	return NULL;
}

/* A client that does not answer has no roots. */
static void take_roots(struct mcp_link *l, const json_t *listed)
{
	free(l->own.root);
	l->own.root = first_root(listed);
	l->own.knows_root = true;
}

bool link_directory(struct mcp_request *q, const char **ret, bool *ret_ask, struct err *err)
{
	const json_t *responses = json_object_get(q->params, "inputResponses");
	struct mcp_link *l = q->link;

	(void)err;
	*ret = l->directory;
	if (l->transport == MCP_HTTP || !mcp_client_has(q, "roots"))
		return true;
	if (json_is_object(responses))
		take_roots(l, json_object_get(responses, "roots"));
	else
		*ret_ask = q->revision->is_modern || !l->own.knows_root;
	if (l->own.root)
		*ret = l->own.root;
	return true;
}
