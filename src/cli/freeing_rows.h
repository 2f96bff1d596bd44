/*
 * cli/freeing_rows.h - a row of the operation `holders`, as enforce/ takes it.
 *
 * For freeing.c and freeing_end.c.
 */
#ifndef CLI_FREEING_ROWS_H
#define CLI_FREEING_ROWS_H

#include "cli/run.h"
#include "enforce/ending.h"

uint16_t freeing_port(const json_t *port);

/* Who has it; the texts are the row's. Errors: ERR_MEMORY */
MUST_CHECK bool freeing_holders(const json_t *port, struct arena *a, struct holders *ret,
				struct err *err);

/* On this machine, with the grace time that was asked for. */
struct ending freeing_ending(struct run *r, struct arena *a, const json_t *port);

#endif
