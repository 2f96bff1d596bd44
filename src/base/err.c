#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct err_meaning {
	const char *name;
	int exit_status;
} meanings[] = {
	[ERR_NONE]		= { "none",		  0 },
	[ERR_INVALID]		= { "invalid",		  2 },
	[ERR_NOT_FOUND]		= { "not-found",	  1 },
	[ERR_NOTHING]		= { "nothing-to-release", 1 },
	[ERR_NOT_FREE]		= { "not-free",		  1 },
	[ERR_TAKEN]		= { "taken",		  3 },
	[ERR_EXHAUSTED]		= { "exhausted",	  4 },
	[ERR_BOOK]		= { "book",		  5 },
	[ERR_BUSY]		= { "busy",		  5 },
	[ERR_IO]		= { "io",		  5 },
	[ERR_MEMORY]		= { "memory",		  5 },
	[ERR_NOT_PERMITTED]	= { "not-permitted",	  6 },
	[ERR_INTERRUPTED]	= { "interrupted",	  5 },
};
/* clang-format on */
static_assert(ARRAY_LEN(meanings) == ERR_CODE_COUNT, "an error code has no meaning");

bool(fail)(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;

	if (!err)
		return false;
	err->code = code;
	err->hint[0] = '\0';
	err->holder[0] = '\0';
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return false;
}

bool(fail_while)(struct err *err, const char *format, ...)
{
	char doing[ERR_TEXT_SIZE], was[ERR_TEXT_SIZE];
	va_list args;
	size_t len;

	if (!err)
		return false;
	va_start(args, format);
	vsnprintf(doing, sizeof(doing), format, args);
	va_end(args);
	memcpy(was, err->text, sizeof(was));
	len = (size_t)snprintf(err->text, sizeof(err->text), "%s: ", doing);
	if (len < sizeof(err->text))
		snprintf(err->text + len, sizeof(err->text) - len, "%.*s",
			 (int)(sizeof(err->text) - len - 1), was);
	return false;
}

bool(fail_hint)(struct err *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return false;
	va_start(args, format);
	vsnprintf(err->hint, sizeof(err->hint), format, args);
	va_end(args);
	return false;
}

bool(fail_memory)(struct err *err)
{
	return fail(err, ERR_MEMORY, "no memory");
}

const char *err_name(enum err_code code)
{
	return meanings[code].name;
}

int err_exit_status(enum err_code code)
{
	return meanings[code].exit_status;
}

enum err_code err_from_name(const char *name)
{
	for (unsigned code = ERR_INVALID; code < ERR_CODE_COUNT; code++)
		if (!strcmp(meanings[code].name, name))
			return (enum err_code)code;
	return ERR_NONE;
}
