/*
 * cli/complete.h - what the word under the cursor may become.
 *
 * The descriptors say what is expected there, the book which names there are.
 * The book is only looked at; where there is none, or it cannot be read, its
 * names are missing, and nobody is told.
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include "cli/run.h"

/*
 * Add to r->out what fits the last of `n` words, the others being before it:
 * a line each, "WORD<TAB>what it is", the word whole as it should stand there.
 * A word that ends in '/', '@' or '=' is to go on without a blank.
 * The last line is ":none", ":files" or ":folders": which paths fit as well,
 * behind the '=' if the word is "--option=path".
 */
void complete_words(struct run *r, char *const *words, unsigned n);

#endif
