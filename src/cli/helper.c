#include "cli/helper.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

/* In another folder of the tree that `folder` is in, wherever that tree was put. */
static bool is_across(const char *folder, const char *from, const char *to, const char *name,
		      char ret[static PATH_MAX])
{
	size_t len = strlen(folder), end = strlen(from);
	char other[PATH_MAX];

	if (len <= end || folder[len - end - 1] != '/' || strcmp(folder + len - end, from) != 0)
		return false;
	return snprintf(other, PATH_MAX, "%.*s%s", (int)(len - end), folder, to) < PATH_MAX &&
	       is_there(other, name, ret);
}

/* Beside this program, in the other folder of its tree, or where it was to be installed. */
static bool find(const char *name, const char *from, const char *to, const char *installed,
		 char ret[static PATH_MAX])
{
	char folder[PATH_MAX];

	return (own_folder(folder) &&
		(is_there(folder, name, ret) || is_across(folder, from, to, name, ret))) ||
	       is_there(installed, name, ret);
}

/* As it is called, also where portbook-whole is what runs. */
bool helper_program(char ret[static PATH_MAX])
{
	size_t len, end = strlen(WHOLE);

	if (!own_path(ret))
		return false;
	len = strlen(ret);
	return len <= end || strcmp(ret + len - end, WHOLE) != 0 ||
	       find("portbook", LIBEXEC_OF_PREFIX, BIN_OF_PREFIX, PORTBOOK_BIN, ret);
}

/* A link to this very program would become itself for ever. */
static bool is_self(const char *path)
{
	struct stat own, other;

	return stat("/proc/self/exe", &own) == 0 && stat(path, &other) == 0 &&
	       own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

bool helper_become(const char *name, char *const argv[], struct err *err)
{
	char path[PATH_MAX];

	if (!find(name, BIN_OF_PREFIX, LIBEXEC_OF_PREFIX, PORTBOOK_LIBEXEC, path) ||
	    is_self(path)) {
		fail(err, ERR_NOT_FOUND, "the program '%s' is not installed", name);
		return fail_hint(err, "it belongs into " PORTBOOK_LIBEXEC);
	}
	execv(path, argv);
	return fail(err, ERR_IO, "cannot start '%s': %s", path, strerror(errno));
}
