/*
 * | Project Name | Block | Ports | Path | Status | Owner | Date |
 * | Project | Instance | Ports | Purpose | Status | Branch/Environment |
 *
 * People swap the second and the third column of the first: which one has the
 * range and which one "Block 5" is told by the cell.
 */
#include <string.h>

#include "formats/claim_table.h"
#include "formats/port_cell.h"

enum column {
	COLUMN_PROJECT,
	COLUMN_BLOCK,
	COLUMN_PORTS,
	COLUMN_PATH,
	COLUMN_STATUS,
	COLUMN_OWNER,
	COLUMN_DATE,
	COLUMN_INSTANCE,
	COLUMN_PURPOSE,
	COLUMN_BRANCH,
	COLUMN_COUNT,
};

static const struct table_titles titles[COLUMN_COUNT] = {
	[COLUMN_PROJECT] = { { "project name", "project" } },
	[COLUMN_BLOCK] = { { "block", "block number" } },
	[COLUMN_PORTS] = { { "ports", "port range", "port s", "range" } },
	[COLUMN_PATH] = { { "path", "directory", "folder" } },
	[COLUMN_STATUS] = { { "status", "state" } },
	[COLUMN_OWNER] = { { "owner" } },
	[COLUMN_DATE] = { { "date", "created", "since" } },
	[COLUMN_INSTANCE] = { { "instance" } },
	[COLUMN_PURPOSE] = { { "purpose" } },
	[COLUMN_BRANCH] = { { "branch environment", "branch", "environment" } },
};

struct reading;
typedef bool row_fn(struct reading *r, const struct table_cells *cells, unsigned line,
		    struct err *err);

struct reading {
	claim_fn *fn;
	void *arg;

	struct table_columns columns;
	row_fn *read; /* the rows of the table at hand; NULL: it is none of ours */
	bool any;
};

/* --- projects */

/* A block's number is below the first port that one may have. */
#define LEAST_PORT 1024

static bool is_block(struct port_range ports)
{
	return ports.last > ports.first || ports.first >= LEAST_PORT;
}

/* Has it a range of ports, or at least a port? */
static bool has_ports(const char *text)
{
	struct port_cell at = port_cell_of(text ? text : "");
	bool more;

	return port_cell_next(&at, &more, NULL) && more && is_block(at.ports);
}

static bool next_range(struct port_cell *at, bool *ret_more, struct err *err)
{
	return port_cell_next(at, ret_more, err) &&
	       (!*ret_more || is_block(at->ports) ||
		fail(err, ERR_INVALID, "'%u' is no range of ports", at->ports.first));
}

/* Tell the claim for each range in the cell; for none, without one. */
static bool tell_ranges(struct reading *r, struct claim *c, const char *text, struct err *err)
{
	struct port_cell at = port_cell_of(text ? text : "");
	struct err why = { 0 };
	bool any = false, more = true;

	for (;;) {
		if (!next_range(&at, &more, &why))
			return claim_tell_wrong(*c, &why, r->fn, r->arg, err);
		if (!more)
			return any || r->fn(c, r->arg);
		any = true;
		c->ports = at.ports;
		if (!r->fn(c, r->arg))
			return false;
	}
}

/* Ports that are no project's: kept free on purpose, or just not given out yet. */
static bool tell_nobodys(struct reading *r, const struct table_cells *cells, const char *ports,
			 unsigned line, struct err *err)
{
	static const char *const reserved[] = { "reserved", NULL };
	struct claim c = claim_of(CLAIM_RESERVED, line);
	const char *status = cells->text[COLUMN_STATUS];

	c.note = status;
	if (!has_ports(ports) || !status || !table_is_word(status, reserved))
		return true;
	return tell_ranges(r, &c, ports, err);
}

static bool take_number(const char *text, struct claim *c, struct err *err)
{
	unsigned number;

	if (!table_number(text, &number) || number >= LEAST_PORT)
		return fail(err, ERR_INVALID, "'%.60s' is not a block's number", text);
	c->number = (int)number;
	return true;
}

static bool read_project(struct reading *r, const struct table_cells *cells, unsigned line,
			 struct err *err)
{
	const char *ports = cells->text[COLUMN_PORTS], *block = cells->text[COLUMN_BLOCK];
	struct claim c = claim_of(CLAIM_PROJECT, line);
	struct err why = { 0 };

