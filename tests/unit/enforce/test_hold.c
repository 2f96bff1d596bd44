/* Holding a port against strangers, of this process and of another one that never stops trying. */
#include "lib/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/hold.h"

/* Rationale: closing and binding loses 115 to 3,398 of so many. */
#define HANDOVERS 5000

static union {
	struct sockaddr any;
	struct sockaddr_in v4;
} here = { .v4 = { .sin_family = AF_INET } };

static int stranger(int type, int option)
{
	const int on = 1;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (option)
		CHECK(setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)) == 0);
	return fd;
}

/* A port that nobody has; others of this machine may take theirs meanwhile. */
static uint16_t free_port(void)
{
	CLEANUP(fd_cleanup) int fd = stranger(SOCK_STREAM, 0);
	struct sockaddr_in got = { 0 };
	socklen_t size = sizeof(got);

	here.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	here.v4.sin_port = 0;
	CHECK(bind(fd, &here.any, sizeof(here)) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&got, &size) == 0);
	here.v4.sin_port = got.sin_port;
	return ntohs(got.sin_port);
}

static bool is_on(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	CHECK(getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0);
	return value != 0;
}

static void test_hold__keeps_strangers_out_whatever_they_ask_for(void **state)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };
	uint16_t port = free_port();
	struct err err = { 0 };

	for (unsigned p = 0; p < PROTO_COUNT; p++) {
		CLEANUP(fd_cleanup) int held = -1;

		CHECK(hold_port((enum protocol)p, port, false, &held, &err), "%s", err.text);
		for (size_t i = 0; i < ARRAY_LEN(options); i++) {
			CLEANUP(fd_cleanup) int fd = stranger(types[p], options[i]);

			CHECK(bind(fd, &here.any, sizeof(here)) < 0 && errno == EADDRINUSE,
			      "%u %zu", p, i);
		}
	}
}

static void test_hold__a_port_that_somebody_has_is_taken(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR), held = -1;
	struct err err = { 0 };

	CHECK(bind(owner, &here.any, sizeof(here)) == 0 && listen(owner, 1) == 0);
	CHECK(!hold_port(PROTO_TCP, port, false, &held, &err) && err.code == ERR_TAKEN);
	CHECK(!hold_port(PROTO_TCP, port, true, &held, &err) && err.code == ERR_TAKEN);
	CHECK(held == -1);
}

/* Who hangs up first keeps the connection for a minute. */
static void leave_remains(void)
{
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR), client = -1;
	int accepted;
	char byte;

	CHECK(bind(owner, &here.any, sizeof(here)) == 0 && listen(owner, 1) == 0);
	client = stranger(SOCK_STREAM, 0);
	CHECK(connect(client, &here.any, sizeof(here)) == 0);
	accepted = accept(owner, NULL, NULL);
	CHECK(accepted >= 0 && close(accepted) == 0);
	CHECK(read(client, &byte, 1) == 0);
}

static void test_hold__gets_past_what_remains_of_connections(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int held = -1, other = stranger(SOCK_STREAM, SO_REUSEADDR);
	struct err err = { 0 };

	leave_remains();
	CHECK(!hold_port(PROTO_TCP, port, false, &held, &err) && err.code == ERR_TAKEN);
	CHECK(hold_port(PROTO_TCP, port, true, &held, &err), "%s", err.text);
	CHECK(bind(other, &here.any, sizeof(here)) < 0 && errno == EADDRINUSE);
}

static void test_hand_over__leaves_the_owner_as_it_was(void **state)
{
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		uint16_t port = free_port();
		CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, options[i]), held = -1;
		struct handed was;
		struct err err = { 0 };

		CHECK(hold_port(PROTO_TCP, port, false, &held, &err), "%s", err.text);
		CHECK(hold_hand_over(held, owner, &here.any, sizeof(here), &was) == 0);
		fd_cleanup(&held);
		held = -1;
		CHECK(!is_on(owner, SO_REUSEADDR) && !is_on(owner, SO_REUSEPORT));
		CHECK(was.held == -1 && hold_listen(owner, 1, &was) == 0);
		CHECK(is_on(owner, SO_REUSEADDR) == (options[i] == SO_REUSEADDR));
		CHECK(is_on(owner, SO_REUSEPORT) == (options[i] == SO_REUSEPORT));
	}
}

