/*
 * operations/call.h - one question to the book: session, caller, and what came up.
 */
#ifndef OPERATIONS_CALL_H
#define OPERATIONS_CALL_H

#include "base/arena.h"
#include "base/json.h"
#include "operations/io.h"
#include "registry/registry.h"

struct scene;

struct call {
	struct registry *registry;
	struct arena arena;	   /* goes with the call */
	const char *book;	   /* where the book is, for people */
	bool is_trial;		   /* nothing of it will stay: what is said is what would be */
	bool may_not_write;	   /* see struct operation, may_only_read */
	struct listener_list seen; /* what the operation has looked at before */
	void *prepared;		   /* what an operation's `before` has made for its `run` */
	struct scene *scene;	   /* what of it is whose; NULL: `live` was not asked for */
	struct call_io io;
	/*
	 * An operation that fails may have more to say than an err can: members for
	 * the error's object, beside "error".  It goes with the call.
	 */
	json_t *refusal;
};

#endif
