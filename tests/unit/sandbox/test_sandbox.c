/* What a process may still do in the sandbox of portbook-serve (sandbox/sandbox.h). */
#include "lib/check.h"
#include "lib/folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sandbox/calls.h"
#include "sandbox/sandbox.h"

static const struct folder *own, *other;

/* Each gives 0 where it was done, and else why not. */

static int opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int result(long answer)
{
	return answer < 0 ? errno : 0;
}

static int read_own(void)
{
	return opens(folder_path(own, "book"), O_RDWR);
}

static int make_own(void)
{
	return opens(folder_path(own, "new"), O_RDWR | O_CREAT | O_EXCL);
}

static int remove_own(void)
{
	return result(unlink(folder_path(own, "book")));
}

static int read_other(void)
{
	return opens(folder_path(other, "file"), O_RDONLY);
}

static int write_other(void)
{
	return opens(folder_path(other, "file"), O_WRONLY);
}

static int make_other(void)
{
	return opens(folder_path(other, "new"), O_WRONLY | O_CREAT);
}

static int read_shadow(void)
{
	return opens("/etc/shadow", O_RDONLY);
}

static int read_passwd(void)
{
	return opens("/etc/passwd", O_RDONLY);
}

static int read_a_process(void)
{
	return opens("/proc/1/environ", O_RDONLY);
}

static int run_a_program(void)
{
	return result(execl("/bin/true", "true", (char *)NULL));
}

static int fork_itself(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int end_its_parent(void)
{
	return result(kill(getppid(), SIGKILL));
}

static int ask_of_its_parent(void)
{
	return result(kill(getppid(), 0));
}

static int trace_its_parent(void)
{
	return result(ptrace(PTRACE_SEIZE, getppid(), 0, 0));
}

static int become_root(void)
{
	return result(setuid(0));
}

static int mount_something(void)
{
	return result(mount("none", "/mnt", "tmpfs", 0, NULL));
}

static int unshare_users(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static int send_raw(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static int ask_netlink(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG));
}

static int type_for_the_user(void)
{
	return result(ioctl(STDIN_FILENO, TIOCSTI, "x"));
}

static int with_loopback(int (*fn)(int, const struct sockaddr *, socklen_t))
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_addr = { htonl(INADDR_LOOPBACK) },
					.sin_port = htons(1) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? errno : result(fn(fd, (const struct sockaddr *)&at, sizeof(at)));
}

static int listen_elsewhere(void)
{
	return with_loopback(bind);
}

static int connect_elsewhere(void)
{
	return with_loopback(connect);
}

static void *nothing(void *arg)
{
	return arg;
}

static int start_a_thread(void)
{
	pthread_t thread;
	int why = pthread_create(&thread, NULL, nothing, NULL);

	if (!why)
		pthread_join(thread, NULL);
	return why;
}

/* In a child, which ends with the answer. */

static struct sandbox sandbox_of(bool may_connect)
{
	struct sandbox s = { .may_connect = may_connect };
	struct err err = { 0 };

	CHECK(sandbox_allow(&s, own->path, LANDLOCK_WRITE, &err));
	return s;
}

