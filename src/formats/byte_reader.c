#include "formats/byte_reader.h"

void byte_reader_seek(struct byte_reader *r, uint64_t offset, unsigned line)
{
	r->offset = offset;
	r->at = r->len = 0;
	r->line = line;
}

bool byte_reader_fill(struct byte_reader *r)
{
	size_t len = 0;

	if (r->failed)
		return false;
	r->offset += r->len;
	r->at = r->len = 0;
	r->failed = !progress_step(r->progress, r->doing, r->offset, r->source->size, &r->why) ||
		    !r->source->read(r->source, r->offset, r->buffer, sizeof(r->buffer), &len,
				     &r->why);
	if (!r->failed)
		r->len = len;
	return r->len > 0;
}
