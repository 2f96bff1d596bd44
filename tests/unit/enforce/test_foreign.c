#include "lib/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enforce/foreign.h"

static void test_address__has_a_port_where_the_kernel_reads_one(void **state)
{
	static const struct {
		size_t len;
		bool has_port;
	} row[] = { { 0, false }, { 1, false }, { 4, false },  { 15, false },
		    { 16, true }, { 28, true }, { 128, true }, { 1000, true } };
	unsigned char bytes[1000] = { AF_INET, 0, 0x0b, 0xb8 };

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct foreign_address a = address_read(bytes, row[i].len);

		CHECK(a.has_port == row[i].has_port, "row %zu", i);
		CHECK(a.port == (row[i].has_port ? 3000 : 0), "row %zu", i);
		CHECK(a.len == (row[i].len > ADDRESS_MAX ? ADDRESS_MAX : row[i].len), "row %zu", i);
		CHECK(!memcmp(a.bytes, bytes, a.len), "row %zu", i);
	}
}

static void test_address__gets_another_port_and_keeps_the_rest(void **state)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6,
				   .sin6_port = htons(3000),
				   .sin6_scope_id = 7 };
	struct foreign_address a = address_read(&at, sizeof(at));

	at.sin6_port = htons(3100);
	address_set_port(&a, 3100);
	CHECK(a.port == 3100 && !memcmp(a.bytes, &at, sizeof(at)));
	a = address_read(&at, 2);
	address_set_port(&a, 4000);
	CHECK(!a.port, "what has no port gets none");
}

static void test_call__is_read_in_each_abi(void **state)
{
	static const uint32_t words[3] = { 5, 0x1000, 16 };
	static const struct {
		struct seccomp_data data;
		bool in_memory;
		struct socket_call want;
	} row[] = {
		{ { 49, AUDIT_ARCH_X86_64, 0, { 4, 0x7fff00001000, 28 } },
		  false,
		  { CALL_BIND, 4, 0x7fff00001000, 28, 0x1000 } },
		{ { 50, AUDIT_ARCH_X86_64, 0, { 4, 128 } },
		  false,
		  { CALL_LISTEN, 4, 128, 0, 128 } },
		{ { 361, AUDIT_ARCH_I386, 0, { 4, 64, 16 } }, false, { CALL_BIND, 4, 64, 16, 64 } },
		{ { 102, AUDIT_ARCH_I386, 0, { 2, 99 } },
		  true,
		  { CALL_BIND, 5, 0x1000, 16, 0x1000 } },
		{ { 102, AUDIT_ARCH_I386, 0, { 4, 99 } },
		  true,
		  { CALL_LISTEN, 5, 0x1000, 16, 0x1000 } },
		{ { 102, AUDIT_ARCH_I386, 0, { 3, 99 } },
		  true,
		  { CALL_OF_NO_SOCKET, 5, 0x1000, 16, 0x1000 } },
		{ { 102, AUDIT_ARCH_X86_64, 0, { 2 } }, false, { CALL_OF_NO_SOCKET, 2, 0, 0, 0 } },
		{ { 200, AUDIT_ARCH_AARCH64, 0, { 3, 1, 2 } }, false, { CALL_BIND, 3, 1, 2, 1 } },
		/* A length of more than an int is a negative one, as to the kernel. */
		{ { 49, AUDIT_ARCH_X86_64, 0, { 4, 1, 0xffffffff } },
		  false,
		  { CALL_BIND, 4, 1, -1, 1 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint64_t at;
		struct socket_call got = call_read(&row[i].data, words);

		CHECK(call_has_words(&row[i].data, &at) == row[i].in_memory, "row %zu", i);
		CHECK(got.kind == row[i].want.kind && got.fd == row[i].want.fd &&
			      got.address == row[i].want.address &&
			      got.length == row[i].want.length &&
			      got.backlog == row[i].want.backlog,
		      "row %zu: %d %d %llx %d %d", i, (int)got.kind, got.fd,
		      (unsigned long long)got.address, got.length, got.backlog);
	}
}

static void test_name__has_nothing_that_moves_a_cursor(void **state)
{
	char name[] = "a\033[2J\n\x7f\xc3\xa4 b";

	name_make_safe(name);
	CHECK(!strcmp(name, "a?[2J???? b"), "%s", name);
}

static void test_foreign__reads_a_process_or_says_why_not(void **state)
{
	char here[4] = "abc", got[4];
	char program[PROGRAM_SIZE];
	int held = foreign_hold(getpid());

	CHECK(foreign_read(getpid(), (uintptr_t)here, got, sizeof(got)) && !strcmp(got, "abc"));
	CHECK(!foreign_read(getpid(), 8, got, sizeof(got)) && errno == EFAULT);
	CHECK(foreign_read(getpid(), 8, got, 0), "nothing is read of nowhere");
	CHECK(held >= 0 && foreign_descriptor(held, 9999) < 0 && errno == EBADF);
	CHECK(foreign_parent(getpid()) == getppid() && foreign_of_thread(getpid()) == getpid());
	CHECK(foreign_start(getpid()) > 0 && foreign_start(-1) == 0);
	foreign_program(getpid(), program);
	CHECK(!strncmp(program, "unit_enforce_te", 15), "%s", program);
	close(held);
}

static ino_t number_of(int fd)
{
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	return st.st_ino;
}

static pid_t fork_one(bool closes_all)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (closes_all)
			(void)syscall(SYS_close_range, 0, ~0U, 0);
		raise(SIGSTOP);
	}
	CHECK(pid > 0 && waitpid(pid, NULL, WUNTRACED) == pid);
	return pid;
}

static void end(pid_t pid)
{
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

static void test_has__is_said_where_it_can_be_seen(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ino_t socket = number_of(fd);
	pid_t child = fork_one(false), bare = fork_one(true);

	CHECK(foreign_has(child, fd, socket) == HAS_IT);
	CHECK(foreign_has(child, fd, socket + 1) == HAS_NOT);
	CHECK(foreign_has(child, 9999, socket) == HAS_NOT);
	/* As one whose first thread has ended, or which ends. */
	CHECK(foreign_has(bare, fd, socket) == HAS_IT);
	CHECK(!foreign_is_ending(child) && !foreign_is_ending(bare));
	CHECK(kill(child, SIGKILL) == 0 &&
	      waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT) == 0);
	CHECK(foreign_is_ending(child) && foreign_has(child, fd, socket) == HAS_IT);
	CHECK(waitpid(child, NULL, 0) == child);
	CHECK(foreign_has(child, fd, socket) == HAS_UNSEEN);
	end(bare);
	close(fd);
}

static void test_find__is_of_another_process(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), found;
	ino_t socket = number_of(fd);
	pid_t pid, child;

	CHECK(!foreign_find(socket, &pid, &found));
	child = fork_one(false);
	CHECK(foreign_find(socket, &pid, &found) && pid == child && found == fd);
	end(child);
	CHECK(!foreign_find(socket, &pid, &found));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address__has_a_port_where_the_kernel_reads_one),
		cmocka_unit_test(test_address__gets_another_port_and_keeps_the_rest),
		cmocka_unit_test(test_call__is_read_in_each_abi),
		cmocka_unit_test(test_name__has_nothing_that_moves_a_cursor),
		cmocka_unit_test(test_foreign__reads_a_process_or_says_why_not),
		cmocka_unit_test(test_has__is_said_where_it_can_be_seen),
		cmocka_unit_test(test_find__is_of_another_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
