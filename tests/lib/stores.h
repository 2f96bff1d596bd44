/*
 * lib/stores.h - every implementation of registry/store.h, for tests that run on all.
 */
#ifndef LIB_STORES_H
#define LIB_STORES_H

#include <stdbool.h>

#include "base/watcher.h"
#include "registry/store.h"

struct store_kind {
	const char *name;

	/* Open the book in `folder`; with `create` it is a new one. */
	bool (*open)(const char *folder, bool create, struct store **ret, struct err *err);

	/* A watcher of the book in `folder`; NULL: nobody but its session can change it. */
	bool (*watch)(const char *folder, struct watcher **ret, struct err *err);

	/* The book outlives its session, and two sessions may have it open. */
	bool is_kept;

	/* By a server, whatever the folder: there is one book at a time. */
	bool is_served;
};

#define STORE_KIND_MAX 4
extern const struct store_kind store_kinds[];
extern const unsigned store_kind_count;

#endif
