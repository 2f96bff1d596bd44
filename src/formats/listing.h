/*
 * formats/listing.h - tables that programs print: columns with blanks between them.
 *
 * May include: ports, base.
 */
#ifndef FORMATS_LISTING_H
#define FORMATS_LISTING_H

#include "formats/claim.h"
#include "formats/scan.h"

/* Rationale: an address with its zone and port, or a program's name; what is longer is cut. */
#define LISTING_WORD_SIZE 256

/* Rationale: more columns than either of them has before the ones we look for. */
#define LISTING_WORDS_MAX 12

struct listing_row {
	char words[LISTING_WORDS_MAX][LISTING_WORD_SIZE];
	unsigned count;
	const char *line; /* all of it */
	size_t len;
	char program[LISTING_WORD_SIZE]; /* for the claim's text */
};

/* Fill ports, protocol and program of a row that says who listens; false: it is another row. */
typedef bool listing_row_fn(struct listing_row *row, struct claim *ret);

/* "*:3000", "127.0.0.53%lo:53", "[::1]:3000"; false: another port than a number, or none. */
bool listing_take_port(const char *address, enum protocol protocol, struct claim *ret);

/*
 * Tell each port once: the first row says it.  `heads`, which end with NULL, begin
 * the first line of such a listing, though nothing listens.
 * Errors: those of claims_fn.
 */
bool listing_read(const char *bytes, size_t len, const char *file, const char *const *heads,
		  listing_row_fn *read, claim_fn *fn, void *arg, struct err *err);

#endif
