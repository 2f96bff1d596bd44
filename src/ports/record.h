/*
 * ports/record.h - the kinds of rows a book is made of, and what files call them.
 *
 * In the order in which a file has them and a book takes them: each kind needs
 * only those before it.
 */
#ifndef PORTS_RECORD_H
#define PORTS_RECORD_H

#include <stdbool.h>

enum record_kind {
	RECORD_SETTING,
	RECORD_RANGE,
	RECORD_PROJECT,
	RECORD_INSTANCE,
	RECORD_BLOCK,
	RECORD_RESERVED,
	RECORD_ALLOCATION,
	RECORD_CHECK,
	RECORD_EVENT,
};
#define RECORD_KIND_COUNT 9

/* "allocation", "event" ...: one row. */
const char *record_name(enum record_kind k);
/* "allocations", "events" ...: all of them. */
const char *record_plural(enum record_kind k);

/* False when no kind has that name, or plural; `*ret` is then untouched. */
bool record_from_name(const char *name, enum record_kind *ret);
bool record_from_plural(const char *plural, enum record_kind *ret);

#endif
