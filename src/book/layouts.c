#include "book/layouts.h"

#include <portbook.h>

#include "base/macros.h"

#define LAYOUT(type, list)                                                               \
	{                                                                                \
		.size = sizeof(struct type), .count = ARRAY_LEN(list), .members = (list) \
	}

/* clang-format off */

static const struct word protocols[] = {
	{ "tcp", PORTBOOK_TCP }, { "udp", PORTBOOK_UDP }, { NULL, 0 },
};

static const struct word statuses[] = {
	{ "allocated", PORTBOOK_ALLOCATED }, { "reserved", PORTBOOK_RESERVED },
	{ "legacy", PORTBOOK_LEGACY },	     { "released", PORTBOOK_RELEASED },
	{ NULL, 0 },
};

static const struct word verdicts[] = {
	{ "free", PORTBOOK_IS_FREE },	     { "yours", PORTBOOK_IS_YOURS },
	{ "entered", PORTBOOK_IS_ENTERED },  { "block", PORTBOOK_IS_IN_BLOCK },
	{ "reserved", PORTBOOK_IS_RESERVED }, { "listening", PORTBOOK_IS_LISTENED_ON },
	{ NULL, 0 },
};

static const struct word states[] = {
	{ "in_use", PORTBOOK_IN_USE },	   { "down", PORTBOOK_DOWN },
	{ "squatted", PORTBOOK_SQUATTED }, { "unknown", PORTBOOK_UNKNOWN },
	{ NULL, 0 },
};

/* What is asked. */
#define IN(field) offsetof(struct portbook_request, field)
static const struct member of_request[] = {
	{ "projectName",	MEMBER_TEXT,  IN(project) },
	{ "serviceName",	MEMBER_TEXT,  IN(service) },
	{ "environment",	MEMBER_TEXT,  IN(environment) },
	{ "host",		MEMBER_TEXT,  IN(host) },
	{ "path",		MEMBER_TEXT,  IN(path) },
	{ "instance",		MEMBER_COUNT, IN(instance) },
	{ "protocol",		MEMBER_WORD,  IN(protocol), .words = protocols },
	{ "port",		MEMBER_PORT,  IN(port) },
	{ "preferredPort",	MEMBER_PORT,  IN(preferred_port) },
	{ "create",		MEMBER_FLAG,  IN(create) },
	{ "dryRun",		MEMBER_FLAG,  IN(dry_run) },
	{ "force",		MEMBER_FLAG,  IN(force) },
	{ "temporary",		MEMBER_FLAG,  IN(temporary) },
	{ "replace",		MEMBER_FLAG,  IN(replace) },
	{ "all",		MEMBER_FLAG,  IN(all) },
	{ "expiresIn",		MEMBER_TEXT,  IN(expires_in) },
	{ "serviceType",	MEMBER_TEXT,  IN(type) },
	{ "role",		MEMBER_TEXT,  IN(role) },
	{ "description",	MEMBER_TEXT,  IN(description) },
	{ "notes",		MEMBER_TEXT,  IN(notes) },
	{ "unit",		MEMBER_TEXT,  IN(unit) },
	{ "cloudflareHostname", MEMBER_TEXT,  IN(tunnel_hostname) },
	{ "cloudflareTunnelId", MEMBER_TEXT,  IN(tunnel_id) },
	{ "metadata",		MEMBER_FACTS, IN(metadata) },
	{ "search",		MEMBER_TEXT,  IN(search) },
	{ "worktree",		MEMBER_TEXT,  IN(worktree) },
	{ "status",		MEMBER_WORD,  IN(status), .words = statuses },
	{ "limit",		MEMBER_COUNT, IN(limit) },
	{ "after",		MEMBER_PORT,  IN(after) },
	{ "orphans",		MEMBER_FLAG,  IN(orphans) },
	{ "live",		MEMBER_FLAG,  IN(live) },
};
const struct layout layout_request = LAYOUT(portbook_request, of_request);

/* Whose it is, in an error. */
#define OF(field) offsetof(struct portbook_holder, field)
#define FIT(field) .room = sizeof(((struct portbook_holder *)NULL)->field)
static const struct member of_holder[] = {
	{ "port",	 MEMBER_PORT,  OF(port) },
	{ "instance",	 MEMBER_COUNT, OF(instance) },
	{ "protocol",	 MEMBER_WORD,  OF(protocol), .words = protocols },
	{ "status",	 MEMBER_WORD,  OF(status), .words = statuses },
	{ "pid",	 MEMBER_PID,   OF(pid) },
	{ "projectName", MEMBER_CHARS, OF(project), FIT(project) },
	{ "serviceName", MEMBER_CHARS, OF(service), FIT(service) },
	{ "environment", MEMBER_CHARS, OF(environment), FIT(environment) },
	{ "host",	 MEMBER_CHARS, OF(host), FIT(host) },
	{ "program",	 MEMBER_CHARS, OF(program), FIT(program) },
	{ "cwd",	 MEMBER_CHARS, OF(directory), FIT(directory) },
};
const struct layout layout_holder = LAYOUT(portbook_holder, of_holder);

