#include "project/scripts.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"

/* Rationale: what is written by hand has a tenth of it. */
#define FILE_MAX ((size_t)256 * 1024)

static bool join(char ret[static PATH_MAX], const char *folder, const char *name, size_t len)
{
	return snprintf(ret, PATH_MAX, "%s/%.*s", folder, (int)len, name) < PATH_MAX;
}

const char *project_script(const char *folder, const char *name, struct arena *a)
{
	CLEANUP(json_cleanup) json_t *package = NULL;
	CLEANUP(text_release) struct text text = { 0 };
	char path[PATH_MAX];

	if (!join(path, folder, "package.json", strlen("package.json")) ||
	    !file_read(path, FILE_MAX, &text, NULL) ||
	    !json_parse(text_str(&text), text.len, &package, NULL))
		return NULL;
	return arena_copy(a, json_text_of(json_object_get(package, "scripts"), name));
}

/* "port", "PORT", "serverPort"; not a part of "import" or "portable". */
static bool is_word_port(const char *text, size_t at)
{
	bool begins = !at || !islower((unsigned char)text[at - 1]) ||
		      isupper((unsigned char)text[at]);

	return begins && !isalpha((unsigned char)text[at + 4]);
}

static bool speaks_of_port(const char *path)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct err err = { 0 };
	const char *s;

	if (!file_read(path, FILE_MAX, &text, &err))
		return err.code != ERR_NOT_FOUND;
	s = text_str(&text);
	for (const char *at = strcasestr(s, "port"); at; at = strcasestr(at + 4, "port"))
		if (is_word_port(s, (size_t)(at - s)))
			return true;
	return false;
}

bool project_speaks_of_port(const char *folder, const char *files)
{
	char path[PATH_MAX];

	while (files && *files) {
		size_t len = strcspn(files, " ");

		if (!join(path, folder, files, len) || speaks_of_port(path))
			return true;
		files += len + strspn(files + len, " ");
	}
	return false;
}

bool project_sets_variables(const char *folder)
{
	char path[PATH_MAX];

	return join(path, folder, ".envrc", strlen(".envrc")) && access(path, F_OK) == 0;
}
