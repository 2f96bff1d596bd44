/* Holding a port against strangers, of this process and of another one that never stops trying. */
#include "lib/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
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
static void leave_remains_of(bool shares)
{
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR), client = -1;
	const int on = 1;
	int accepted;
	char byte;

	CHECK(!shares || setsockopt(owner, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
	CHECK(bind(owner, &here.any, sizeof(here)) == 0 && listen(owner, 1) == 0);
	client = stranger(SOCK_STREAM, 0);
	CHECK(connect(client, &here.any, sizeof(here)) == 0);
	accepted = accept(owner, NULL, NULL);
	CHECK(accepted >= 0 && close(accepted) == 0);
	CHECK(read(client, &byte, 1) == 0);
}

static void leave_remains(void)
{
	leave_remains_of(false);
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

/* They shared the port, so they are in the way of no bind that shares it, and of a listen that does not. */
static void test_listen__gets_past_connections_of_one_who_shared_the_port(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR), held = -1;
	struct handed was;
	struct err err = { 0 };

	leave_remains_of(true);
	CHECK(hold_port(PROTO_TCP, port, true, &held, &err), "%s", err.text);
	CHECK(hold_hand_over(held, owner, &here.any, sizeof(here), &was) == 0);
	CHECK(was.held == -1);
	fd_cleanup(&held);
	held = -1;
	CHECK(hold_listen(owner, 1, &was) == 0);
	CHECK(is_on(owner, SO_REUSEADDR) && !is_on(owner, SO_REUSEPORT));
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

/* In the place of sockets that listen. */

static int listener_on(const char *address, int option)
{
	int fd = stranger(SOCK_STREAM, option);
	struct sockaddr_in at = here.v4;

	at.sin_addr.s_addr = inet_addr(address);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 1) == 0);
	return fd;
}

static void refuses_clients_and_strangers(void)
{
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };
	CLEANUP(fd_cleanup) int client = stranger(SOCK_STREAM, 0);

	CHECK(connect(client, &here.any, sizeof(here)) < 0 && errno == ECONNREFUSED);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		CLEANUP(fd_cleanup) int fd = stranger(SOCK_STREAM, options[i]);

		CHECK(bind(fd, &here.any, sizeof(here)) < 0 && errno == EADDRINUSE, "%zu", i);
	}
}

static void test_in_place_of__holds_what_one_listened_on(void **state)
{
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		uint16_t port = free_port();
		CLEANUP(fd_cleanup) int held = -1;
		int copy = listener_on("127.0.0.1", options[i]);

		CHECK(hold_in_place_of(&copy, 1, port, 0, &held), "%zu", i);
		CHECK(fcntl(copy, F_GETFD) < 0 && !is_on(held, SO_ACCEPTCONN));
		refuses_clients_and_strangers();
	}
}

static void test_in_place_of__holds_what_some_listened_on(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int held = -1;
	const int copies[] = { listener_on("127.0.0.1", SO_REUSEADDR),
			       listener_on("127.0.0.2", SO_REUSEADDR) };

	CHECK(hold_in_place_of(copies, ARRAY_LEN(copies), port, 0, &held));
	refuses_clients_and_strangers();
}

static void test_in_place_of__gets_past_what_remains_of_connections(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int held = -1;
	int copy;

	leave_remains();
	copy = listener_on("127.0.0.1", SO_REUSEADDR);
	CHECK(hold_in_place_of(&copy, 1, port, 0, &held));
	refuses_clients_and_strangers();
}

/* Who had a connection waiting is hung up on, as by every server that ends. */
static void test_in_place_of__hangs_up_on_who_was_not_accepted(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int held = -1, client = stranger(SOCK_STREAM, 0);
	int copy = listener_on("127.0.0.1", SO_REUSEADDR);
	char byte;

	CHECK(connect(client, &here.any, sizeof(here)) == 0);
	CHECK(hold_in_place_of(&copy, 1, port, 0, &held));
	CHECK(read(client, &byte, 1) < 0 && errno == ECONNRESET);
	refuses_clients_and_strangers();
}

