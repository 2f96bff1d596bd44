#include "lib/stores.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>

#include "lib/postgres.h"
#include "store/memory/memory.h"
#include "store/postgres/postgres.h"
#include "store/sqlite/sqlite.h"

static bool open_memory(const char *folder, bool create, struct store **ret, struct err *err)
{
	(void)folder, (void)create;
	return store_memory_open(ret, err);
}

static bool open_sqlite(const char *folder, bool create, struct store **ret, struct err *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.4000s/book.db", folder);
	return store_sqlite_open(path, create, ret, err);
}

static bool watch_sqlite(const char *folder, struct watcher **ret, struct err *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.4000s/book.db", folder);
	return store_sqlite_watch(path, ret, err);
}

/* One database for all folders, emptied for each new book: to make one takes as long as a test. */
static bool open_postgres(const char *folder, bool create, struct store **ret, struct err *err)
{
	struct postgres_setup setup;

	(void)folder;
	if (!create)
		return store_postgres_open(postgres_url(), ret, err);
	if (!store_postgres_setup(postgres_url(), false, &setup, ret, err) ||
	    !(*ret)->ops->clear(*ret, err))
		return false;
	postgres_say("ALTER SEQUENCE events_seq_seq RESTART;"
		     " ALTER SEQUENCE port_health_checks_id_seq RESTART");
	return true;
}

static bool watch_postgres(const char *folder, struct watcher **ret, struct err *err)
{
	(void)folder;
	return store_postgres_watch(postgres_url(), ret, err);
}

const struct store_kind store_kinds[] = {
	{ "memory", open_memory },
	{ "sqlite", open_sqlite, .watch = watch_sqlite, .is_kept = true },
	{ "postgres", open_postgres, .watch = watch_postgres, .is_kept = true, .is_served = true },
};
const unsigned store_kind_count = ARRAY_LEN(store_kinds);
static_assert(ARRAY_LEN(store_kinds) <= STORE_KIND_MAX, "make STORE_KIND_MAX larger");
