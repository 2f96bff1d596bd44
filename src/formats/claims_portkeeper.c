/*
 * Two tools have this name.  The one for Node exports {"ports": [{"number",
 * "projectName", "tags" ...}]}, the one for Python keeps {"host:port": {"host",
 * "port", "owner", "timestamp"}}.  Neither knows services: a project's name may
 * be one of ours with its service, "shop/web", or the first tag is the service.
 */
#include <string.h>

#include "base/clock.h"
#include "formats/claim_rows.h"

static const char *first_tag(const struct claim_row *r)
{
	return json_string_value(json_array_get(json_object_get(r->json, "tags"), 0));
}

static bool read_export(struct claim_row *r, struct err *err)
{
	static const char *const others[] = { "tags", "autoRelease" };
	struct claim *c = &r->claim;
	const char *name, *tag = first_tag(r);

	if (!row_take_port(r, "number", err) || !row_need_text(r, "projectName", &name, err))
		return false;
	claim_take_owner(name, &r->owner, c);
	if (c->project == name && tag && *tag)
		c->service = tag;
	c->description = row_text(r, "description");
	c->at_ms = claim_time(row_text(r, "reservedAt"));
	return row_take_metadata(r, others, ARRAY_LEN(others), err);
}

/* time.time() of Python: seconds, with a fraction. */
static int64_t time_of(const json_t *seconds)
{
	double s = json_number_value(seconds);

	return s > 0 && s < (double)(INT64_MAX / MS_PER_SECOND / 2)
		       ? (int64_t)(s * (double)MS_PER_SECOND)
		       : 0;
}

static bool read_reservation(struct claim_row *r, struct err *err)
{
	const char *owner = row_text(r, "owner");

	if (!row_take_port(r, "port", err))
		return false;
	if (owner)
		claim_take_owner(owner, &r->owner, &r->claim);
	else
		r->claim.kind = CLAIM_RESERVED;
	r->claim.host = claim_host(row_text(r, "host"));
	r->claim.note = owner ? NULL : "reserved in portkeeper";
	r->claim.at_ms = time_of(json_object_get(r->json, "timestamp"));
	return true;
}

bool claims_portkeeper(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		       struct err *err)
{
	static const struct claim_shape shapes[] = {
		{ { { "ports", read_export } } },
		{ { { NULL, read_reservation } } },
	};

	return claims_of_shape(shapes, ARRAY_LEN(shapes), "portkeeper", bytes, len, file, fn, arg,
			       err);
}
