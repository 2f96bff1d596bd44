/*
 * base/macros.h - words of the language that every file may use.
 */
#ifndef BASE_MACROS_H
#define BASE_MACROS_H

#include <stddef.h>

/* The answer of the function decides what to do next: it may not be dropped. */
#define MUST_CHECK __attribute__((warn_unused_result))

/*
 * Ownership ends with the scope: CLEANUP(fd_cleanup) int fd = open(...);
 * `unused`: clang does not count the clean-up as a use.
 */
#define CLEANUP(function) __attribute__((cleanup(function), unused))

/* `text` is the index of the format string, `first` that of its first argument. */
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
