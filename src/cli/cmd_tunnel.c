/*
 * The family `tunnel`: the hostnames of the book in cloudflared's configuration.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/file_change.h"
#include "cli/input.h"
#include "cli/rows.h"
#include "cli/screen.h"
#include "cli/systemctl.h"
#include "cli/tunnel_text.h"

#define UNIT "cloudflared.service"

/* clang-format off */
#define OPTION_FILE                                                                            \
	{ .name = "file", .kind = VALUE_TEXT, .arg = "PATH", .completes = COMPLETES_FILE,      \
	  .help = "this configuration, not the one that cloudflared would read" }
#define OPTION_TUNNEL                                                                          \
	{ .name = "tunnel", .kind = VALUE_TEXT, .arg = "ID", .field = "tunnel",                \
	  .help = "only hostnames of this tunnel; else of the one the file names" }

static const struct option_spec config_options[] = {
	OPTION_FILE,
	OPTION_TUNNEL,
	{ .name = "write", .letter = 'w', .kind = VALUE_FLAG,
	  .help = "bring the rules into the file, and show what changes" },
	{ .name = "reload", .kind = VALUE_FLAG,
	  .help = "then have systemd restart cloudflared, if the file changed" },
	{ 0 },
};

static const struct option_spec audit_options[] = {
	OPTION_FILE,
	OPTION_TUNNEL,
	OPTION_FORMAT,
	{ 0 },
};
/* clang-format on */

/* The machine's own comes first: it is what the service runs. */
static void usual_file(char ret[static PATH_MAX])
{
	static const char *const places[] = { "/etc/cloudflared/config.yml",
					      "/etc/cloudflared/config.yaml" };
	static const char *const own[] = { "config.yml", "config.yaml" };
	const char *home = getenv("HOME");

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (snprintf(ret, PATH_MAX, "%s", places[i]) < PATH_MAX && access(ret, F_OK) == 0)
			return;
	for (size_t i = 0; home && i < ARRAY_LEN(own); i++)
		if (snprintf(ret, PATH_MAX, "%s/.cloudflared/%s", home, own[i]) < PATH_MAX &&
		    access(ret, F_OK) == 0)
			return;
	snprintf(ret, PATH_MAX, "%s", places[0]);
}

static bool read_target(struct run *r, struct changed_file *t, struct err *err)
{
	const char *named = run_text(r, "file");

	if (named && !path_absolute(named, t->path, err))
		return false;
	if (!named)
		usual_file(t->path);
	if (!file_change_read(t->path, &t->now, &t->is_there, err))
		return false;
	if (!json_put_text(r->input, "fileName", t->path))
		return fail_memory(err);
	return !t->is_there ||
	       json_put(r->input, "content", json_stringn(text_str(&t->now), t->now.len)) ||
	       fail(err, ERR_INVALID, "%.200s: bytes that are not text", t->path);
}

/* --- config */

/* cloudflared reads its rules when it starts. */
static bool reload(struct run *r, json_t *answer, struct err *err)
{
	bool wanted = run_has(r, "reload") && json_bool_of(answer, "written");

	if (wanted && !systemctl_run("restart", UNIT, err))
		return false;
	return json_put_bool(answer, "reloaded", wanted) || fail_memory(err);
}

static bool config_render(struct run *r, const json_t *answer, struct err *err)
{
	(void)err;
	if (json_bool_of(answer, "reloaded"))
		text_add(&r->out.text, UNIT " is restarted\n");
	else if (json_bool_of(answer, "written"))
		output_note(&r->out, "cloudflared reads it when it starts: "
				     "systemctl restart cloudflared, or --reload here");
	return true;
}

static bool config_run(struct run *r, struct err *err)
{
	CLEANUP(changed_file_release) struct changed_file target = { .is_there = false };
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool writes = run_has(r, "write");

	if (run_has(r, "reload") && !writes)
		return fail(err, ERR_INVALID, "--reload goes with --write");
	if (!read_target(r, &target, err) ||
	    !run_call(r, r->command->operation, r->input, &answer, err))
		return false;
	if (!json_put_text(answer, "fileName", target.path))
		return fail_memory(err);
	if (!r->out.json && !changed_file_show(&r->out, &target, answer, err))
		return false;
	if (writes && (!changed_file_write(&target, answer, err) || !reload(r, answer, err)))
		return false;
	if (!r->out.json && (writes || !json_bool_of(answer, "changed")))
		changed_file_say(&r->out, &target, answer);
	return run_show(r, answer, err);
}

/* --- audit */

static bool audit_run(struct run *r, struct err *err)
{
	CLEANUP(changed_file_release) struct changed_file target = { .is_there = false };
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const char *format = run_text(r, "format");

	r->out.json = r->out.json || (format && !strcmp(format, "json"));
	if (!read_target(r, &target, err) ||
	    !run_call(r, r->command->operation, r->input, &answer, err))
		return false;
	if (!json_put_text(answer, "fileName", target.path))
		return fail_memory(err);
	if (!target.is_there)
		output_note(&r->out, "there is no '%s'", target.path);
	r->status = json_array_size(json_object_get(answer, "findings")) > 0;
	return run_show(r, answer, err);
}

static const struct example config_examples[] = {
	{ "portbook tunnel config", "what would change in cloudflared's configuration" },
	{ "sudo portbook tunnel config --write --reload", "bring it there, and have it read" },
	{ "portbook tunnel config --file ./tunnel.yml --write", "another file" },
	{ NULL, NULL },
};

static const struct example audit_examples[] = {
	{ "portbook tunnel audit", "does every public hostname reach its own service?" },
	{ "portbook tunnel audit --json | jq .summary.drifted", "for a monitor" },
	{ NULL, NULL },
};

const struct command cmd_tunnel_config = {
	.name = "tunnel config",
	.group = GROUP_DIRECTORY,
	.summary = "public hostnames as rules of a Cloudflare tunnel",
	.text = "Brings the hostnames that services have (portbook update S --hostname H) into "
		"the ingress rules of cloudflared's config.yml: a rule is added, or led to its "
		"service's port where it stands. Others' rules, comments, paths and settings stay "
		"as they are; the rule that takes the rest stays the last. Without --write only the "
		"difference is shown.\n\n"
		"The file is /etc/cloudflared/config.yml, or the one in ~/.cloudflared if only that "
		"is there.",
	.examples = config_examples,
	.options = config_options,
	.operation = "tunnel-config",
	.sends = SENDS_HOST,
	.run = config_run,
	.render = config_render,
};

const struct command cmd_tunnel_audit = {
	.name = "tunnel audit",
	.group = GROUP_DIRECTORY,
	.summary = "book, rules of the tunnel and listeners compared",
	.text = "Tells each hostname that leads to another service's port, to a port of nobody, "
		"or to a service that is down; each rule whose hostname no entry has, and each "
		"entry's hostname without a rule. Nothing is changed.\n\n"
		"Exit status 0 if all is as it should be, else 1.",
	.examples = audit_examples,
	.options = audit_options,
	.operation = "tunnel-audit",
	.sends = SENDS_NO_OTHER_HOST,
	.run = audit_run,
	.render = tunnel_text_add,
};
