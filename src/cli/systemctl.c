#include "cli/systemctl.h"

#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "cli/program.h"

/* Rationale: the program, --user, a verb with an option, and a unit. */
#define WORDS_MAX 8

/* What it said, in one line. */
static void make_one_line(const struct text *said, char *ret, size_t size)
{
	size_t len = said->len < size - 1 ? said->len : size - 1;

	memcpy(ret, text_str(said), len);
	ret[len] = '\0';
	while (len && ret[len - 1] == '\n')
		ret[--len] = '\0';
	for (char *at = ret; *at; at++)
		if (*at == '\n')
			*at = ' ';
}

bool systemctl_do(bool of_user, const char *const *words, struct err *err)
{
	CLEANUP(text_release) struct text said = { 0 };
	const char *all[WORDS_MAX] = { "systemctl" };
	char line[ERR_TEXT_SIZE / 2];
	unsigned n = 1;
	int status;

	if (of_user)
		all[n++] = "--user";
	while (*words && n < WORDS_MAX - 1)
		all[n++] = *words++;
	if (!program_run(all, NULL, &said, &status, err))
		return false;
	make_one_line(&said, line, sizeof(line));
	return !status ||
	       fail(err, ERR_IO, "%s", *line ? line : "systemctl failed, and does not say why");
}

/* Has this user a systemd of their own, and that a unit of this name? */
static bool is_of_user(const char *unit)
{
	return geteuid() != 0 && systemctl_do(true, (const char *[]){ "cat", unit, NULL }, NULL);
}

bool systemctl_run(const char *verb, const char *unit, struct err *err)
{
	if (!*unit || *unit == '-' || strchr(unit, '/'))
		return fail(err, ERR_INVALID, "'%s' is no name of a unit", unit);
	return systemctl_do(is_of_user(unit), (const char *[]){ verb, unit, NULL }, err);
}
