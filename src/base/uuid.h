/*
 * base/uuid.h - identifiers that sort by age.
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdint.h>

/* "018f0a6e-0000-7000-8000-000000000000" and its NUL. */
#define UUID_TEXT_SIZE 37

/*
 * A version 7 UUID of a time and ten random bytes.
 * Source: RFC 9562 section 5.7.  Returns `ret`.
 */
char *uuid7_format(int64_t ms, const unsigned char random[static 10],
		   char ret[static UUID_TEXT_SIZE]);

#endif
