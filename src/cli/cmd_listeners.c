#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/rows.h"
#include "cli/screen.h"

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "unregistered", .letter = 'u', .kind = VALUE_FLAG, .field = "unregistered",
	  .help = "only ports that are entered nowhere" },
	{ .name = "project", .letter = 'p', .kind = VALUE_TEXT, .arg = "PROJECT",
	  .field = "projectName", .help = "only what is this project's, or sits on its ports" },
	{ .name = "port", .kind = VALUE_TEXT, .arg = "PORTS", .field = "ports",
	  .help = "only these ports: 3000, 3000-3999, or a list of both" },
	{ .name = "udp", .kind = VALUE_FIXED, .field = "protocol", .fixed = "udp",
	  .help = "only UDP ports" },
	OPTION_FORMAT,
	{ 0 },
};
/* clang-format on */

/* "*" is every address, of IPv6 alone "::"; else the addresses themselves. */
static void show_addresses(const json_t *row, struct text *t)
{
	const json_t *address;
	const char *comma = "";
	size_t i;

	json_array_foreach(json_object_get(row, "addresses"), i, address) {
		const char *text = json_string_value(address);
		bool any = !strcmp(text, "0.0.0.0") ||
			   (!strcmp(text, "::") && json_bool_of(row, "ipv4"));

		text_add(t, comma);
		screen_add(t, any ? "*" : text, 0);
		comma = ", ";
	}
}

/* "node", "nginx (4)": with how many processes share it. */
static void show_program(const json_t *row, struct text *t)
{
	size_t count = json_array_size(json_object_get(row, "processes"));

	screen_add(t, text_or(row, "program", json_bool_of(row, "partlyKnown") ? "?" : ""), 0);
	if (count > 1)
		text_addf(t, " (%zu)", count);
}

static void show_container(const json_t *row, struct text *t)
{
	container_add(t, text_or(row, "container", ""));
}

/* "eva"; a number that has no name is shown as it is, as ps does. */
static void show_user(const json_t *row, struct text *t)
{
	const char *user = json_text_of(row, "user");

	if (user)
		screen_add(t, user, 0);
	else
		text_addf(t, "%lld", (long long)json_int_of(row, "uid", 0));
}

/* "shop@2": whose it is. */
static void show_project(const json_t *row, struct text *t)
{
	long long instance = json_int_of(row, "instance", 1);

	screen_add(t, text_or(row, "projectName", ""), 0);
	if (json_text_of(row, "projectName") && instance != 1)
		text_addf(t, "@%lld", instance);
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER },
	{ .title = "PROTO", .field = "protocol", .importance = 2, .usual = "tcp" },
	{ .title = "PROGRAM", .field = "program", .least = 8, .show = show_program },
	{ .title = "PID", .field = "pid", .kind = COLUMN_NUMBER },
	{ .title = "USER", .field = "user", .importance = 3, .least = 6,
	  .show = show_user },
	{ .title = "OF", .field = "projectName", .least = 8, .usual = "", .show = show_project },
	{ .title = "ENTERED FOR", .field = "entered", .least = 12, .usual = "" },
	{ .title = "STATE", .field = "state", .importance = 1, .usual = "" },
	{ .title = "CONTAINER", .field = "container", .importance = 4, .least = 12, .usual = "",
	  .show = show_container },
	{ .title = "ADDRESS", .field = "addresses", .importance = 5, .least = 9,
	  .show = show_addresses },
	{ .title = "FOLDER", .field = "cwd", .importance = 6, .least = 12, .usual = "" },
	{ .title = "UNIT", .field = "unit", .importance = 7, .least = 12, .usual = "" },
	{ .title = "SINCE (UTC)", .field = "startedAt", .kind = COLUMN_TIME, .importance = 8 },
	{ .title = "COMMAND", .field = "command", .importance = 9, .least = 12, .usual = "" },
	{ .title = "REASON", .field = "reason", .for_programs = true },
	{ .title = "INSTANCE", .field = "instance", .for_programs = true },
	{ .title = "SERVICE", .field = "serviceName", .for_programs = true },
	{ .title = "ENV", .field = "environment", .for_programs = true },
	{ .title = "IPV4", .field = "ipv4", .for_programs = true },
	{ .title = "IPV6", .field = "ipv6", .for_programs = true },
	{ .title = "LOOPBACK", .field = "loopbackOnly", .for_programs = true },
	{ .title = "PARTLY", .field = "partlyKnown", .for_programs = true },
	{ .title = "CGROUP", .field = "cgroup", .for_programs = true },
	{ .title = "UID", .field = "uid", .for_programs = true },
	{ .title = "INODE", .field = "inode", .for_programs = true },
	{ 0 },
};
/* clang-format on */

/* What root does not see either, no other user would show. */
static const char *why_partly(void)
{
	return getuid() == 0 ? "in another container, or the kernel's own"
			     : "another user's; root sees all";
}

static bool listeners_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *rows = json_object_get(answer, "listeners"), *row;
	unsigned partly = 0;
	size_t i;

	json_array_foreach(rows, i, row)
		partly += json_bool_of(row, "partlyKnown");
	if (!rows_show(r, rows, columns, "nothing listens that fits", err))
		return false;
	if (partly)
		output_note(&r->out, "%u of them %s known in part only: %s", partly,
			    partly == 1 ? "is" : "are", why_partly());
	return true;
}

static const struct example examples[] = {
	{ "portbook listeners", "everything that listens, and whose it is" },
	{ "portbook listeners --unregistered --port 3000-3999", "what the book does not know" },
	{ "portbook listeners --project consilio --format json", "for a program" },
	{ NULL, NULL },
};

const struct command cmd_listeners = {
	.name = "listeners",
	.group = GROUP_LOOK,
	.summary = "what really listens, and whose it is",
	.text = "Read from the kernel: no port is touched. OF is the project that it seems to "
		"belong to, by the folder it works in, its systemd unit or its container; ENTERED "
		"FOR is whose the port is in the book.",
	.examples = examples,
	.options = options,
	.operation = "listeners",
	.sends = SENDS_NO_OTHER_HOST,
	.run = rows_run,
	.render = listeners_render,
};
