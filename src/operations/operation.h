/*
 * operations/operation.h - what can be asked of a book, declared once.
 *
 * CLI, REST and MCP read the same row: its schema (schemas/NAME.json) says what
 * goes in and comes out, its function does it.  An operation's only effect is
 * in the store, so that it may be run again: files are written by whoever asked.
 */
#ifndef OPERATIONS_OPERATION_H
#define OPERATIONS_OPERATION_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "operations/schema.h"

struct call;

enum access {
	ACCESS_NONE,  /* the book is not asked, and need not be there; HTTP, MCP: as a read */
	ACCESS_READ,  /* one read transaction; HTTP: GET; MCP: read-only */
	ACCESS_WRITE, /* one write transaction, rolled back by dryRun */
};

struct operation {
	const struct schema *schema; /* its name is the operation's */
	enum access access;

	/*
	 * Fill `answer` (an empty object).  `input` has been held against the
	 * schema: known members only, each of its type and within its bounds.
	 * Runs inside the transaction that `access` names.
	 */
	bool (*run)(struct call *call, const json_t *input, json_t *answer, struct err *err);

	/*
	 * What takes its time and needs no book is done before the transaction, which
	 * would hold up others: the look at the machine, into call->seen. NULL: nothing.
	 */
	bool (*before)(struct call *call, const json_t *input, struct err *err);

	/*
	 * Of a write: it changes one service, beside others that do (store_begin_shared);
	 * what turns out to be more than that is run again, and has the book alone.
	 */
	bool shares;

	/*
	 * Of a write: it is of a project, so who may change only some may ask for it, and each
	 * of its changes is held against those (registry_record).  Else such a one is refused.
	 */
	bool of_project;

	/*
	 * Of a read: does the answer to this input hang on the book alone, and neither on the
	 * machine nor on the time?  NULL: nobody says so.
	 */
	bool (*is_of_book)(const json_t *input);

	/* It reads a folder, that of this process where none is named. */
	bool of_folder;

	/* Of a write: without permission it reads, and call->may_not_write says so. */
	bool may_only_read;

	/*
	 * Of a write: answer without writing, in a read transaction, where that is
	 * possible; `*ret_done` false: it is not, and `answer` is still empty.
	 * NULL: it never is.
	 */
	bool (*quick)(struct call *call, const json_t *input, json_t *answer, bool *ret_done,
		      struct err *err);
};

/* In alphabetical order, NULL at the end. */
extern const struct operation *const operations[];

/* Members of an input that name a folder of this machine; NULL at the end. */
extern const char *const folder_fields[];

/* NULL: there is none. */
const struct operation *operation_named(const char *name);

/*
 * Hold the input against the schema, run the operation in its transaction, and
 * add "success": true, and "notices": [...] where there are any.
 * On failure nothing of it happened in the book, and `*ret` is untouched, or
 * the error's object where the operation said more than `err` holds (call.h).
 */
MUST_CHECK bool operation_run(const struct operation *op, struct call *call, const json_t *input,
			      json_t **ret, struct err *err);

/* {"success":false,"error":{"code":...,"message":...,"hint":...,"holder":{...}}}; NULL: no memory. */
json_t *operation_error(const struct err *err) MUST_CHECK;

#endif
