/*
 * cli/file_change.h - a file of somebody's that is changed: read, shown, written at once.
 */
#ifndef CLI_FILE_CHANGE_H
#define CLI_FILE_CHANGE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/output.h"

/* Rationale: the input's limit in schemas/config.json; 5,000 rules of a proxy have 1 MB. */
#define FILE_CHANGE_MAX ((size_t)8 << 20)

/* Such a file at its place, and what it held when it was read; `{ 0 }` before. */
struct changed_file {
	char path[PATH_MAX];
	struct text now;
	bool is_there;
};

void changed_file_release(struct changed_file *f);

/* `*ret_there` false: there is no such file. Errors: see file_read. */
MUST_CHECK bool file_change_read(const char *path, struct text *ret, bool *ret_there,
				 struct err *err);

/* Add to stdout what changes, in the form of `diff -u`. Errors: ERR_MEMORY */
MUST_CHECK bool file_change_show(struct output *o, const char *path, bool is_there,
				 const struct text *was, const char *now, size_t now_len,
				 struct err *err);

/*
 * Replace what was read.
 * Errors: ERR_BUSY  somebody has written in between, and nothing was written here;
 *         and those of file_write_atomic
 */
MUST_CHECK bool file_change_write(const char *path, bool is_there, const struct text *was,
				  const char *now, size_t now_len, struct err *err);

/* --- what an operation answers of a file: `changed`, and its whole `content` then */

/* Add to stdout what changes, if something does. Errors: ERR_MEMORY */
MUST_CHECK bool changed_file_show(struct output *o, const struct changed_file *f,
				  const json_t *answer, struct err *err);

/* Bring it there, and put `written` into the answer. Errors: those of file_change_write */
MUST_CHECK bool changed_file_write(const struct changed_file *f, json_t *answer, struct err *err);

/* "PATH is written", by that member. */
void changed_file_say(struct output *o, const struct changed_file *f, const json_t *answer);

#endif
