/* What a supervisor does at its end, in which order. */
#include "lib/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enforce/supervisor.h"

/* A guard, the other end of whose connection is here; what was told to the book, and when. */
struct scene {
	int guard, held;
	unsigned told;
	bool guard_knew, was_free;
};

static bool is_over(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static bool hear(void *arg, const char *operation, const json_t *input, json_t **ret,
		 struct err *err)
{
	struct scene *scene = arg;

	CHECK_TEXT(operation, "run-note");
	CHECK_TEXT(json_text_of(input, "event"), "ended");
	scene->told++;
	scene->guard_knew = is_over(scene->guard);
	scene->was_free = !is_open(scene->held);
	return fail(err, ERR_BUSY, "somebody has the book");
}

static void test_end__lets_go_of_the_ports_before_the_book_is_told(void **state)
{
	struct assignment *a = assignment_new();
	struct scene scene;
	struct supervisor s = {
		.listener = -1,
		.assignment = a,
		.book = { .ask = hear, .arg = &scene },
		.holding = HOLDING_NOTHING,
	};
	int ends[2] = { -1, -1 };

	CHECK(a && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	scene = (struct scene){ .guard = ends[0], .held = dup(ends[0]) };
	s.holding.guard.fd = ends[1];
	s.holding.fd = scene.held;
	CHECK(assignment_add_own(a, 3100, "web") && assignment_add_own(a, 3101, "api"));
	assignment_own(a, 3100)->is_up = true;
	supervisor_end(&s);
	CHECK(scene.told == 1, "%u", scene.told); /* of what was down nothing is new */
	CHECK(scene.guard_knew && scene.was_free);
	close(ends[0]);
	assignment_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end__lets_go_of_the_ports_before_the_book_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
