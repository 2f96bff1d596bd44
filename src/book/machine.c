#include "book/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macros.h"
#include "book/config.h"
#include "book/own.h"
#include "book/sudo.h"

/* Set-group-id, so that a kept book is the group's, too. */
#define FOLDER_MODE 02755
#define FILE_MODE   0664
#define CONFIG_MODE 0644

/* Rationale: as many bytes as a config may have (book/config.c). */
#define CONFIG_LIMIT 65536

enum state { UNCHANGED, MADE, MENDED };

struct setup {
	bool dry_run;
	gid_t group; /* -1 while it is not there: only in a dry run */
	json_t *steps;
	enum state config_state;
	struct text config; /* what it shall be, where it is to be written */
};

static bool say(struct setup *s, const char *what, enum state state, struct err *err)
{
	static const char *const names[] = { "unchanged", "made", "mended" };

	return json_append(s->steps,
			   json_pack("{s:s, s:s}", "what", what, "state", names[state])) ||
	       fail_memory(err);
}

static bool fail_errno(const char *doing, const char *path, struct err *err)
{
	bool forbidden = errno == EACCES || errno == EPERM || errno == EROFS;

	return fail(err, forbidden ? ERR_NOT_PERMITTED : ERR_IO, "cannot %s '%s': %s", doing, path,
		    strerror(errno));
}

/* ---- the group ---- */

/* False with errno ENOENT: there is no such program. */
static bool run_program(char *const words[], int *ret_status)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = { path, NULL };
	static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };
	char program[64];
	pid_t pid;

	for (unsigned i = 0; i < ARRAY_LEN(folders); i++) {
		snprintf(program, sizeof(program), "%s/%s", folders[i], words[0]);
		errno = posix_spawn(&pid, program, NULL, NULL, words, environment);
		if (errno == 0)
			return waitpid(pid, ret_status, 0) == pid;
		if (errno != ENOENT)
			return false;
	}
	return false;
}

static bool add_group(struct err *err)
{
	/* shadow's, and BusyBox's; posix_spawn takes what may be written. */
	static char group[] = MACHINE_GROUP, system_option[] = "--system", s_option[] = "-S";
	static char groupadd[] = "groupadd", addgroup[] = "addgroup";
	static char *const programs[][4] = {
		{ groupadd, system_option, group, NULL },
		{ addgroup, s_option, group, NULL },
	};
	int status = 0;

	for (unsigned i = 0; i < ARRAY_LEN(programs); i++) {
		if (run_program(programs[i], &status))
			return status == 0 ||
			       fail(err, ERR_IO, "%s could not make the group " MACHINE_GROUP,
				    programs[i][0]);
		if (errno != ENOENT)
			return fail_errno("run", programs[i][0], err);
	}
	fail(err, ERR_IO, "there is neither groupadd nor addgroup to make the group with");
	return fail_hint(err, "make the group " MACHINE_GROUP ", then ask again");
}

static bool need_group(struct setup *s, struct err *err)
{
	const struct group *g = getgrnam(MACHINE_GROUP);
	enum state state = g ? UNCHANGED : MADE;

	if (!g && !s->dry_run) {
		if (!add_group(err))
			return false;
		g = getgrnam(MACHINE_GROUP);
		if (!g)
			return fail(err, ERR_IO,
				    "the group " MACHINE_GROUP " was made and is not there");
	}
	s->group = g ? g->gr_gid : (gid_t)-1;
	return say(s, "group " MACHINE_GROUP, state, err);
}

/* ---- folder and files ---- */

static bool is_right(const struct setup *s, const struct stat *st, mode_t mode)
{
	return st->st_uid == 0 && st->st_gid == s->group && (st->st_mode & 07777) == mode;
}

static bool give(const struct setup *s, int fd, mode_t mode)
{
	return fchown(fd, 0, s->group) == 0 && fchmod(fd, mode) == 0;
}

/* A stranger's folder, or a link that leads elsewhere, is not taken over. */
static bool check_folder(const struct stat *st, struct err *err)
{
	if (!S_ISDIR(st->st_mode))
		return fail(err, ERR_INVALID, "'" MACHINE_FOLDER "' is not a folder");
	if (st->st_uid == 0)
		return true;
	fail(err, ERR_INVALID, "the folder '" MACHINE_FOLDER "' belongs to uid %u and not to root",
	     (unsigned)st->st_uid);
	return fail_hint(err, "look at what is in it; then: chown -R root: " MACHINE_FOLDER);
}

