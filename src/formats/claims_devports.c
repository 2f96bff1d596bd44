#include "formats/claim_rows.h"

static bool read_allocation(struct claim_row *r, struct err *err)
{
	struct claim *c = &r->claim;

	if (!row_take_port(r, "port", err) || !row_need_text(r, "project", &c->project, err) ||
	    !row_need_text(r, "service", &c->service, err))
		return false;
	c->type = row_text(r, "type");
	c->note = row_text(r, "note");
	c->at_ms = claim_time(row_text(r, "allocatedAt"));
	return true;
}

static bool read_reservation(struct claim_row *r, struct err *err)
{
	r->claim.kind = CLAIM_RESERVED;
	r->claim.note = row_text(r, "reason");
	r->claim.at_ms = claim_time(row_text(r, "reservedAt"));
	return row_take_port(r, "port", err);
}

bool claims_devports(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		     struct err *err)
{
	static const struct claim_shape shape = {
		{ { "allocations", read_allocation }, { "reservations", read_reservation } },
	};

	return claims_of_shape(&shape, 1, "devports", bytes, len, file, fn, arg, err);
}
