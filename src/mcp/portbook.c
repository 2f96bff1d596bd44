#include "mcp/portbook.h"

#include "mcp/tool.h"

const struct mcp_catalogue mcp_portbook = {
	.name = "portbook",
	.title = "portbook, the register of ports",
	.instructions =
		"portbook is the register in which every TCP and UDP port of this machine is entered: "
		"who owns it, for which service, and what listens there now. Before you start a "
		"server, or write a port into a file, call get-port with the project and the service, "
		"and use the port it gives: it is the same each time, and nobody else's. Never take a "
		"port because nothing listens there: its owner may be down. A project that is not "
		"known is entered with create-project. Do not release ports that you were not told to "
		"release.",
	.tools = port_tools,
	.prompts = port_prompts,
	.tool_by_alias = port_tool_by_alias,
	.resources = port_resources,
	.templates = port_templates,
	.read = port_read,
	.has_resource = port_has_resource,
	.complete = port_complete,
	.changing_lists = MCP_LIST_RESOURCES,
	.changes = port_changes,
	.changes_list = port_changes_list,
};
