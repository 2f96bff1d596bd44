#include "project/declaration.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

/* Where links lead must be in the folder.  `real` is "" where nothing is. */
static bool find_file(const char *folder, const char *path, char real[static PATH_MAX],
		      struct err *err)
{
	size_t len = strcmp(folder, "/") ? strlen(folder) : 0;

	real[0] = '\0';
	if (!realpath(path, real)) {
		real[0] = '\0';
		return errno == ENOENT || errno == ENOTDIR ||
		       fail(err, ERR_IO, "cannot look at '%.200s': %s", path, strerror(errno));
	}
	if (!strncmp(real, folder, len) && real[len] == '/')
		return true;
	fail(err, ERR_INVALID, "'%.200s' leads out of its folder, to '%.200s'", path, real);
	return fail_hint(err, "put the file itself there");
}

static bool parse(const char *path, const struct text *text, struct arena *arena,
		  const struct declaration **ret, struct err *err)
{
	const char *bytes = text_str(text);
	size_t marked = text->len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;

	return declaration_yaml_parse(bytes + marked, text->len - marked, path, arena, ret, err);
}

bool declaration_read(const char *folder, struct arena *arena, const struct declaration **ret,
		      struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	char path[PATH_MAX], real[PATH_MAX];
	struct err why = { 0 };

	*ret = NULL;
	if (snprintf(path, sizeof(path), "%s/%s", strcmp(folder, "/") ? folder : "",
		     DECLARATION_FILE) >= (int)sizeof(path))
		return true;
	if (!find_file(folder, path, real, err))
		return false;
	if (!real[0])
		return true;
	if (file_read(path, DECLARATION_MAX_BYTES, &text, &why))
		return parse(path, &text, arena, ret, err);
	if (why.code == ERR_NOT_FOUND) /* it has just gone */
		return true;
	if (err)
		*err = why;
	return false;
}