static void hand_over_past_remains(int option)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, option), held = -1;
	CLEANUP(fd_cleanup) int other = stranger(SOCK_STREAM, SO_REUSEADDR);
	CLEANUP(fd_cleanup) int third = stranger(SOCK_STREAM, SO_REUSEPORT);
	struct handed was;
	struct err err = { 0 };

	leave_remains();
	CHECK(hold_port(PROTO_TCP, port, true, &held, &err), "%s", err.text);
	CHECK(hold_hand_over(held, owner, &here.any, sizeof(here), &was) == 0);
	CHECK(was.held == held);
	CHECK(bind(other, &here.any, sizeof(here)) < 0 && errno == EADDRINUSE);
	CHECK(hold_listen(owner, 1, &was) == 0);
	CHECK(is_on(owner, SO_REUSEADDR) == (option == SO_REUSEADDR));
	CHECK(!is_on(owner, SO_REUSEPORT));
	fd_cleanup(&held);
	held = -1;
	CHECK(bind(third, &here.any, sizeof(here)) < 0 && errno == EADDRINUSE);
	/* As beside every server that has it set: it may be bound, and not listen. */
	CHECK(bind(other, &here.any, sizeof(here)) < 0 || listen(other, 1) < 0);
}

/* Whether or not the owner asks for it: what is held is its own. */
static void test_hand_over__gets_past_what_remains_of_connections(void **state)
{
	hand_over_past_remains(SO_REUSEADDR);
	hand_over_past_remains(0);
}

static void test_hand_over__that_fails_changes_nothing(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR), held = -1;
	CLEANUP(fd_cleanup) int other = stranger(SOCK_STREAM, SO_REUSEPORT);
	struct sockaddr_in nowhere = here.v4;
	struct handed was = { 0 };
	struct err err = { 0 };

	CHECK(hold_port(PROTO_TCP, port, false, &held, &err), "%s", err.text);
	nowhere.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1: for documents alone */
	CHECK(hold_hand_over(held, owner, (struct sockaddr *)&nowhere, sizeof(nowhere), &was) ==
	      EADDRNOTAVAIL);
	CHECK(is_on(owner, SO_REUSEADDR) && !is_on(owner, SO_REUSEPORT));
	CHECK(bind(other, &here.any, sizeof(here)) < 0 && errno == EADDRINUSE);
}

struct shared {
	volatile bool is_armed; /* while it is, whoever gets the port has stolen it */
	volatile unsigned long tries, stolen;
};

/* Binds as often as it can, with the option that lets it in where anything does. */
static void hammer(struct shared *s)
{
	for (;;) {
		CLEANUP(fd_cleanup) int fd = stranger(SOCK_STREAM, SO_REUSEADDR);
		bool was_armed = s->is_armed;

		s->tries++;
		if (bind(fd, &here.any, sizeof(here)) == 0 && was_armed && s->is_armed)
			s->stolen++;
	}
}

static void hand_over_once(uint16_t port, struct shared *s)
{
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR), held = -1;
	struct handed was;
	struct err err;

	/* The stranger may have it just now, which is before the handover. */
	while (!hold_port(PROTO_TCP, port, false, &held, &err))
		CHECK(err.code == ERR_TAKEN, "%s", err.text);
	s->is_armed = true;
	CHECK(hold_hand_over(held, owner, &here.any, sizeof(here), &was) == 0);
	fd_cleanup(&held);
	held = -1;
	CHECK(was.held == -1 && hold_listen(owner, 1, &was) == 0);
	s->is_armed = false;
}

static void test_hand_over__no_stranger_gets_in_between(void **state)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint16_t port = free_port();
	pid_t child;

	CHECK(s != MAP_FAILED);
	child = fork();
	if (child == 0)
		hammer(s);
	while (!s->tries)
		sched_yield();
	for (unsigned i = 0; i < HANDOVERS; i++)
		hand_over_once(port, s);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK(s->stolen == 0 && s->tries > 1, "%lu of %lu", s->stolen, s->tries);
	munmap(s, sizeof(*s));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold__keeps_strangers_out_whatever_they_ask_for),
		cmocka_unit_test(test_hold__a_port_that_somebody_has_is_taken),
		cmocka_unit_test(test_hold__gets_past_what_remains_of_connections),
		cmocka_unit_test(test_hand_over__leaves_the_owner_as_it_was),
		cmocka_unit_test(test_hand_over__gets_past_what_remains_of_connections),
		cmocka_unit_test(test_hand_over__that_fails_changes_nothing),
		cmocka_unit_test(test_hand_over__no_stranger_gets_in_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
