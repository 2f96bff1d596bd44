/*
 * app/small.c - main() of `portbook` where it is linked statically: the commands of every
 * moment, and the way to the whole program.
 *
 * A loader and its libraries take as long as all that a `get` has to do besides
 * (docs/decisions/0068).  So `get`, `check` and `run` do without them, and all else becomes
 * `portbook-whole`, of the same code, linked with libc as usual.
 *
 * Two things of libc ask for libraries at run time: dlopen(), and the tables of users and
 * groups, which may come from anywhere (nsswitch.conf(5)).  Their names are given here. Users
 * are looked up in /etc/passwd; for whoever is not there, for groups and for libraries,
 * the command begins anew in the whole program.  That is as if it had been killed, which no
 * book minds, and it comes before anything is said.
 *
 * Where the whole program is not installed, this one does what it can.
 */
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/process.h"
#include "base/macros.h"
#include "cli/cli.h"
#include "cli/helper.h"

static char **words;
static pid_t begun;

/* That the time of a `run` is over is heard by who has begun anew, and not on the way (cmd_run.c). */
static void hear_alarm(bool hears)
{
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	(void)sigprocmask(hears ? SIG_UNBLOCK : SIG_BLOCK, &alarm, NULL);
}

static bool is_run(void)
{
	return words[0] && words[1] && !strcmp(words[1], "run");
}

static bool become_whole(struct err *err)
{
	return helper_become("portbook-whole", words, err);
}

/* What this program cannot do is asked for.  It goes on where it has to, and has said why. */
static void need_whole(void)
{
	static bool is_said;
	struct err err = { 0 };

	/* A process that was forked has a part of its own, and cannot begin anew. */
	if (getpid() != begun)
		return;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* what was forked is not handed on */
	if (is_run())
		hear_alarm(false);
	if (!become_whole(&err) && !is_said)
		fprintf(stderr, "portbook: note: %s\n", err.text);
	if (is_run())
		hear_alarm(true);
	is_said = true;
}

/* libc's own names of parameters are reserved. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* ---- libraries ---- */

void *dlopen(const char *file, int how)
{
	(void)file;
	(void)how;
	need_whole();
	return NULL;
}

void *dlsym(void *restrict library, const char *restrict name)
{
	(void)library;
	(void)name;
	return NULL;
}

/* ---- users and groups ---- */

static bool next_user(FILE *file, struct passwd *ret, char *buffer, size_t size, int *ret_error)
{
	struct passwd *user;

	*ret_error = fgetpwent_r(file, ret, buffer, size, &user);
	return *ret_error == 0;
}

/* 0 and NULL: nobody has that number; else an errno. */
int getpwuid_r(uid_t uid, struct passwd *restrict entry, char *restrict buffer, size_t size,
	       struct passwd **restrict ret)
{
	FILE *file = fopen("/etc/passwd", "re");
	int error = ENOENT;

	*ret = NULL;
	while (file && !*ret && next_user(file, entry, buffer, size, &error))
		if (entry->pw_uid == uid)
			*ret = entry;
	if (file)
		fclose(file);
	if (!*ret && error != ERANGE)
		need_whole();
	return *ret || error == ENOENT ? 0 : error;
}

struct passwd *getpwuid(uid_t uid)
{
	/* Rationale: as PASSWD_MAX of base/caller.c. */
	static char buffer[4096];
	static struct passwd entry;
	struct passwd *user = NULL;

	return getpwuid_r(uid, &entry, buffer, sizeof(buffer), &user) == 0 ? user : NULL;
}

struct passwd *getpwnam(const char *name)
{
	(void)name;
	need_whole();
	return NULL;
}

struct group *getgrnam(const char *name)
{
	(void)name;
	need_whole();
	return NULL;
}

int getgrgid_r(gid_t gid, struct group *restrict entry, char *restrict buffer, size_t size,
	       struct group **restrict ret)
{
	(void)gid;
	(void)entry;
	(void)buffer;
	(void)size;
	need_whole();
	*ret = NULL;
	return 0;
}

int getgrouplist(const char *user, gid_t group, gid_t *groups, int *count)
{
	(void)user;
	need_whole();
	if (*count < 1)
		return -1;
	groups[0] = group;
	return *count = 1;
}

int initgroups(const char *user, gid_t group)
{
	(void)user;
	(void)group;
	need_whole();
	errno = EPERM;
	return -1;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* ---- */

/* By its first word: an option before the command takes the longer way. */
static bool is_small(const char *word)
{
	static const char *const commands[] = { "get", "check", "run" };

	for (unsigned i = 0; word && i < ARRAY_LEN(commands); i++)
		if (!strcmp(word, commands[i]))
			return true;
	return false;
}

/*
 * A process that `run` forks tells the book whose it is, and below sudo becomes that user: it cannot
 * ask for the whole program any more.
 */
static void ask_before_forks(const char *word)
{
	if (strcmp(word, "run") != 0)
		return;
	if (geteuid() == 0 && getenv("SUDO_UID"))
		need_whole();
	(void)getpwuid(geteuid());
}

/* As they were given: reading options puts them into another order. */
static bool keep_words(int argc, char **argv)
{
	words = calloc((size_t)argc + 1, sizeof(*words));
	if (words)
		memcpy(words, argv, (size_t)argc * sizeof(*words));
	return words != NULL;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };

	begun = getpid();
	if (!keep_words(argc, argv))
		words = argv;
	if (!is_small(argc > 1 ? argv[1] : NULL))
		(void)!become_whole(&err);
	else
		ask_before_forks(argv[1]);
	process_prepare();
	/* As main.c says. */
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	return cli_main(argc, argv);
}
