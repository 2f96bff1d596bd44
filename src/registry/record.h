/*
 * registry/record.h - a row of the book as a JSON object, and back.
 *
 * What a file of the whole book is made of.  Nothing is lost: the object of a
 * row that was read from an object is that object again.  The members are those
 * of the answers (`list`, `history` ...) where there are such.
 */
#ifndef REGISTRY_RECORD_H
#define REGISTRY_RECORD_H

#include "base/json.h"
#include "ports/record.h"
#include "registry/store.h"

struct setting {
	const char *name, *value;
};

struct record {
	enum record_kind kind;
	union {
		struct setting setting;
		struct stored_range range;
		struct project project;
		struct instance instance;
		struct block block;
		struct reserved reserved;
		struct entry allocation;
		struct health_check check;
		struct event event;
	};
};

/* The row as an object; NULL: no memory. */
json_t *record_json(const struct record *r) MUST_CHECK;

/*
 * The row of an object.  A number may also be written as text, as CSV has it.
 * Its texts are the object's, or are in the arena.
 * Errors: ERR_INVALID  a member is unknown, missing, or not what it should be;
 *                      or the row says what no row of a book can
 */
MUST_CHECK bool record_read(enum record_kind kind, const json_t *row, struct arena *a,
			    struct record *ret, struct err *err);

/* Every member that a row may have, each once, NULL at the end; those of allocations first. */
const char *const *record_columns(void);

#endif