static void test_in_place_of__leaves_alone_who_has_the_socket_too(void **state)
{
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		uint16_t port = free_port();
		int copy = listener_on("127.0.0.1", options[i]), held = -1;
		CLEANUP(fd_cleanup) int other = dup(copy), client = stranger(SOCK_STREAM, 0);
		CLEANUP(fd_cleanup) int accepted = -1;

		CHECK(!hold_in_place_of(&copy, 1, port, 0, &held) && held == -1, "%zu", i);
		CHECK(is_on(other, SO_ACCEPTCONN) && fcntl(copy, F_GETFD) < 0);
		CHECK(is_on(other, SO_REUSEADDR) == (options[i] == SO_REUSEADDR));
		CHECK(connect(client, &here.any, sizeof(here)) == 0);
		accepted = accept(other, NULL, NULL);
		CHECK(accepted >= 0);
	}
}

static void test_in_place_of__waits_for_who_ends(void **state)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 100000 } };
	uint16_t port = free_port();
	int copy = listener_on("127.0.0.1", SO_REUSEADDR);
	CLEANUP(fd_cleanup) int held = -1;
	pid_t child = fork();

	if (child == 0) {
		setitimer(ITIMER_REAL, &soon, NULL);
		pause();
	}
	CHECK(hold_in_place_of(&copy, 1, port, 20000, &held));
	CHECK(waitpid(child, NULL, 0) == child);
	refuses_clients_and_strangers();
}

static void test_in_place_of__goes_to_its_next_owner(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int held = -1, owner = stranger(SOCK_STREAM, SO_REUSEADDR);
	int copy = listener_on("127.0.0.1", SO_REUSEADDR);
	struct handed was;

	CHECK(hold_in_place_of(&copy, 1, port, 0, &held));
	CHECK(hold_hand_over(held, owner, &here.any, sizeof(here), &was) == 0);
	fd_cleanup(&held);
	held = -1;
	CHECK(was.held == -1 && hold_listen(owner, 1, &was) == 0);
}

/* What another process gives as a file that holds a port. */

static int bound(int family, int type, const char *address, uint16_t port, bool one_family)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = { .v4 = { .sin_family = (sa_family_t)family, .sin_port = htons(port) } };
	const int only = one_family;
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (family == AF_INET6)
		CHECK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) == 0 &&
		      inet_pton(AF_INET6, address, &at.v6.sin6_addr) == 1);
	else
		CHECK(inet_pton(AF_INET, address, &at.v4.sin_addr) == 1);
	CHECK(bind(fd, &at.any, family == AF_INET6 ? sizeof(at.v6) : sizeof(at.v4)) == 0);
	return fd;
}

static void test_adopt__takes_nothing_that_leaves_room_for_others(void **state)
{
	static const struct {
		int family, type;
		const char *address;
		bool one_family, listens, other_port, ok;
	} row[] = {
		{ AF_INET6, SOCK_STREAM, "::", .ok = true },
		{ AF_INET6, SOCK_STREAM, "::", .listens = true },
		{ AF_INET6, SOCK_STREAM, "::", .other_port = true },
		{ AF_INET6, SOCK_STREAM, "::", .one_family = true },
		{ AF_INET6, SOCK_STREAM, "::1" },
		{ AF_INET6, SOCK_DGRAM, "::" },
		{ AF_INET, SOCK_STREAM, "0.0.0.0" },
		{ AF_INET, SOCK_STREAM, "127.0.0.1" },
	};
	CLEANUP(fd_cleanup) int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK(!hold_adopt(file, 1));
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint16_t port = free_port();
		CLEANUP(fd_cleanup)
		int fd = bound(row[i].family, row[i].type, row[i].address, port, row[i].one_family);

		CHECK(!row[i].listens || listen(fd, 1) == 0);
		CHECK(hold_adopt(fd, (uint16_t)(port + row[i].other_port)) == row[i].ok, "%zu", i);
	}
}

