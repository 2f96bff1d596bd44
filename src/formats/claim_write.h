/*
 * formats/claim_write.h - claims as files for people and for other tools.
 *
 * What a writer writes its scanner reads: the same claims, as far as the format
 * has a place for what they say.
 * May include: ports, base.
 */
#ifndef FORMATS_CLAIM_WRITE_H
#define FORMATS_CLAIM_WRITE_H

#include "base/text.h"
#include "formats/claim.h"

/*
 * Append a whole file.  Entries that are released, and claims of a kind that
 * the format does not have, are left out.  `now_ms` is when it is written.
 * Errors: ERR_MEMORY.
 */
typedef bool claims_write_fn(const struct claim *claims, size_t count, int64_t now_ms,
			     struct text *ret, struct err *err);

/* One table of services, for people; columns that say nothing anywhere are left out. */
claims_write_fn claims_write_md;

/* A table of projects and one of instances. */
claims_write_fn claims_write_ports_md;

/*
 * What portkeeper for Node imports: each port once, as it knows no protocols
 * and hosts, of "project/service" or "project@2/service".
 */
claims_write_fn claims_write_portkeeper;

#endif
