/*
 * operations/once.h - a call that has a key is done once: operations/io.h.
 *
 * What was answered is kept beside the change, in one transaction, for a day:
 * who lost the answer, or does not know whether the call arrived, asks again.
 */
#ifndef OPERATIONS_ONCE_H
#define OPERATIONS_ONCE_H

#include "operations/call.h"

/* Errors: ERR_INVALID  too long, or not printable ASCII */
MUST_CHECK bool once_check_key(const char *key, struct err *err);

/*
 * What the call with this key was answered.  `*ret_found` false: it was not made.
 * Errors: ERR_INVALID  the key was used for another call
 */
MUST_CHECK bool once_find(struct call *c, const char *operation, const json_t *input, json_t **ret,
			  bool *ret_found, struct err *err);

/*
 * Keep the answer.  Inside the transaction that made the change.
 * Errors: ERR_BUSY  the same call is made at this moment: store.h, LOSS_UNDONE
 */
MUST_CHECK bool once_keep(struct call *c, const char *operation, const json_t *input,
			  const json_t *answer, struct err *err);

#endif
