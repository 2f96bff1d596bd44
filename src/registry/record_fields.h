/*
 * registry/record_fields.h - the members of each kind of row: one table for both ways.
 *
 * For record.c, record_read.c and compare.c.
 */
#ifndef REGISTRY_RECORD_FIELDS_H
#define REGISTRY_RECORD_FIELDS_H

#include "registry/record.h"

enum field_kind {
	TEXT,	  /* may be missing */
	WORD,	  /* must be there */
	NAME,	  /* must be there, and is a folded name */
	DOCUMENT, /* a JSON object as text */
	OBJECT,	  /* the same, of which an engine keeps what it says, not how it is written */
	TIME,	  /* ms */
	BIG,	  /* int64_t */
	BIG_OR_NONE,
	COUNT,		/* unsigned */
	FROM_ONE,	/* unsigned, an instance's number */
	NUMBER_OR_NONE, /* int, -1: null */
	PORT,
	PORT_OR_NONE,
	YES_NO,
	PROTOCOL,
	STATUS,
	PROJECT_STATUS,
};
#define FIELD_KIND_COUNT 17

struct field {
	const char *name;
	enum field_kind kind;
	size_t at; /* in struct record */
};

/* Those of such a row; the name is NULL at the end. */
const struct field *record_fields(enum record_kind kind);

#endif
