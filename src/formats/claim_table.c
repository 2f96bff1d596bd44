#include "formats/claim_table.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cursor.h"

/* Rationale: our longest title has 18 letters. */
#define TITLE_SIZE 40

/* What counts of a title: letters and digits, and that something stands between them. */
static char title_letter(char c)
{
	return isalnum((unsigned char)c) ? (char)tolower((unsigned char)c) : ' ';
}

/* "**Branch/Environment**" -> "branch environment"; false: longer than any title. */
static bool fold_title(const char *text, char ret[static TITLE_SIZE])
{
	char last = ' ';
	size_t n = 0;

	for (; *text && n + 1 < TITLE_SIZE; text++) {
		char c = title_letter(*text);

		if (c != ' ' || last != ' ')
			ret[n++] = c;
		last = c;
	}
	n -= n && last == ' ';
	ret[n] = '\0';
	return !*text;
}

/* Which of the titles it is; TITLES_MAX: none. */
static unsigned rank_of(const char *title, const struct table_titles *t)
{
	unsigned i = 0;

	while (i < TITLES_MAX && t->titles[i] && strcmp(t->titles[i], title))
		i++;
	return i < TITLES_MAX && t->titles[i] ? i : TITLES_MAX;
}

/* The column at `at` has that title: it is the one that is meant, if no better one was before. */
static void take_title(const char *title, unsigned at, const struct table_titles *titles,
		       size_t count, unsigned *best, struct table_columns *ret)
{
	for (size_t i = 0; i < count; i++) {
		unsigned rank = rank_of(title, &titles[i]);

		if (rank >= best[i])
			continue;
		best[i] = rank;
		ret->at[i] = at;
	}
}

bool table_find_columns(const struct md_line *head, const struct table_titles *titles, size_t count,
			struct table_columns *ret, struct err *err)
{
	struct md_cells cells = md_cells_of(head);
	unsigned best[COLUMNS_MAX];
	const char *cell;
	size_t len;

	for (size_t i = 0; i < COLUMNS_MAX; i++) {
		ret->at[i] = NO_COLUMN;
		best[i] = TITLES_MAX;
	}
	for (unsigned at = 0; md_cell_next(&cells, &cell, &len); at++) {
		CLEANUP(text_release) struct text plain = { 0 };
		char title[TITLE_SIZE];
		bool struck;

		md_plain(cell, len, &plain, &struck);
		if (!text_ok(&plain))
			return fail_memory(err);
		if (fold_title(text_str(&plain), title))
			take_title(title, at, titles, count, best, ret);
	}
	return true;
}

/* Nothing, or a dash that stands for nothing. */
static bool says_nothing(const char *cell, size_t len)
{
	static const char *const dashes[] = { "", "-", "--", "\u2013", "\u2014" };

	for (size_t i = 0; i < ARRAY_LEN(dashes); i++)
		if (strlen(dashes[i]) == len && !memcmp(dashes[i], cell, len))
			return true;
	return false;
}

static bool read_cell(const char *cell, size_t len, struct arena *arena, const char **ret,
		      bool *ret_struck, struct err *err)
{
	CLEANUP(text_release) struct text plain = { 0 };

	if (says_nothing(cell, len))
		return true;
	md_plain(cell, len, &plain, ret_struck);
	if (!text_ok(&plain))
		return fail_memory(err);
	if (!plain.len)
		return true;
	*ret = arena_copy(arena, text_str(&plain));
	return *ret || fail_memory(err);
}

bool table_read_row(const struct md_line *row, const struct table_columns *columns, size_t count,
		    struct arena *arena, struct table_cells *ret, struct err *err)
{
	struct md_cells cells = md_cells_of(row);
	const char *cell;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	for (unsigned at = 0; md_cell_next(&cells, &cell, &len); at++)
		for (size_t i = 0; i < count; i++)
			if (columns->at[i] == at &&
			    !read_cell(cell, len, arena, &ret->text[i], &ret->struck[i], err))
				return false;
	return true;
}

bool table_number(const char *text, unsigned *ret)
{
	uint64_t number;

	text += strcspn(text, "0123456789");
	if (!eat_number(&text, INSTANCE_MAX, &number) || !eat_end(&text))
		return false;
	*ret = (unsigned)number;
	return true;
}

bool table_is_word(const char *text, const char *const *words)
{
	while (*words && strcasecmp(*words, text))
		words++;
	return *words;
}

bool table_is_given_up(const char *status)
{
	static const char *const words[] = { "free",	"available", "unused",	   "released",
					     "removed", "retired",   "unassigned", NULL };

	return status && table_is_word(status, words);
}
