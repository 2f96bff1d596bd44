/*
 * A request of any bytes: "METHOD TARGET", then lines "Name: value", an empty line, and the body.
 * What comes of it is an input or an error with a text, and a target reads the same twice.
 */
#include "fuzz.h"
#include "http/guard.h"
#include "http/route.h"
#include "operations/operation.h"

/* Cut `*at` at the first of `stops`, and step behind it; "" at the end. */
static char *cut(char **at, const char *stops)
{
	char *word = *at;

	*at += strcspn(*at, stops);
	if (**at)
		*(*at)++ = '\0';
	return word;
}

static void read_headers(char **at, struct http_headers *headers)
{
	while (**at) {
		char *line = cut(at, "\n"), *name = cut(&line, ":");

		if (!*name)
			return;
		http_headers_add(headers, name, line);
	}
}

static void answer(const struct http_request *r)
{
	static const struct guard guard;
	struct err err = { 0 };
	unsigned status = 0;
	bool known;
	const struct route *route = route_find(r->method, r->target, &known);

	if (!guard_check(&guard, r, &status, &err))
		MUST(status >= 400 && err.text[0]);
	MUST(!route || known);
	if (!route)
		return;
	CLEANUP(json_cleanup) json_t *input = NULL;
	const struct operation *op = operation_named(route->operation);

	err = (struct err){ 0 };
	if (route_input(route, op, r, &input, &err))
		MUST(json_is_object(input));
	else
		MUST(err.code == ERR_INVALID && err.text[0]);
}

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	CLEANUP(target_release) struct target target = { 0 }, again = { 0 };
	char *copy = arena_copy(&arena, text), *at = copy;
	char *method = cut(&at, " "), *line = cut(&at, "\n");
	struct http_headers headers = { 0 };
	const struct http_peer peer = { .is_unix = size % 2 };
	struct err err = { 0 };

	if (!target_parse(line, &arena, &target, &err)) {
		MUST(err.code == ERR_INVALID && err.text[0]);
		return;
	}
	MUST(target_parse(line, &arena, &again, &err));
	MUST(again.count == target.count && json_equal(again.query, target.query));
	read_headers(&at, &headers);
	answer(&(struct http_request){
		.method = http_method_of(method),
		.target = &target,
		.headers = &headers,
		.peer = &peer,
		.body = at,
		.body_len = strlen(at),
	});
}
