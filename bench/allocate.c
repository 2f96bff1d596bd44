/*
 * One durable allocation inside a program that has the book open, beside one
 * durable insert of plain SQLite in the same folder, in turns: registry_allocate
 * in its transaction (all rules, the entry, the event); the claim alone, as the
 * store does it; the insert.
 *
 * usage: allocate FOLDER COUNT       (FOLDER is empty)
 * Says:  allocate_us, claim_us, insert_us (medians), ratio, claim_ratio
 */
#include "base/uuid.h"
#include "book.h"
#include "measure.h"
#include "plain.h"

/* Rationale: half a block, so that a free port is near, as in a real book. */
#define PER_PROJECT 50

struct round {
	struct book *book;
	struct plain *plain;
	struct owner asking, claiming;
	char service[32];
};

static int64_t time_allocate(struct round *r)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct port_request request = book_request(r->book, &r->asking, r->service);
	struct port_answer answer;
	struct err err = { 0 };
	int64_t begin = now_ns();

	book_begin(r->book);
	if (!registry_allocate(&r->book->registry, &request, &arena, &answer, &err))
		die("%s", err.text);
	book_commit(r->book);
	return now_ns() - begin;
}

static int64_t time_claim(struct round *r)
{
	char id[UUID_TEXT_SIZE];
	int64_t begin = now_ns();

	book_begin(r->book);
	book_claim(r->book, &r->claiming, r->service, id);
	book_commit(r->book);
	return now_ns() - begin;
}

static int64_t time_insert(struct round *r, unsigned number)
{
	int64_t begin = now_ns();

	plain_insert(r->plain, number, r->service);
	return now_ns() - begin;
}

static void next_projects(struct round *r, unsigned number, struct arena *arena)
{
	char name[32];

	book_begin(r->book);
	snprintf(name, sizeof(name), "asking%u", number);
	book_add_project(r->book, name, arena, &r->asking);
	snprintf(name, sizeof(name), "claiming%u", number);
	book_add_project(r->book, name, arena, &r->claiming);
	book_commit(r->book);
}

int main(int argc, char **argv)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	char path[4096];
	struct book book;
	struct plain plain;
	struct round round = { .book = &book, .plain = &plain };
	unsigned count;

	if (argc != 3)
		die("usage: allocate FOLDER COUNT");
	count = number_or_die(argv[2], 300 * PER_PROJECT);
	snprintf(path, sizeof(path), "%s/book.db", argv[1]);
	book_open(&book, path);
	snprintf(path, sizeof(path), "%s/plain.db", argv[1]);
	plain_open(&plain, path);

	struct times allocate = times_new(count), claim = times_new(count),
		     insert = times_new(count);

	for (unsigned i = 0; i < count; i++) {
		if (i % PER_PROJECT == 0)
			next_projects(&round, i / PER_PROJECT, &arena);
		snprintf(round.service, sizeof(round.service), "s%u", i);
		/* Who comes after whom changes: a flush may pay for the one before it. */
		if (i % 2)
			times_add(&insert, time_insert(&round, i));
		times_add(&allocate, time_allocate(&round));
		times_add(&claim, time_claim(&round));
		if (i % 2 == 0)
			times_add(&insert, time_insert(&round, i));
	}
	tell("allocate_us", times_percentile_us(&allocate, 50));
	tell("claim_us", times_percentile_us(&claim, 50));
	tell("insert_us", times_percentile_us(&insert, 50));
	tell("allocate_p99_us", times_percentile_us(&allocate, 99));
	tell("insert_p99_us", times_percentile_us(&insert, 99));
	tell("ratio", times_percentile_us(&allocate, 50) / times_percentile_us(&insert, 50));
	tell("claim_ratio", times_percentile_us(&claim, 50) / times_percentile_us(&insert, 50));
	plain_close(&plain);
	book_close(&book);
	return 0;
}
