#include "lib/check.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/progress.h"
#include "base/stream.h"

static int open_nameless(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	return fd;
}

static void check_reads(struct source *s, uint64_t offset, size_t size, const char *want)
{
	struct err err = { 0 };
	char got[16];
	size_t len;

	CHECK(s->read(s, offset, got, size, &len, &err), "%s", err.text);
	CHECK(len == strlen(want) && !memcmp(got, want, len), "at %zu: %zu bytes", (size_t)offset,
	      len);
}

static void check_source(struct source *s)
{
	CHECK(s->size == 6);
	check_reads(s, 0, 4, "abcd");
	check_reads(s, 4, 4, "ef");
	check_reads(s, 1, 2, "bc");
	check_reads(s, 6, 4, "");
	check_reads(s, 600, 4, "");
}

static void test_source__is_read_at_any_place_and_ends_with_nothing(void **state)
{
	CLEANUP(fd_cleanup) int fd = open_nameless();
	struct bytes_source bytes = bytes_source("abcdef", 6, "bytes");
	struct fd_source file;
	struct err err = { 0 };

	(void)state;
	check_source(&bytes.source);
	CHECK(write(fd, "abcdef", 6) == 6);
	CHECK(fd_source_open(fd, "file", &file, &err), "%s", err.text);
	check_source(&file.source);
}

static void test_source__that_cannot_be_read_is_named(void **state)
{
	struct err err = { 0 };
	struct fd_source file = { .fd = -1 };

	(void)state;
	CHECK(!fd_source_open(-1, "shop.json", &file, &err));
	CHECK(err.code == ERR_IO && strstr(err.text, "'shop.json'"), "%s", err.text);
}

static void test_sink__has_all_that_was_written(void **state)
{
	CLEANUP(text_release) struct text text = { 0 };
	CLEANUP(fd_cleanup) int fd = open_nameless();
	struct text_sink to_text = text_sink(&text);
	struct fd_sink to_fd = fd_sink(fd, "file");
	struct sink *sinks[] = { &to_text.sink, &to_fd.sink };
	struct err err = { 0 };
	char got[8] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sinks); i++) {
		CHECK(sinks[i]->write(sinks[i], "abc", 3, &err));
		CHECK(sinks[i]->write(sinks[i], "de", 2, &err));
	}
	CHECK_TEXT(text_str(&text), "abcde");
	CHECK(pread(fd, got, sizeof(got), 0) == 5);
	CHECK_TEXT(got, "abcde");
}

static void test_sink__that_cannot_be_written_is_named(void **state)
{
	struct fd_sink full = fd_sink(-1, "out.csv");
	struct err err = { 0 };

	(void)state;
	CHECK(!full.sink.write(&full.sink, "abc", 3, &err));
	CHECK(err.code == ERR_IO && strstr(err.text, "'out.csv'"), "%s", err.text);
}

static bool refuse(struct progress *p, const char *doing, uint64_t done, uint64_t total,
		   struct err *err)
{
	(void)p;
	return fail(err, ERR_INTERRUPTED, "%s: %u of %u", doing, (unsigned)done, (unsigned)total);
}

static void test_progress__nobody_watches_and_the_work_goes_on(void **state)
{
	struct progress watcher = { .step = refuse };
	struct err err = { 0 };

	(void)state;
	CHECK(progress_step(NULL, "entering", 1, 2, &err));
	CHECK(!progress_step(&watcher, "entering", 1, 2, &err));
	CHECK(err.code == ERR_INTERRUPTED);
	CHECK_TEXT(err.text, "entering: 1 of 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source__is_read_at_any_place_and_ends_with_nothing),
		cmocka_unit_test(test_source__that_cannot_be_read_is_named),
		cmocka_unit_test(test_sink__has_all_that_was_written),
		cmocka_unit_test(test_sink__that_cannot_be_written_is_named),
		cmocka_unit_test(test_progress__nobody_watches_and_the_work_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
