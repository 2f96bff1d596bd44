/*
 * Asking for the port of a service that has one, inside a program that has the
 * book open: a read transaction and registry_get.
 *
 * usage: get BOOK PROJECTS COUNT     (a book that fill made)
 * Says:  get_us (median), get_p99_us
 */
#include "book.h"
#include "measure.h"
#include "registry/projects.h"

/* Rationale: a service is asked for that was not asked for just before. */
#define STEP 7919

int main(int argc, char **argv)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	char name[32];
	struct err err = { 0 };
	struct book book;
	unsigned projects, count;

	if (argc != 4)
		die("usage: get BOOK PROJECTS COUNT");
	projects = number_or_die(argv[2], 620);
	count = number_or_die(argv[3], 10000000);
	book_open(&book, argv[1]);

	struct owner *owners = alloc_or_die(projects, sizeof(*owners));
	struct times times = times_new(count);

	for (unsigned i = 0; i < projects; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		if (!project_need(&book.registry, name, &arena, &owners[i].project, &err))
			die("%s", err.text);
	}
	for (unsigned i = 0; i < count; i++) {
		CLEANUP(arena_release) struct arena a = { 0 };
		unsigned which = (unsigned)((uint64_t)i * STEP % (projects * 100));
		struct port_answer answer;
		struct port_request request;
		int64_t begin;

		snprintf(name, sizeof(name), "s%02u", which % 100);
		request = book_request(&book, &owners[which / 100], name);
		begin = now_ns();
		if (!store_begin(book.store, false, &err) ||
		    !registry_get(&book.registry, &request, &a, &answer, &err))
			die("%s", err.text);
		store_rollback(book.store);
		times_add(&times, now_ns() - begin);
		if (answer.created)
			die("'%s' was not in the book", name);
	}
	tell("get_us", times_percentile_us(&times, 50));
	tell("get_p99_us", times_percentile_us(&times, 99));
	free(owners);
	free(times.at);
	book_close(&book);
	return 0;
}
