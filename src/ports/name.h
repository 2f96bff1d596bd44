/*
 * ports/name.h - the names of projects, services, environments and types.
 *
 * [a-z0-9][a-z0-9._-]{0,62}, case-folded on entry (DESIGN section 2); never
 * with ".." in it, so that no name can climb a path it is put into.
 */
#ifndef PORTS_NAME_H
#define PORTS_NAME_H

#include <stdbool.h>

#include "base/err.h"

#define NAME_SIZE     64	       /* 63 characters and NUL */
#define VARIABLE_SIZE (NAME_SIZE + 20) /* _, _PORT, _4294967295 */

/* Rationale: no machine has as many copies of one project. */
#define INSTANCE_MAX 9999

/*
 * Fold `text` to a name. `what` says what it names ("project", "service").
 * Errors: ERR_INVALID, naming the first thing that is wrong.
 */
MUST_CHECK bool name_fold(const char *what, const char *text, char ret[static NAME_SIZE],
			  struct err *err);

/* A name out of a folder's or program's name: what a name may not hold becomes '-'. */
MUST_CHECK bool name_from_words(const char *text, char ret[static NAME_SIZE]);

/* project@instance/service, as people write it. */
struct service_ref {
	char project[NAME_SIZE]; /* "": the directory's */
	unsigned instance;	 /* 0: not said */
	char service[NAME_SIZE];
};

/*
 * "project/service", "project@2/service", "service", "@2/service".
 * Errors: ERR_INVALID.
 */
MUST_CHECK bool service_ref_parse(const char *text, struct service_ref *ret, struct err *err);

/* "project" or "project@2": `service` is left empty. Errors: ERR_INVALID. */
MUST_CHECK bool project_ref_parse(const char *text, struct service_ref *ret, struct err *err);

/*
 * The environment variable of a service: "supabase-api" -> "SUPABASE_API_PORT".
 * A name that starts with a digit gets "_" before it, as no shell takes it
 * otherwise.  `nth` 1: the primary; from 2 on "WEB_PORT_2".
 */
void name_variable(const char *service, unsigned nth, char ret[static VARIABLE_SIZE]);

#define DNS_NAME_MAX 253 /* RFC 1035 section 2.3.4 */

/* A hostname like app.example.com, or "*." and one. */
bool name_is_dns(const char *name);

/*
 * How many edits lie between two names: a letter more, less or another, or two
 * neighbours that changed places; more than `most`: most + 1.
 */
unsigned name_distance(const char *a, const char *b, unsigned most);

#endif
