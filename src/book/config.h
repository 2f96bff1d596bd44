/*
 * book/config.h - ~/.config/portbook/config.yaml, or /etc/portbook/config.yaml.
 */
#ifndef BOOK_CONFIG_H
#define BOOK_CONFIG_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "ports/name.h"

struct config {
	char book[PATH_MAX];  /* "": not said */
	char host[NAME_SIZE]; /* "": not said */
	char file[PATH_MAX];  /* which file said it; "": there is none */
};

/*
 * The user's config, else the machine's; none is no error.
 * Errors: ERR_INVALID  "file:line:column: what is wrong"
 */
MUST_CHECK bool config_read(struct config *ret, struct err *err);

#endif
