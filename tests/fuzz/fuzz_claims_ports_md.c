#include "fuzz_claims.h"

#define DAY_MS INT64_C(86400000)

/* Those of a kind, in order, with the day that the table has of the time. */
static size_t take_kind(struct fuzz_claims *f, enum claim_kind kind, struct claim *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].kind == kind) {
			ret[count] = f->items[i];
			ret[count++].at_ms -= f->items[i].at_ms % DAY_MS;
		}
	return count;
}

/* What the tables say, our own tables say again, projects first. */
static void fuzz_one(const char *text, size_t size)
{
	static struct fuzz_claims found;
	static struct claim claims[FUZZ_CLAIMS_MAX];
	size_t count;

	if (fuzz_claims_read(claims_ports_md, text, size, &found)) {
		count = take_kind(&found, CLAIM_PROJECT, claims);
		count += take_kind(&found, CLAIM_INSTANCE, claims + count);
		fuzz_round_trip(claims_write_ports_md, claims_ports_md, claims, count);
	}
	arena_release(&found.arena);
}