	if (has_ports(block)) {
		block = ports;
		ports = cells->text[COLUMN_BLOCK];
	} else if (!block && !has_ports(ports)) { /* a project without ports */
		block = ports;
		ports = NULL;
	}
	if (!cells->text[COLUMN_PROJECT])
		return tell_nobodys(r, cells, ports, line, err);
	if (block && !take_number(block, &c, &why))
		return claim_tell_wrong(c, &why, r->fn, r->arg, err);
	c.project = cells->text[COLUMN_PROJECT];
	c.path = cells->text[COLUMN_PATH];
	c.project_status = cells->text[COLUMN_STATUS];
	c.owner = cells->text[COLUMN_OWNER];
	c.at_ms = claim_time(cells->text[COLUMN_DATE]);
	return tell_ranges(r, &c, ports, err);
}

/* --- instances */

/* From the first to the last port in the cell. */
static bool take_slice(const char *text, struct claim *c, struct err *err)
{
	struct port_cell at = port_cell_of(text ? text : "");
	bool more = true;

	for (;;) {
		if (!port_cell_next(&at, &more, err))
			return false;
		if (!more)
			return true;
		if (!c->ports.first || at.ports.first < c->ports.first)
			c->ports.first = at.ports.first;
		if (at.ports.last > c->ports.last)
			c->ports.last = at.ports.last;
	}
}

static bool take_instance(const char *text, struct claim *c, struct err *err)
{
	if (!text || !table_number(text, &c->instance) || !c->instance)
		return fail(err, ERR_INVALID, "'%.60s' is not an instance's number",
			    text ? text : "");
	return true;
}

static bool read_instance(struct reading *r, const struct table_cells *cells, unsigned line,
			  struct err *err)
{
	struct claim c = claim_of(CLAIM_INSTANCE, line);
	struct err why = { 0 };

	if (!cells->text[COLUMN_PROJECT] || table_is_given_up(cells->text[COLUMN_STATUS]))
		return true;
	if (!take_instance(cells->text[COLUMN_INSTANCE], &c, &why) ||
	    !take_slice(cells->text[COLUMN_PORTS], &c, &why))
		return claim_tell_wrong(c, &why, r->fn, r->arg, err);
	c.project = cells->text[COLUMN_PROJECT];
	c.purpose = cells->text[COLUMN_PURPOSE];
	c.instance_status = cells->text[COLUMN_STATUS];
	c.branch = cells->text[COLUMN_BRANCH];
	return r->fn(&c, r->arg);
}

/* --- the file */

static bool has(const struct reading *r, enum column c)
{
	return r->columns.at[c] != NO_COLUMN;
}

static bool read_head(struct reading *r, const struct md_line *head, struct err *err)
{
	r->read = NULL;
	if (!table_find_columns(head, titles, COLUMN_COUNT, &r->columns, err))
		return false;
	if (has(r, COLUMN_PROJECT) && has(r, COLUMN_PORTS) && has(r, COLUMN_INSTANCE))
		r->read = read_instance;
	else if (has(r, COLUMN_PROJECT) && has(r, COLUMN_PORTS) && has(r, COLUMN_BLOCK))
		r->read = read_project;
	r->any = r->any || r->read;
	return true;
}

static bool read_row(struct reading *r, const struct md_line *row, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct table_cells cells;

	if (!table_read_row(row, &r->columns, COLUMN_COUNT, &arena, &cells, err))
		return false;
	if (cells.struck[COLUMN_PROJECT] || cells.struck[COLUMN_PORTS] ||
	    cells.struck[COLUMN_BLOCK])
		return true;
	return r->read(r, &cells, row->number, err);
}

bool claims_ports_md(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		     struct err *err)
{
	struct reading r = { .fn = fn, .arg = arg };
	struct md m;

	if (!claim_open(&bytes, &len, file, err))
		return false;
	m = (struct md){ .lines = { .rest = bytes, .left = len } };
	while (md_next(&m)) {
		if (m.kind == MD_HEAD && !read_head(&r, &m.line, err))
			return false;
		if (m.kind == MD_ROW && r.read && !read_row(&r, &m.line, err))
			return false;
	}
	return r.any || claim_fail(err, file, 1,
				   "neither a table of projects (Project Name, Block, Ports) "
				   "nor one of instances (Project, Instance, Ports)");
}
