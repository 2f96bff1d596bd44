#include "fuzz_claims.h"

static void fuzz_one(const char *text, size_t size)
{
	fuzz_claims(claims_scar, text, size);
}
