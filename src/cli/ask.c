#include "cli/ask.h"

#include <errno.h>
#include <unistd.h>

bool ask_is_possible(const struct run *r)
{
	return !r->out.json && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* The first letter of the line; 0 at its end, or when there is none. */
static char read_answer(void)
{
	char first = '\0', c;

	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || c == '\n')
			return first;
		if (!first && c != ' ')
			first = c;
	}
}

bool ask_yes(struct run *r, const char *question)
{
	char first;

	text_addf(&r->out.notes, "%s [y/N] ", question);
	if (!output_flush(&r->out, NULL))
		return false;
	first = read_answer();
	return first == 'y' || first == 'Y';
}
