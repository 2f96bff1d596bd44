#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Rationale: a program says what is wrong in a line or two, and an answer is a page. */
#define SAID_MAX ((size_t)64 << 10)

static void actions_cleanup(posix_spawn_file_actions_t **actions)
{
	posix_spawn_file_actions_destroy(*actions);
}

/* Returns 0 or an errno. */
static int start(const char *const *words, const char *folder, int out, pid_t *ret)
{
	/* posix_spawn changes none of them, but says that it may. */
	union {
		const char *const *given;
		char *const *taken;
	} argv = { .given = words };
	posix_spawn_file_actions_t actions;
	int why = posix_spawn_file_actions_init(&actions);

	if (why)
		return why;
	CLEANUP(actions_cleanup) posix_spawn_file_actions_t *own = &actions;

	why = posix_spawn_file_actions_addopen(own, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	why = why ? why : posix_spawn_file_actions_adddup2(own, out, STDOUT_FILENO);
	why = why ? why : posix_spawn_file_actions_adddup2(own, out, STDERR_FILENO);
	if (folder)
		why = why ? why : posix_spawn_file_actions_addchdir_np(own, folder);
	return why ? why : posix_spawnp(ret, words[0], own, NULL, argv.taken, environ);
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

static void read_said(int out, struct text *said)
{
	char bytes[4096];
	ssize_t n;
	off_t at = 0;

	while (at < (off_t)SAID_MAX && (n = pread(out, bytes, sizeof(bytes), at)) > 0) {
		text_add_bytes(said, bytes, (size_t)n);
		at += n;
	}
}

static void file_cleanup(FILE **file)
{
	if (*file)
		fclose(*file);
}

bool program_run(const char *const *words, const char *folder, struct text *said, int *ret_status,
		 struct err *err)
{
	/* Not a pipe: what it starts might keep that open. */
	CLEANUP(file_cleanup) FILE *out = tmpfile();
	pid_t pid;
	int why;

	if (!out)
		return fail(err, ERR_IO, "cannot keep what '%.100s' says: %s", words[0],
			    strerror(errno));
	why = start(words, folder, fileno(out), &pid);
	if (why == ENOENT)
		return fail(err, ERR_NOT_FOUND, "there is no %.100s on PATH", words[0]);
	if (why)
		return fail(err, ERR_IO, "cannot run %.100s: %s", words[0], strerror(why));
	*ret_status = status_of(pid);
	read_said(fileno(out), said);
	return text_ok(said) || fail_memory(err);
}
