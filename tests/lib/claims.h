/*
 * lib/claims.h - what a scanner of formats/claim.h tells, as one line of text.
 */
#ifndef LIB_CLAIMS_H
#define LIB_CLAIMS_H

#include <inttypes.h>

#include "base/text.h"
#include "formats/claim.h"

static inline void claims_add_text(struct text *t, const char *name, const char *value)
{
	if (value)
		text_addf(t, " %s=%s", name, value);
}

/*
 * "entry:3 3100 project=shop service=web; ": kind, line, ports, and what else is
 * said.  With `with_line` false the line is left out.
 */
static inline void claims_add(struct text *t, const struct claim *c, bool with_line)
{
	static const char *const kinds[] = { "project", "instance", "entry", "reserved" };

	text_add(t, kinds[c->kind]);
	if (with_line)
		text_addf(t, ":%u", c->line);
	if (c->ports.first)
		text_addf(t, " %u", c->ports.first);
	if (c->ports.last > c->ports.first)
		text_addf(t, "-%u", c->ports.last);
	if (c->protocol == PROTO_UDP)
		text_add(t, "/udp");
	claims_add_text(t, "project", c->project);
	if (c->number >= 0)
		text_addf(t, " number=%d", c->number);
	if (c->instance)
		text_addf(t, " instance=%u", c->instance);
	claims_add_text(t, "service", c->service);
	claims_add_text(t, "type", c->type);
	claims_add_text(t, "env", c->environment);
	claims_add_text(t, "host", c->host);
	claims_add_text(t, "path", c->path);
	claims_add_text(t, "owner", c->owner);
	claims_add_text(t, "project-status", c->project_status);
	claims_add_text(t, "instance-status", c->instance_status);
	claims_add_text(t, "purpose", c->purpose);
	claims_add_text(t, "branch", c->branch);
	if (c->status != STATUS_ALLOCATED)
		text_addf(t, " status=%s", entry_status_name(c->status));
	claims_add_text(t, "hostname", c->tunnel_hostname);
	claims_add_text(t, "description", c->description);
	claims_add_text(t, "note", c->note);
	claims_add_text(t, "metadata", c->metadata);
	if (c->at_ms)
		text_addf(t, " at=%" PRId64, c->at_ms);
	text_add(t, "; ");
}

static inline bool claims_tell(const struct claim *c, void *arg)
{
	claims_add(arg, c, true);
	return true;
}

#endif
