/*
 * base/cursor.h - parsers that compose.
 *
 * `*at` points into a NUL-terminated string.  An eater either eats its piece,
 * steps `*at` past it and returns true, or touches nothing and returns false.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool eat_char(const char **at, char c)
{
	if (**at != c || !c)
		return false;
	(*at)++;
	return true;
}

static inline bool eat_word(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*at, word, len))
		return false;
	*at += len;
	return true;
}

static inline bool eat_end(const char **at)
{
	return **at == '\0';
}

/* Decimal digits only, no sign, no more than `max`. */
static inline bool eat_number(const char **at, uint64_t max, uint64_t *ret)
{
	const char *p = *at;
	uint64_t n = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		unsigned digit = (unsigned)(*p - '0');

		if (n > (max - digit) / 10 || digit > max)
			return false;
		n = n * 10 + digit;
	}
	*at = p;
	*ret = n;
	return true;
}

/* A port number, 1 to 65535. */
static inline bool eat_port(const char **at, uint16_t *ret)
{
	const char *p = *at;
	uint64_t n;

	if (!eat_number(&p, UINT16_MAX, &n) || n == 0)
		return false;
	*at = p;
	*ret = (uint16_t)n;
	return true;
}

/* Blanks are spaces and tabs; eats none or many, always true. */
static inline bool eat_blanks(const char **at)
{
	while (**at == ' ' || **at == '\t')
		(*at)++;
	return true;
}

#endif
