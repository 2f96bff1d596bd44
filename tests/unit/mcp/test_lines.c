/*
 * A pipe's lines, however they are cut into writes.
 */
#include "lib/check.h"

#include <stdlib.h>
#include <unistd.h>

#include "mcp/lines.h"

struct bench {
	struct lines lines;
	int out;
};

static void open_pipe(struct bench *b, size_t longest)
{
	int fds[2];

	CHECK(pipe(fds) == 0);
	*b = (struct bench){ .lines = { .fd = fds[0], .longest = longest }, .out = fds[1] };
}

static void close_pipe(struct bench *b)
{
	close(b->lines.fd);
	if (b->out >= 0)
		close(b->out);
	lines_release(&b->lines);
}

static void give(struct bench *b, const char *bytes)
{
	struct err err = { 0 };
	bool some;

	CHECK(write(b->out, bytes, strlen(bytes)) == (ssize_t)strlen(bytes));
	CHECK(lines_read(&b->lines, -1, &some, &err) && some);
}

static void expect(struct bench *b, const char *bytes)
{
	struct line *line = lines_take(&b->lines);

	CHECK(!line == !bytes, "a line: %s", line ? line->bytes : bytes);
	if (line && bytes)
		CHECK(!strcmp(line->bytes, bytes) && line->len == strlen(bytes), "%s", line->bytes);
	free(line);
}

static void test_lines__come_whole_whatever_the_writes(void **state)
{
	struct bench b;
	struct err err = { 0 };
	bool some;

	open_pipe(&b, 100);
	CHECK(lines_read(&b.lines, 0, &some, &err) && !some);
	give(&b, "on");
	expect(&b, NULL);
	give(&b, "e\ntwo\n \r\n\nth");
	expect(&b, "one");
	expect(&b, "two");
	expect(&b, NULL);
	give(&b, "ree");
	close(b.out);
	b.out = -1;
	CHECK(lines_read(&b.lines, -1, &some, &err) && some && b.lines.has_ended);
	expect(&b, "three");
	CHECK(lines_read(&b.lines, -1, &some, &err) && !some);
	close_pipe(&b);
}

static void test_line__that_is_too_long_is_skipped_and_told(void **state)
{
	struct line *line;
	struct bench b;

	open_pipe(&b, 5);
	give(&b, "12345\n123456\n1234");
	expect(&b, "12345");
	line = lines_take(&b.lines);
	CHECK(line && line->was_too_long && !line->len);
	free(line);
	give(&b, "56");
	give(&b, "78");
	expect(&b, NULL);
	give(&b, "\nok\n");
	line = lines_take(&b.lines);
	CHECK(line && line->was_too_long);
	free(line);
	expect(&b, "ok");
	close_pipe(&b);
}

static void test_line__can_be_taken_out_of_its_turn(void **state)
{
	struct line *second;
	struct bench b;

	open_pipe(&b, 100);
	give(&b, "a\nb\nc\n");
	second = b.lines.first->next;
	lines_remove(&b.lines, second);
	free(second);
	give(&b, "d\n");
	expect(&b, "a");
	expect(&b, "c");
	expect(&b, "d");
	give(&b, "e\nf\n");
	second = b.lines.last;
	lines_remove(&b.lines, second);
	free(second);
	give(&b, "g\n");
	expect(&b, "e");
	expect(&b, "g");
	expect(&b, NULL);
	close_pipe(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines__come_whole_whatever_the_writes),
		cmocka_unit_test(test_line__that_is_too_long_is_skipped_and_told),
		cmocka_unit_test(test_line__can_be_taken_out_of_its_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
