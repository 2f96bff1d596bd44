/*
 * enforce/guard_plan.h - which ports a guard holds, and what is to be done about each.
 *
 * Pure: what the book has, who asks and what was seen are arguments.
 */
#ifndef ENFORCE_GUARD_PLAN_H
#define ENFORCE_GUARD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "ports/entry.h"

/* A port as the book has it. */
struct guarded {
	enum protocol protocol;
	uint16_t port;
	const char *name;	/* "shop/web" */
	const char *started_by; /* what takes it from a guard; NULL: nothing is known to */
	const char *entered_by; /* "eva", "eva via root"; NULL: not known */
};

/* All that decides. */
struct guard_wishes {
	const struct guarded *ports; /* by port, then protocol: none twice */
	unsigned count;
	const uint16_t *unasked; /* held where nobody owns them, in any order */
	unsigned n_unasked;
	const char *user; /* whose guard it is */
	unsigned limit;	  /* how many sockets it may have */
};

enum spot_state {
	SPOT_HELD,
	SPOT_GIVEN,   /* to one who asked, who has not let go of it yet */
	SPOT_YIELDED, /* left for its owner, who has some time to take it */
	SPOT_IN_USE,  /* somebody has it: its owner, as far as a guard can see */
	SPOT_OPEN,    /* to be held, and not yet */
	SPOT_LEFT,    /* not held, because of `why` */
};
#define SPOT_STATE_COUNT 6

/* "held", "given", "yielded", "in_use", "open", "not_held". */
const char *spot_state_name(enum spot_state s);

enum spot_why {
	WHY_NONE,
	WHY_NO_WAY_BACK, /* nothing shows that its owner would get it back */
	WHY_OF_ANOTHER,	 /* another user entered it */
	WHY_LIMIT,	 /* as many sockets are open as may be */
	WHY_NOT_PERMITTED,
	WHY_REFUSED, /* by the system, in another way */
};
#define SPOT_WHY_COUNT 6

/* A sentence without its end; `name` and `user` as of the spot. */
const char *spot_why_text(enum spot_why w);

struct spot {
	enum protocol protocol;
	uint16_t port;
	enum spot_state state;
	enum spot_why why;
	const char *name;	/* "": nobody's */
	const char *started_by; /* NULL: not known */
	const char *entered_by;
	int fd;		    /* that holds it; -1: none */
	const void *holder; /* who has it, is just taking it, or has it left for somebody */
	int64_t since_ms;   /* in that state, ms since 1970 */
	int64_t until_ms;   /* SPOT_YIELDED */
	bool had_remains;   /* it could not be held because of connections that have ended */
};

/* By protocol, then port. */
struct spots {
	struct spot *items;
	unsigned count;
};

/*
 * The spots of these wishes: SPOT_OPEN those that are to be held, the others SPOT_LEFT.
 * Where the limit is less than what is wished, entries come before unasked ports, and low ports
 * before high ones.  Names are borrowed.  False: no memory.
 */
MUST_CHECK bool guard_plan(const struct guard_wishes *w, int64_t now_ms, struct arena *a,
			   struct spots *ret);

/*
 * What was before goes on in the new spots: what is held or given stays so, where it is still
 * wanted or has not been let go.  What is left with a file in `old` is to be closed.
 */
void spots_carry(struct spots *old, struct spots *now);

/* NULL: there is none. */
struct spot *spot_of(const struct spots *s, enum protocol protocol, uint16_t port);

/*
 * What a look asks for: true, hold it now.  Updates its state by what was seen; somebody may listen
 * also where it was held, as hold.c says: then what held it is to be closed.
 */
bool spot_look(struct spot *s, bool somebody_has_it, int64_t now_ms);

/* A new state, from now on; the same one again changes nothing. */
void spot_become(struct spot *s, enum spot_state state, enum spot_why why, int64_t now_ms);

#endif
