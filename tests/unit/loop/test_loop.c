#include "lib/check.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loop/loop.h"

struct heard {
	struct loop *loop;
	int fd, other, count;
};

static void hear_bell(void *arg, uint32_t events)
{
	struct heard *h = arg;

	bell_hear(h->fd);
	h->count++;
}

static void test_loop__calls_who_is_concerned_and_nobody_else(void **state)
{
	CLEANUP(loop_cleanup) struct loop *l = NULL;
	struct heard a = { 0 }, b = { 0 };
	struct err err = { 0 };

	CHECK(loop_open(&l, &err) && bell_open(&a.fd, &err) && bell_open(&b.fd, &err));
	CHECK(loop_add(l, a.fd, EPOLLIN, hear_bell, &a, &err));
	CHECK(loop_add(l, b.fd, EPOLLIN, hear_bell, &b, &err));
	bell_ring(b.fd);
	bell_ring(b.fd);
	CHECK(loop_wait(l, -1, &err));
	CHECK(a.count == 0 && b.count == 1, "%d %d", a.count, b.count);
	CHECK(loop_wait(l, 0, &err) && b.count == 1);
	loop_remove(l, b.fd);
	bell_ring(b.fd);
	CHECK(loop_wait(l, 0, &err) && b.count == 1);
	close(a.fd);
	close(b.fd);
}

static void remove_other(void *arg, uint32_t events)
{
	struct heard *h = arg;

	h->count++;
	loop_remove(h->loop, h->fd);
	loop_remove(h->loop, h->other);
}

static void test_loop__does_not_call_who_was_removed_meanwhile(void **state)
{
	CLEANUP(loop_cleanup) struct loop *l = NULL;
	struct heard a = { 0 };
	struct err err = { 0 };

	CHECK(loop_open(&l, &err) && bell_open(&a.fd, &err) && bell_open(&a.other, &err));
	a.loop = l;
	CHECK(loop_add(l, a.fd, EPOLLIN, remove_other, &a, &err));
	CHECK(loop_add(l, a.other, EPOLLIN, remove_other, &a, &err));
	bell_ring(a.fd);
	bell_ring(a.other);
	CHECK(loop_wait(l, -1, &err));
	CHECK(a.count == 1, "%d", a.count);
	close(a.fd);
	close(a.other);
}

static void test_loop__says_when_it_has_no_room(void **state)
{
	CLEANUP(loop_cleanup) struct loop *l = NULL;
	struct heard all[1040] = { 0 };
	const struct rlimit files = { 2048, 2048 };
	struct err err = { 0 };
	unsigned added = 0;

	CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
	CHECK(loop_open(&l, &err));
	for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
		CHECK(bell_open(&all[i].fd, &err));
		added += loop_add(l, all[i].fd, EPOLLIN, hear_bell, &all[i], &err);
	}
	CHECK(added == 1024 && err.code == ERR_IO, "%u", added);
	loop_remove(l, all[0].fd);
	CHECK(loop_add(l, all[1039].fd, EPOLLIN, hear_bell, &all[1039], &err));
	for (unsigned i = 0; i < ARRAY_LEN(all); i++)
		close(all[i].fd);
}

static void test_signals__are_read_and_do_not_end_the_process(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, 0 };
	struct err err = { 0 };
	int fd;

	CHECK(signals_open(signals, &fd, &err));
	CHECK(signals_read(fd) == 0);
	raise(SIGTERM);
	CHECK(signals_read(fd) == SIGTERM);
	CHECK(signals_read(fd) == 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loop__calls_who_is_concerned_and_nobody_else),
		cmocka_unit_test(test_loop__does_not_call_who_was_removed_meanwhile),
		cmocka_unit_test(test_loop__says_when_it_has_no_room),
		cmocka_unit_test(test_signals__are_read_and_do_not_end_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
