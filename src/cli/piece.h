/*
 * cli/piece.h - text that is made apart and then shown as a part of another.
 *
 *	CLEANUP(piece_cleanup) struct piece usage = { .of = &r->out.text };
 *
 * What is missing from the piece, as there was no memory, is missing from the
 * whole: its text_ok says so when the piece's scope ends.
 */
#ifndef CLI_PIECE_H
#define CLI_PIECE_H

#include "base/text.h"

struct piece {
	struct text text;
	struct text *of;
};

static inline void piece_cleanup(struct piece *p)
{
	p->of->out_of_memory = p->of->out_of_memory || p->text.out_of_memory;
	text_release(&p->text);
}

#endif
