#include <stdio.h>

#include "base/json.h"
#include "formats/claim_write.h"
#include "ports/port_set.h"

/* Its import asks for the version of its own export. */
#define PORTKEEPER_VERSION "1.0.0"

static bool put_owner(json_t *row, const struct claim *c)
{
	char owner[2 * NAME_SIZE + 16];

	if (c->instance > 1)
		snprintf(owner, sizeof(owner), "%s@%u/%s", c->project, c->instance, c->service);
	else
		snprintf(owner, sizeof(owner), "%s/%s", c->project, c->service);
	return json_put_text(row, "projectName", owner);
}

/* Its members are optional, not null. */
static bool put_more(json_t *row, const struct claim *c)
{
	return (!c->description || !*c->description ||
		json_put_text(row, "description", c->description)) &&
	       (!c->at_ms || json_put_time(row, "reservedAt", c->at_ms));
}

/* What it has no members for, so that we read it again; its people see it, too. */
static bool put_tags(json_t *row, const struct claim *c)
{
	json_t *tags = json_array();

	if ((c->protocol != PROTO_UDP || json_append(tags, json_string("udp"))) &&
	    (!c->environment || json_append(tags, json_sprintf("env:%s", c->environment))))
		return json_put(row, "tags", tags);
	json_decref(tags);
	return false;
}

static bool put_row(json_t *rows, const struct claim *c)
{
	json_t *row = json_object();

	if (json_put_int(row, "number", c->ports.first) && put_owner(row, c) && put_more(row, c) &&
	    put_tags(row, c))
		return json_append(rows, row);
	json_decref(row);
	return false;
}

/* TCP before UDP: where both are one service's, its row is that. */
static bool put_rows(json_t *rows, const struct claim *claims, size_t count, enum protocol protocol,
		     struct port_set *seen)
{
	for (size_t i = 0; i < count; i++) {
		const struct claim *c = &claims[i];

		if (c->kind != CLAIM_ENTRY || c->status == STATUS_RELEASED || !c->project ||
		    !c->service || c->protocol != protocol || port_set_has(seen, c->ports.first))
			continue;
		port_set_add(seen, c->ports.first);
		if (!put_row(rows, c))
			return false;
	}
	return true;
}

bool claims_write_portkeeper(const struct claim *claims, size_t count, int64_t now_ms,
			     struct text *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *whole = json_object();
	CLEANUP(json_cleanup) json_t *rows = json_array();
	struct port_set seen = { 0 };

	if (!put_rows(rows, claims, count, PROTO_TCP, &seen) ||
	    !put_rows(rows, claims, count, PROTO_UDP, &seen) ||
	    !json_put_text(whole, "version", PORTKEEPER_VERSION) ||
	    !json_put_time(whole, "exportDate", now_ms) ||
	    !json_put(whole, "ports", json_incref(rows)))
		return fail_memory(err);
	text_add_json(ret, whole, JSON_INDENT(2));
	text_add(ret, "\n");
	return text_ok(ret) || fail_memory(err);
}
