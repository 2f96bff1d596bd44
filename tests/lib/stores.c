#include "lib/stores.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>

#include "store/memory/memory.h"
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

const struct store_kind store_kinds[] = {
	{ "memory", open_memory, false },
	{ "sqlite", open_sqlite, true },
};
const unsigned store_kind_count = ARRAY_LEN(store_kinds);
static_assert(ARRAY_LEN(store_kinds) <= STORE_KIND_MAX, "make STORE_KIND_MAX larger");
