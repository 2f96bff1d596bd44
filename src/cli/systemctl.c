#include "cli/systemctl.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"

/* Rationale: systemctl says what is wrong in a line or two. */
#define SAID_SIZE 512

static void actions_cleanup(posix_spawn_file_actions_t **actions)
{
	posix_spawn_file_actions_destroy(*actions);
}

/* Both of its outputs go to `out`; it reads nothing. Returns 0 or an errno. */
static int start(char *const words[], int out, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	int why = posix_spawn_file_actions_init(&actions);

	if (why)
		return why;
	CLEANUP(actions_cleanup) posix_spawn_file_actions_t *own = &actions;

	why = posix_spawn_file_actions_addopen(own, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	why = why ? why : posix_spawn_file_actions_adddup2(own, out, STDOUT_FILENO);
	why = why ? why : posix_spawn_file_actions_adddup2(own, out, STDERR_FILENO);
	return why ? why : posix_spawnp(ret, words[0], own, NULL, words, environ);
}

/* -1: it did not end by itself. */
static int status_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What it said, in one line. */
static void read_said(int out, char said[static SAID_SIZE])
{
	ssize_t len = pread(out, said, SAID_SIZE - 1, 0);

	said[len > 0 ? len : 0] = '\0';
	for (char *at = said + strlen(said); at > said && at[-1] == '\n'; at--)
		at[-1] = '\0';
	for (char *at = said; *at; at++)
		if (*at == '\n')
			*at = ' ';
}

static void file_cleanup(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* Run it to its end; `ret` is its status, and `said` what it said where that is not 0. */
static bool run(char *const words[], char said[static SAID_SIZE], int *ret, struct err *err)
{
	/* Not a pipe: what the unit starts might keep that open. */
	CLEANUP(file_cleanup) FILE *out = tmpfile();
	pid_t pid;
	int why;

	if (!out)
		return fail(err, ERR_IO, "cannot keep what systemctl says: %s", strerror(errno));
	why = start(words, fileno(out), &pid);
	if (why == ENOENT)
		return fail(err, ERR_NOT_FOUND, "there is no systemctl on PATH");
	if (why)
		return fail(err, ERR_IO, "cannot run systemctl: %s", strerror(why));
	*ret = status_of(pid);
	if (*ret)
		read_said(fileno(out), said);
	return true;
}

/* Has this user a systemd of their own, and that a unit of this name? */
static bool is_of_user(const char *unit)
{
	char program[] = "systemctl", user[] = "--user", cat[] = "cat", said[SAID_SIZE];
	char *words[] = { program, user, cat, strdupa(unit), NULL };
	int status = -1;

	return geteuid() != 0 && run(words, said, &status, NULL) && status == 0;
}

bool systemctl_run(const char *verb, const char *unit, struct err *err)
{
	char program[] = "systemctl", user[] = "--user", said[SAID_SIZE] = "";
	char *of_system[] = { program, strdupa(verb), strdupa(unit), NULL };
	char *of_user[] = { program, user, strdupa(verb), strdupa(unit), NULL };
	int status = 0;

	if (!*unit || *unit == '-' || strchr(unit, '/'))
		return fail(err, ERR_INVALID, "'%s' is no name of a unit", unit);
	if (!run(is_of_user(unit) ? of_user : of_system, said, &status, err))
		return false;
	return !status ||
	       fail(err, ERR_IO, "%s", *said ? said : "systemctl failed, and does not say why");
}
