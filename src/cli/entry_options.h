/*
 * cli/entry_options.h - rows that the options tables of several commands share.
 */
#ifndef CLI_ENTRY_OPTIONS_H
#define CLI_ENTRY_OPTIONS_H

#include "cli/command.h"
#include "ports/name.h"

/* clang-format off */

#define OPTION_INSTANCE \
	{ .name = "instance", .letter = 'i', .kind = VALUE_INT, .arg = "N", .field = "instance", \
	  .min = 1, .max = INSTANCE_MAX, .completes = COMPLETES_INSTANCE, \
	  .help = "which copy of the project, as in project@N" }

#define OPTION_ENV \
	{ .name = "env", .letter = 'e', .kind = VALUE_TEXT, .arg = "ENV", .field = "environment", \
	  .completes = COMPLETES_ENVIRONMENT, \
	  .help = "dev, test, production ...; else PORTBOOK_ENV, else the policy's" }

#define OPTION_UDP \
	{ .name = "udp", .kind = VALUE_FIXED, .field = "protocol", .fixed = "udp", \
	  .help = "the UDP port, not the TCP one" }

#define OPTIONS_WHICH OPTION_INSTANCE, OPTION_ENV, OPTION_UDP

#define OPTION_CREATE \
	{ .name = "create", .kind = VALUE_FLAG, .field = "create", \
	  .help = "enter the project if the book does not know it" }

#define OPTION_DRY_RUN \
	{ .name = "dry-run", .letter = 'n', .kind = VALUE_FLAG, .field = "dryRun", \
	  .help = "change nothing, only say what would be" }

#define OPTION_TYPE \
	{ .name = "type", .letter = 't', .kind = VALUE_TEXT, .arg = "TYPE", .field = "serviceType", \
	  .completes = COMPLETES_TYPE, \
	  .help = "web, api, db, cache, queue, monitoring, temporal, misc ..." }

/* What is said about a service; `meta` is VALUE_PAIR or VALUE_PAIR_OR_NULL. */
#define OPTIONS_ABOUT(meta) \
	OPTION_TYPE, \
	{ .name = "role", .kind = VALUE_TEXT, .arg = "ROLE", .field = "role", \
	  .completes = COMPLETES_ROLE, \
	  .help = "its role in the policy: frontend, api, db ..." }, \
	{ .name = "description", .letter = 'd', .kind = VALUE_TEXT, .arg = "TEXT", \
	  .field = "description", .help = "what it is" }, \
	{ .name = "hostname", .kind = VALUE_TEXT, .arg = "NAME", .field = "cloudflareHostname", \
	  .help = "the public hostname that a tunnel brings here" }, \
	{ .name = "tunnel", .kind = VALUE_TEXT, .arg = "ID", .field = "cloudflareTunnelId", \
	  .help = "the id of that tunnel" }, \
	{ .name = "unit", .kind = VALUE_TEXT, .arg = "UNIT", .field = "unit", \
	  .help = "the systemd unit that runs it" }, \
	{ .name = "notes", .kind = VALUE_TEXT, .arg = "TEXT", .field = "notes", \
	  .help = "anything else worth knowing" }, \
	{ .name = "meta", .kind = (meta), .arg = "NAME=VALUE", .field = "metadata", \
	  .help = "a fact of your own; may be repeated" }

/* How a port is chosen. */
#define OPTIONS_CHOICE \
	{ .name = "prefer", .kind = VALUE_PORT, .arg = "PORT", .field = "preferredPort", \
	  .help = "this port if it can be had, else another" }, \
	{ .name = "port", .kind = VALUE_PORT, .arg = "PORT", .field = "port", \
	  .help = "this port, or an error that says who has it" }, \
	{ .name = "temporary", .kind = VALUE_FLAG, .field = "temporary", \
	  .help = "a port from the temporary range, which expires" }, \
	{ .name = "for", .kind = VALUE_TEXT, .arg = "TIME", .field = "expiresIn", \
	  .help = "how long a temporary port is kept: 12h, 7d, 2w" }, \
	{ .name = "force", .kind = VALUE_FLAG, .field = "force", \
	  .help = "also a --port on which a stranger listens now" }

#define OPTION_LIVE \
	{ .name = "live", .kind = VALUE_FLAG, .field = "live", \
	  .help = "also look who really listens" }

#define OPTION_YES(what) \
	{ .name = "yes", .letter = 'y', .kind = VALUE_FLAG, .help = (what) }

/* clang-format on */

#endif
