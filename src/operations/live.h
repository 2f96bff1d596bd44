/*
 * operations/live.h - what is observed, beside what is entered.
 */
#ifndef OPERATIONS_LIVE_H
#define OPERATIONS_LIVE_H

#include "operations/call.h"
#include "registry/scene.h"

/* `before` of an operation that shows all of what it sees. */
MUST_CHECK bool live_look(struct call *c, const json_t *input, struct err *err);

/* The same, only where the input says `live`. */
MUST_CHECK bool live_look_if_asked(struct call *c, const json_t *input, struct err *err);

/* What was seen, beside what the book has of the host. */
MUST_CHECK bool live_scene(struct call *c, const char *host, struct scene *ret, struct err *err);

/* The same into call->scene, where the input says `live`. */
MUST_CHECK bool live_scene_if_asked(struct call *c, const json_t *input, const char *host,
				    struct err *err);

/*
 * {state, actual, reason, listener} of an entry, into its row; `s` NULL: nothing is added.
 * `actual` is "not running", or who listens: "node (pid 1234, user deploy, cwd /srv/x)".
 */
MUST_CHECK bool live_put(struct scene *s, const struct entry *e, json_t *row);

/* The words of `actual`; NULL: no memory. */
const char *live_actual(struct scene *s, const struct judgement *j, struct listener *l) MUST_CHECK;

#endif
