/*
 * formats/byte_reader.h - a source, byte by byte, with its lines counted.
 *
 * An error stays: reading on after it finds the end, and `why` says what it was.
 */
#ifndef FORMATS_BYTE_READER_H
#define FORMATS_BYTE_READER_H

#include "base/progress.h"
#include "base/stream.h"

/* Rationale: large enough that a read costs nothing beside what is done with it. */
#define BYTE_READER_SIZE 65536

struct byte_reader {
	struct source *source;
	struct progress *progress; /* NULL: nobody watches */
	const char *doing;	   /* "reading shop.json" */
	uint64_t offset;	   /* of the buffer in the source */
	size_t at, len;		   /* in the buffer */
	unsigned line;		   /* of the next byte, from 1 */
	bool failed;
	struct err why;
	char buffer[BYTE_READER_SIZE];
};

#define BYTE_END (-1)

/* Start, or go on, at this place of the source, which is in that line. */
void byte_reader_seek(struct byte_reader *r, uint64_t offset, unsigned line);

/* Fetch more; false at the end, and after an error. The buffer was read to its end. */
bool byte_reader_fill(struct byte_reader *r);

/* The next byte, and stay there; BYTE_END. */
static inline int byte_peek(struct byte_reader *r)
{
	if (r->at == r->len && !byte_reader_fill(r))
		return BYTE_END;
	return (unsigned char)r->buffer[r->at];
}

/* Step over the byte that was peeked at. */
static inline void byte_skip(struct byte_reader *r)
{
	r->line += r->buffer[r->at] == '\n';
	r->at++;
}

static inline uint64_t byte_reader_place(const struct byte_reader *r)
{
	return r->offset + r->at;
}

#endif