static void test_adopt__keeps_strangers_out_from_then_on(void **state)
{
	uint16_t port = free_port();
	CLEANUP(fd_cleanup) int fd = bound(AF_INET6, SOCK_STREAM, "::", port, false);
	const int on = 1;

	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
	CHECK(hold_adopt(fd, port));
	refuses_clients_and_strangers();
}

/* Beside one who never stops trying. */

struct shared {
	volatile unsigned round; /* while it is odd, whoever gets the port has stolen it */
	volatile unsigned long tries, stolen;
};

/* Binds as often as it can, with the option that lets it in where anything does. */
static void hammer(struct shared *s)
{
	/* A test that fails does not come to its end. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		CLEANUP(fd_cleanup) int fd = stranger(SOCK_STREAM, SO_REUSEADDR);
		unsigned round = s->round;

		s->tries++;
		if (bind(fd, &here.any, sizeof(here)) == 0 && round % 2 && round == s->round)
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
	s->round++;
	CHECK(hold_hand_over(held, owner, &here.any, sizeof(here), &was) == 0);
	fd_cleanup(&held);
	held = -1;
	CHECK(was.held == -1 && hold_listen(owner, 1, &was) == 0);
	s->round++;
}

static void take_place_once(uint16_t port, struct shared *s)
{
	CLEANUP(fd_cleanup) int owner = stranger(SOCK_STREAM, SO_REUSEADDR), held = -1;
	int copy;

	while (bind(owner, &here.any, sizeof(here)) < 0 || listen(owner, 1) < 0) {
		fd_cleanup(&owner);
		owner = stranger(SOCK_STREAM, SO_REUSEADDR);
	}
	copy = dup(owner);
	s->round++;
	fd_cleanup(&owner);
	owner = -1;
	CHECK(hold_in_place_of(&copy, 1, port, 1000, &held));
	s->round++;
}

static void beside_a_stranger(void (*once)(uint16_t port, struct shared *s), bool has_remains)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint16_t port = free_port();
	pid_t child;

	CHECK(s != MAP_FAILED);
	if (has_remains)
		leave_remains();
	child = fork();
	if (child == 0)
		hammer(s);
	while (!s->tries)
		sched_yield();
	for (unsigned i = 0; i < HANDOVERS; i++)
		once(port, s);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK(s->stolen == 0 && s->tries > 1, "%lu of %lu", s->stolen, s->tries);
	munmap(s, sizeof(*s));
}

static void test_hand_over__no_stranger_gets_in_between(void **state)
{
	beside_a_stranger(hand_over_once, false);
}

static void test_in_place_of__no_stranger_gets_in_between(void **state)
{
	beside_a_stranger(take_place_once, false);
	beside_a_stranger(take_place_once, true);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold__keeps_strangers_out_whatever_they_ask_for),
		cmocka_unit_test(test_hold__a_port_that_somebody_has_is_taken),
		cmocka_unit_test(test_hold__gets_past_what_remains_of_connections),
		cmocka_unit_test(test_hand_over__leaves_the_owner_as_it_was),
		cmocka_unit_test(test_hand_over__gets_past_what_remains_of_connections),
		cmocka_unit_test(test_listen__gets_past_connections_of_one_who_shared_the_port),
		cmocka_unit_test(test_hand_over__that_fails_changes_nothing),
		cmocka_unit_test(test_in_place_of__holds_what_one_listened_on),
		cmocka_unit_test(test_in_place_of__holds_what_some_listened_on),
		cmocka_unit_test(test_in_place_of__gets_past_what_remains_of_connections),
		cmocka_unit_test(test_in_place_of__hangs_up_on_who_was_not_accepted),
		cmocka_unit_test(test_in_place_of__leaves_alone_who_has_the_socket_too),
		cmocka_unit_test(test_in_place_of__waits_for_who_ends),
		cmocka_unit_test(test_in_place_of__goes_to_its_next_owner),
		cmocka_unit_test(test_adopt__takes_nothing_that_leaves_room_for_others),
		cmocka_unit_test(test_adopt__keeps_strangers_out_from_then_on),
		cmocka_unit_test(test_hand_over__no_stranger_gets_in_between),
		cmocka_unit_test(test_in_place_of__no_stranger_gets_in_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
