/*
 * postgres/files.c - what libpq reads besides the server's answers.
 *
 * Source: PostgreSQL documentation, 34.1.2 "Parameter Key Words", 34.15 "Environment Variables",
 * 34.16 "The Password File", 34.19 "SSL Support".
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/postgres/libpq.h"
#include "store/postgres/postgres.h"

typedef void file_fn(const char *path, bool writes, void *arg);

static const char *const in_home[] = { ".postgresql", ".pgpass", ".pg_service.conf" };
static const char *const variables[] = {
	"PGPASSFILE",	 "PGSERVICEFILE", "PGSYSCONFDIR", "PGSSLCERT",	  "PGSSLKEY",
	"PGSSLROOTCERT", "PGSSLCRL",	  "PGSSLCRLDIR",  "SSL_CERT_DIR", "SSL_CERT_FILE",
};
static const char *const of_the_system[] = { "/etc/postgresql-common", "/etc/ssl",
					     "/etc/krb5.conf" };
static const char *const keywords[] = { "sslcert", "sslkey",	"sslrootcert",
					"sslcrl",  "sslcrldir", "passfile" };

static void tell_path(const char *path, file_fn *fn, void *arg)
{
	if (path && *path == '/')
		fn(path, false, arg);
}

static void tell_url(const char *url, file_fn *fn, void *arg)
{
	const struct libpq *pq = libpq_load();
	PQconninfoOption *options = pq ? pq->conninfoParse(url, NULL) : NULL;

	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
			if (!strcmp(o->keyword, keywords[i]))
				tell_path(o->val, fn, arg);
	if (options)
		pq->conninfoFree(options);
}

void store_postgres_files(const char *url, file_fn *fn, void *arg)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(in_home) && home; i++)
		if (snprintf(path, sizeof(path), "%s/%s", home, in_home[i]) < (int)sizeof(path))
			tell_path(path, fn, arg);
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		tell_path(getenv(variables[i]), fn, arg);
	for (size_t i = 0; i < ARRAY_LEN(of_the_system); i++)
		tell_path(of_the_system[i], fn, arg);
	tell_url(url, fn, arg);
}
