/*
 * http/route.h - which operation a method and a path mean: a table.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/request.h"

struct operation;

struct route {
	enum http_method method;
	const char *path; /* "/api/v1/projects/{projectName}": members of the input in braces */
	const char *operation;
	const char *fixed;	/* members that are always so, as JSON; NULL: none */
	const char *otherwise;	/* members that are so unless they are said, as JSON; NULL: none */
	const char *created_at; /* "/api/v1/projects/{project.projectName}": where what it makes is,
				 * by members of the answer; the status is then 201, of an answer
				 * with "created": false 200 */
	bool is_large;		/* its body may be a file */
	bool shows_one;		/* an answer without any entry says that there is no such thing */
	bool is_old;		/* a path of before; its errors have the form of before, too */
	const char *summary;	/* for the document; NULL: the operation's title */
};

/* The end has path NULL. */
extern const struct route routes[];

/*
 * The route of a request; `*ret_known` says whether its path has one by any method.
 * NULL: none.
 */
const struct route *route_find(enum http_method method, const struct target *t, bool *ret_known);

/* "GET, POST": the methods that this path has, for Allow. */
void route_methods(const struct target *t, struct text *ret);

/*
 * The operation's input: what the path says, what the query says, each of the type that the
 * schema has, and the members of the body.
 * Errors: ERR_INVALID  one of them is wrong, or said twice
 */
MUST_CHECK bool route_input(const struct route *route, const struct operation *op,
			    const struct http_request *r, json_t **ret, struct err *err);

/* Where what was made is, in `ret`; false: the answer does not say. */
bool route_location(const struct route *route, const json_t *answer, struct text *ret);

#endif
