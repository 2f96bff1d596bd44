/*
 * The tools, in the order in which an agent reads them.
 */
#include <stdio.h>
#include <string.h>

#include "mcp/tool.h"

/* clang-format off */
#define PROJECT { "projectName", .required = true, \
		  .description = "The project that owns the service." }
#define SERVICE { "serviceName", .required = true }
#define PLACE	{ "instance" }, { "environment" }, { "host" }, { "protocol" }, \
		{ "path", .description = \
		  "The absolute path of the directory whose instance is meant: of a git " \
		  "worktree, say, which has ports of its own. Without it, the directory of the " \
		  "client or of this server; where there is none, instance 1." }
#define SAID	{ "description" }, { "cloudflareHostname" }
/* clang-format on */

static const struct tool_argument get_arguments[] = {
	PROJECT,
	SERVICE,
	{ "serviceType" },
	SAID,
	{ "preferredPort" },
	PLACE,
	{ "dryRun", .description = "Only say what would be given, and why; enter nothing." },
	{ 0 },
};
static const struct tool_argument allocate_arguments[] = {
	PROJECT,
	SERVICE,
	{ "serviceType" },
	SAID,
	{ "preferredPort" },
	{ "replace" },
	PLACE,
	{ "dryRun", .description = "Only say what would be given, and why; enter nothing." },
	{ 0 },
};
static const struct tool_argument list_arguments[] = {
	{ "projectName" },
	{ "serviceName" },
	{ "serviceType" },
	{ "instance" },
	{ "environment" },
	{ "host" },
	{ "protocol" },
	{ "search" },
	{ "live",
	  .description =
		  "Also look at the machine: the `state` of each entry (in use, down, squatted "
		  "...)." },
	{ "limit", .otherwise = 100, .most = 500,
	  .description = "At most so many entries a page." },
	{ "cursor", .field = "after", .as_after = true,
	  .description = "The nextCursor of an earlier answer, to go on behind it." },
	{ 0 },
};
static const struct tool_argument audit_arguments[] = {
	{ "projectName" },
	{ "dryRun", .description = "Do not note when each service was last seen." },
	{ 0 },
};
static const struct tool_argument summary_arguments[] = {
	{ "projectName", .required = true, .description = "The project whose ports are counted." },
	{ "host" },
	{ 0 },
};
static const struct tool_argument release_arguments[] = {
	PROJECT,
	SERVICE,
	{ "port", .description = "Only this port of the service; without it, all that it has." },
	PLACE,
	{ 0 },
};
static const struct tool_argument update_arguments[] = {
	PROJECT, SERVICE, { "serviceType" }, SAID, { "notes" }, PLACE, { 0 },
};
static const struct tool_argument create_arguments[] = {
	{ "projectName", .required = true, .description = "The name of the new project." },
	{ "path", .field = "projectPath",
	  .description =
		  "The absolute path of its directory: what listens from there is then known "
		  "as the project's." },
	{ "description" },
	{ "number" },
	{ "owner" },
	{ "host" },
	{ 0 },
};
static const struct tool_argument register_arguments[] = {
	PROJECT,
	SERVICE,
	{ "port", .required = true, .description = "The port that it has already." },
	{ "serviceType" },
	SAID,
	{ "notes" },
	PLACE,
	{ 0 },
};
static const struct tool_argument check_arguments[] = {
	{ "port", .field = "ports", .as_text = true, .required = true, .most = 65535,
	  .description = "The port that is asked about." },
	{ "projectName",
	  .description =
		  "Who asks: the answer then says whether the port is this project's, and what "
		  "it would get instead." },
	PLACE,
	{ 0 },
};
static const struct tool_argument listeners_arguments[] = {
	{ "projectName" }, { "ports" }, { "protocol" }, { "unregistered" }, { 0 },
};
static const struct tool_argument config_arguments[] = {
	{ "projectName" },
	{ "serviceName" },
	{ "format", .required = true },
	{ "fileName" },
	{ "content" },
	{ "instance" },
	{ "environment" },
	{ "host" },
	{ "path" },
	{ 0 },
};
static const struct tool_argument cleanup_arguments[] = {
	{ "projectName" },
	{ "dryRun", .is_true = true,
	  .description =
		  "Without it, or true: only say what would be given back. false: give it back." },
	{ "orphans" },
	{ "instances" },
	{ "idleDays" },
	{ 0 },
};
static const struct tool_argument import_arguments[] = {
	{ "content", .required = true },
	{ "fileName" },
	{ "format" },
	{ "projectName" },
	{ "environment" },
	{ "instance" },
	{ "host" },
	{ "dryRun", .is_true = true,
	  .description = "Without it, or true: only say what would be entered, moved and refused. "
			 "false: enter it." },
	{ 0 },
};

