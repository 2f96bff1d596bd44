#include "registry/field.h"

#include <limits.h>
#include <string.h>

#include "base/utf8.h"

bool field_is_line(const char *what, const char *text, size_t most, struct err *err)
{
	if (!text)
		return true;
	if (strlen(text) > most)
		return fail(err, ERR_INVALID, "the %s is longer than %zu bytes", what, most);
	return text_is_line(text) ||
	       fail(err, ERR_INVALID, "the %s holds control characters or bytes that are not UTF-8",
		    what);
}

bool field_is_path(const char *path, struct err *err)
{
	if (!path || !*path)
		return true;
	if (!field_is_line("path", path, PATH_MAX - 1, err))
		return false;
	return path[0] == '/' || fail(err, ERR_INVALID, "'%.200s' is not an absolute path", path);
}

const char *field_changed(const char *old, const char *new)
{
	if (!new)
		return old;
	return *new ? new : NULL;
}
