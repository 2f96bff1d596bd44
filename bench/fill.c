/*
 * Make a book with so many entries: projects p0, p1, ... with a full block each,
 * services s00 to s99 on localhost, an event for each: TCP, and, where more are
 * wanted than fit, each on UDP, too.
 *
 * usage: fill BOOK COUNT [PER_PROJECT]
 */
#include "base/uuid.h"
#include "book.h"
#include "measure.h"

/* What the blocks of the default policy hold, of one protocol. */
#define PORTS_MAX 61000

int main(int argc, char **argv)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	char name[32], id[UUID_TEXT_SIZE];
	struct owner owner;
	struct book book;
	unsigned count, per_project;

	if (argc != 3 && argc != 4)
		die("usage: fill BOOK COUNT [PER_PROJECT]");
	count = number_or_die(argv[2], 2 * PORTS_MAX);
	per_project = argc == 4 ? number_or_die(argv[3], 100) : count > PORTS_MAX ? 200 : 100;
	book_open(&book, argv[1]);
	book_begin(&book);
	for (unsigned i = 0; i < count; i++) {
		if (i % per_project == 0) {
			snprintf(name, sizeof(name), "p%u", i / per_project);
			book_add_project(&book, name, &arena, &owner);
		}
		owner.protocol = i % per_project < 100 ? PROTO_TCP : PROTO_UDP;
		snprintf(name, sizeof(name), "s%02u", i % 100);
		book_claim(&book, &owner, name, id);
	}
	book_commit(&book);
	book_close(&book);
	return 0;
}
