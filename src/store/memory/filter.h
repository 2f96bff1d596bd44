/*
 * store/memory/filter.h - which entries a filter lets through, and in which order.
 */
#ifndef STORE_MEMORY_FILTER_H
#define STORE_MEMORY_FILTER_H

#include <stdbool.h>

#include "registry/store.h"

/* NULL and "" are the same: there is none. */
bool text_is(const char *a, const char *b);
bool text_is_set(const char *text);

/* `e` as reads give it: with its project's name and its instance's worktree. */
bool filter_passes(const struct entry_filter *f, const struct entry *e);

/* For qsort over `struct entry`: the comparison of the filter's order. */
typedef int entry_order_fn(const void *a, const void *b);
entry_order_fn *filter_order(const struct entry_filter *f);

bool filter_passes_event(const struct event_filter *f, const struct event *e);

#endif
