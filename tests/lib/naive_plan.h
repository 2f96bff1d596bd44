/*
 * lib/naive_plan.h - choosing a port a second time, as DESIGN section 3 says it.
 *
 * Written from the text, not from ports/plan.c, and with no thought of speed:
 * it lists every port that may be the answer, in order, and takes the first.
 */
#ifndef LIB_NAIVE_PLAN_H
#define LIB_NAIVE_PLAN_H

#include "ports/plan.h"

void naive_choose(const struct choice *c, const struct port_set *taken, struct pick *ret);

#endif
