/*
 * registry/release.h - giving ports back, and what else is done to entries.
 */
#ifndef REGISTRY_RELEASE_H
#define REGISTRY_RELEASE_H

#include "registry/registry.h"

/*
 * Release one entry.  With `promote`, the service's next oldest port becomes
 * its primary when the primary goes.
 */
MUST_CHECK bool entry_release(struct registry *r, const struct entry *e, bool promote,
			      struct err *err);

/* After a primary has gone: the service's next oldest live port becomes it. */
MUST_CHECK bool entry_promote_next(struct registry *r, const struct entry *gone, struct err *err);

/* Entries in an arena. */
struct entry_list {
	struct entry *items;
	unsigned count;
};
MUST_CHECK bool entries_read(struct registry *r, const struct entry_filter *f, struct arena *a,
			     struct entry_list *ret, struct err *err);

/* Release every entry the filter lets through; `ret` is what they are now. */
MUST_CHECK bool registry_release_all(struct registry *r, const struct entry_filter *f,
				     struct arena *a, struct entry_list *ret, struct err *err);

#endif
