#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/rows.h"

static const char *const status_choices[] = { "allocated", "released", "reserved", "legacy", NULL };

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "project", .letter = 'p', .kind = VALUE_PROJECT, .arg = "PROJECT",
	  .field = "projectName", .help = "only this project's, or PROJECT@N one instance's" },
	{ .name = "service", .letter = 's', .kind = VALUE_TEXT, .arg = "SERVICE",
	  .field = "serviceName", .completes = COMPLETES_SERVICE_NAME,
	  .help = "only services of this name" },
	{ .name = "instance", .letter = 'i', .kind = VALUE_INT, .arg = "N", .field = "instance",
	  .min = 1, .max = INSTANCE_MAX, .completes = COMPLETES_INSTANCE,
	  .help = "only this instance's" },
	{ .name = "env", .letter = 'e', .kind = VALUE_TEXT, .arg = "ENV", .field = "environment",
	  .completes = COMPLETES_ENVIRONMENT, .help = "only this environment's" },
	{ .name = "type", .letter = 't', .kind = VALUE_TEXT, .arg = "TYPE",
	  .field = "serviceType", .completes = COMPLETES_TYPE,
	  .help = "only services of this type" },
	{ .name = "status", .kind = VALUE_TEXT, .arg = "STATUS", .field = "status",
	  .choices = status_choices, .help = "allocated, legacy, reserved or released" },
	{ .name = "udp", .kind = VALUE_FIXED, .field = "protocol", .fixed = "udp",
	  .help = "only UDP ports" },
	{ .name = "search", .kind = VALUE_TEXT, .arg = "TEXT", .field = "search",
	  .help = "only entries in which it occurs" },
	{ .name = "worktree", .letter = 'w', .kind = VALUE_PATH, .arg = "DIR",
	  .field = "worktree", .help = "only the instance in this directory" },
	{ .name = "orphans", .kind = VALUE_FLAG, .field = "orphans",
	  .help = "only those whose directory is gone" },
	OPTION_LIVE,
	{ .name = "limit", .kind = VALUE_INT, .arg = "N", .field = "limit", .min = 1,
	  .max = 100000, .help = "at most so many" },
	{ .name = "after", .kind = VALUE_INT, .arg = "PORT", .field = "after", .min = 0,
	  .max = UINT16_MAX, .help = "only ports above this one" },
	OPTION_FORMAT,
	{ 0 },
};
/* clang-format on */

/* clang-format off */
static const struct column columns[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER },
	{ .title = "PROTO", .field = "protocol", .importance = 3, .usual = "tcp" },
	{ .title = "PROJECT", .field = "projectName", .least = 12 },
	{ .title = "SERVICE", .field = "serviceName", .least = 12 },
	{ .title = "N", .field = "instance", .kind = COLUMN_NUMBER, .importance = 1, .usual = "1" },
	{ .title = "ENV", .field = "environment", .importance = 2, .least = 6 },
	{ .title = "STATUS", .field = "status", .importance = 4, .usual = "allocated" },
	{ .title = "OBSERVED", .field = "state", .importance = 1, .usual = "" },
	{ .title = "LISTENING", .field = "actual", .importance = 2, .least = 12, .usual = "" },
	{ .title = "TYPE", .field = "serviceType", .importance = 6, .least = 6, .usual = "" },
	{ .title = "HOST", .field = "host", .importance = 5, .least = 8, .usual = "localhost" },
	{ .title = "HOSTNAME", .field = "cloudflareHostname", .importance = 7, .least = 12,
	  .usual = "" },
	{ .title = "DESCRIPTION", .field = "description", .importance = 8, .least = 12,
	  .usual = "" },
	{ .title = "EXPIRES (UTC)", .field = "expiresAt", .importance = 5,
	  .usual = "", .show = entry_add_expiry },
	{ .title = "RELEASED (UTC)", .field = "releasedAt", .kind = COLUMN_TIME, .importance = 9,
	  .usual = "" },
	{ .title = "SINCE (UTC)", .field = "allocatedAt", .kind = COLUMN_TIME, .importance = 10 },
	{ .title = "BY", .field = "allocatedBy", .importance = 11, .least = 6 },
	{ .title = "UNIT", .field = "unit", .importance = 12, .least = 10, .usual = "" },
	{ .title = "NOTES", .field = "notes", .importance = 13, .least = 10, .usual = "" },
	{ .title = "WORKTREE", .field = "worktreePath", .importance = 14, .usual = "" },
	{ .title = "REASON", .field = "reason", .for_programs = true },
	{ .title = "NUMBER", .field = "projectNumber", .for_programs = true },
	{ .title = "PRIMARY", .field = "primary", .for_programs = true },
	{ .title = "ROLE", .field = "role", .for_programs = true },
	{ .title = "RANGE", .field = "range", .for_programs = true },
	{ .title = "TUNNEL", .field = "cloudflareTunnelId", .for_programs = true },
	{ .title = "VERIFIED", .field = "lastVerifiedAt", .for_programs = true },
	{ .title = "METADATA", .field = "metadata", .for_programs = true },
	{ .title = "ID", .field = "id", .for_programs = true },
	{ 0 },
};
/* clang-format on */

static bool list_render(struct run *r, const json_t *answer, struct err *err)
{
	long long next = json_int_of(answer, "next", 0);

	if (!rows_show(r, json_object_get(answer, "ports"), columns, "nothing is entered that fits",
		       err))
		return false;
	if (next)
		output_note(&r->out, "more follow: the same with --after %lld", next);
	return true;
}

static const struct example examples[] = {
	{ "portbook list --project consilio", "one project's ports" },
	{ "portbook list --search grafana", "by a word" },
	{ "portbook list --live", "and what is observed of each" },
	{ "portbook list --orphans", "what a deleted directory has left behind" },
	{ "portbook list --format csv > ports.csv", "for a spreadsheet" },
	{ NULL, NULL },
};

const struct command cmd_list = {
	.name = "list",
	.group = GROUP_LOOK,
	.summary = "everything that is entered, by port",
	.text = "All filters have to fit; --host HOST is one of them. On a terminal the table is "
		"made to fit; in a pipe nothing is cut. Columns that would say the same in every "
		"row are left out of the table; csv and tsv always have all.",
	.examples = examples,
	.options = options,
	.operation = "list",
	.sends = SENDS_HOST,
	.run = rows_run,
	.render = list_render,
};
