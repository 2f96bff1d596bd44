#include "formats/claim_write.h"
#include "formats/md_write.h"

#define CELL(name, value)                                                              \
	static const char *name(const struct claim *c, char scratch[static CELL_SIZE]) \
	{                                                                              \
		return (value);                                                        \
	}

CELL(environment, c->environment)
CELL(service, c->service)
CELL(protocol, protocol_name(c->protocol))
CELL(host, c->host)
CELL(type, c->type)
CELL(status, entry_status_name(c->status))
CELL(hostname, c->tunnel_hostname)
CELL(description, c->description)
CELL(note, c->note)

static bool is_service(const struct claim *c)
{
	return c->kind == CLAIM_ENTRY && c->status != STATUS_RELEASED;
}

/* The titles are those by which claims_md knows the columns. */
static const struct md_column columns[] = {
	{ "Project", md_cell_project, .may_go = true },
	{ "Instance", md_cell_instance, .is_number = true, .may_go = true, .usual = "1" },
	{ "Environment", environment, .may_go = true },
	{ "Service", service },
	{ "Port", md_cell_ports, .is_number = true },
	{ "Protocol", protocol, .may_go = true, .usual = "tcp" },
	{ "Host", host, .may_go = true, .usual = "localhost" },
	{ "Type", type, .may_go = true },
	{ "Status", status, .may_go = true, .usual = "allocated" },
	{ "Public hostname", hostname, .may_go = true },
	{ "Description", description, .may_go = true },
	{ "Notes", note, .may_go = true },
	{ NULL },
};

bool claims_write_md(const struct claim *claims, size_t count, int64_t now_ms, struct text *ret,
		     struct err *err)
{
	md_add_table(ret, columns, is_service, claims, count);
	return text_ok(ret) || fail_memory(err);
}
