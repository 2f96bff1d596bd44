/* What the queue of a book's writers (store/sqlite/queue.h) promises. */
#include "lib/check.h"
#include "lib/folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "store/sqlite/queue.h"

#define WRITERS 8
#define TURNS	100

#define PATH_SIZE ((size_t)2 * PATH_MAX)

/* folder_path, for as long as `buffer` lives. */
static const char *path_in(char buffer[static PATH_SIZE], const struct folder *f, const char *name)
{
	snprintf(buffer, PATH_SIZE, "%s/%s", f->path, name);
	return buffer;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static const char *book_in(char buffer[static PATH_SIZE], const struct folder *f)
{
	folder_write(f, "book", "");
	return path_in(buffer, f, "book");
}

static uint64_t waiting_in(const struct folder *f)
{
	CLEANUP(fd_cleanup) int fd = open(folder_path(f, "book-queue"), O_RDONLY | O_CLOEXEC);
	uint64_t taken = 0;

	return fd >= 0 && pread(fd, &taken, sizeof(taken), 0) == sizeof(taken) ? taken : 0;
}

/* Each writer says its number when its turn has come. */
static pid_t start_writer(const char *book, char number, int out)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct queue q;

		queue_init(&q, book);
		_exit(queue_enter(&q) && write(out, &number, 1) == 1 ? 0 : 1);
	}
	return pid;
}

static void test_queue__serves_in_the_order_of_arrival(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *book = book_in(buffer, &f);
	char order[WRITERS + 1] = { 0 };
	struct queue q;
	int out[2], status;

	(void)state;
	queue_init(&q, book);
	CHECK(pipe(out) == 0);
	CHECK(queue_enter(&q));
	for (int i = 0; i < WRITERS; i++) {
		start_writer(book, (char)('a' + i), out[1]);
		while (waiting_in(&f) < (uint64_t)i + 2)
			;
	}
	queue_leave(&q);
	for (int i = 0; i < WRITERS; i++) {
		wait(&status);
		CHECK(status == 0);
	}
	CHECK(read(out[0], order, WRITERS) == WRITERS);
	CHECK_TEXT(order, "abcdefgh");
	queue_close(&q);
	close(out[0]);
	close(out[1]);
}

static int take_turns(const char *book, int counter)
{
	struct queue q;
	int value;

	queue_init(&q, book);
	for (int i = 0; i < TURNS; i++) {
		if (!queue_enter(&q))
			return 1;
		/* Only one at a time gets this right. */
		if (pread(counter, &value, sizeof(value), 0) != sizeof(value))
			return 1;
		value++;
		if (pwrite(counter, &value, sizeof(value), 0) != sizeof(value))
			return 1;
		queue_leave(&q);
	}
	queue_close(&q);
	return 0;
}

static void test_queue__lets_one_writer_in_at_a_time(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *book = book_in(buffer, &f);
	CLEANUP(fd_cleanup) int counter = open(folder_path(&f, "counter"), O_RDWR | O_CREAT, 0600);
	int value = 0, status;

	(void)state;
	CHECK(pwrite(counter, &value, sizeof(value), 0) == sizeof(value));
	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0)
			_exit(take_turns(book, counter));
	for (int i = 0; i < WRITERS; i++) {
		wait(&status);
		CHECK(status == 0);
	}
	CHECK(pread(counter, &value, sizeof(value), 0) == sizeof(value));
	CHECK(value == WRITERS * TURNS, "%d", value);
}

static void test_queue__goes_on_when_a_writer_is_killed(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *book = book_in(buffer, &f);
	struct queue q;
	char c;
	int out[2];
	pid_t pid;

	(void)state;
	CHECK(pipe(out) == 0);
	pid = fork();
	if (pid == 0) {
		queue_init(&q, book);
		if (!queue_enter(&q) || write(out[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	CHECK(read(out[0], &c, 1) == 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	queue_init(&q, book);
	CHECK(queue_enter(&q));
	queue_close(&q);
	close(out[0]);
	close(out[1]);
}

static void test_queue__waits_half_a_second_at_most(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *book = book_in(buffer, &f);
	struct queue stopped, q;
	int64_t start = now_ms(), took;

	(void)state;
	queue_init(&stopped, book);
	queue_init(&q, book);
	CHECK(queue_enter(&stopped));
	CHECK(!queue_enter(&q));
	took = now_ms() - start;
	CHECK(took >= 500 && took < 5000, "%lld ms", (long long)took);

	/* The next one waits for it, not for the one that does not move. */
	queue_leave(&q);
	CHECK(queue_enter(&q));
	queue_close(&q);
	queue_close(&stopped);
}

static void test_queue__that_cannot_be_opened_is_done_without(void **state)
{
	struct queue q;
	int64_t start = now_ms();

	(void)state;
	queue_init(&q, "/nowhere/at/all/book");
	CHECK(!queue_enter(&q));
	CHECK(!queue_enter(&q));
	queue_leave(&q);
	queue_close(&q);
	CHECK(now_ms() - start < 400);
}

static void test_queue__does_not_believe_a_damaged_file(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *book = book_in(buffer, &f);
	struct queue a, b;

	(void)state;
	folder_write(&f, "book-queue", "\377\377\377\377\377\377\377\377\377\377\377");
	queue_init(&a, book);
	queue_init(&b, book);
	for (int i = 0; i < 3; i++) {
		CHECK(queue_enter(&a));
		queue_leave(&a);
		CHECK(queue_enter(&b));
		queue_leave(&b);
	}
	queue_close(&a);
	queue_close(&b);
}

static void test_queue__is_open_to_those_who_may_write_the_book(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	char buffer[PATH_SIZE];
	const char *book = book_in(buffer, &f);
	struct queue q;
	struct stat st;
	mode_t old = umask(077);

	(void)state;
	CHECK(chmod(book, 0660) == 0);
	queue_init(&q, book);
	CHECK(queue_enter(&q));
	CHECK(stat(folder_path(&f, "book-queue"), &st) == 0);
	CHECK((st.st_mode & 07777) == 0660, "%o", st.st_mode);
	queue_close(&q);
	umask(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue__serves_in_the_order_of_arrival),
		cmocka_unit_test(test_queue__lets_one_writer_in_at_a_time),
		cmocka_unit_test(test_queue__goes_on_when_a_writer_is_killed),
		cmocka_unit_test(test_queue__waits_half_a_second_at_most),
		cmocka_unit_test(test_queue__that_cannot_be_opened_is_done_without),
		cmocka_unit_test(test_queue__does_not_believe_a_damaged_file),
		cmocka_unit_test(test_queue__is_open_to_those_who_may_write_the_book),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
