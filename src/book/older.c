#include "book/older.h"

#include "store/postgres/older.h"
#include "store/postgres/postgres.h"

bool older_is_database(const char *name)
{
	return postgres_is_url(name);
}

char *older_shown(const char *url, char *ret, size_t size)
{
	return postgres_url_shown(url, ret, size);
}

bool older_read(const char *url, const char *system, struct text *ret, struct err *err)
{
	return store_postgres_read_older(url, system, ret, err);
}
