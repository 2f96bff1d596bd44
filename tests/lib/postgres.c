#include "lib/postgres.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/folder.h"
#include "store/postgres/libpq.h"
#include "store/postgres/postgres.h"

/* Rationale: initdb on a machine that does much else. */
#define START_MS 120000

static struct folder folder;
static pid_t server;
static char url[PATH_MAX + 64];

static void stop_server(void)
{
	if (server != getpid() && server > 0) {
		kill(server, SIGQUIT);
		waitpid(server, NULL, 0);
	}
	folder_cleanup(&folder);
}

static bool is_up(struct err *err)
{
	struct postgres_setup setup;
	struct store *none;

	return store_postgres_setup(url, true, &setup, &none, err);
}

static void wait_for_server(void)
{
	const int64_t until = clock_now_ms() + START_MS;
	struct err err = { 0 };

	while (!is_up(&err)) {
		CHECK(waitpid(server, NULL, WNOHANG) == 0,
		      "the server ended; its log is %s/log: %s", folder.path, err.text);
		CHECK(clock_now_ms() < until, "%s", err.text);
		nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000L }, NULL);
	}
}

const char *postgres_url(void)
{
	if (server)
		return url;
	folder = folder_make();
	snprintf(url, sizeof(url), "postgres://postgres@/postgres?host=%.4000s", folder.path);
	server = fork();
	CHECK(server >= 0);
	if (server == 0) {
		execl(POSTGRES_SERVER, POSTGRES_SERVER, folder.path, (char *)NULL);
		_exit(127);
	}
	atexit(stop_server);
	wait_for_server();
	return url;
}

void postgres_say(const char *sql)
{
	const struct libpq *pq = libpq_load();
	const char *const names[] = { "dbname", NULL };
	const char *const values[] = { postgres_url(), NULL };
	PGconn *conn = pq->connectdbParams(names, values, 1);
	PGresult *result = pq->exec(conn, sql);
	ExecStatusType status = pq->resultStatus(result);

	CHECK(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
	      pq->errorMessage(conn));
	pq->clear(result);
	pq->finish(conn);
}
