/*
 * lib/postgres.h - a PostgreSQL server for the tests of one program.
 */
#ifndef LIB_POSTGRES_H
#define LIB_POSTGRES_H

/* The URL of its database; started by the first call, gone when the program ends. */
const char *postgres_url(void);

/* Let its superuser run statements, as another program would. */
void postgres_say(const char *sql);

#endif
