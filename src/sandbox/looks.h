/*
 * sandbox/looks.h - what is asked of who can see the machine, and what that answers, as JSON.
 *
 * For two processes of one program: what registry/listeners.h has goes there and back whole.
 */
#ifndef SANDBOX_LOOKS_H
#define SANDBOX_LOOKS_H

#include "base/json.h"
#include "registry/listeners.h"

/* NULL: no memory. */
json_t *look_to_json(const struct look *what);
void look_from_json(const json_t *json, struct look *ret);

/* Without `containers`. */
json_t *listeners_to_json(const struct listener_list *list);
MUST_CHECK bool listeners_from_json(const json_t *json, struct arena *a, struct listener_list *ret,
				    struct err *err);

json_t *process_to_json(const struct process *p);
MUST_CHECK bool process_from_json(const json_t *json, struct arena *a, struct process *ret,
				  struct err *err);

json_t *containers_to_json(const struct container_list *list);
MUST_CHECK bool containers_from_json(const json_t *json, struct arena *a,
				     struct container_list *ret, struct err *err);

#endif
