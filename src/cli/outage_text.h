/*
 * cli/outage_text.h - what a guard says of a book that it cannot read.
 */
#ifndef CLI_OUTAGE_TEXT_H
#define CLI_OUTAGE_TEXT_H

#include "base/json.h"
#include "base/text.h"
#include "operations/outage.h"

/*
 * A line when one begins or ends, as text or as JSON: "2026-11-21 21:35:07 cannot read the book:
 * ...; goes on with what it read last".
 */
void outage_add_line(struct text *t, const struct outage *o, int64_t now_ms, bool json);

/* A line of a status; where the book can be read, nothing. */
void outage_add_status(struct text *t, const json_t *status);

#endif
