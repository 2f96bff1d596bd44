/*
 * base/stream.h - contents that are too large to be one string.
 *
 * A source is read at any place, as often as is needed; a sink is written from
 * front to back.  Who has a file, a pipe or a request makes one; who reads or
 * writes a format takes it.
 */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

/* An implementation's own struct starts with this. */
struct source {
	/*
	 * Up to `size` bytes from `offset` on; `*ret_len` is 0 at the end only.
	 * Errors: ERR_IO, ERR_INTERRUPTED.
	 */
	bool (*read)(struct source *s, uint64_t offset, char *ret, size_t size, size_t *ret_len,
		     struct err *err);
	uint64_t size;	  /* in bytes */
	const char *name; /* in messages: "shop.json" */
};

/* Bytes that are there already, and stay. */
struct bytes_source {
	struct source source;
	const char *bytes;
};
struct bytes_source bytes_source(const char *bytes, size_t len, const char *name);

/* A file that is open, and can be read at any place; it stays the caller's. */
struct fd_source {
	struct source source;
	int fd;
};
/* Errors: ERR_IO  it does not say how long it is. */
MUST_CHECK bool fd_source_open(int fd, const char *name, struct fd_source *ret, struct err *err);

/* An implementation's own struct starts with this. */
struct sink {
	/* Errors: ERR_IO, ERR_MEMORY, ERR_INTERRUPTED. */
	bool (*write)(struct sink *s, const char *bytes, size_t len, struct err *err);
};

/* What is written is added to `text`, the caller's. */
struct text_sink {
	struct sink sink;
	struct text *text;
};
struct text_sink text_sink(struct text *text);

/* What is written goes to a descriptor, the caller's. */
struct fd_sink {
	struct sink sink;
	int fd;
	const char *name;
};
struct fd_sink fd_sink(int fd, const char *name);

#endif
