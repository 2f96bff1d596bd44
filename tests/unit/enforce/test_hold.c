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

/* Whatever it asks for, and of this user, too. */
static void nobody_else_can_bind(void)
{
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		CLEANUP(fd_cleanup) int fd = stranger(SOCK_STREAM, options[i]);

		CHECK(bind(fd, &here.any, sizeof(here)) < 0 && errno == EADDRINUSE, "%zu", i);
	}
}

static void test_beside__the_owner_gets_what_it_asked_for(void **state)
{
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		uint16_t port = free_port();
		CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, options[i]), held = -1;
		struct err err = { 0 };

		CHECK(hold_port(PROTO_TCP, port, false, &held, &err), "%s", err.text);
		CHECK(hold_bind_beside(held, owner, &here.any, sizeof(here)) == 0);
		nobody_else_can_bind();
		CHECK(hold_listen_beside(held, owner, 1) == 0);
		CHECK(is_on(owner, SO_REUSEADDR) == (options[i] == SO_REUSEADDR));
		CHECK(is_on(owner, SO_REUSEPORT) == (options[i] == SO_REUSEPORT));
		nobody_else_can_bind();
	}
}

/* What the owner alone could not: otherwise strangers could as well. */
static void test_beside__nobody_listens_without_who_holds(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR), held = -1;
	struct err err = { 0 };

	CHECK(hold_port(PROTO_TCP, port, false, &held, &err), "%s", err.text);
	CHECK(hold_bind_beside(held, owner, &here.any, sizeof(here)) == 0);
	CHECK(listen(owner, 1) < 0 && errno == EADDRINUSE);
	CHECK(hold_listen_beside(held, owner, 1) == 0);
}

/* Where it accepts, and where one listens no more that has. */
static void serve_once(int owner)
{
	CLEANUP(fd_cleanup) int client = stranger(SOCK_STREAM, 0), accepted = -1;
	char byte;

	CHECK(connect(client, &here.any, sizeof(here)) == 0);
	accepted = accept(owner, NULL, NULL);
	CHECK(accepted >= 0 && close(accepted) == 0);
	accepted = -1;
	CHECK(read(client, &byte, 1) == 0);
}

static void test_beside__owners_come_and_go_and_the_port_is_never_free(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int held = -1;
	struct err err = { 0 };

	CHECK(hold_port(PROTO_TCP, port, false, &held, &err), "%s", err.text);
	/* From the second one on beside connections that have ended. */
	for (unsigned i = 0; i < 3; i++) {
		CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR), client = -1;

		CHECK(hold_bind_beside(held, owner, &here.any, sizeof(here)) == 0);
		CHECK(hold_listen_beside(held, owner, 1) == 0);
		serve_once(owner);
		fd_cleanup(&owner);
		owner = -1;
		nobody_else_can_bind();
		client = stranger(SOCK_STREAM, 0);
		CHECK(connect(client, &here.any, sizeof(here)) < 0 && errno == ECONNREFUSED);
	}
}

/* Workers that share a port are bound each for itself. */
static void test_beside__owners_that_share_are_beside_each_other(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int one = stranger(SOCK_STREAM, SO_REUSEPORT), held = -1;
	CLEANUP(fd_cleanup) int two = stranger(SOCK_STREAM, SO_REUSEPORT);
	struct err err = { 0 };

	CHECK(hold_port(PROTO_TCP, port, false, &held, &err), "%s", err.text);
	CHECK(hold_bind_beside(held, one, &here.any, sizeof(here)) == 0);
	CHECK(hold_listen_beside(held, one, 1) == 0);
	CHECK(hold_bind_beside(held, two, &here.any, sizeof(here)) == 0);
	CHECK(hold_listen_beside(held, two, 1) == 0);
	nobody_else_can_bind();
}

static void test_beside__both_families_find_room(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int four = stranger(SOCK_STREAM, 0), held = -1;
	CLEANUP(fd_cleanup) int six = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	const struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const int on = 1;
	struct err err = { 0 };

	CHECK(hold_port(PROTO_TCP, port, false, &held, &err), "%s", err.text);
	CHECK(hold_bind_beside(held, four, (const struct sockaddr *)&any, sizeof(any)) == 0);
	CHECK(hold_listen_beside(held, four, 1) == 0);
	nobody_else_can_bind();
	CHECK(setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0);
	CHECK(hold_bind_beside(held, six, (const struct sockaddr *)&any6, sizeof(any6)) == 0);
	CHECK(hold_listen_beside(held, six, 1) == 0);
	nobody_else_can_bind();
}

