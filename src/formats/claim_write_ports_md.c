#include <stdio.h>

#include "base/clock.h"
#include "formats/claim_write.h"
#include "formats/md_write.h"

static const char *block(const struct claim *c, char scratch[static CELL_SIZE])
{
	if (c->number < 0)
		return NULL;
	snprintf(scratch, CELL_SIZE, "Block %d", c->number);
	return scratch;
}

static const char *date(const struct claim *c, char scratch[static CELL_SIZE])
{
	char time[TIME_TEXT_SIZE];

	snprintf(scratch, CELL_SIZE, "%.10s", time_format(c->at_ms, time));
	return scratch;
}

#define CELL(name, value)                                                              \
	static const char *name(const struct claim *c, char scratch[static CELL_SIZE]) \
	{                                                                              \
		return (value);                                                        \
	}

CELL(path, c->path)
CELL(project_status, c->project_status)
CELL(owner, c->owner)
CELL(purpose, c->purpose)
CELL(instance_status, c->instance_status)
CELL(branch, c->branch)

static bool is_project(const struct claim *c)
{
	return c->kind == CLAIM_PROJECT;
}

static bool is_instance(const struct claim *c)
{
	return c->kind == CLAIM_INSTANCE;
}

/* The range stands under "Block", as in the files that people have. */
static const struct md_column projects[] = {
	{ "Project Name", md_cell_project },
	{ "Block", md_cell_ports },
	{ "Ports", block },
	{ "Path", path },
	{ "Status", project_status },
	{ "Owner", owner },
	{ "Date", date },
	{ NULL },
};

static const struct md_column instances[] = {
	{ "Project", md_cell_project },
	{ "Instance", md_cell_instance, .is_number = true },
	{ "Ports", md_cell_ports },
	{ "Purpose", purpose },
	{ "Status", instance_status },
	{ "Branch/Environment", branch },
	{ NULL },
};

bool claims_write_ports_md(const struct claim *claims, size_t count, int64_t now_ms,
			   struct text *ret, struct err *err)
{
	text_add(ret, "## Projects\n\n");
	md_add_table(ret, projects, is_project, claims, count);
	text_add(ret, "\n## Instances\n\n");
	md_add_table(ret, instances, is_instance, claims, count);
	return text_ok(ret) || fail_memory(err);
}
