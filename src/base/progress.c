#include "base/progress.h"

bool progress_step(struct progress *p, const char *doing, uint64_t done, uint64_t total,
		   struct err *err)
{
	return !p || p->step(p, doing, done, total, err);
}
