/*
 * Which table is one of ours, and what its columns are called, is in `titles`.
 * A project comes from its column, from "project/service", or from a heading
 * that says so in words: "## Project: shop".  Any other heading may be a
 * project's name or may be "Databases"; it names nothing.
 */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/cursor.h"
#include "formats/claim_table.h"
#include "formats/port_cell.h"

/* Rationale: a block; more than that is a range of many services. */
#define SERVICE_PORTS_MAX 100

/* Rationale: every port of both protocols once; a file that names more contradicts itself. */
#define FILE_PORTS_MAX (2 * 65536U)

/* Columns; COLUMN_APP is the service where there is no other, else the project. */
enum column {
	COLUMN_PORT,
	COLUMN_SERVICE,
	COLUMN_APP,
	COLUMN_PROJECT,
	COLUMN_INSTANCE,
	COLUMN_ENVIRONMENT,
	COLUMN_PROTOCOL,
	COLUMN_HOST,
	COLUMN_TYPE,
	COLUMN_STATUS,
	COLUMN_HOSTNAME,
	COLUMN_DESCRIPTION,
	COLUMN_NOTE,
	COLUMN_COUNT,
};

/* clang-format off */
static const struct table_titles titles[COLUMN_COUNT] = {
	[COLUMN_PORT] = { { "host port", "host ports", "published port", "external port",
			    "local port", "listen port", "dev port", "port", "ports", "port s",
			    "port number", "port numbers" } },
	[COLUMN_SERVICE] = { { "service", "service name", "services", "component", "process",
			       "container", "name", "program", "server" } },
	[COLUMN_APP] = { { "app", "application", "app name", "application name" } },
	[COLUMN_PROJECT] = { { "project", "project name", "projects", "repository", "repo" } },
	[COLUMN_INSTANCE] = { { "instance", "instance number", "instances" } },
	[COLUMN_ENVIRONMENT] = { { "environment", "env", "environments", "stage" } },
	[COLUMN_PROTOCOL] = { { "protocol", "proto", "transport", "tcp udp" } },
	[COLUMN_HOST] = { { "host", "machine", "node" } },
	[COLUMN_TYPE] = { { "type", "kind", "category" } },
	[COLUMN_STATUS] = { { "status", "state" } },
	[COLUMN_HOSTNAME] = { { "public hostname", "cloudflare hostname", "tunnel hostname",
				"hostname", "public url", "tunnel", "domain" } },
	[COLUMN_DESCRIPTION] = { { "description", "purpose", "used for", "usage", "details" } },
	[COLUMN_NOTE] = { { "note", "notes", "comment", "comments", "remarks" } },
};
/* clang-format on */
static_assert(COLUMN_COUNT <= COLUMNS_MAX, "a table has no room for a column");

struct reading {
	const char *file;
	claim_fn *fn;
	void *arg;

	struct table_columns columns;
	bool is_ours, any;	 /* the table at hand; one of the file */
	char project[NAME_SIZE]; /* of the heading; "": none */
	unsigned level;		 /* of that heading */
	unsigned ports;		 /* told so far */
};

static bool has(const struct reading *r, enum column c)
{
	return r->columns.at[c] != NO_COLUMN;
}

static void give_app(struct reading *r)
{
	enum column to = has(r, COLUMN_SERVICE) ? COLUMN_PROJECT : COLUMN_SERVICE;

	if (has(r, COLUMN_APP) && !has(r, to)) {
		r->columns.at[to] = r->columns.at[COLUMN_APP];
		r->columns.at[COLUMN_APP] = NO_COLUMN;
	}
}

static bool read_head(struct reading *r, const struct md_line *head, struct err *err)
{
	if (!table_find_columns(head, titles, COLUMN_COUNT, &r->columns, err))
		return false;
	give_app(r);
	r->is_ours = has(r, COLUMN_PORT) && has(r, COLUMN_SERVICE);
	r->any = r->any || r->is_ours;
	return true;
}

/* "Project: shop" names the project of what is below it; a heading as high ends that. */
static bool read_heading(struct reading *r, const struct md *m, struct err *err)
{
	CLEANUP(text_release) struct text plain = { 0 };
	const char *at;
	bool struck;

	if (m->level <= r->level)
		r->project[0] = '\0';
	if (!*r->project)
		r->level = 0;
	md_plain(m->line.at, m->line.len, &plain, &struck);
	if (!text_ok(&plain))
		return fail_memory(err);
	at = text_str(&plain);
	if (strncasecmp(at, "project", 7))
		return true;
	at += 7;
	eat_blanks(&at);
	if (eat_char(&at, ':') && eat_blanks(&at) && name_fold("project", at, r->project, NULL))
		r->level = m->level;
	return true;
}

/* --- rows */

/* Of "https://shop.example.org/": the name; NULL: no name that others could ask for. */
static bool take_hostname(const char *text, struct arena *arena, struct claim *c, struct err *err)
{
	const char *name = text ? strstr(text, "://") : NULL;
	size_t len;

	name = name ? name + 3 : text;
	len = name ? strcspn(name, "/:") : 0;
	if (!len || !memchr(name, '.', len) || strcspn(name, " \t\n") < len)
		return true;
	c->tunnel_hostname = arena_printf(arena, "%.*s", (int)len, name);
	return c->tunnel_hostname || fail_memory(err);
}

static enum entry_status status_of(const char *text)
{
	static const char *const legacy[] = { "legacy", "deprecated", NULL };
	static const char *const reserved[] = { "reserved", "planned", NULL };

	if (text && table_is_word(text, legacy))
		return STATUS_LEGACY;
	return text && table_is_word(text, reserved) ? STATUS_RESERVED : STATUS_ALLOCATED;
}

