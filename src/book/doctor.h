/*
 * book/doctor.h - is all well with the book?  Also where it cannot be had.
 */
#ifndef BOOK_DOCTOR_H
#define BOOK_DOCTOR_H

#include "base/progress.h"
#include "book/session.h"

/*
 * Look at the book's file, and by the operation `doctor` at what it says.
 * `s` was opened to look only, so that nothing is made or brought up to date.
 * `*ret` is that operation's answer (schemas/doctor.json); a book that cannot
 * be had is a finding, and then "entries" and "sysctl" are not there.
 * Errors: ERR_INVALID  the input; ERR_INTERRUPTED, ERR_MEMORY
 */
MUST_CHECK bool session_doctor(struct session *s, const json_t *input, struct progress *p,
			       json_t **ret, struct err *err);

#endif