#define LISTENER(field) offsetof(struct portbook_listener, field)
static const struct layout layout_listener;
static const struct member of_listener[] = {
	{ "port",	  MEMBER_PORT,	 LISTENER(port) },
	{ "pid",	  MEMBER_PID,	 LISTENER(pid) },
	{ "uid",	  MEMBER_NUMBER, LISTENER(uid) },
	{ "user",	  MEMBER_TEXT,	 LISTENER(user) },
	{ "program",	  MEMBER_TEXT,	 LISTENER(program) },
	{ "cwd",	  MEMBER_TEXT,	 LISTENER(directory) },
	{ "protocol",	  MEMBER_WORD,	 LISTENER(protocol), .words = protocols },
	{ "addresses",	  MEMBER_TEXTS,	 LISTENER(addresses) },
	{ "ipv4",	  MEMBER_FLAG,	 LISTENER(ipv4) },
	{ "ipv6",	  MEMBER_FLAG,	 LISTENER(ipv6) },
	{ "loopbackOnly", MEMBER_FLAG,	 LISTENER(loopback_only) },
	{ "partlyKnown",  MEMBER_FLAG,	 LISTENER(partly_known) },
	{ "command",	  MEMBER_TEXT,	 LISTENER(command) },
	{ "cgroup",	  MEMBER_TEXT,	 LISTENER(cgroup) },
	{ "unit",	  MEMBER_TEXT,	 LISTENER(unit) },
	{ "container",	  MEMBER_TEXT,	 LISTENER(container) },
	{ "startedAt",	  MEMBER_TIME,	 LISTENER(started_at_ms) },
	{ "processes",	  MEMBER_MANY,	 LISTENER(processes), .layout = &layout_listener },
};
static const struct layout layout_listener = LAYOUT(portbook_listener, of_listener);

#define ENTRY(field) offsetof(struct portbook_entry, field)
static const struct member of_entry[] = {
	{ "port",		MEMBER_PORT,   ENTRY(port) },
	{ "protocol",		MEMBER_WORD,   ENTRY(protocol), .words = protocols },
	{ "status",		MEMBER_WORD,   ENTRY(status), .words = statuses },
	{ "instance",		MEMBER_COUNT,  ENTRY(instance) },
	{ "primary",		MEMBER_FLAG,   ENTRY(primary) },
	{ "projectName",	MEMBER_TEXT,   ENTRY(project) },
	{ "serviceName",	MEMBER_TEXT,   ENTRY(service) },
	{ "environment",	MEMBER_TEXT,   ENTRY(environment) },
	{ "host",		MEMBER_TEXT,   ENTRY(host) },
	{ "projectNumber",	MEMBER_NUMBER, ENTRY(project_number) },
	{ "id",			MEMBER_TEXT,   ENTRY(id) },
	{ "range",		MEMBER_TEXT,   ENTRY(range) },
	{ "serviceType",	MEMBER_TEXT,   ENTRY(type) },
	{ "role",		MEMBER_TEXT,   ENTRY(role) },
	{ "description",	MEMBER_TEXT,   ENTRY(description) },
	{ "notes",		MEMBER_TEXT,   ENTRY(notes) },
	{ "unit",		MEMBER_TEXT,   ENTRY(unit) },
	{ "cloudflareHostname", MEMBER_TEXT,   ENTRY(tunnel_hostname) },
	{ "cloudflareTunnelId", MEMBER_TEXT,   ENTRY(tunnel_id) },
	{ "worktreePath",	MEMBER_TEXT,   ENTRY(worktree) },
	{ "metadata",		MEMBER_FACTS,  ENTRY(metadata) },
	{ "allocatedBy",	MEMBER_TEXT,   ENTRY(allocated_by) },
	{ "allocatedAt",	MEMBER_TIME,   ENTRY(allocated_at_ms) },
	{ "lastVerifiedAt",	MEMBER_TIME,   ENTRY(verified_at_ms) },
	{ "releasedAt",		MEMBER_TIME,   ENTRY(released_at_ms) },
	{ "expiresAt",		MEMBER_TIME,   ENTRY(expires_at_ms) },
	{ "created",		MEMBER_FLAG,   ENTRY(created) },
	{ "changed",		MEMBER_FLAG,   ENTRY(changed) },
	{ "why",		MEMBER_TEXT,   ENTRY(why) },
	{ "passedOver",		MEMBER_MANY,   ENTRY(passed_over), .layout = &layout_listener },
	{ "replaced",		MEMBER_PORTS,  ENTRY(replaced) },
	{ "others",		MEMBER_TEXTS,  ENTRY(others) },
	{ "notices",		MEMBER_TEXTS,  ENTRY(notices) },
	{ "state",		MEMBER_WORD,   ENTRY(state), .words = states },
	{ "actual",		MEMBER_TEXT,   ENTRY(actual) },
	{ "reason",		MEMBER_TEXT,   ENTRY(reason) },
	{ "listener",		MEMBER_ONE,    ENTRY(listener), .layout = &layout_listener },
};
const struct layout layout_entry = LAYOUT(portbook_entry, of_entry);