/* Whose port it is, from what may be written together: "shop@2/web", "shop@2". */
static void take_names(const struct table_cells *cells, struct reading *r,
		       struct claim_owner *storage, struct claim *c)
{
	const char *project = cells->text[COLUMN_PROJECT], *service = cells->text[COLUMN_SERVICE];
	struct service_ref ref;

	c->service = service;
	c->project = project ? project : *r->project ? r->project : NULL;
	if (project && strchr(project, '@') && project_ref_parse(project, &ref, NULL) &&
	    *ref.project) {
		memcpy(storage->project, ref.project, NAME_SIZE);
		c->project = storage->project;
		c->instance = ref.instance;
	}
	if (!project && strchr(service, '/'))
		claim_take_owner(service, storage, c);
	if (c->project == service) { /* "web/api" is no name of ours: leave it to be refused */
		c->service = service;
		c->project = NULL;
	}
	if (cells->text[COLUMN_INSTANCE])
		(void)table_number(cells->text[COLUMN_INSTANCE], &c->instance);
}

static bool take_cells(const struct table_cells *cells, struct reading *r, struct arena *arena,
		       struct claim_owner *storage, struct claim *c, struct err *err)
{
	take_names(cells, r, storage, c);
	c->environment = claim_environment(cells->text[COLUMN_ENVIRONMENT]);
	c->host = claim_host(cells->text[COLUMN_HOST]);
	c->type = cells->text[COLUMN_TYPE];
	c->status = status_of(cells->text[COLUMN_STATUS]);
	c->description = cells->text[COLUMN_DESCRIPTION];
	c->note = cells->text[COLUMN_NOTE];
	return take_hostname(cells->text[COLUMN_HOSTNAME], arena, c, err);
}

/* Each port of a range, in each protocol. */
static bool tell_ports(struct reading *r, struct claim c, struct port_range ports,
		       unsigned protocols)
{
	for (unsigned port = ports.first; port <= ports.last; port++)
		for (unsigned p = 0; p < PROTO_COUNT; p++) {
			c.ports = (struct port_range){ (uint16_t)port, (uint16_t)port };
			c.protocol = p;
			if ((protocols & (1U << p)) && !r->fn(&c, r->arg))
				return false;
		}
	return true;
}
static_assert(SAYS_TCP == 1U << PROTO_TCP && SAYS_UDP == 1U << PROTO_UDP, "bits are protocols");

/* `row` counts what the cell has named so far. */
static bool next_ports(struct port_cell *at, unsigned *row, bool *ret_more, struct err *err)
{
	if (!port_cell_next(at, ret_more, err))
		return false;
	*row += *ret_more ? port_range_size(at->ports) : 0;
	if (*row > SERVICE_PORTS_MAX)
		return fail(err, ERR_INVALID, "more than %d ports for one service",
			    SERVICE_PORTS_MAX);
	return true;
}

static bool count_ports(struct reading *r, struct port_range ports, unsigned line, struct err *err)
{
	r->ports += port_range_size(ports);
	if (r->ports > FILE_PORTS_MAX)
		return claim_fail(err, r->file, line, "the file names more ports than there are");
	return true;
}

static bool tell_cell(struct reading *r, struct claim *c, const struct table_cells *cells,
		      struct arena *arena, struct err *err)
{
	struct port_cell at = port_cell_of(cells->text[COLUMN_PORT]);
	const char *protocol = cells->text[COLUMN_PROTOCOL], *host = c->host;
	unsigned row = 0, said = protocol ? protocols_said(protocol) : 0;
	struct err why = { 0 };
	bool more = true;

	for (;;) {
		if (!next_ports(&at, &row, &more, &why))
			return claim_tell_wrong(*c, &why, r->fn, r->arg, err);
		if (!more)
			return true;
		if (!count_ports(r, at.ports, c->line, err))
			return false;
		c->host = host;
		if (at.host && !host) {
			const char *name = arena_printf(arena, "%.*s", at.host_len, at.host);

			if (!name)
				return fail_memory(err);
			c->host = claim_host(name);
		}
		if (!tell_ports(r, *c, at.ports,
				at.protocols ? at.protocols
				: said	     ? said
					     : SAYS_TCP))
			return false;
	}
}

static bool read_row(struct reading *r, const struct md_line *row, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct claim c = claim_of(CLAIM_ENTRY, row->number);
	struct claim_owner storage;
	struct table_cells cells;

	if (!table_read_row(row, &r->columns, COLUMN_COUNT, &arena, &cells, err))
		return false;
	if (!cells.text[COLUMN_PORT] || !cells.text[COLUMN_SERVICE] || cells.struck[COLUMN_PORT] ||
	    cells.struck[COLUMN_SERVICE] || table_is_given_up(cells.text[COLUMN_STATUS]))
		return true;
	return take_cells(&cells, r, &arena, &storage, &c, err) &&
	       tell_cell(r, &c, &cells, &arena, err);
}

static bool read_piece(struct reading *r, const struct md *m, struct err *err)
{
	switch (m->kind) {
	case MD_HEADING: return read_heading(r, m, err);
	case MD_HEAD: return read_head(r, &m->line, err);
	case MD_ROW: return !r->is_ours || read_row(r, &m->line, err);
	}
	return true;
}

bool claims_md(const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
	       struct err *err)
{
	struct reading r = { .file = file, .fn = fn, .arg = arg };
	struct md m;

	if (!claim_open(&bytes, &len, file, err))
		return false;
	m = (struct md){ .lines = { .rest = bytes, .left = len } };
	while (md_next(&m))
		if (!read_piece(&r, &m, err))
			return false;
	if (r.any)
		return true;
	claim_fail(err, file, 1, "no table that has a column 'Port' and a column 'Service'");
	return false;
}