/* Rationale: clients cut an answer at some 25,000 tokens; a row has about 80. */
#define ROWS_LONGEST 200

#define TOOL(called) \
	.tool = { .name = (called), .describe = port_tool_describe, .call = port_tool_call }

static const struct port_tool get_port = {
	TOOL("get-port"),
	.operation = "get",
	.title = "Get the port of a service",
	.description =
		"The port that belongs to a service of a project. If it has none yet, a free "
		"one is chosen and entered for it; asking again gives the same port, also "
		"while the service is down. Use it before a server is started, instead of "
		"the program's default port.",
	.arguments = get_arguments,
	.traits = TOOL_REPEATABLE | TOOL_HAS_PLACE,
};
static const struct port_tool allocate_port = {
	TOOL("allocate-port"),
	.operation = "allocate",
	.title = "Enter one more port for a service",
	.description = "Always enters a new port for a service, also if it has some already; with "
		       "replace the old one is given back in the same step. Use get-port for the "
		       "port that a service has.",
	.arguments = allocate_arguments,
	.traits = TOOL_HAS_PLACE,
};
static const struct port_tool list_ports = {
	TOOL("list-ports"),
	.operation = "list",
	.title = "List the ports that are entered",
	.description = "Which port belongs to whom, by port, in pages. Every filter that is given "
		       "must fit.",
	.arguments = list_arguments,
	.traits = TOOL_READS | TOOL_REPEATABLE,
	.is_paged = true,
};
static const struct port_tool audit_ports = {
	TOOL("audit-ports"),
	.operation = "audit",
	.title = "Compare the book with what listens",
	.description =
		"For every entry of this machine: whether its owner listens, nobody does, or "
		"somebody else has taken the port; and what listens unregistered. Conflicts "
		"are findings, not failures: success is true whatever is found.",
	.arguments = audit_arguments,
	.traits = TOOL_READS | TOOL_REPEATABLE,
	.longest = ROWS_LONGEST,
};
static const struct port_tool port_summary = {
	TOOL("port-summary"),
	.operation = "summary",
	.title = "How full a project's range is",
	.description = "The project's range, how many of its ports are allocated and how many are "
		       "left.",
	.arguments = summary_arguments,
	.traits = TOOL_READS | TOOL_REPEATABLE,
};
static const struct port_tool release_port = {
	TOOL("release-port"),
	.operation = "release",
	.title = "Give a service's ports back",
	.description =
		"The service loses its ports, and others may get them. Only for a service "
		"that is gone for good: a port stays its service's while that is down. It is "
		"an error if it has none.",
	.arguments = release_arguments,
	.traits = TOOL_DESTROYS | TOOL_HAS_PLACE,
};
static const struct port_tool update_port = {
	TOOL("update-port"),
	.operation = "update",
	.title = "Change what is said about a service",
	.description = "Its type, description, notes or public hostname. The port stays the same.",
	.arguments = update_arguments,
	.traits = TOOL_REPEATABLE | TOOL_HAS_PLACE,
};
static const struct port_tool create_project = {
	TOOL("create-project"),
	.operation = "project-add",
	.title = "Enter a project",
	.description =
		"Enters a project under a new name and gives it its ports. It is an error if "
		"there is one of that name: list-ports shows those that have ports.",
	.arguments = create_arguments,
};
static const struct port_tool register_port = {
	TOOL("register-port"),
	.operation = "register",
	.title = "Enter a port that a service has already",
	.description = "For a service whose port is given and cannot be chosen. A port of somebody "
		       "else is refused. Where any port will do, use get-port.",
	.arguments = register_arguments,
	.traits = TOOL_REPEATABLE | TOOL_HAS_PLACE,
};
static const struct port_tool check_port = {
	TOOL("check-port"),
	.operation = "check",
	.title = "Whose port is it?",
	.description = "Whether a port is free, whose it is, what listens there, and what there is "
		       "instead. Free now is not enough: a port whose owner is down is not free.",
	.arguments = check_arguments,
	.traits = TOOL_READS | TOOL_REPEATABLE | TOOL_HAS_PLACE,
	.first_of = "ports",
};
static const struct port_tool list_listeners = {
	TOOL("list-listeners"),
	.operation = "listeners",
	.title = "List what listens on this machine",
	.description =
		"The ports on which programs listen now, which programs those are, and whose.",
	.arguments = listeners_arguments,
	.traits = TOOL_READS | TOOL_REPEATABLE,
	.longest = ROWS_LONGEST,
};
static const struct port_tool port_config = {
	TOOL("port-config"),
	.operation = "config",
	.title = "The ports as a file",
	.description =
		"The ports of a project's instance in the form that a program reads: dotenv, json, "
		"nginx ... With the content of a file that is there, the whole file with the ports "
		"in it. Writes nothing: that is up to you.",
	.arguments = config_arguments,
	.traits = TOOL_READS | TOOL_REPEATABLE | TOOL_HAS_PLACE,
};
static const struct port_tool cleanup_ports = {
	TOOL("cleanup-ports"),
	.operation = "cleanup",
	.title = "Give back what nobody needs any more",
	.description = "Ports that have expired, and ports and instances whose directory is gone. "
		       "Says only what it would do, unless dryRun is false. What listens, is of "
		       "production, or has a public hostname is kept.",
	.arguments = cleanup_arguments,
	.traits = TOOL_DESTROYS | TOOL_REPEATABLE,
	.longest = ROWS_LONGEST,
};
static const struct port_tool import_ports = {
	TOOL("import-ports"),
	.operation = "import",
	.title = "Enter what a file says",
	.description = "Takes the contents of a file with ports (a book that was exported, a "
		       "ports.md, a .env, output of ss or lsof ...). All of it is entered, or "
		       "nothing. Says only what it would do, unless dryRun is false.",
	.arguments = import_arguments,
	.traits = TOOL_REPEATABLE,
	.longest = ROWS_LONGEST,
};

const struct mcp_tool *const port_tools[] = {
	&get_port.tool,	     &allocate_port.tool,  &list_ports.tool,
	&audit_ports.tool,   &port_summary.tool,   &release_port.tool,
	&update_port.tool,   &create_project.tool, &register_port.tool,
	&check_port.tool,    &list_listeners.tool, &port_config.tool,
	&cleanup_ports.tool, &import_ports.tool,   NULL,
};

/* Agents that know an earlier registry call its tools so. */
#define EARLIER_PREFIX "mcp__meta__"
/* Rationale: what clients take for a tool's name, with the prefix. */
#define NAME_MAX_LEN 80

const struct mcp_tool *port_tool_by_alias(const char *name)
{
	char plain[NAME_MAX_LEN];
	size_t prefix = strlen(EARLIER_PREFIX);

	if (!strncmp(name, EARLIER_PREFIX, prefix))
		name += prefix;
	if (snprintf(plain, sizeof(plain), "%s", name) >= (int)sizeof(plain))
		return NULL;
	for (char *c = plain; *c; c++)
		if (*c == '_')
			*c = '-';
	for (size_t i = 0; port_tools[i]; i++)
		if (!strcmp(port_tools[i]->name, plain))
			return port_tools[i];
	return NULL;
}
