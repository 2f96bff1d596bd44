/*
 * Source: "name: command" lines; Heroku's Dev Center, "The Procfile": a process
 * type is alphanumeric, and `release` is run once before a new release starts.
 */
#include <ctype.h>
#include <string.h>

#include "formats/command_port.h"
#include "formats/scan.h"

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* The length of the process's name; 0: the line is a comment, blank or something else. */
static size_t name_length(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && is_name(line[n]))
		n++;
	return n < len && line[n] == ':' && n < NAME_SIZE ? n : 0;
}

static bool add_process(const struct lines *l, size_t name_len, struct findings *ret,
			struct err *err)
{
	const struct command_text command = { l->line + name_len + 1, l->len - name_len - 1, NULL };
	struct command_port said;
	char name[NAME_SIZE] = "";

	memcpy(name, l->line, name_len);
	if (!strcmp(name, "release"))
		return true;
	if (!command_port_find(&command, &said, err))
		return false;
	findings_add(ret, name, said.port, l->number);
	return true;
}

bool scan_procfile(const char *bytes, size_t len, const char *file, struct findings *ret,
		   struct err *err)
{
	struct lines l = { .rest = bytes, .left = len };

	if (!scan_is_text(bytes, len, file, err))
		return false;
	while (lines_next(&l)) {
		size_t n = name_length(l.line, l.len);

		if (n && !add_process(&l, n, ret, err))
			return false;
	}
	return true;
}
