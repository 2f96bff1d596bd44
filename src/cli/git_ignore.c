#include "cli/git_ignore.h"

#include <limits.h>
#include <stdio.h>

#include "base/fd.h"
#include "cli/env_file.h"
#include "cli/git.h"

#define PORTS_ENV ".ports.env"

/* Ignored, or tracked: then it is the repository's own decision. */
static bool is_settled(const char *folder, bool *ret, struct err *err)
{
	CLEANUP(text_release) struct text ignored = { 0 };
	CLEANUP(text_release) struct text tracked = { 0 };
	int status;

	if (!git_ask(GIT_WORDS("-C", folder, "check-ignore", "-q", PORTS_ENV), &ignored, &status,
		     err))
		return false;
	/* 0: it is; 1: it is not; else this is no checkout, and nothing is to be done. */
	*ret = status != 1;
	if (*ret)
		return true;
	if (!git_ask(GIT_WORDS("-C", folder, "ls-files", "--error-unmatch", PORTS_ENV), &tracked,
		     &status, err))
		return false;
	*ret = status == 0;
	return true;
}

bool git_ignore_ports_env(const char *folder, struct err *err)
{
	CLEANUP(text_release) struct text found = { 0 };
	char path[PATH_MAX];
	const char *name;
	bool settled;
	int status;

	if (!is_settled(folder, &settled, err))
		return false;
	if (settled)
		return true;
	if (!git_ask(GIT_WORDS("-C", folder, "rev-parse", "--git-path", "info/exclude"), &found,
		     &status, err))
		return false;
	name = text_str(&found);
	if (status || !*name)
		return true;
	/* Relative to the folder, where git says it so. */
	if (snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : folder,
		     *name == '/' ? "" : "/", name) >= (int)sizeof(path))
		return fail(err, ERR_IO, "the path of the repository is too long");
	return folder_of_make(path, 0777, err) && file_add_line(path, PORTS_ENV, err);
}
