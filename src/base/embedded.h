/*
 * base/embedded.h - a file that was put into the program when it was built.
 *
 * Tables of them are made by tools/embed.py.
 */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; /* the file's name, without its folder */
	const char *text; /* its bytes, and a NUL after them */
	size_t len;	  /* bytes, without that NUL */
};

#endif
