/*
 * mcp/base64.h - bytes as letters: RFC 4648, the usual alphabet with padding.
 */
#ifndef MCP_BASE64_H
#define MCP_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

void text_add_base64(struct text *t, const unsigned char *bytes, size_t len);

/*
 * False, with `*ret_len` untouched: it is no base64, as one of its bytes is none
 * or its padding is wrong, or `ret` is too short.
 */
MUST_CHECK bool base64_decode(const char *text, size_t len, unsigned char *ret, size_t size,
			      size_t *ret_len);

#endif
