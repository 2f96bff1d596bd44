#include <string.h>

#include "base/cursor.h"
#include "formats/scan.h"
#include "ports/port_range.h"

/* Rationale: "--port=${SOME_LONG_NAME_PORT:-65535}" fits; a longer word is no port. */
#define WORD_SIZE 128

static bool is_between(char c)
{
	return strchr(" \t\r\n;&|()", c) != NULL;
}

/* The next word without its quotes; one that is too long becomes "". */
static bool next_word(const char **at, const char *end, char ret[static WORD_SIZE])
{
	size_t len = 0;

	while (*at < end && is_between(**at))
		(*at)++;
	if (*at == end)
		return false;
	for (; *at < end && !is_between(**at); (*at)++)
		if (!strchr("'\"\\", **at) && len < WORD_SIZE)
			ret[len++] = **at;
	ret[len < WORD_SIZE ? len : 0] = '\0';
	return true;
}

/* "3000", or the default of "${PORT:-3000}". */
static uint16_t port_of(const char *word)
{
	const char *minus = strstr(word, ":-");
	const char *at = !strncmp(word, "${", 2) && minus ? minus + 2 : word;
	uint16_t port;

	if (!eat_port(&at, &port))
		return 0;
	if (at != word)
		eat_char(&at, '}');
	return eat_end(&at) ? port : 0;
}

static uint16_t port_in(const char *word, const char *before)
{
	static const char *const starts[] = { "--port=", "-p=", "-p", "PORT=" };
	uint16_t port = 0;

	if (!strcmp(before, "-p") || !strcmp(before, "--port"))
		port = port_of(word);
	for (size_t i = 0; !port && i < ARRAY_LEN(starts); i++) {
		const char *at = word;

		if (eat_word(&at, starts[i]))
			port = port_of(at);
	}
	return port;
}

uint16_t command_port(const char *command, size_t len)
{
	char word[WORD_SIZE] = "", before[WORD_SIZE] = "";
	const char *at = command;
	uint16_t port = 0;

	while (!port && next_word(&at, command + len, word)) {
		port = port_in(word, before);
		memcpy(before, word, sizeof(before));
	}
	return port;
}
