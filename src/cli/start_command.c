#include "cli/start_command.h"

#include <ctype.h>
#include <string.h>

#include "base/cursor.h"

/* Rationale: a look cuts command lines that are longer: what is missing is not known. */
#define COMMAND_MAX 1000

/* What means itself to every shell, at any place of a word. */
static bool is_plain(const char *text, const char *also)
{
	for (; *text; text++)
		if (!isascii((unsigned char)*text) ||
		    (!isalnum((unsigned char)*text) && !strchr("_/.+-@%:,=", *text) &&
		     !strchr(also, *text)))
			return false;
	return true;
}

void shell_path_add(struct text *t, const char *path)
{
	if (is_plain(path, "")) {
		text_add(t, path);
		return;
	}
	text_add(t, "'");
	for (; *path; path++)
		if (*path == '\'')
			text_add(t, "'\\''");
		else
			text_add_bytes(t, path, 1);
	text_add(t, "'");
}

/* The number that starts here is the port, and no part of a longer one. */
static bool eat_same_port(const char **at, uint16_t port)
{
	const char *p = *at;
	uint16_t number;

	if (!eat_port(&p, &number) || number != port)
		return false;
	*at = p;
	return true;
}

static bool names_port(const char *command, uint16_t port)
{
	while (*command) {
		if (eat_same_port(&command, port))
			return true;
		while (isdigit((unsigned char)*command))
			command++;
		if (*command)
			command++;
	}
	return false;
}

static void add_with_port(struct text *t, const char *command, uint16_t had, uint16_t gets)
{
	while (*command) {
		const char *start = command;

		if (eat_same_port(&command, had)) {
			text_addf(t, "%u", gets);
			continue;
		}
		while (isdigit((unsigned char)*command))
			command++;
		while (*command && !isdigit((unsigned char)*command))
			command++;
		text_add_bytes(t, start, (size_t)(command - start));
	}
}

bool start_command_add(struct text *t, const char *folder, const char *command, uint16_t had,
		       uint16_t gets)
{
	if (!command || !*command || strlen(command) > COMMAND_MAX || !is_plain(command, " "))
		return false;
	if (folder) {
		text_add(t, "cd ");
		shell_path_add(t, folder);
		text_add(t, " && ");
	}
	if (!names_port(command, had))
		text_addf(t, "PORT=%u ", gets);
	add_with_port(t, command, had, gets);
	return true;
}
