#include "cli/git.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"

/* Rationale: `worktree add` with every option takes a dozen; people type no more. */
#define MAX_WORDS 256

/* Rationale: what git says of a failure is a screen; the names of half a million files are 50 MB. */
#define OUTPUT_MAX ((size_t)64 << 20)

/*
 * What git itself takes away for a command in another repository: see
 * `git rev-parse --local-env-vars`.  Settings given by -c stay: they are the user's.
 */
static const char *const misleading[] = {
	"GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_COMMON_DIR",
	"GIT_DIR",
	"GIT_GRAFT_FILE",
	"GIT_IMPLICIT_WORK_TREE",
	"GIT_INDEX_FILE",
	"GIT_INTERNAL_SUPER_PREFIX",
	"GIT_NAMESPACE",
	"GIT_NO_REPLACE_OBJECTS",
	"GIT_OBJECT_DIRECTORY",
	"GIT_PREFIX",
	"GIT_QUARANTINE_PATH",
	"GIT_REPLACE_REF_BASE",
	"GIT_SHALLOW_FILE",
	"GIT_WORK_TREE",
	"PORTBOOK_HOOK", /* ours: see cmd_hook.c */
};

static bool is_misleading(const char *variable)
{
	for (size_t i = 0; i < ARRAY_LEN(misleading); i++) {
		size_t len = strlen(misleading[i]);

		if (!strncmp(variable, misleading[i], len) && variable[len] == '=')
			return true;
	}
	return false;
}

/* The environment of this process but for that; NULL: no memory. */
static char **make_environment(struct arena *a)
{
	static char no_hook[] = "PORTBOOK_HOOK=0";
	size_t n = 0, kept = 0;
	char **all;

	while (environ[n])
		n++;
	all = arena_alloc(a, (n + 2) * sizeof(*all));
	if (!all)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (!is_misleading(environ[i]))
			all[kept++] = environ[i];
	all[kept] = no_hook;
	return all;
}

/* ---- signals: while git works, an interrupt is its to act on ---- */

static const int ours[] = { SIGINT, SIGQUIT };

struct signals {
	struct sigaction was[ARRAY_LEN(ours)];
};

static void signals_hold(struct signals *s)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		sigaction(ours[i], &ignore, &s->was[i]);
}

static void signals_give_back(struct signals *s)
{
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		sigaction(ours[i], &s->was[i], NULL);
}

/* What portbook ignores for itself, git has as it is usual; nohup stays nohup. */
static bool set_signals(posix_spawnattr_t *attr, const struct signals *s)
{
	sigset_t usual;

	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGXFSZ);
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (s->was[i].sa_handler != SIG_IGN)
			sigaddset(&usual, ours[i]);
	return !posix_spawnattr_setsigdefault(attr, &usual) &&
	       !posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF);
}

/* ---- a run ---- */

enum wiring {
	SPEAKS,	       /* all goes to stderr: stdout has the answer */
	ALL_IS_KEPT,   /* both go into the pipe */
	STDOUT_IS_KEPT /* the other is lost */
};

static bool set_files(posix_spawn_file_actions_t *files, enum wiring how, int pipe_end)
{
	switch (how) {
	case SPEAKS: return !posix_spawn_file_actions_adddup2(files, STDERR_FILENO, STDOUT_FILENO);
	case ALL_IS_KEPT:
		return !posix_spawn_file_actions_adddup2(files, pipe_end, STDOUT_FILENO) &&
		       !posix_spawn_file_actions_adddup2(files, pipe_end, STDERR_FILENO);
	case STDOUT_IS_KEPT:
		return !posix_spawn_file_actions_adddup2(files, pipe_end, STDOUT_FILENO) &&
		       !posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null",
							 O_WRONLY, 0);
	}
	__builtin_unreachable();
}

static bool fail_spawn(int error, struct err *err)
{
	if (error == ENOENT) {
		fail(err, ERR_NOT_FOUND, "there is no git on PATH");
		return fail_hint(err, "install git, or do without: portbook get enters a worktree "
				      "by itself");
	}
	return fail(err, ERR_IO, "cannot run git: %s", strerror(error));
}

static bool spawn(const char *const *words, enum wiring how, int pipe_end, const struct signals *s,
		  pid_t *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	char **environment = make_environment(&arena);
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	char *argv[MAX_WORDS + 2];
	size_t n = 0;
	int error = 0;

	while (n < MAX_WORDS && words[n])
		n++;
	if (words[n])
		return fail(err, ERR_INVALID, "these are too many words for git");
	if (!environment || posix_spawn_file_actions_init(&files) || posix_spawnattr_init(&attr))
		return fail_memory(err);
	/* posix_spawn changes none of them, but says that it may. */
	argv[0] = (char[]){ "git" };
	memcpy(argv + 1, words, (n + 1) * sizeof(*words));
	if (!set_files(&files, how, pipe_end) || !set_signals(&attr, s))
		error = ENOMEM;
	else
		error = posix_spawnp(ret, "git", &files, &attr, argv, environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return !error || fail_spawn(error, err);
}

/* To its end, also what is too much to be kept: git must not wait for us. */
static void drain(int fd, struct text *into)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && into->len < OUTPUT_MAX)
			text_add_bytes(into, buffer, (size_t)n);
}

static bool wait_for(pid_t pid, int *ret_status, struct err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail(err, ERR_IO, "cannot wait for git: %s", strerror(errno));
	if (!WIFEXITED(status))
		return fail(err, ERR_INTERRUPTED, "git was ended by signal %d", WTERMSIG(status));
	*ret_status = WEXITSTATUS(status);
	return true;
}

static bool run_wired(const char *const *words, enum wiring how, struct text *into,
		      const struct signals *s, int *ret_status, struct err *err)
{
	int ends[2] = { -1, -1 };
	pid_t pid;
	bool ok;

	if (how != SPEAKS && pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, ERR_IO, "cannot make a pipe for git: %s", strerror(errno));
	ok = spawn(words, how, ends[1], s, &pid, err);
	fd_cleanup(&ends[1]);
	if (ok && how != SPEAKS)
		drain(ends[0], into);
	fd_cleanup(&ends[0]);
	return ok && wait_for(pid, ret_status, err);
}

static bool run(const char *const *words, enum wiring how, struct text *into, int *ret_status,
		struct err *err)
{
	struct signals s;
	bool ok;

	signals_hold(&s);
	ok = run_wired(words, how, into, &s, ret_status, err);
	signals_give_back(&s);
	return ok && (!into || text_ok(into) || fail_memory(err));
}

static void cut_line_breaks(struct text *t)
{
	while (t->len && t->s[t->len - 1] == '\n')
		t->s[--t->len] = '\0';
}

bool git_ask(const char *const *words, struct text *ret, int *ret_status, struct err *err)
{
	if (!run(words, STDOUT_IS_KEPT, ret, ret_status, err))
		return false;
	cut_line_breaks(ret);
	return true;
}

bool git_do(const char *const *words, struct text *kept, struct err *err)
{
	int status;

	if (!run(words, kept ? ALL_IS_KEPT : SPEAKS, kept, &status, err))
		return false;
	if (!status)
		return true;
	if (kept)
		cut_line_breaks(kept);
	return kept && kept->len ? fail(err, ERR_INVALID, "%s", text_str(kept))
				 : fail(err, ERR_INVALID, "git refused (exit status %d)", status);
}
