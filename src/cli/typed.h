/*
 * cli/typed.h - the words before the cursor, understood as far as they go.
 *
 * As options.c reads them, but nothing is refused: what makes no sense (yet)
 * is passed over.
 */
#ifndef CLI_TYPED_H
#define CLI_TYPED_H

#include <stdbool.h>

#include "cli/command.h"
#include "cli/run.h"

/* Rationale: more than a command has options; what is given beyond is offered again. */
#define TYPED_MAX_OPTIONS 64

struct typed {
	const struct command *command;	   /* NULL: none yet */
	const char *family;		   /* its second word is missing; NULL: no family */
	const struct option_spec *pending; /* its argument is the next word; NULL: none */
	const struct option_spec *given[TYPED_MAX_OPTIONS];
	unsigned n_given;
	const char *first_arg; /* NULL: there is none */
	unsigned n_args;
	bool only_args; /* behind "--" */
	bool is_lost;	/* there is no such command: nothing can be said */
};

/* Read `n` words; what they say goes into r->input and r->own, too. */
void typed_read(struct run *r, char *const *words, unsigned n, struct typed *ret);

/* The option of that name, or of the only one that begins so; NULL: none. */
const struct option_spec *typed_option(const struct typed *t, const char *name, size_t len);

/* "-e"; NULL: there is none. */
const struct option_spec *typed_letter(const struct typed *t, char letter);

bool typed_has(const struct typed *t, const struct option_spec *o);

/* What the next argument would be; NULL: there is room for none. */
const struct arg_spec *typed_next_arg(const struct typed *t);

#endif
