/* Copies of sockets that listen.  A guard, if one runs here, holds none of these ports. */
#include "lib/check.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/copies.h"

struct rig {
	struct copies copies;
	struct guard_client guard;
	uint16_t port;
};

static int listener_on(const char *address, uint16_t *port, int option)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(*port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(at);
	const int on = 1;

	at.sin_addr.s_addr = inet_addr(address);
	CHECK(setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)) == 0);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 4) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &size) == 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static ino_t number_of(int fd)
{
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	return st.st_ino;
}

static void set_up(struct rig *r)
{
	*r = (struct rig){ .copies = COPIES_NONE, .guard = { .fd = -1 } };
}

/* With all that is open here. */
static pid_t fork_one(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	CHECK(pid > 0);
	return pid;
}

static void end(pid_t pid)
{
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

/* A program listens, and nobody else has its socket. */
static pid_t keep_of_program(struct rig *r, const char *address, ino_t *ret_socket)
{
	CLEANUP(fd_cleanup) int fd = listener_on(address, &r->port, SO_REUSEADDR);
	pid_t program = fork_one();

	copies_add(&r->copies, r->port, fd, program, fd);
	*ret_socket = number_of(fd);
	return program;
}

/* It has ended: the copy is the only one. */
static ino_t keep_one(struct rig *r, const char *address)
{
	ino_t socket;

	end(keep_of_program(r, address, &socket));
	return socket;
}

static int try_to_connect(uint16_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CLEANUP(fd_cleanup) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
}

static int try_to_bind(uint16_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CLEANUP(fd_cleanup) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
	return bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
}

static unsigned count_open(void)
{
	DIR *all = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(all))
		count++;
	closedir(all);
	return count;
}

/* Whether some process could be found by its open files to have the socket. */
static bool is_open_here(ino_t number)
{
	DIR *all = opendir("/proc/self/fd");
	const struct dirent *one;
	bool found = false;

	while ((one = readdir(all))) {
		struct stat st;

		found = found || (fstatat(dirfd(all), one->d_name, &st, 0) == 0 &&
				  st.st_ino == number && S_ISSOCK(st.st_mode));
	}
	closedir(all);
	return found;
}

static void test_copy__keeps_the_port_and_is_no_open_file(void **state)
{
	unsigned before = count_open();
	struct rig r;
	ino_t number;

	set_up(&r);
	number = keep_one(&r, "127.0.0.1");
	CHECK(r.copies.count == 1 && !is_open_here(number));
	CHECK(try_to_bind(r.port) == EADDRINUSE);
	copies_end(&r.copies, &r.guard);
	/* There is no guard to give it to. */
	CHECK(try_to_bind(r.port) == 0 && count_open() == before);
}

static void test_copy__is_made_once_of_a_socket(void **state)
{
	CLEANUP(fd_cleanup) int fd = -1;
	struct rig r;
	pid_t program;

	set_up(&r);
	fd = listener_on("127.0.0.1", &r.port, SO_REUSEADDR);
	program = fork_one();
	copies_add(&r.copies, r.port, fd, program, fd);
	copies_add(&r.copies, r.port, fd, program, fd);
	CHECK(r.copies.count == 1);
	end(program);
	copies_end(&r.copies, &r.guard);
}

static void test_copy__is_not_made_of_what_programs_share(void **state)
{
	CLEANUP(fd_cleanup) int fd = -1;
	struct rig r;

	set_up(&r);
	fd = listener_on("127.0.0.1", &r.port, SO_REUSEPORT);
	copies_add(&r.copies, r.port, fd, getpid(), fd);
	CHECK(r.copies.count == 0 && r.copies.wakes == -1);
}

static void test_copy__beyond_the_most_are_not_made(void **state)
{
	struct rig r;

	set_up(&r);
	for (unsigned i = 0; i <= COPIES_MAX; i++) {
		r.port = 0;
		keep_one(&r, "127.0.0.1");
	}
	CHECK(r.copies.count == COPIES_MAX && try_to_bind(r.port) == 0);
	copies_end(&r.copies, &r.guard);
}

static void test_copy__is_given_up_when_its_socket_is_shared_by_then(void **state)
{
	CLEANUP(fd_cleanup) int fd = -1;
	const int on = 1;
	struct rig r;
	pid_t program;

	set_up(&r);
	fd = listener_on("127.0.0.1", &r.port, SO_REUSEADDR);
	program = fork_one();
	copies_add(&r.copies, r.port, fd, program, fd);
	CHECK(copies_hold(&r.copies, r.port) == -1 && r.copies.count == 1);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
	CHECK(copies_hold(&r.copies, r.port) == -1 && r.copies.count == 0);
	end(program);
	copies_end(&r.copies, &r.guard);
}

