/*
 * Two tools have this name.  The one for Node exports {"ports": [{"number",
 * "projectName", "tags" ...}]}, the one for Python keeps {"host:port": {"host",
 * "port", "owner", "timestamp"}}.  Neither knows services: a project's name may
 * be one of ours with its service, "shop/web", or the first tag is the service.
 * The tags "udp" and "env:NAME" are read as what they say: our export has them.
 */
#include <string.h>

#include "base/clock.h"
#include "formats/claim_rows.h"

/* Is it one that says something of its own? */
static bool take_tag(struct claim *c, const char *tag)
{
	if (!strcmp(tag, "udp"))
		c->protocol = PROTO_UDP;
	else if (!strncmp(tag, "env:", 4) && tag[4])
		c->environment = tag + 4;
	else
		return false;
	return true;
}

/* The tags that are left go into `ret_others`. */
static bool take_tags(struct claim_row *r, json_t *others)
{
	json_t *tag;
	size_t i;

	json_array_foreach(json_object_get(r->json, "tags"), i, tag) {
		const char *text = json_string_value(tag);

		if (text && (!*text || take_tag(&r->claim, text)))
			continue;
		if (!json_append(others, json_incref(tag)))
			return false;
	}
	return true;
}

static bool take_metadata(struct claim_row *r, json_t *others, struct err *err)
{
	json_t *released = json_object_get(r->json, "autoRelease");
	CLEANUP(json_cleanup) json_t *metadata = json_object();

	if ((json_array_size(others) && json_object_set(metadata, "tags", others) < 0) ||
	    (json_is_true(released) && json_object_set(metadata, "autoRelease", released) < 0))
		return fail_memory(err);
	return row_put_metadata(r, metadata, err);
}

static bool read_export(struct claim_row *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *tags = json_array();
	struct claim *c = &r->claim;
	const char *name, *first;

	if (!row_take_port(r, "number", err) || !row_need_text(r, "projectName", &name, err))
		return false;
	if (!take_tags(r, tags))
		return fail_memory(err);
	claim_take_owner(name, &r->owner, c);
	first = json_string_value(json_array_get(tags, 0));
	if (c->project == name && first)
		c->service = arena_copy(r->arena, first);
	if (!c->service)
		return fail_memory(err);
	c->description = row_text(r, "description");
	c->at_ms = claim_time(row_text(r, "reservedAt"));
	return take_metadata(r, tags, err);
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
