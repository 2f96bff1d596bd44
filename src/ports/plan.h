/*
 * ports/plan.h - which port a service gets (DESIGN section 3, "Choosing a port").
 *
 * Two pure steps.  plan_make turns everything that decides into a plan: which
 * ports are tried in which order, and which are passed over.  plan_choose
 * takes the first one that nobody has entered.  A store runs plan_choose inside
 * its transaction, with what is entered at that moment: it never adds a rule.
 */
#ifndef PORTS_PLAN_H
#define PORTS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/policy.h"
#include "ports/port_set.h"

/* Why a port was chosen. */
enum plan_why {
	WHY_NONE,      /* nothing was free */
	WHY_BEFORE,    /* rule 2: the service had it before */
	WHY_PREFERRED, /* rule 3: it was asked for */
	WHY_ROLE,      /* rule 4: its role's offset */
	WHY_TWIN,      /* the offset at which the service stands in instance 1 */
	WHY_FREE,      /* rule 5: the first (or a random) free port */
	WHY_AVOIDED,   /* rule 5: all that is left are ports programs take unasked */
	WHY_COOLING,   /* rule 5: all that is left was released a short while ago */
};

/* Rationale: a project with more blocks or exceptions wants a range of its own. */
#define PLAN_MAX_SPANS 64

/* Where a service may stand: spans in order, ends included, without overlaps. */
struct candidates {
	struct port_range span[PLAN_MAX_SPANS];
	unsigned count;
};

bool candidates_has(const struct candidates *c, uint16_t port);
unsigned candidates_size(const struct candidates *c);

/* Add a span; false when there is no room. */
MUST_CHECK bool candidates_add(struct candidates *c, struct port_range r);

/* Take a range away, splitting spans; false when there is no room for the pieces. */
MUST_CHECK bool candidates_remove(struct candidates *c, struct port_range r);

/* Everything that decides a port.  Nothing else may influence the answer. */
struct choice {
	const struct policy_range *range;
	struct candidates candidates;
	const struct port_set *reserved;  /* never given, or not to this project */
	const struct port_set *strangers; /* a stranger listens there right now */
	const uint16_t *cooling;	  /* released a short while ago, oldest first */
	unsigned n_cooling;
	int64_t cooling_since_ms; /* what was released after that cools down; 0: nothing does */
	uint16_t before;	  /* it had this one; 0: none */
	uint16_t preferred;	  /* it asks for this one; 0: none */
	bool only_preferred;	  /* --port: that one or none */
	uint16_t role;		  /* the port of its role; 0: no role */
	uint16_t twin;		  /* where instance 1 suggests; 0: no suggestion */
	bool downwards;		  /* highest free port first */
	uint64_t seed;		  /* for STRATEGY_RANDOM */
};

struct plan {
	struct {
		uint16_t port;
		enum plan_why why;
	} first[4]; /* tried in this order */
	unsigned n_first;
	struct candidates candidates; /* then these; none: only the first ones */
	bool downwards, random;
	uint64_t seed;
	struct port_set reserved, strangers; /* passed over */
	struct port_set late;		     /* avoided or cooling: after all others */
	const uint16_t *cooling;	     /* borrowed from the choice */
	unsigned n_cooling;
	/* For a store whose writers work beside each other: what is released meanwhile. */
	int64_t cooling_since_ms;
};

/* Rationale: an answer that lists more passed-over ports is not read. */
#define PLAN_MAX_PASSED 8

struct pick {
	uint16_t port; /* 0: nothing is free */
	enum plan_why why;
	uint16_t passed[PLAN_MAX_PASSED]; /* a stranger listens there, else it had been taken */
	unsigned n_passed;
};

void plan_make(const struct choice *c, struct plan *ret);

/* `taken`: what is entered now, for the plan's host and protocol. */
void plan_choose(const struct plan *p, const struct port_set *taken, struct pick *ret);

/* A phrase for a person: "the first free port of its block". */
const char *plan_why_text(enum plan_why why);

#endif