/* Of this user, with SO_REUSEPORT, only beside an owner of all addresses, and until it is gone. */
static void test_renew__the_kernel_forgets_who_was_beside_it(void **state)
{
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6,
					  .sin6_port = htons(free_port()) };
	CLEANUP(fd_cleanup) int held = -1;
	struct err err = { 0 };

	CHECK(hold_port(PROTO_TCP, ntohs(any.sin6_port), false, &held, &err), "%s", err.text);
	for (unsigned i = 0; i < 3; i++) {
		CLEANUP(fd_cleanup) int owner = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CLEANUP(fd_cleanup) int other = stranger(SOCK_STREAM, SO_REUSEADDR);

		CHECK(hold_bind_beside(held, owner, (const struct sockaddr *)&any, sizeof(any)) ==
		      0);
		CHECK(hold_listen_beside(held, owner, 1) == 0);
		CHECK(bind(other, &here.any, sizeof(here)) < 0 && errno == EADDRINUSE);
		CHECK(!hold_renew(&held));
		fd_cleanup(&owner);
		owner = -1;
		CHECK(hold_renew(&held));
		nobody_else_can_bind();
	}
}

/* Also beside what remains of its connections. */
static void test_renew__is_done_when_nobody_is_beside_it(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int held = -1;
	struct err err = { 0 };

	CHECK(hold_port(PROTO_TCP, port, false, &held, &err), "%s", err.text);
	for (unsigned i = 0; i < 3; i++) {
		CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR);

		CHECK(hold_bind_beside(held, owner, &here.any, sizeof(here)) == 0);
		CHECK(hold_listen_beside(held, owner, 1) == 0);
		serve_once(owner);
		CHECK(!hold_renew(&held));
		fd_cleanup(&owner);
		owner = -1;
		CHECK(hold_renew(&held));
		nobody_else_can_bind();
	}
}

static void listen_past_remains(int option)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, option), held = -1;
	CLEANUP(fd_cleanup) int other = stranger(SOCK_STREAM, SO_REUSEADDR);
	struct err err = { 0 };

	leave_remains();
	CHECK(hold_port(PROTO_TCP, port, true, &held, &err), "%s", err.text);
	CHECK(hold_bind_beside(held, owner, &here.any, sizeof(here)) == 0);
	CHECK(bind(other, &here.any, sizeof(here)) < 0 && errno == EADDRINUSE);
	CHECK(hold_listen_beside(held, owner, 1) == 0);
	CHECK(is_on(owner, SO_REUSEADDR) == (option == SO_REUSEADDR));
	CHECK(!is_on(owner, SO_REUSEPORT));
	nobody_else_can_bind();
}

/* Whether or not the owner asks for it: what is held is its own. */
static void test_beside__gets_past_what_remains_of_connections(void **state)
{
	listen_past_remains(SO_REUSEADDR);
	listen_past_remains(0);
}

static void test_bind_beside__that_fails_changes_nothing(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR), held = -1;
	struct sockaddr_in nowhere = here.v4;
	struct err err = { 0 };

	CHECK(hold_port(PROTO_TCP, port, false, &held, &err), "%s", err.text);
	nowhere.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1: for documents alone */
	CHECK(hold_bind_beside(held, owner, (struct sockaddr *)&nowhere, sizeof(nowhere)) ==
	      EADDRNOTAVAIL);
	CHECK(is_on(owner, SO_REUSEADDR) && !is_on(owner, SO_REUSEPORT));
	nobody_else_can_bind();
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

/* An owner's whole life, its end with it. */
static bool live_once(int held)
{
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR);

	return hold_bind_beside(held, owner, &here.any, sizeof(here)) == 0 &&
	       hold_listen_beside(held, owner, 1) == 0;
}

static void test_beside__no_stranger_gets_in_when_owners_come_or_go(void **state)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int held = -1;
	struct err err = { 0 };
	bool is_well = true;
	pid_t child;

	CHECK(s != MAP_FAILED);
	CHECK(hold_port(PROTO_TCP, port, false, &held, &err), "%s", err.text);
	s->is_armed = true;
	child = fork();
	if (child == 0)
		hammer(s);
	while (!s->tries)
		sched_yield();
	for (unsigned i = 0; i < HANDOVERS && is_well; i++)
		is_well = live_once(held);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK(is_well && s->stolen == 0 && s->tries > 1, "%lu of %lu", s->stolen, s->tries);
	munmap(s, sizeof(*s));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold__keeps_strangers_out_whatever_they_ask_for),
		cmocka_unit_test(test_hold__a_port_that_somebody_has_is_taken),
		cmocka_unit_test(test_hold__gets_past_what_remains_of_connections),
		cmocka_unit_test(test_beside__the_owner_gets_what_it_asked_for),
		cmocka_unit_test(test_beside__nobody_listens_without_who_holds),
		cmocka_unit_test(test_beside__owners_come_and_go_and_the_port_is_never_free),
		cmocka_unit_test(test_beside__owners_that_share_are_beside_each_other),
		cmocka_unit_test(test_beside__both_families_find_room),
		cmocka_unit_test(test_renew__the_kernel_forgets_who_was_beside_it),
		cmocka_unit_test(test_renew__is_done_when_nobody_is_beside_it),
		cmocka_unit_test(test_beside__gets_past_what_remains_of_connections),
		cmocka_unit_test(test_bind_beside__that_fails_changes_nothing),
		cmocka_unit_test(test_beside__no_stranger_gets_in_when_owners_come_or_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
