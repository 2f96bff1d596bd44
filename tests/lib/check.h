/*
 * lib/check.h - cmocka, and a CHECK that can say more.
 *
 * Includes <cmocka.h> for all tests: it needs four headers before it, and its
 * macro fail() would hide ours.
 */
#ifndef LIB_CHECK_H
#define LIB_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "base/macros.h"

/*
 * The condition holds, or the test ends here:
 *	CHECK(port == 3000);
 *	CHECK(port == row[i].want, "row %zu: '%s'", i, row[i].text);
 */
#define CHECK(condition, ...) \
	check_that((condition), #condition, __FILE__, __LINE__, " " __VA_ARGS__)

PRINTF_LIKE(5, 6)
static inline void check_that(bool holds, const char *condition, const char *file, int line,
			      const char *format, ...)
{
	char more[2048];
	va_list args;

	if (holds)
		return;
	va_start(args, format);
	vsnprintf(more, sizeof(more), format, args);
	va_end(args);
	print_error("%s:%d: not true: %s:%s\n", file, line, condition, more);
	_fail(file, line);
}

/* Both are the same text; NULL is the same as NULL only. */
#define CHECK_TEXT(got, want) check_text((got), (want), #got, __FILE__, __LINE__)

static inline void check_text(const char *got, const char *want, const char *what, const char *file,
			      int line)
{
	bool same = got && want ? !strcmp(got, want) : got == want;

	check_that(same, what, file, line, " is '%s', not '%s'", got ? got : "(null)",
		   want ? want : "(null)");
}

#endif
