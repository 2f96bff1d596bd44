/*
 * Many processes that write to one file without pause.
 *
 * usage: contention store|plain FOLDER PROCESSES SECONDS
 *        contention cli FOLDER PROCESSES SECONDS PORTBOOK
 *
 *	store	claim a port in one transaction, release it in the next
 *	plain	insert a row; SQLite waits by its busy_timeout
 *	cli	as store, by a program that is started each time
 *
 * Says: commits_per_s, median_ms, slowest_ms, fewest and most (commits of one process)
 */
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/uuid.h"
#include "book.h"
#include "crew.h"
#include "measure.h"
#include "plain.h"

extern char **environ;

struct worker {
	unsigned number;
	const char *path;     /* the file */
	const char *portbook; /* cli: the program */
	unsigned commits;
	struct owner owner;
	struct book book;
	struct plain plain;
	char id[UUID_TEXT_SIZE];
	uint16_t port; /* held; 0: none */
};

/* One way to write: open, then one commit after another. */
struct way {
	const char *name;
	void (*open)(struct worker *w);
	void (*commit)(struct worker *w);
};

static void store_open_book(struct worker *w)
{
	book_open(&w->book, w->path);
}

static void store_one(struct worker *w)
{
	book_begin(&w->book);
	if (w->port) {
		book_release(&w->book, &w->owner, "web", w->id, w->port);
		w->port = 0;
	} else {
		w->port = book_claim(&w->book, &w->owner, "web", w->id);
	}
	book_commit(&w->book);
}

static void plain_open_file(struct worker *w)
{
	plain_open(&w->plain, w->path);
}

static void plain_one(struct worker *w)
{
	plain_insert(&w->plain, w->commits++, "web");
}

static void cli_open(struct worker *w)
{
	setenv("PORTBOOK_BOOK", w->path, 1);
}

static void cli_one(struct worker *w)
{
	char service[64];
	char *words[] = { (char *)w->portbook, w->port ? "release" : "get", service, NULL };
	posix_spawn_file_actions_t quiet;
	int status;
	pid_t pid;

	snprintf(service, sizeof(service), "w%u/web", w->number);
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, w->portbook, &quiet, NULL, words, environ) != 0 ||
	    waitpid(pid, &status, 0) < 0 || status != 0)
		die("'%s %s %s' failed", w->portbook, words[1], service);
	posix_spawn_file_actions_destroy(&quiet);
	w->port = !w->port;
}

static const struct way ways[] = {
	{ "store", store_open_book, store_one },
	{ "plain", plain_open_file, plain_one },
	{ "cli", cli_open, cli_one },
};

struct run {
	const struct way *way;
	struct worker *workers;
};

static void open_one(unsigned number, void *arg)
{
	struct run *run = arg;

	run->workers[number].number = number;
	run->way->open(&run->workers[number]);
}

static void commit_one(unsigned number, void *arg)
{
	struct run *run = arg;

	run->way->commit(&run->workers[number]);
}

/* Each process has a project of its own. */
static void make_book(struct worker *w, const char *path, unsigned processes, struct arena *arena)
{
	struct book book;
	char name[32];

	book_open(&book, path);
	book_begin(&book);
	for (unsigned i = 0; i < processes; i++) {
		snprintf(name, sizeof(name), "w%u", i);
		book_add_project(&book, name, arena, &w[i].owner);
	}
	book_commit(&book);
	book_close(&book);
}

/* The table, and WAL, once: SQLite does not wait when two turn it on. */
static void make_plain(const char *path)
{
	struct plain plain;

	plain_open(&plain, path);
	plain_close(&plain);
}

static const struct way *way_named(const char *name)
{
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++)
		if (!strcmp(ways[i].name, name))
			return &ways[i];
	die("there is no way '%s'", name);
}

int main(int argc, char **argv)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	char path[4096];

	if (argc < 5)
		die("usage: contention store|plain|cli FOLDER PROCESSES SECONDS [PORTBOOK]");

	const struct way *way = way_named(argv[1]);
	unsigned processes = number_or_die(argv[3], CREW_MAX);
	unsigned seconds = number_or_die(argv[4], 60);
	struct worker *w = alloc_or_die(processes, sizeof(*w));
	struct run run = { .way = way, .workers = w };

	if (way->commit == cli_one && argc < 6)
		die("'cli' wants the program");
	snprintf(path, sizeof(path), "%s/%s.db", argv[2], way->name);
	for (unsigned i = 0; i < processes; i++) {
		w[i].path = path;
		w[i].portbook = argv[5];
	}
	if (way->commit == plain_one)
		make_plain(path);
	else
		make_book(w, path, processes, &arena);
	crew_run(&(struct crew_work){ .open = open_one, .commit = commit_one, .arg = &run },
		 processes, seconds);
	free(w);
	return 0;
}