#define ENTRIES(field) offsetof(struct portbook_entries, field)
static const struct member of_listing[] = {
	{ "ports",   MEMBER_MANY,  ENTRIES(count), .layout = &layout_entry },
	{ "next",    MEMBER_PORT,  ENTRIES(next) },
	{ "notices", MEMBER_TEXTS, ENTRIES(notices) },
};
const struct layout layout_listing = LAYOUT(portbook_entries, of_listing);

static const struct member of_released[] = {
	{ "released", MEMBER_MANY,  ENTRIES(count), .layout = &layout_entry },
	{ "others",   MEMBER_TEXTS, ENTRIES(others) },
	{ "notices",  MEMBER_TEXTS, ENTRIES(notices) },
};
const struct layout layout_released = LAYOUT(portbook_entries, of_released);

#define USAGE(field) offsetof(struct portbook_usage, field)
static const struct member of_usage[] = {
	{ "rangeName",		MEMBER_TEXT,	  USAGE(range) },
	{ "rangeStart",		MEMBER_PORT,	  USAGE(first) },
	{ "rangeEnd",		MEMBER_PORT,	  USAGE(last) },
	{ "totalPorts",		MEMBER_COUNT,	  USAGE(total) },
	{ "allocatedPorts",	MEMBER_COUNT,	  USAGE(allocated) },
	{ "availablePorts",	MEMBER_COUNT,	  USAGE(available) },
	{ "utilizationPercent", MEMBER_COUNT,	  USAGE(percent) },
	{ "gaps",		MEMBER_STRETCHES, USAGE(gaps) },
};
static const struct layout layout_usage = LAYOUT(portbook_usage, of_usage);

#define USAGES(field) offsetof(struct portbook_usages, field)
static const struct member of_usages[] = {
	{ "summary", MEMBER_ONE,   USAGES(sum), .layout = &layout_usage },
	{ "ranges",  MEMBER_MANY,  USAGES(count), .layout = &layout_usage },
	{ "notices", MEMBER_TEXTS, USAGES(notices) },
};
const struct layout layout_usages = LAYOUT(portbook_usages, of_usages);

/* Host and protocol are those that were asked for: book/portbook.c puts them there. */
#define FINDING(field) offsetof(struct portbook_finding, field)
static const struct member of_finding[] = {
	{ "port",     MEMBER_PORT, FINDING(port) },
	{ "protocol", MEMBER_WORD, FINDING(protocol), .words = protocols },
	{ "verdict",  MEMBER_WORD, FINDING(verdict), .words = verdicts },
	{ "host",     MEMBER_TEXT, FINDING(host) },
	{ "message",  MEMBER_TEXT, FINDING(message) },
	{ "holder",   MEMBER_ONE,  FINDING(holder), .layout = &layout_entry },
	{ "listener", MEMBER_ONE,  FINDING(listener), .layout = &layout_listener },
	{ "instead",  MEMBER_PORT, FINDING(instead) },
	{ "state",    MEMBER_WORD, FINDING(state), .words = states },
	{ "reason",   MEMBER_TEXT, FINDING(reason) },
};
static const struct layout layout_finding = LAYOUT(portbook_finding, of_finding);

static const struct member of_findings[] = {
	{ "ports", MEMBER_MANY, offsetof(struct portbook_findings, count), .layout = &layout_finding },
};
const struct layout layout_findings = LAYOUT(portbook_findings, of_findings);

/* clang-format on */
