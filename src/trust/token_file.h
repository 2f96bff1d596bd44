/*
 * trust/token_file.h - the file of tokens: bytes in, values out, and bytes again.
 *
 *	# whose it is, and why
 *	NAME sha256:HEX [read-only] [project:NAME]... [added:2026-11-21]
 *
 * One token a line, words with blanks between.  What stands behind '#' at the start of a line is
 * whoever's, and stays.  A token itself is nowhere in it.
 */
#ifndef TRUST_TOKEN_FILE_H
#define TRUST_TOKEN_FILE_H

#include "base/arena.h"
#include "base/text.h"
#include "ports/name.h"
#include "trust/digest.h"

/* Rationale: a few hundred tokens with a comment each. */
#define TOKEN_FILE_MAX ((size_t)1 << 20)
/* Rationale: who has more projects than that needs no bounds. */
#define TOKEN_PROJECTS 64

struct token {
	char name[NAME_SIZE];
	unsigned char digest[DIGEST_SIZE];
	bool only_reads;
	const char *const *projects; /* ends with NULL; NULL: all */
	const char *added;	     /* "2026-11-21"; NULL: not said */
	unsigned line;		     /* from 1 */
};

struct token_list {
	struct token *items;
	unsigned count;
};

/*
 * All in the arena; `file` names it in messages.
 * Errors: ERR_INVALID  "file:line: what is wrong"; then nothing of the file is taken
 */
MUST_CHECK bool token_file_parse(const char *file, const char *bytes, size_t len, struct arena *a,
				 struct token_list *ret, struct err *err);

/* NULL: there is none. */
const struct token *token_named(const struct token_list *list, const char *name);

/* The file with one more line at its end. */
void token_file_add(const char *bytes, size_t len, const struct token *t, struct text *ret);

/* The file without that token's line: all others stay as they are. */
void token_file_without(const char *bytes, size_t len, unsigned line, struct text *ret);

#endif