static void test_hold__only_what_nobody_has(void **state)
{
	CLEANUP(fd_cleanup) int held = -1;
	struct rig r;
	pid_t child;
	int fd;

	set_up(&r);
	fd = listener_on("127.0.0.1", &r.port, SO_REUSEADDR);
	/* This process is no program; who has a socket is looked for in the others. */
	copies_add(&r.copies, r.port, fd, getpid(), fd);
	CHECK(copies_hold(&r.copies, (uint16_t)(r.port ^ 1)) == -1);
	CHECK(copies_hold(&r.copies, r.port) == -1 && r.copies.count == 1);
	child = fork_one();
	close(fd);
	/* One that was started has it still, and also where it does not listen for a while. */
	CHECK(copies_hold(&r.copies, r.port) == -1 && r.copies.items[0].pid == child);
	CHECK(try_to_connect(r.port) == 0);
	end(child);
	held = copies_hold(&r.copies, r.port);
	CHECK(held >= 0 && r.copies.count == 0);
	CHECK(try_to_connect(r.port) == ECONNREFUSED && try_to_bind(r.port) == EADDRINUSE);
	copies_end(&r.copies, &r.guard);
}

/* It listens still, on another address. */
static void test_hold__what_is_left_of_some_is_not_in_the_way(void **state)
{
	struct rig r;
	pid_t program;
	ino_t socket;

	set_up(&r);
	program = keep_of_program(&r, "127.0.0.2", &socket);
	keep_one(&r, "127.0.0.1");
	CHECK(r.copies.count == 2 && try_to_bind(r.port) == EADDRINUSE);
	CHECK(copies_hold(&r.copies, r.port) == -1);
	CHECK(r.copies.count == 1 && try_to_bind(r.port) == 0);
	end(program);
	copies_end(&r.copies, &r.guard);
}

static void test_look__is_due_when_the_process_has_ended(void **state)
{
	struct rig r;
	struct pollfd one;
	ino_t socket;
	pid_t child;

	set_up(&r);
	child = keep_of_program(&r, "127.0.0.1", &socket);
	copies_look(&r.copies, &r.guard);
	CHECK(r.copies.count == 1 && try_to_connect(r.port) == 0);
	one = (struct pollfd){ .fd = r.copies.items[0].process, .events = POLLIN };
	kill(child, SIGKILL);
	CHECK(poll(&one, 1, 20000) == 1);
	one.fd = r.copies.wakes;
	CHECK(poll(&one, 1, 0) == 1);
	copies_look(&r.copies, &r.guard);
	/* There is no guard to give it to, and nothing wakes any more. */
	CHECK(r.copies.count == 0 && poll(&one, 1, 0) == 0 && try_to_bind(r.port) == 0);
	CHECK(waitpid(child, NULL, 0) == child);
	copies_end(&r.copies, &r.guard);
}

static void test_look__is_due_after_a_while(void **state)
{
	struct rig r;
	struct pollfd one;

	set_up(&r);
	keep_one(&r, "127.0.0.1");
	one = (struct pollfd){ .fd = r.copies.wakes, .events = POLLIN };
	CHECK(poll(&one, 1, 20000) == 1);
	copies_look(&r.copies, &r.guard);
	CHECK(r.copies.count == 0 && try_to_connect(r.port) == ECONNREFUSED);
	copies_end(&r.copies, &r.guard);
}

/* Its filter is gone by then, and its files are still open. */
static void test_end__waits_for_who_still_ends(void **state)
{
	struct rig r;
	pid_t child;
	int fd;

	set_up(&r);
	fd = listener_on("127.0.0.1", &r.port, SO_REUSEADDR);
	child = fork();
	if (child == 0) {
		alarm(1);
		pause();
	}
	copies_add(&r.copies, r.port, fd, child, fd);
	close(fd);
	copies_end(&r.copies, &r.guard);
	CHECK(waitpid(child, NULL, 0) == child);
	CHECK(try_to_bind(r.port) == 0);
}

static void test_end__leaves_alone_who_was_given_the_socket(void **state)
{
	struct rig r;
	pid_t child, other;
	int fd;

	set_up(&r);
	fd = listener_on("127.0.0.1", &r.port, SO_REUSEADDR);
	child = fork_one();
	other = fork_one();
	copies_add(&r.copies, r.port, fd, child, fd);
	close(fd);
	end(child);
	copies_end(&r.copies, &r.guard);
	CHECK(try_to_connect(r.port) == 0 && try_to_bind(r.port) == EADDRINUSE);
	end(other);
	CHECK(try_to_bind(r.port) == 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy__keeps_the_port_and_is_no_open_file),
		cmocka_unit_test(test_copy__is_made_once_of_a_socket),
		cmocka_unit_test(test_copy__is_not_made_of_what_programs_share),
		cmocka_unit_test(test_copy__beyond_the_most_are_not_made),
		cmocka_unit_test(test_copy__is_given_up_when_its_socket_is_shared_by_then),
		cmocka_unit_test(test_hold__only_what_nobody_has),
		cmocka_unit_test(test_hold__what_is_left_of_some_is_not_in_the_way),
		cmocka_unit_test(test_look__is_due_when_the_process_has_ended),
		cmocka_unit_test(test_look__is_due_after_a_while),
		cmocka_unit_test(test_end__waits_for_who_still_ends),
		cmocka_unit_test(test_end__leaves_alone_who_was_given_the_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
