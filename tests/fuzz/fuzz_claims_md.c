#include "fuzz_claims.h"

/* What a table says, our own table says again. */
static void fuzz_one(const char *text, size_t size)
{
	static struct fuzz_claims found;

	if (fuzz_claims_read(claims_md, text, size, &found))
		fuzz_round_trip(claims_write_md, claims_md, found.items, found.count);
	arena_release(&found.arena);
}
