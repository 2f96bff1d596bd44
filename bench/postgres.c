/*
 * Many clients of one PostgreSQL database that write without pause.
 *
 * usage: postgres WAY URL PROCESSES SECONDS PROJECTS
 *
 *	plain	one row into a table with one index
 *	sql	allocate_port, and then release_port, each a transaction, as programs call them
 *	store	a port is claimed in one transaction and released in the next, with their events
 *	registry	the same with all rules that `allocate` and `release` keep
 *
 * The clients take turns over the projects, whose blocks are 60 % full.  Each makes some commits before
 * they are counted.
 *
 * Says: commits_per_s, median_ms, p99_ms, slowest_ms, fewest and most (commits of one process)
 */
#include <string.h>

#include "base/uuid.h"
#include "book.h"
#include "crew.h"
#include "measure.h"
#include "store/postgres/libpq.h"

/* Rationale: of the 100 of a block; the 40 left are enough for 16 clients with one each. */
#define FILLED 60

/*
 * Rationale: the server plans what a statement or a function does anew for the first five times,
 * which takes longer than all of the commit; a client that stays does not feel it.
 */
#define WARM_UP 12

struct client {
	const char *url;
	struct owner owner;
	char service[32];
	unsigned commits;
	uint16_t port; /* held; 0: none */
	/* store, registry */
	struct book book;
	char id[UUID_TEXT_SIZE];
	/* plain, sql */
	const struct libpq *pq;
	PGconn *conn;
};

struct way {
	const char *name;
	void (*open)(struct client *c);
	void (*commit)(struct client *c);
};

/* ---- by libpq ---- */

static void need_result(struct client *c, PGresult *result)
{
	ExecStatusType status = c->pq->resultStatus(result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		die("%s", c->pq->errorMessage(c->conn));
}

static void say(struct client *c, const char *sql)
{
	PGresult *result = c->pq->exec(c->conn, sql);

	need_result(c, result);
	c->pq->clear(result);
}

/* The one result of what was sent; cleared by the caller. */
static PGresult *answer_of(struct client *c)
{
	PGresult *result = c->pq->getResult(c->conn);

	need_result(c, result);
	c->pq->clear(c->pq->getResult(c->conn));
	return result;
}

static void prepare(struct client *c, const char *name, const char *sql)
{
	if (!c->pq->sendPrepare(c->conn, name, sql, 0, NULL))
		die("%s", c->pq->errorMessage(c->conn));
	c->pq->clear(answer_of(c));
}

static PGresult *run(struct client *c, const char *name, unsigned n, const char *const *values)
{
	if (!c->pq->sendQueryPrepared(c->conn, name, (int)n, values, NULL, NULL, 0))
		die("%s", c->pq->errorMessage(c->conn));
	return answer_of(c);
}

static void dial(struct client *c)
{
	const char *const names[] = { "dbname", NULL };
	const char *const values[] = { c->url, NULL };

	c->pq = libpq_load();
	if (!c->pq)
		die("there is no libpq");
	c->conn = c->pq->connectdbParams(names, values, 1);
	if (c->pq->status(c->conn) != CONNECTION_OK)
		die("%s", c->pq->errorMessage(c->conn));
}

static void plain_open_table(struct client *c)
{
	dial(c);
	prepare(c, "insert", "INSERT INTO plain VALUES ($1, $2, now())");
}

static void plain_one(struct client *c)
{
	char number[16];
	const char *const values[] = { number, c->service };

	snprintf(number, sizeof(number), "%u", c->commits++);
	c->pq->clear(run(c, "insert", 2, values));
}

static void sql_open(struct client *c)
{
	dial(c);
	prepare(c, "allocate",
		"SELECT allocate_port($1, (SELECT id FROM port_ranges WHERE range_name ="
		" 'projects'), $2)");
	prepare(c, "release", "SELECT release_port($1)");
}

static void sql_one(struct client *c)
{
	char port[16];
	const char *const asked[] = { c->owner.project.id, c->service };
	const char *const held[] = { port };
	PGresult *result;

	snprintf(port, sizeof(port), "%u", c->port);
	result = c->port ? run(c, "release", 1, held) : run(c, "allocate", 2, asked);
	c->port = c->port ? 0 : (uint16_t)strtoul(c->pq->getvalue(result, 0, 0), NULL, 10);
	c->pq->clear(result);
}

/* ---- by the session ---- */

static void book_open_own(struct client *c)
{
	book_open(&c->book, c->url);
}

static void store_one(struct client *c)
{
	book_begin_shared(&c->book, &c->owner, c->service);
	if (c->port) {
		book_release(&c->book, &c->owner, c->service, c->id, c->port);
		c->port = 0;
	} else {
		c->port = book_claim(&c->book, &c->owner, c->service, c->id);
	}
	book_commit(&c->book);
}

static void registry_one(struct client *c)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct port_request request = book_request(&c->book, &c->owner, c->service);
	struct port_answer answer;
	struct err err = { 0 };

	book_begin_shared(&c->book, &c->owner, c->service);
	if (c->port)
		book_release_service(&c->book, &c->owner, c->service);
	else if (!registry_allocate(&c->book.registry, &request, &arena, &answer, &err))
		die("%s", err.text);
	c->port = !c->port;
	book_commit(&c->book);
}

