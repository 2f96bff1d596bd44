/*
 * mcp/header.h - what HTTP's headers say of a message, beside what it says itself.
 */
#ifndef MCP_HEADER_H
#define MCP_HEADER_H

#include <stdbool.h>

/* Rationale: servers of HTTP take headers of 4 to 8 KiB. */
#define HEADER_VALUE_MAX 8192

/* Without the blanks around it.  False: it is longer than HEADER_VALUE_MAX. */
bool header_trim(const char *value, char ret[static HEADER_VALUE_MAX]);

/*
 * Does the header name this text?  A text that no header can hold stands there
 * as "=?base64?...?=", the base64 of its bytes in UTF-8.
 */
bool header_is(const char *value, const char *text);

#endif
