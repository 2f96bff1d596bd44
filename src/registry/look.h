/*
 * registry/look.h - questions: whose is a port, how full is a range.
 */
#ifndef REGISTRY_LOOK_H
#define REGISTRY_LOOK_H

#include "registry/get.h"
#include "registry/owner.h"
#include "registry/registry.h"

/* How full a range or a block is; computed from the entries, never stored. */
struct usage {
	const char *range;   /* name */
	const char *project; /* name: what is reserved for it is free, too; NULL: for anybody */
	struct port_range ports;
	unsigned total;
	unsigned allocated; /* by entries that the range gave: not those that were registered */
	unsigned available; /* neither entered, by whomever, nor reserved: what usage_gaps says */
};

struct usage_list {
	struct usage *items;
	unsigned count;
};

/*
 * The blocks of a project and the flat ranges it uses (or would use first).
 * In a flat range `allocated` is the project's, `available` what is free for all.
 */
MUST_CHECK bool usage_of_project(struct registry *r, const struct project *p, const char *host,
				 struct arena *a, struct usage_list *ret, struct err *err);

/* Every range of the policy. */
MUST_CHECK bool usage_of_ranges(struct registry *r, const char *host, struct arena *a,
				struct usage_list *ret, struct err *err);

/* How many services are entered on the host: each counts once, however many ports it has. */
MUST_CHECK bool services_count(struct registry *r, const char *host, const char *project_id,
			       unsigned *ret, struct err *err);

/* Lowest start, highest end, summed numbers. */
struct usage usage_sum(const struct usage_list *list);

/* Rounded; 0 of 0 is 0. */
unsigned usage_percent(const struct usage *u);

/* The ports that nobody has entered, TCP or UDP, and that are not reserved. */
MUST_CHECK bool usage_gaps(struct registry *r, const struct usage *u, const char *host,
			   struct port_set *ret_free, struct err *err);

enum verdict {
	VERDICT_FREE,	 /* nobody's */
	VERDICT_YOURS,	 /* the asker's own entry */
	VERDICT_ENTERED, /* another's entry */
	VERDICT_BLOCK,	 /* in another project's block */
	VERDICT_RESERVED,
	VERDICT_LISTENING, /* not entered, but a stranger listens */
};

/* "free", "yours", "entered" ... */
const char *verdict_name(enum verdict v);

struct check_answer {
	enum verdict verdict;
	struct entry holder;  /* VERDICT_ENTERED, VERDICT_YOURS */
	struct project owner; /* VERDICT_BLOCK */
	const char *reason;   /* VERDICT_RESERVED */
	bool in_range;	      /* in some range of the policy */
	bool own_block;	      /* free, and in the asker's block */
	bool listening;
	struct listener listener;
	/* VERDICT_ENTERED, VERDICT_YOURS: whether the holder has its port, and why so. */
	struct judgement judgement;
	const char *why;
};

/* Who asks; `project` NULL: nobody in particular. */
struct check_asker {
	const struct project *project;
	unsigned instance;
	const char *host;
	enum protocol protocol;
};

/*
 * `seen` is what listens, on this port at least, perhaps as recalled (struct look); NULL: it
 * is looked at now.
 */
MUST_CHECK bool registry_check(struct registry *r, const struct check_asker *who, uint16_t port,
			       const struct listener_list *seen, struct arena *a,
			       struct check_answer *ret, struct err *err);

/*
 * What a new service of the asker would be given, none of `but` (NULL: any); 0: nothing, or
 * not known. Reads only.
 */
MUST_CHECK bool registry_suggest(struct registry *r, const struct service_key *key,
				 const struct port_set *but, struct arena *a, uint16_t *ret,
				 struct err *err);

#endif
