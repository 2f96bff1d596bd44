#include "cli/git_ignore.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cli/env_file.h"
#include "cli/git.h"

#define PORTS_ENV ".ports.env"

/* Rationale: a list of patterns that is longer was not written by people. */
#define EXCLUDE_MAX ((size_t)1 << 20)

/* Ignored, or tracked: then it is the repository's own decision. */
static bool is_settled(const char *folder, bool *ret, struct err *err)
{
	CLEANUP(text_release) struct text ignored = { 0 };
	CLEANUP(text_release) struct text tracked = { 0 };
	int status;

	if (!git_ask(GIT_WORDS("-C", folder, "check-ignore", "-q", PORTS_ENV), &ignored, &status,
		     err))
		return false;
	*ret = status == 0;
	/* 1: it is not; else there is no checkout, as in a bare repository, and nothing tracked. */
	if (status != 1)
		return true;
	if (!git_ask(GIT_WORDS("-C", folder, "ls-files", "--error-unmatch", PORTS_ENV), &tracked,
		     &status, err))
		return false;
	*ret = status == 0;
	return true;
}

static bool has_line(const char *path)
{
	CLEANUP(text_release) struct text t = { 0 };
	const char *line = file_read(path, EXCLUDE_MAX, &t, NULL) ? text_str(&t) : NULL;

	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, PORTS_ENV, strlen(PORTS_ENV)) &&
		    strchr("\r\n", line[strlen(PORTS_ENV)]))
			return true;
	}
	return false;
}

/* `ret` "": there is no repository. */
static bool find_exclude(const char *folder, char ret[static PATH_MAX], struct err *err)
{
	CLEANUP(text_release) struct text found = { 0 };
	const char *name;
	int status;

	if (!git_ask(GIT_WORDS("-C", folder, "rev-parse", "--git-path", "info/exclude"), &found,
		     &status, err))
		return false;
	name = text_str(&found);
	ret[0] = '\0';
	if (status || !*name)
		return true;
	/* Relative to the folder, where git says it so. */
	return snprintf(ret, PATH_MAX, "%s%s%s", *name == '/' ? "" : folder,
			*name == '/' ? "" : "/", name) < PATH_MAX ||
	       fail(err, ERR_IO, "the path of the repository is too long");
}

bool git_ignore_ports_env(const char *folder, struct err *err)
{
	char path[PATH_MAX];
	bool settled;

	if (!is_settled(folder, &settled, err))
		return false;
	if (settled)
		return true;
	if (!find_exclude(folder, path, err))
		return false;
	if (!*path || has_line(path))
		return true;
	return folder_of_make(path, 0777, err) && file_add_line(path, PORTS_ENV, err);
}
