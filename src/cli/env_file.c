#include "cli/env_file.h"

#include <string.h>

#include "base/fd.h"

/* Rationale: a .gitignore or .env that is larger was not written by people. */
#define FILE_LIMIT ((size_t)1 << 20)

#define FILE_MODE 0644

/* A file that is not there is empty. */
static bool read_if_any(const char *path, struct text *ret, struct err *err)
{
	struct err why = { 0 };

	if (file_read(path, FILE_LIMIT, ret, &why) || why.code == ERR_NOT_FOUND)
		return true;
	*err = why;
	return false;
}

bool proposed_file_write(const json_t *file, bool *ret_written, struct err *err)
{
	const char *path = json_text_of(file, "path"), *content = json_text_of(file, "content");

	if (!path || !content)
		return fail(err, ERR_INVALID, "the answer names no file to write");
	*ret_written = json_bool_of(file, "changed");
	return !*ret_written || file_write_atomic(path, content, strlen(content), FILE_MODE, err);
}

bool file_add_line(const char *path, const char *line, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };

	if (!read_if_any(path, &t, err))
		return false;
	if (t.len && t.s[t.len - 1] != '\n')
		text_add(&t, "\n");
	text_addf(&t, "%s\n", line);
	return (text_ok(&t) || fail_memory(err)) &&
	       file_write_atomic(path, t.s, t.len, FILE_MODE, err);
}
