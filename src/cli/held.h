/*
 * cli/held.h - the ports of a service that takes them from a guard: yield's, and exec-held's.
 */
#ifndef CLI_HELD_H
#define CLI_HELD_H

#include "cli/run.h"
#include "ports/entry.h"

/*
 * The ports of the service that r->input names, of both protocols: the rows of `list`, the primary
 * first.  The book is told that they are started by `by`, so that a guard holds them from now on;
 * who may not write it gets a note.
 * Errors: ERR_NOT_FOUND  it has none, and none is to be entered; those of `get`
 */
MUST_CHECK bool held_ports(struct run *r, const char *by, bool enters, json_t **ret,
			   struct err *err);

enum protocol held_protocol(const json_t *row);
uint16_t held_port(const json_t *row);

#endif
