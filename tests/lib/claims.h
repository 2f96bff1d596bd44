/*
 * lib/claims.h - what a scanner of formats/claim.h tells, as one line of text.
 */
#ifndef LIB_CLAIMS_H
#define LIB_CLAIMS_H

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "formats/claim.h"

static inline void claims_add_text(struct text *t, const char *name, const char *value)
{
	if (value)
		text_addf(t, " %s=%s", name, value);
}

/*
 * "entry:3 3100 project=shop service=web; ": kind, line, ports, and what else is
 * said.  With `with_line` false the line is left out.  Of a wrong one: why it is.
 */
static inline void claims_add(struct text *t, const struct claim *c, bool with_line)
{
	static const char *const kinds[] = { "project", "instance", "entry", "reserved" };

	text_add(t, kinds[c->kind]);
	if (with_line)
		text_addf(t, ":%u", c->line);
	claims_add_text(t, "place", c->place);
	if (c->wrong) {
		text_addf(t, " wrong: %s; ", c->wrong->text);
		return;
	}
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
	claims_add_text(t, "unit", c->unit);
	claims_add_text(t, "program", c->program);
	claims_add_text(t, "purpose", c->purpose);
	claims_add_text(t, "branch", c->branch);
	claims_add_text(t, "worktree", c->worktree);
	if (c->status != STATUS_ALLOCATED)
		text_addf(t, " status=%s", entry_status_name(c->status));
	claims_add_text(t, "hostname", c->tunnel_hostname);
	claims_add_text(t, "tunnel", c->tunnel_id);
	claims_add_text(t, "description", c->description);
	claims_add_text(t, "note", c->note);
	claims_add_text(t, "metadata", c->metadata);
	if (c->at_ms)
		text_addf(t, " at=%" PRId64, c->at_ms);
	text_add(t, "; ");
}

/* --- tables of inputs and what a scanner tells of them */

struct claims_row {
	const char *text;
	const char *want; /* as claims_add says it; with "!" before it, the start of the error */
};

static inline bool claims_tell(const struct claim *c, void *arg)
{
	claims_add(arg, c, true);
	return true;
}

static inline void claims_check_rows(claims_fn *scan, const struct claims_row *row, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(text_release) struct text said = { 0 };
		struct err err = { 0 };
		bool ok = scan(row[i].text, strlen(row[i].text), "f", claims_tell, &said, &err);

		CHECK(ok == (row[i].want[0] != '!'), "row %zu: '%s'%s", i, err.text,
		      text_str(&said));
		if (ok)
			CHECK(!strcmp(text_str(&said), row[i].want), "row %zu: '%s' is not '%s'", i,
			      text_str(&said), row[i].want);
		else
			CHECK(err.code == ERR_INVALID &&
				      !strncmp(err.text, row[i].want + 1, strlen(row[i].want) - 1),
			      "row %zu: %s", i, err.text);
	}
}

#endif
