/*
 * operations/input.h - what goes in, and the answers that many operations share.
 */
#ifndef OPERATIONS_INPUT_H
#define OPERATIONS_INPUT_H

#include "operations/place.h"
#include "registry/get.h"
#include "registry/look.h"
#include "registry/release.h"

/*
 * serviceName, environment, host and protocol of the input, for that place.
 * Errors: ERR_INVALID  one of them is no name
 */
MUST_CHECK bool input_key(struct call *c, const json_t *input, const struct place *p,
			  struct service_key *ret, struct err *err);

/* description, notes, unit, serviceType, role, hostname, tunnel and metadata. */
struct details input_details(const json_t *input);

/* protocol; tcp when it is not said. */
enum protocol input_protocol(const json_t *input);

/*
 * A member that is a name, folded as the book has it; NULL when it is not said.
 * Errors: ERR_INVALID  it is no name
 */
MUST_CHECK bool input_name(struct call *c, const json_t *input, const char *key, const char *what,
			   const char **ret, struct err *err);

/* host, folded; this machine's when it is not said. */
MUST_CHECK bool input_host(struct call *c, const json_t *input, const char **ret, struct err *err);

/* project, its range and its services: {projectName, ..., rangeStart, rangeEnd, ranges, services}. */
MUST_CHECK bool answer_project(struct call *c, const struct project *p, const char *host,
			       json_t **ret, struct err *err);

/* {rangeStart, rangeEnd, totalPorts, allocatedPorts, availablePorts, utilizationPercent}. */
json_t *answer_usage(const struct usage *u) MUST_CHECK;

/* An array of entries; NULL: no memory. */
json_t *answer_entries(const struct entry_list *list) MUST_CHECK;

/*
 * `others`: the same service in other environments, which stays as it is, each a sentence.
 * `key` NULL: more than one service is meant, and there are none.
 */
MUST_CHECK bool answer_others(struct call *c, const struct service_key *key, json_t *answer,
			      struct err *err);

/* The member of an entry's metadata by which its owner is known to take a port from a guard. */
#define STARTED_BY "startedBy"

/* "3000" or "3000-3099". */
#define PORTS_TEXT_SIZE 16
char *ports_text(struct port_range r, char ret[static PORTS_TEXT_SIZE]);

#endif