static const struct way ways[] = {
	{ "plain", plain_open_table, plain_one },
	{ "sql", sql_open, sql_one },
	{ "store", book_open_own, store_one },
	{ "registry", book_open_own, registry_one },
};

static const struct way *way_named(const char *name)
{
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++)
		if (!strcmp(ways[i].name, name))
			return &ways[i];
	die("there is no way '%s'", name);
}

/* ---- all together ---- */

static void fill(struct book *b, const struct owner *owner)
{
	char service[32], id[UUID_TEXT_SIZE];

	for (unsigned n = 0; n < FILLED; n++) {
		snprintf(service, sizeof(service), "kept%u", n);
		book_claim(b, owner, service, id);
	}
}

static void make_book(struct client *clients, unsigned processes, unsigned projects,
		      struct arena *arena)
{
	struct client maker = { .url = clients[0].url };
	struct book book;
	char name[32];

	book_open(&book, clients[0].url);
	for (unsigned i = 0; i < projects; i++) {
		snprintf(name, sizeof(name), "w%u", i);
		book_begin(&book);
		book_add_project(&book, name, arena, &clients[i].owner);
		fill(&book, &clients[i].owner);
		book_commit(&book);
	}
	book_close(&book);
	for (unsigned i = projects; i < processes; i++)
		clients[i].owner = clients[i % projects].owner;
	dial(&maker);
	say(&maker, "CREATE TABLE plain (number integer, owner text, at timestamptz);"
		    " CREATE INDEX plain_number ON plain (number)");
	maker.pq->finish(maker.conn);
}

struct bench {
	const struct way *way;
	struct client *clients;
};

static void open_one(unsigned number, void *arg)
{
	struct bench *b = arg;

	b->way->open(&b->clients[number]);
	for (unsigned i = 0; i < WARM_UP; i++)
		b->way->commit(&b->clients[number]);
}

static void commit_one(unsigned number, void *arg)
{
	struct bench *b = arg;

	b->way->commit(&b->clients[number]);
}

int main(int argc, char **argv)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct bench bench;
	unsigned processes, seconds, projects;

	if (argc != 6)
		die("usage: postgres plain|sql|store|registry URL PROCESSES SECONDS PROJECTS");
	bench.way = way_named(argv[1]);
	processes = number_or_die(argv[3], CREW_MAX);
	seconds = number_or_die(argv[4], 60);
	projects = number_or_die(argv[5], processes);
	bench.clients = alloc_or_die(processes, sizeof(*bench.clients));
	for (unsigned i = 0; i < processes; i++) {
		bench.clients[i].url = argv[2];
		snprintf(bench.clients[i].service, sizeof(bench.clients[i].service), "s%u", i);
	}
	make_book(bench.clients, processes, projects, &arena);
	crew_run(&(struct crew_work){ .open = open_one, .commit = commit_one, .arg = &bench },
		 processes, seconds);
	free(bench.clients);
	return 0;
}
