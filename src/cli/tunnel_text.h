/*
 * cli/tunnel_text.h - what is wrong with a tunnel, for people.
 */
#ifndef CLI_TUNNEL_TEXT_H
#define CLI_TUNNEL_TEXT_H

#include "cli/run.h"

/* The findings of tunnel-audit as --format says, and a line that counts them. */
MUST_CHECK bool tunnel_text_add(struct run *r, const json_t *answer, struct err *err);

#endif
