/*
 * operations/call.h - one question to the book: session, caller, and what came up.
 */
#ifndef OPERATIONS_CALL_H
#define OPERATIONS_CALL_H

#include "base/arena.h"
#include "base/json.h"
#include "registry/registry.h"

struct call {
	struct registry *registry;
	struct arena arena; /* goes with the call */
	const char *book;   /* where the book is, for people */
};

#endif
