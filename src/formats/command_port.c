#include <string.h>

#include "base/cursor.h"
#include "formats/scan.h"

/* Rationale: "--port=${SOME_LONG_NAME_PORT:-65535}" fits; a longer word is no port. */
#define WORD_SIZE 128

/* A word without its quotes, and where in the command each of its letters stands. */
struct word {
	char text[WORD_SIZE];
	size_t places[WORD_SIZE];
};

static bool is_between(char c)
{
	return strchr(" \t\r\n;&|()", c) != NULL;
}

/* The next word from `*at`; one that is too long becomes "". */
static bool next_word(const char *command, size_t len, size_t *at, struct word *ret)
{
	size_t n = 0;

	while (*at < len && is_between(command[*at]))
		(*at)++;
	if (*at == len)
		return false;
	for (; *at < len && !is_between(command[*at]); (*at)++) {
		if (strchr("'\"\\", command[*at]) || n == WORD_SIZE)
			continue;
		ret->places[n] = *at;
		ret->text[n++] = command[*at];
	}
	ret->text[n < WORD_SIZE ? n : 0] = '\0';
	return true;
}

/* "3000", or the default of "${PORT:-3000}": which letters of the word are the number. */
static uint16_t port_of(const struct word *w, size_t start, struct command_port *ret)
{
	const char *word = w->text + start, *minus = strstr(word, ":-");
	const char *number = !strncmp(word, "${", 2) && minus ? minus + 2 : word, *at = number;
	uint16_t port;

	if (!eat_port(&at, &port))
		return 0;
	ret->at = w->places[number - w->text];
	ret->len = w->places[at - w->text - 1] + 1 - ret->at;
	ret->is_default = number != word;
	if (ret->is_default)
		eat_char(&at, '}');
	return eat_end(&at) ? port : 0;
}

static uint16_t port_in(const struct word *w, const struct word *before, struct command_port *ret)
{
	static const char *const starts[] = { "--port=", "-p=", "-p", "PORT=" };
	uint16_t port = 0;

	if (!strcmp(before->text, "-p") || !strcmp(before->text, "--port"))
		port = port_of(w, 0, ret);
	for (size_t i = 0; !port && i < ARRAY_LEN(starts); i++)
		if (!strncmp(w->text, starts[i], strlen(starts[i])))
			port = port_of(w, strlen(starts[i]), ret);
	return port;
}

bool command_port_find(const char *command, size_t len, struct command_port *ret)
{
	struct word w, before = { .text = "" };
	size_t at = 0;

	while (next_word(command, len, &at, &w)) {
		struct command_port found = { .port = 0 };

		found.port = port_in(&w, &before, &found);
		if (found.port) {
			*ret = found;
			return true;
		}
		before = w;
	}
	return false;
}

uint16_t command_port(const char *command, size_t len)
{
	struct command_port found;

	return command_port_find(command, len, &found) ? found.port : 0;
}
