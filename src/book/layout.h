/*
 * book/layout.h - JSON objects and C structs, by a table.
 *
 * The table says which member of the JSON is which of the struct, so that
 * libportbook's structs and the operations' schemas stand side by side.
 */
#ifndef BOOK_LAYOUT_H
#define BOOK_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

/* What a member of a struct is in C, and what it is in JSON. */
enum member_kind {
	MEMBER_TEXT,	  /* const char *; never NULL when it was read */
	MEMBER_CHARS,	  /* char[room]; text that does not fit is left out, not cut */
	MEMBER_FLAG,	  /* bool */
	MEMBER_PORT,	  /* uint16_t */
	MEMBER_COUNT,	  /* uint32_t */
	MEMBER_NUMBER,	  /* int64_t; null is -1 */
	MEMBER_PID,	  /* int32_t; null is 0 */
	MEMBER_TIME,	  /* int64_t in ms; RFC 3339 */
	MEMBER_WORD,	  /* int32_t; one of `words` */
	MEMBER_TEXTS,	  /* struct portbook_texts; array of strings */
	MEMBER_PORTS,	  /* struct portbook_ports; array of numbers */
	MEMBER_STRETCHES, /* struct portbook_stretches; array of "3101-3199" */
	MEMBER_FACTS,	  /* struct portbook_facts; an object of texts */
	MEMBER_ONE,	  /* const T *, NULL for null; an object of `layout` */
	MEMBER_MANY,	  /* { size_t count; const T *const *items; }; array of such objects */
	MEMBER_KIND_COUNT,
};

struct word {
	const char *name; /* NULL: that was all */
	int32_t number;
};

struct member {
	const char *key;
	enum member_kind kind;
	size_t offset, room;
	const struct word *words;
	const struct layout *layout;
};

struct layout {
	size_t size; /* of the struct */
	size_t count;
	const struct member *members;
};

/*
 * Fill a zeroed struct.  Its texts are those of `object`, which has to live as
 * long; the rest is in the arena.  What is absent or null becomes "", 0, NULL.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool layout_read(const struct layout *layout, const json_t *object, void *ret,
			    struct arena *a, struct err *err);

/*
 * Set in `object` what the struct says; NULL, 0 and false say nothing.  Only
 * MEMBER_TEXT, FLAG, PORT, COUNT, WORD and FACTS can be written.
 * Errors: ERR_INVALID  text that is not UTF-8, a number that is no word
 */
MUST_CHECK bool layout_write(const struct layout *layout, const void *from, json_t *object,
			     struct err *err);

#endif
