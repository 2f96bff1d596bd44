/*
 * book/config.h - ~/.config/portbook/config.yaml, or /etc/portbook/config.yaml.
 */
#ifndef BOOK_CONFIG_H
#define BOOK_CONFIG_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"
#include "ports/name.h"

#define CONFIG_OF_MACHINE "/etc/portbook/config.yaml"

struct config {
	char book[PATH_MAX];  /* "": not said */
	char host[NAME_SIZE]; /* "": not said */
	char file[PATH_MAX];  /* which file said it; "": there is none */
	bool is_machines;     /* that is CONFIG_OF_MACHINE */
};

/* Where a file of the user's own is, such as "config.yaml"; false when there is no home. */
bool config_user_path(const char *name, char ret[static PATH_MAX]);

/*
 * The user's config, else the machine's; none is no error.
 * Errors: ERR_INVALID  "file:line:column: what is wrong"
 */
MUST_CHECK bool config_read(struct config *ret, struct err *err);

/* As config_read, of one file. */
MUST_CHECK bool config_read_file(const char *path, struct config *ret, bool *ret_found,
				 struct err *err);

/* Whether `text` would be read as a config, from the file `path`. Errors: see config_read. */
MUST_CHECK bool config_parse(const struct text *text, const char *path, struct config *ret,
			     struct err *err);

#endif
