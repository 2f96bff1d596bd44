/*
 * lib/git.h - the real git, in a test's own folder.
 */
#ifndef LIB_GIT_H
#define LIB_GIT_H

#include <spawn.h>
#include <sys/wait.h>

#include "lib/folder.h"

/* git in the folder, away from the settings of whoever runs the tests; words end with NULL. */
static inline void git(const struct folder *f, const char *const *words)
{
	static const char *const environment[] = {
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"HOME=/nonexistent",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a",
		"GIT_AUTHOR_EMAIL=a@example.org",
		"GIT_COMMITTER_NAME=a",
		"GIT_COMMITTER_EMAIL=a@example.org",
		NULL,
	};
	const char *argv[32] = { "git", "-C", f->path, "-c", "protocol.file.allow=always" };
	char *argv_copy[ARRAY_LEN(argv)], *environment_copy[ARRAY_LEN(environment)];
	size_t n = 5;
	pid_t pid;
	int status;

	while (*words && n < ARRAY_LEN(argv) - 1)
		argv[n++] = *words++;
	/* posix_spawn changes neither, but says it may. */
	memcpy(argv_copy, argv, sizeof(argv));
	memcpy(environment_copy, environment, sizeof(environment));
	CHECK(!posix_spawnp(&pid, "git", NULL, NULL, argv_copy, environment_copy));
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(status == 0, "git %s", argv[5]);
}

#define GIT(folder, ...) git(folder, (const char *const[]){ __VA_ARGS__, NULL })

/* A repository "Shop" with a commit on `main`. */
static inline void make_shop(const struct folder *f)
{
	GIT(f, "init", "-q", "-b", "main", "Shop");
	GIT(f, "-C", "Shop", "commit", "-q", "--allow-empty", "-m", "first");
}

#endif