static bool open_folder(int *ret, struct err *err)
{
	*ret = open(MACHINE_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret >= 0 || fail_errno("open", MACHINE_FOLDER, err);
}

static bool need_folder(struct setup *s, struct err *err)
{
	CLEANUP(fd_cleanup) int fd = -1;
	struct stat st;
	bool is_there = lstat(MACHINE_FOLDER, &st) == 0;
	enum state state = !is_there ? MADE : is_right(s, &st, FOLDER_MODE) ? UNCHANGED : MENDED;

	if (is_there && !check_folder(&st, err))
		return false;
	if (state != UNCHANGED && !s->dry_run) {
		if (!folder_of_make(MACHINE_FOLDER "/", 0755, err) || !open_folder(&fd, err))
			return false;
		if (!give(s, fd, FOLDER_MODE))
			return fail_errno("give to the group " MACHINE_GROUP, MACHINE_FOLDER, err);
	}
	return say(s, "folder " MACHINE_FOLDER, state, err);
}

/* `*state` stays UNCHANGED where nothing had to be done. */
static bool need_file(const struct setup *s, const char *path, enum state *state, struct err *err)
{
	CLEANUP(fd_cleanup) int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno("open", path, err);
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return fail(err, ERR_INVALID,
			    "'%s' is not a file of that one name: somebody may have laid it", path);
	if (is_right(s, &st, FILE_MODE))
		return true;
	*state = *state == UNCHANGED ? MENDED : *state;
	return give(s, fd, FILE_MODE) || fail_errno("give to the group " MACHINE_GROUP, path, err);
}

static const char *const files[] = { MACHINE_BOOK, MACHINE_BOOK "-wal", MACHINE_BOOK "-shm",
				     MACHINE_BOOK "-queue" };

/* Nobody has it open in this process: closing it drops no lock. */
static bool need_files(const struct setup *s, enum state *state, struct err *err)
{
	for (unsigned i = 0; i < ARRAY_LEN(files); i++)
		if (!need_file(s, files[i], state, err))
			return false;
	return true;
}

static bool files_are_right(const struct setup *s)
{
	struct stat st;

	for (unsigned i = 0; i < ARRAY_LEN(files); i++)
		if (lstat(files[i], &st) < 0 || !S_ISREG(st.st_mode) ||
		    !is_right(s, &st, FILE_MODE))
			return false;
	return true;
}

static bool make_book(struct err *err)
{
	struct session *session;
	bool ok;

	if (!session_open(&(struct session_options){ .book = MACHINE_BOOK }, &session, err))
		return false;
	ok = session_need_book(session, ACCESS_WRITE, err);
	session_free(session);
	return ok;
}

static bool need_book(struct setup *s, struct err *err)
{
	struct stat st;
	bool is_there = lstat(MACHINE_BOOK, &st) == 0 && st.st_size > 0;
	enum state state = is_there ? UNCHANGED : MADE;

	if (s->dry_run)
		state = is_there && !files_are_right(s) ? MENDED : state;
	else if (!make_book(err) || !need_files(s, &state, err))
		return false;
	return say(s, "book " MACHINE_BOOK, state, err);
}

/* ---- the config ---- */

static bool fail_other_book(const struct config *c, struct err *err)
{
	fail(err, ERR_TAKEN, "'%s' names another book: %s", CONFIG_OF_MACHINE, c->book);
	return fail_hint(err, "if this machine shall have its own, take that line away first");
}

/* What is there may be written so that a line cannot be added: {host: a}. */
static bool check_line(const struct text *t, struct err *err)
{
	struct config then;

	if (config_parse(t, CONFIG_OF_MACHINE, &then, NULL) && !strcmp(then.book, MACHINE_BOOK))
		return true;
	fail(err, ERR_INVALID, "'%s' takes no further line", CONFIG_OF_MACHINE);
	return fail_hint(err, "put it there by hand: book: %s", MACHINE_BOOK);
}

static bool add_line(struct setup *s, struct err *err)
{
	struct text *t = &s->config;

	if (s->config_state == MENDED && !file_read(CONFIG_OF_MACHINE, CONFIG_LIMIT, t, err))
		return false;
	if (t->len && t->s[t->len - 1] != '\n')
		text_add(t, "\n");
	text_add(t, "book: " MACHINE_BOOK "\n");
	return (text_ok(t) || fail_memory(err)) && check_line(t, err);
}

/* Before anything is made: a config that names another book is the end of it. */
static bool plan_config(struct setup *s, struct err *err)
{
	struct config c;
	bool found;

	if (!config_read_file(CONFIG_OF_MACHINE, &c, &found, err))
		return false;
	if (c.book[0] && strcmp(c.book, MACHINE_BOOK) != 0)
		return fail_other_book(&c, err);
	s->config_state = c.book[0] ? UNCHANGED : found ? MENDED : MADE;
	return s->config_state == UNCHANGED || add_line(s, err);
}

static bool make_config_folder(struct err *err)
{
	struct stat st;
	bool is_there = stat("/etc/portbook", &st) == 0;

	if (!folder_of_make(CONFIG_OF_MACHINE, 0755, err))
		return false;
	return is_there || chmod("/etc/portbook", 0755) == 0 ||
	       fail_errno("open to all", "/etc/portbook", err);
}

static bool need_config(struct setup *s, struct err *err)
{
	if (s->config_state != UNCHANGED && !s->dry_run &&
	    (!make_config_folder(err) || !file_write_atomic(CONFIG_OF_MACHINE, text_str(&s->config),
							    s->config.len, CONFIG_MODE, err)))
		return false;
	return say(s, "config " CONFIG_OF_MACHINE, s->config_state, err);
}

/* ---- who called ---- */

static bool is_member(const struct setup *s, const struct sudo_user *u)
{
	gid_t groups[256];
	int count = ARRAY_LEN(groups);

	if (s->group == (gid_t)-1 || getgrouplist(u->name, u->gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == s->group)
			return true;
	return false;
}

static bool put_caller(const struct setup *s, json_t *answer)
{
	char book[PATH_MAX + 64];
	struct sudo_user u;
	struct stat st;

	if (!sudo_find(&u))
		return json_put_text(answer, "user", NULL) &&
		       json_put_text(answer, "userBook", NULL);
	snprintf(book, sizeof(book), "%s/.local/share/portbook/book.db", u.home);
	return json_put_text(answer, "user", is_member(s, &u) ? NULL : u.name) &&
	       json_put_text(answer, "userBook", stat(book, &st) == 0 ? book : NULL);
}

/* ---- all of it ---- */

static bool run_steps(struct setup *s, struct err *err)
{
	static bool (*const steps[])(struct setup *, struct err *) = {
		need_group,
		need_folder,
		need_book,
		need_config,
	};

	for (unsigned i = 0; i < ARRAY_LEN(steps); i++)
		if (!steps[i](s, err))
			return false;
	return true;
}

static bool check_root(struct err *err)
{
	if (geteuid() == 0)
		return true;
	fail(err, ERR_NOT_PERMITTED, "only root can set up a book for all users of this machine");
	return fail_hint(err, "sudo portbook setup --machine");
}

static json_t *report(const struct setup *s)
{
	json_t *answer = json_pack("{s:b, s:b, s:s, s:s, s:s, s:O}", "success", 1, "dryRun",
				   s->dry_run, "book", MACHINE_BOOK, "config", CONFIG_OF_MACHINE,
				   "group", MACHINE_GROUP, "steps", s->steps);

	if (answer && put_caller(s, answer))
		return answer;
	json_decref(answer);
	return NULL;
}

static void setup_release(struct setup *s)
{
	json_decref(s->steps);
	text_release(&s->config);
}

bool machine_setup(bool dry_run, json_t **ret, struct err *err)
{
	CLEANUP(setup_release) struct setup s = { .dry_run = dry_run, .steps = json_array() };

	if (!s.steps)
		return fail_memory(err);
	if ((!dry_run && !check_root(err)) || !plan_config(&s, err) || !run_steps(&s, err))
		return false;
	*ret = report(&s);
	return *ret || fail_memory(err);
}
