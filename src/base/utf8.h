/*
 * base/utf8.h - is it text that can be stored and shown?
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Source: RFC 3629 section 4.
 */
bool utf8_is_valid(const char *bytes, size_t len);

/* Valid UTF-8 without control characters (C0, DEL, C1): safe on a terminal. */
bool utf8_is_printable(const char *bytes, size_t len);

/* Each byte that is part of no character becomes a '?', as in a message that was cut. */
void utf8_repair(char *text);

/* Is the whole string one printable line of UTF-8?  The empty string is. */
bool text_is_line(const char *text);

#endif
