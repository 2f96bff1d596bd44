#include "project/foreign.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"

bool foreign_folder(const char *name)
{
	static const char *const names[] = { "node_modules",  "bower_components",
					     "vendor",	      "third_party",
					     "site-packages", "target",
					     "dist",	      "build",
					     "venv",	      "__pycache__" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

bool foreign_checkout(const char *path)
{
	char git[PATH_MAX];

	return snprintf(git, sizeof(git), "%s/.git", path) >= (int)sizeof(git) ||
	       access(git, F_OK) == 0;
}
