/*
 * ports/policy.h - the rules of a book: its ranges, roles and reserved ports.
 *
 * A policy is a plain value without pointers: it is filled by
 * formats/policy_yaml.c (files) or registry/policy_json.c (the book), and
 * everything here only reads it.
 */
#ifndef PORTS_POLICY_H
#define PORTS_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ports/name.h"
#include "ports/port_range.h"
#include "ports/port_set.h"

/*
 * Rationale for all limits: ten times what the largest built-in policy has;
 * a policy is written by hand and read by people.
 */
#define POLICY_MAX_RANGES   24
#define POLICY_MAX_EXCEPT   32
#define POLICY_MAX_AVOID    64
#define POLICY_MAX_ROLES    100
#define POLICY_MAX_WORDS    16
#define POLICY_MAX_ALIASES  64
#define POLICY_MAX_RESERVED 64
#define POLICY_MAX_PURPOSES 100
#define POLICY_MAX_SEEDS    64
#define POLICY_TEXT_SIZE    160

/* The project that owns the services of no one project (DESIGN section 3). */
#define SHARED_PROJECT "shared-services"

enum strategy {
	STRATEGY_SEQUENTIAL,
	STRATEGY_RANDOM,
};

/* How instances are cut from a block. */
enum slicing {
	SLICES_EVEN, /* instance k owns the k-th slice */
	SLICES_TOP,  /* instance 1 owns the block; the others take slices from its top */
};

struct policy_role {
	char name[NAME_SIZE];
	uint16_t offset; /* in the instance's slice */
};

struct policy_range {
	char name[NAME_SIZE];
	char description[POLICY_TEXT_SIZE];
	struct port_range ports;
	struct port_range
		except[POLICY_MAX_EXCEPT]; /* no block may touch them, no port is theirs */
	unsigned n_except;
	unsigned block; /* ports per project; 0: flat, shared by all projects */
	unsigned slice; /* ports per instance; 0: none */
	enum slicing slicing;
	unsigned first_number; /* the first project number that is given automatically */
	struct policy_role roles[POLICY_MAX_ROLES];
	unsigned n_roles;
	char environments[POLICY_MAX_WORDS][NAME_SIZE]; /* none: all */
	unsigned n_environments;
	char types[POLICY_MAX_WORDS][NAME_SIZE]; /* none: all */
	unsigned n_types;
	bool shared;	     /* for the services of no one project */
	bool legacy;	     /* known, but nothing is given from it */
	bool temporary;	     /* for ports that expire */
	int64_t expires_ms;  /* temporary: how long, unless said otherwise */
	int64_t cooldown_ms; /* a released port comes last for so long */
	enum strategy strategy;
	uint16_t avoid[POLICY_MAX_AVOID]; /* given automatically only when nothing else is free */
	unsigned n_avoid;
	unsigned line; /* of the file; 0: not from a file */
};

struct policy_reserved {
	struct port_range ports;
	char reason[POLICY_TEXT_SIZE];
	unsigned line;
};

/* "frontend" is another word for the type "web". */
struct policy_alias {
	char name[NAME_SIZE], type[NAME_SIZE];
};

/* A project that a new book starts with. */
struct policy_project {
	char name[NAME_SIZE];
	int number; /* -1: none given */
	unsigned line;
};

/* A service that a new book starts with, registered where it stands. */
struct policy_service {
	char project[NAME_SIZE], service[NAME_SIZE];
	uint16_t port;
	unsigned line;
};

struct policy {
	char name[NAME_SIZE];
	char description[POLICY_TEXT_SIZE];
	char environment[NAME_SIZE]; /* the default environment, "dev" */
	struct policy_range ranges[POLICY_MAX_RANGES];
	unsigned n_ranges;
	struct policy_reserved reserved[POLICY_MAX_RESERVED];
	unsigned n_reserved;
	struct policy_alias aliases[POLICY_MAX_ALIASES];
	unsigned n_aliases;
	uint16_t unasked[POLICY_MAX_AVOID]; /* see policy_unasked */
	unsigned n_unasked;
	char purposes[POLICY_MAX_PURPOSES][NAME_SIZE]; /* of instance 1, 2, ...; "" none */
	unsigned n_purposes;
	struct policy_project projects[POLICY_MAX_SEEDS];
	unsigned n_projects;
	struct policy_service services[POLICY_MAX_SEEDS];
	unsigned n_services;
};

/* One thing that policy_check found. */
struct policy_finding {
	bool is_error; /* else a warning */
	unsigned line; /* of the file; 0: the whole */
	char text[ERR_TEXT_SIZE];
};

/* Rationale: nobody reads more at once. */
#define POLICY_MAX_FINDINGS 32

/*
 * What is wrong with a policy: overlapping ranges, blocks that do not divide
 * their range, slices that do not divide their block, roles outside the slice
 * or twice, ports below 1024, unknown words, seeds that break the rules; and,
 * as a warning, ranges that overlap `ephemeral` (first 0: not known).
 * Returns how many findings were written to `ret`; the policy may be used if
 * none of them is an error.
 */
unsigned policy_check(const struct policy *p, struct port_range ephemeral,
		      struct policy_finding ret[static POLICY_MAX_FINDINGS]);

/* For whom a range is looked for. */
struct policy_asker {
	const char *project; /* name */
	const char *environment;
	const char *type; /* as policy_type answered; NULL: none */
	bool temporary;
};

/* The first range that serves the asker; NULL: none does. */
const struct policy_range *policy_range_for(const struct policy *p, const struct policy_asker *who);

const struct policy_range *policy_range_named(const struct policy *p, const char *name);

/*
 * The type of a service: `type` if given (an alias of one becomes it), else the
 * service's name if that is a type of the policy or an alias of one, else "misc"
 * where the policy's ranges are by type; else NULL (no type).
 */
const char *policy_type(const struct policy *p, const char *service, const char *type);

/* The offset of the service in the slice, by name, then by type; -1: no role. */
int policy_role(const struct policy_range *r, const char *service, const char *type,
		const char **ret_role);

/*
 * The ports that programs start on unasked, which nobody owns until they are entered: the
 * policy's, or, where it names none, those of web and development servers.
 */
const uint16_t *policy_unasked(const struct policy *p, unsigned *ret_count);

/* Is the port of the range proper: inside it and in none of its exceptions? */
bool policy_range_owns(const struct policy_range *r, uint16_t port);

/* How many ports the range has, exceptions taken off. */
unsigned policy_range_size(const struct policy_range *r);

/* How many blocks the range has by arithmetic, exceptions not looked at; 0: flat. */
unsigned policy_block_count(const struct policy_range *r);

/*
 * The block of project number `number`.  False: there is none, because the
 * number is too high, or an exception or another range of the policy lies in it.
 */
bool policy_block(const struct policy *p, const struct policy_range *r, unsigned number,
		  struct port_range *ret);

/* How many instances a project with `blocks` blocks may have; UINT_MAX: no limit. */
unsigned policy_instance_limit(const struct policy_range *r, unsigned blocks);

/*
 * The slice with index `index` of a project whose blocks these are, oldest
 * first.  SLICES_EVEN: index = instance - 1.  SLICES_TOP: index 0 is the top
 * of the first block, which keeps its lowest slice for instance 1.
 * False: there is no such slice.
 */
bool policy_slice(const struct policy_range *r, const struct port_range *blocks, unsigned n_blocks,
		  unsigned index, struct port_range *ret);

#endif
