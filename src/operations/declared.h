/*
 * operations/declared.h - entering what a checkout's portbook.yaml declares.
 *
 * The file that counts is the one in the folder where the project or instance
 * lives, so a worktree goes by its own copy.  What it says of a service stands
 * in for what the call leaves open while the service is new; it moves no port.
 * A preferred port, hostname, tunnel and unit are instance 1's.
 */
#ifndef OPERATIONS_DECLARED_H
#define OPERATIONS_DECLARED_H

#include "operations/input.h"
#include "project/declaration.h"

/*
 * What is declared where one is, if that is the place's project; NULL: nothing.
 * Errors: those of declaration_read.
 */
MUST_CHECK bool declared_read(struct call *c, const json_t *input, const struct place *p,
			      const struct declaration **ret, struct err *err);

/* One port that is declared. */
struct declared_port {
	const struct declared_service *service;
	enum protocol protocol;
};
struct declared_list {
	struct declared_port items[2 * DECLARATION_MAX_SERVICES];
	unsigned count;
};

/* Those for an environment, in the order to enter them in this instance. */
void declared_list(const struct declaration *d, const char *environment, unsigned instance,
		   struct declared_list *ret);

/* Of these the ones that the instance has no port for; an archived project lacks nothing. */
MUST_CHECK bool declared_missing(struct call *c, const struct declaration *d,
				 const struct service_key *key, struct declared_list *ret,
				 struct err *err);

/* What was entered, to be said at the end. */
struct declared_news {
	struct text shown;
	unsigned count;
};
void declared_say(struct call *c, const struct declared_news *news);
/* For CLEANUP. */
void declared_news_cleanup(struct declared_news *news);

/*
 * Enter what is missing, up to and without the port of `until` (NULL: all); of
 * `key` project, instance, environment and host count.  What cannot be had is a
 * note, not an error.
 */
MUST_CHECK bool declared_enter(struct call *c, const struct declaration *d,
			       const struct service_key *key, const struct service_key *until,
			       struct declared_news *news, struct err *err);

/*
 * Fill in what the request leaves open.  `*ret_facts` is what its metadata
 * points to afterwards, to be freed by the caller; NULL: nothing.
 */
MUST_CHECK bool declared_fill(struct call *c, const struct declared_service *s,
			      struct port_request *q, json_t **ret_facts, struct err *err);

/* For a service that has no port yet, or `is_more`: one more is wanted. */
struct declared_request {
	const struct declaration *file; /* NULL: none, or nothing of it is needed */
	json_t *facts;			/* declared_fill's */
};

/*
 * Complete a request by what is declared of its service.  The file is not
 * opened where the service has its port.
 */
MUST_CHECK bool declared_complete(struct call *c, const json_t *input, const struct place *p,
				  struct port_request *q, bool is_more,
				  struct declared_request *ret, struct err *err);

/* For CLEANUP. */
void declared_request_cleanup(struct declared_request *r);

/* Say so if the book could call the project what the file calls it, and does not. */
MUST_CHECK bool declared_note_name(struct call *c, const struct declaration *d,
				   const struct project *p, struct err *err);

#endif
