#include "cli/helper.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WHOLE "-whole"

static bool own_path(char ret[static PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", ret, PATH_MAX - 1);

	ret[len > 0 ? len : 0] = '\0';
	return len > 0;
}

/* The folder of this program: where it was built, its helpers are beside it. */
static bool own_folder(char ret[static PATH_MAX])
{
	char *slash = own_path(ret) ? strrchr(ret, '/') : NULL;

	if (slash)
		*slash = '\0';
	return slash != NULL;
}

static bool is_there(const char *folder, const char *name, char ret[static PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "%s/%s", folder, name) < PATH_MAX && access(ret, X_OK) == 0;
}

/* As it is called, also where portbook-whole is what runs. */
bool helper_program(char ret[static PATH_MAX])
{
	size_t len, end = strlen(WHOLE);

	if (!own_path(ret))
		return false;
	len = strlen(ret);
	if (len <= end || strcmp(ret + len - end, WHOLE) != 0)
		return true;
	ret[len - end] = '\0';
	return access(ret, X_OK) == 0 || is_there(PORTBOOK_BIN, "portbook", ret);
}

bool helper_become(const char *name, char *const argv[], struct err *err)
{
	char folder[PATH_MAX], path[PATH_MAX];

	if (!(own_folder(folder) && is_there(folder, name, path)) &&
	    !is_there(PORTBOOK_LIBEXEC, name, path)) {
		fail(err, ERR_NOT_FOUND, "the program '%s' is not installed", name);
		return fail_hint(err, "it belongs into " PORTBOOK_LIBEXEC);
	}
	execv(path, argv);
	return fail(err, ERR_IO, "cannot start '%s': %s", path, strerror(errno));
}
