#include "lib/check.h"

#include "base/text.h"
#include "cli/line_diff.h"
#include "lib/random.h"

static void keep(const char *line, size_t len, void *arg)
{
	text_add_bytes(arg, line, len);
	text_add(arg, "\n");
}

static void test_line_diff__shows_what_goes_and_comes_between_what_stays(void **state)
{
	static const struct {
		const char *old, *now, *want;
	} row[] = {
		{ "", "", "" },
		{ "a\n", "a\n", "" },
		{ "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n" },
		{ "a\n", "", "@@ -1,1 +0,0 @@\n-a\n" },
		{ "a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n" },
		{ "a", "a\n", "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n" },
		{ "1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\n6\n7\n",
		  "@@ -4,3 +4,4 @@\n 4\n 5\n 6\n+7\n" },
		/* Six lines between two changes are shown, seven are not. */
		{ "a\n1\n2\n3\n4\n5\n6\nb\n", "1\n2\n3\n4\n5\n6\n",
		  "@@ -1,8 +1,6 @@\n-a\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n" },
		{ "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "1\n2\n3\n4\n5\n6\n7\n",
		  "@@ -1,4 +1,3 @@\n-a\n 1\n 2\n 3\n@@ -6,4 +5,3 @@\n 5\n 6\n 7\n-b\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text got = { 0 };

		CHECK(line_diff(row[i].old, strlen(row[i].old), row[i].now, strlen(row[i].now),
				keep, &got, NULL));
		CHECK(!strcmp(text_str(&got), row[i].want), "row %zu:\n%s", i, text_str(&got));
	}
}

/* Both texts, as the lines of a difference with all of its context have them. */
struct sides {
	struct text old, now;
};

static void take_sides(const char *line, size_t len, void *arg)
{
	struct sides *s = arg;

	if (*line == '-' || *line == ' ')
		keep(line + 1, len - 1, &s->old);
	if (*line == '+' || *line == ' ')
		keep(line + 1, len - 1, &s->now);
}

/* Of at most six lines, so that one hunk has all from the first change to the last. */
static void make_text(uint64_t *r, struct text *ret)
{
	for (unsigned n = random_below(r, 7); n > 0; n--)
		text_addf(ret, "%u\n", random_below(r, 3));
}

static void test_line_diff__of_any_two_texts_leads_from_one_to_the_other(void **state)
{
	uint64_t r = 7;

	for (unsigned i = 0; i < 20000; i++) {
		struct sides s = { .old = { 0 } };
		CLEANUP(text_release) struct text old = { 0 }, now = { 0 };
		bool same;

		make_text(&r, &old);
		make_text(&r, &now);
		same = !strcmp(text_str(&old), text_str(&now));
		CHECK(line_diff(text_str(&old), old.len, text_str(&now), now.len, take_sides, &s,
				NULL));
		CHECK(same ? !s.old.len && !s.now.len
			   : strstr(text_str(&old), text_str(&s.old)) &&
				      strstr(text_str(&now), text_str(&s.now)),
		      "%u", i);
		text_release(&s.old);
		text_release(&s.now);
	}
}

static void count(const char *line, size_t len, void *arg)
{
	unsigned *counts = arg;

	counts[0] += *line == '-';
	counts[1] += *line == '+';
}

static void test_line_diff__of_long_texts_needs_no_memory_by_their_square(void **state)
{
	CLEANUP(text_release) struct text old = { 0 }, now = { 0 };
	unsigned counts[2] = { 0, 0 };

	for (unsigned i = 0; i < 20000; i++) {
		text_addf(&old, "a%u\n", i);
		text_addf(&now, "b%u\n", i);
	}
	CHECK(line_diff(text_str(&old), old.len, text_str(&now), now.len, count, counts, NULL));
	CHECK(counts[0] == 20000 && counts[1] == 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_diff__shows_what_goes_and_comes_between_what_stays),
		cmocka_unit_test(test_line_diff__of_any_two_texts_leads_from_one_to_the_other),
		cmocka_unit_test(test_line_diff__of_long_texts_needs_no_memory_by_their_square),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