static int try_inside(const struct sandbox *s, int (*attempt)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct text missing = { 0 };
		struct err err = { 0 };

		_exit(sandbox_enter(s, &missing, &err) ? attempt() : 255);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

enum by { BY_FILES, BY_PORTS, BY_CALLS };

static bool is_there(enum by what)
{
	switch (what) {
	case BY_FILES: return landlock_version() > 0;
	case BY_PORTS: return landlock_version() >= 4;
	case BY_CALLS: return calls_can_close();
	}
	return false;
}

static void test_sandbox__keeps_from_what_is_not_its_own(void **state)
{
	static const struct {
		const char *what;
		int (*attempt)(void);
		enum by by;
		int why, or_why;
	} rows[] = {
		{ "read another folder", read_other, BY_FILES, EACCES, 0 },
		{ "write into another folder", write_other, BY_FILES, EACCES, 0 },
		{ "make a file elsewhere", make_other, BY_FILES, EACCES, 0 },
		{ "read passwords", read_shadow, BY_FILES, EACCES, 0 },
		{ "read what a process has", read_a_process, BY_CALLS, EACCES, 0 },
		{ "run a program", run_a_program, BY_FILES, EPERM, EACCES },
		{ "fork", fork_itself, BY_CALLS, EPERM, 0 },
		{ "end a process", end_its_parent, BY_CALLS, EPERM, 0 },
		{ "ask of a process", ask_of_its_parent, BY_CALLS, EPERM, 0 },
		{ "trace a process", trace_its_parent, BY_CALLS, EPERM, 0 },
		{ "become another user", become_root, BY_CALLS, EPERM, 0 },
		{ "mount", mount_something, BY_CALLS, EPERM, 0 },
		{ "make a namespace", unshare_users, BY_CALLS, EPERM, 0 },
		{ "send any packet", send_raw, BY_CALLS, EPERM, 0 },
		{ "type into the terminal", type_for_the_user, BY_CALLS, EPERM, 0 },
		{ "listen on another port", listen_elsewhere, BY_PORTS, EACCES, 0 },
		{ "connect to a port", connect_elsewhere, BY_PORTS, EACCES, 0 },
	};
	const struct sandbox s = sandbox_of(false);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int got;

		if (!is_there(rows[i].by))
			continue;
		got = try_inside(&s, rows[i].attempt);
		CHECK(got == rows[i].why || got == rows[i].or_why, "%s: %d", rows[i].what, got);
		CHECK(got, "%s: it could", rows[i].what);
	}
}

static void test_sandbox__leaves_what_it_needs(void **state)
{
	static const struct {
		const char *what;
		int (*attempt)(void);
	} rows[] = {
		{ "read its own", read_own },	      { "make a file", make_own },
		{ "remove a file", remove_own },      { "know of users", read_passwd },
		{ "start a thread", start_a_thread }, { "ask netlink", ask_netlink },
	};
	const struct sandbox s = sandbox_of(false);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int got = try_inside(&s, rows[i].attempt);

		CHECK(got == 0, "%s: %s", rows[i].what, strerror(got));
	}
}

static void test_sandbox__of_a_book_on_a_server_lets_it_connect(void **state)
{
	const struct sandbox s = sandbox_of(true);

	(void)state;
	CHECK(try_inside(&s, connect_elsewhere) == ECONNREFUSED);
}

static void test_sandbox__reads_folders_where_it_is_to(void **state)
{
	struct sandbox s = sandbox_of(false);

	(void)state;
	s.reads_folders = true;
	CHECK(try_inside(&s, read_other) == 0);
	if (is_there(BY_FILES)) {
		CHECK(try_inside(&s, write_other) == EACCES);
		CHECK(try_inside(&s, read_shadow) == EACCES || geteuid() != 0);
	}
}

static void test_sandbox__that_kills_ends_who_does_what_it_may_not(void **state)
{
	struct sandbox s = sandbox_of(false);

	(void)state;
	s.kills = true;
	if (is_there(BY_CALLS))
		CHECK(try_inside(&s, fork_itself) == -SIGSYS);
	CHECK(try_inside(&s, start_a_thread) == 0);
}

static void test_sandbox__says_what_is_missing_and_nothing_else(void **state)
{
	const struct sandbox s = sandbox_of(false);
	bool all = is_there(BY_PORTS) && is_there(BY_CALLS);
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		struct text missing = { 0 };
		struct err err = { 0 };
		bool ok = sandbox_enter(&s, &missing, &err);

		_exit(ok && (missing.len == 0) == all ? 0 : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sandbox__keeps_from_what_is_not_its_own),
		cmocka_unit_test(test_sandbox__leaves_what_it_needs),
		cmocka_unit_test(test_sandbox__of_a_book_on_a_server_lets_it_connect),
		cmocka_unit_test(test_sandbox__reads_folders_where_it_is_to),
		cmocka_unit_test(test_sandbox__that_kills_ends_who_does_what_it_may_not),
		cmocka_unit_test(test_sandbox__says_what_is_missing_and_nothing_else),
	};
	CLEANUP(folder_cleanup) struct folder mine = folder_make();
	CLEANUP(folder_cleanup) struct folder others = folder_make();

	own = &mine;
	other = &others;
	folder_write(own, "book", "");
	folder_write(other, "file", "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
