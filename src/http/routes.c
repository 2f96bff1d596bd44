/*
 * http/routes.c - every path of the API, and which operation it is.
 *
 * By path, and of one path in the order of enum http_method.  A path of words goes before
 * one with a member in that place.
 */
#include "http/route.h"

#define V1	"/api/v1"
#define PROJECT V1 "/projects/{projectName}"
#define SERVICE PROJECT "/services/{serviceName}"

#define SERVICE_MADE V1 "/projects/{projectName}/services/{serviceName}"

/* clang-format off */
const struct route routes[] = {
	{ HTTP_GET,    V1 "/allocations", "list", .otherwise = "{\"limit\":1000}" },
	{ HTTP_POST,   V1 "/allocations", "allocate", .created_at = SERVICE_MADE },
	{ HTTP_PATCH,  V1 "/allocations/{port}", "update" },
	{ HTTP_DELETE, V1 "/allocations/{port}", "release" },
	{ HTTP_GET,    V1 "/audit", "audit", .fixed = "{\"dryRun\":true}",
	  .summary = "Hold the book against what listens, and note nothing" },
	{ HTTP_POST,   V1 "/audit", "audit" },
	{ HTTP_POST,   V1 "/check", "check" },
	{ HTTP_GET,    V1 "/cleanup", "cleanup-report" },
	{ HTTP_POST,   V1 "/cleanup", "cleanup", .otherwise = "{\"dryRun\":true}" },
	{ HTTP_GET,    V1 "/doctor", "doctor" },
	{ HTTP_GET,    V1 "/export", "export" },
	{ HTTP_GET,    V1 "/history", "history" },
	{ HTTP_POST,   V1 "/import", "import", .is_large = true },
	{ HTTP_GET,    V1 "/listeners", "listeners" },
	{ HTTP_GET,    V1 "/policies", "policy-list" },
	{ HTTP_GET,    V1 "/policies/{name}", "policy-show" },
	{ HTTP_GET,    V1 "/policy", "policy-show",
	  .summary = "The policy that the book works by" },
	{ HTTP_PUT,    V1 "/policy", "policy-use" },
	{ HTTP_GET,    V1 "/projects", "project-list" },
	{ HTTP_POST,   V1 "/projects", "project-add",
	  .created_at = V1 "/projects/{project.projectName}" },
	{ HTTP_GET,    PROJECT, "project-show" },
	{ HTTP_PATCH,  PROJECT, "project-set" },
	{ HTTP_DELETE, PROJECT, "project-remove" },
	{ HTTP_POST,   PROJECT "/archive", "project-archive" },
	{ HTTP_POST,   PROJECT "/blocks", "project-add-block" },
	{ HTTP_GET,    PROJECT "/instances", "instance-list" },
	{ HTTP_POST,   PROJECT "/instances", "instance-add",
	  .created_at = V1 "/projects/{instance.projectName}/instances/{instance.instance}" },
	{ HTTP_GET,    PROJECT "/instances/{instance}", "show" },
	{ HTTP_PATCH,  PROJECT "/instances/{instance}", "instance-set" },
	{ HTTP_DELETE, PROJECT "/instances/{instance}", "instance-release" },
	{ HTTP_POST,   PROJECT "/rename", "project-rename" },
	{ HTTP_GET,    PROJECT "/services", "list", .otherwise = "{\"limit\":1000}",
	  .summary = "The entries of a project" },
	{ HTTP_GET,    SERVICE, "list", .shows_one = true, .summary = "The entries of a service" },
	{ HTTP_POST,   SERVICE, "allocate", .created_at = SERVICE_MADE,
	  .summary = "One more port for a service" },
	{ HTTP_PUT,    SERVICE, "get", .created_at = SERVICE_MADE },
	{ HTTP_PATCH,  SERVICE, "update" },
	{ HTTP_DELETE, SERVICE, "release" },
	{ HTTP_POST,   SERVICE "/move", "move" },
	{ HTTP_PUT,    SERVICE "/ports/{port}", "register", .created_at = SERVICE_MADE },
	{ HTTP_GET,    PROJECT "/summary", "summary" },
	{ HTTP_GET,    PROJECT "/variables", "env" },
	{ HTTP_GET,    V1 "/ranges", "summary", .summary = "How full each range is" },
	{ HTTP_GET,    V1 "/reservations", "reservations" },
	{ HTTP_POST,   V1 "/reservations", "reserve" },
	{ HTTP_DELETE, V1 "/reservations/{ports}", "unreserve" },
	{ HTTP_GET,    V1 "/status", "status" },
	{ HTTP_GET,    V1 "/summary", "summary" },
	{ HTTP_POST,   V1 "/undo", "undo" },
	{ HTTP_GET,    V1 "/uptime", "uptime" },

	/* What programs of before ask for. */
	{ HTTP_GET,    "/api/ports/audit", "audit", .fixed = "{\"dryRun\":true}", .is_old = true },
	{ HTTP_POST,   "/mcp/meta/allocate_port", "allocate", .is_old = true },
	{ HTTP_POST,   "/mcp/meta/audit_ports", "audit", .is_old = true },
	{ HTTP_POST,   "/mcp/meta/get_port", "get", .is_old = true },
	{ HTTP_POST,   "/mcp/meta/list_ports", "list", .is_old = true },
	{ HTTP_POST,   "/mcp/meta/port_summary", "summary", .is_old = true },
	{ 0 },
};
/* clang-format on */
