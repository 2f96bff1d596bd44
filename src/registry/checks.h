/*
 * registry/checks.h - what was seen of entries, look by look, and summed up as it grows old.
 *
 * A row of port_health_checks stands for one look.  As rows grow older, those
 * of a stretch of time become one: it counts the looks, keeps the worst state
 * among them, and is no longer exact in when.  The counts stay true, and with
 * them the share of the looks at which somebody listened.
 *
 * What `run` tells of a start and an end is a row, too, which stands for no look:
 * what is restarted often would seem to be down half of the time.
 */
#ifndef REGISTRY_CHECKS_H
#define REGISTRY_CHECKS_H

#include "registry/owner.h"
#include "registry/registry.h"

/* What a row stands for. */
struct looks {
	unsigned count;	  /* 0: it was told, and nobody looked */
	unsigned up;	  /* of these; in_use or unknown: somebody listened, and not a stranger */
	int64_t until_ms; /* the last of them; the first is the row's own time */
};

/* One that does not count is one look. */
struct looks looks_of(const struct health_check *c);

/*
 * The stretch of time, in ms, whose looks become one when they are so old.
 * 0: each is kept; -1: they are forgotten.
 */
int64_t looks_stretch_ms(int64_t age_ms);

/* Note a look at entries of one host, and when their owners were last seen. */
struct look_result {
	const struct entry *entry;
	enum entry_state state;
	const char *actual; /* who listened; NULL: the owner, or nobody */
};
struct look_results {
	const struct look_result *items;
	unsigned count;
	const char *host;
	int64_t at_ms, took_us;
	bool is_told; /* by who knows: it is not counted as a look */
};
MUST_CHECK bool checks_add(struct registry *r, const struct look_results *look, struct err *err);

/*
 * Sum up what is old, at most once an hour; somebody else does it where this caller may not note
 * that it was done.  Needs a write transaction.
 */
MUST_CHECK bool checks_thin(struct registry *r, int64_t now_ms, struct err *err);

#endif
