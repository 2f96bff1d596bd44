/*
 * lib/books.h - whole books in any store, with operations that are asked of them.
 *
 * Time stands still, and chance is the same in every run.
 */
#ifndef LIB_BOOKS_H
#define LIB_BOOKS_H

#include "base/json.h"
#include "base/progress.h"
#include "base/text.h"
#include "operations/io.h"
#include "registry/registry.h"

/* To be released by registry_release; the store is the caller's. */
struct registry registry_of(struct store *s);

/* Give the book its first policy. */
void found_book(struct store *s);

/* NULL: it failed, and `err` says why. */
json_t *ask(struct store *s, const char *operation, struct call_io io, const char *input,
	    struct err *err);

void must_ask(struct store *s, const char *operation, const char *input);

/* A row of every kind, odd ones among them. */
void fill_book(struct store *s);

/* The book as a file of that format: "json", "csv". */
void write_book(struct store *s, const char *format, struct text *ret);

void check_same(const struct text *a, const struct text *b);

/* A watcher of long work that ends it after `left` steps: { .progress.step = stop_when_none_is_left }. */
struct stopping {
	struct progress progress;
	unsigned left;
};

/* Errors: ERR_INTERRUPTED  no step is left */
bool stop_when_none_is_left(struct progress *p, const char *doing, uint64_t done, uint64_t total,
			    struct err *err);

/* Nobody has used it; for the caller to free. */
struct store *memory_book(void);

#endif
