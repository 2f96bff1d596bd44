/*
 * store/memory/memory.h - a book that lives as long as its process.
 *
 * For tests and trials: every call looks at every row.  It keeps the same rows
 * unique as the databases do, and passes the same contract.
 */
#ifndef STORE_MEMORY_MEMORY_H
#define STORE_MEMORY_MEMORY_H

#include "registry/store.h"

/* An empty book; the caller frees it with store_free. Errors: ERR_MEMORY. */
MUST_CHECK bool store_memory_open(struct store **ret, struct err *err);

#endif
