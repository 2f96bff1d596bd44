/*
 * The command `tunnel push`: the hostnames of the book in the configuration that Cloudflare
 * keeps for a tunnel, and the records that lead them there.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/file_change.h"
#include "client/cloudflare.h"

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "account", .kind = VALUE_TEXT, .arg = "ID",
	  .help = "the account's id; else CLOUDFLARE_ACCOUNT_ID" },
	{ .name = "tunnel", .kind = VALUE_TEXT, .arg = "ID", .field = "tunnel",
	  .help = "the tunnel's id; its hostnames are pushed, and those of no tunnel" },
	{ .name = "no-dns", .kind = VALUE_FLAG,
	  .help = "leave the records of DNS alone" },
	{ .name = "dry-run", .letter = 'n', .kind = VALUE_FLAG,
	  .help = "change nothing, only say what would be" },
	{ 0 },
};
/* clang-format on */

struct pushing {
	struct run *run;
	struct cloudflare api;
	struct cloudflare_config was;
	struct text old; /* its text, a line a member */
	bool is_trial;
};

static void pushing_release(struct pushing *p)
{
	cloudflare_config_release(&p->was);
	text_release(&p->old);
}

static bool fail_missing(const char *what, const char *how, struct err *err)
{
	fail(err, ERR_INVALID, "which %s is meant is not said", what);
	return fail_hint(err, "%s", how);
}

static bool open_api(struct pushing *p, struct err *err)
{
	const char *account = run_text(p->run, "account");
	const char *tunnel = json_text_of(p->run->input, "tunnel");

	if (!account)
		account = getenv("CLOUDFLARE_ACCOUNT_ID");
	if (!account || !*account)
		return fail_missing("account", "--account ID, or CLOUDFLARE_ACCOUNT_ID", err);
	if (!tunnel)
		return fail_missing("tunnel", "--tunnel ID; cloudflared tunnel list shows them",
				    err);
	return cloudflare_open(account, tunnel, &p->api, err);
}

static bool fail_local(const struct pushing *p, struct err *err)
{
	fail(err, ERR_INVALID, "the tunnel '%s' is configured by its own file", p->api.tunnel);
	return fail_hint(err, "portbook tunnel config --write, where cloudflared runs");
}

/* As a text in which rules can be put, also where there is none yet. */
static bool add_text(const json_t *config, struct text *ret)
{
	CLEANUP(json_cleanup) json_t *whole = json_copy(json_walked(config));
	const json_t *rules = json_object_get(whole, "ingress");

	if (!whole ||
	    ((!rules || json_is_null(rules)) && !json_put(whole, "ingress", json_array())))
		return false;
	text_add_json(ret, whole, JSON_INDENT(2));
	text_add(ret, "\n");
	return true;
}

static bool fetch(struct pushing *p, struct err *err)
{
	if (!cloudflare_get(&p->api, &p->was, err))
		return false;
	if (p->was.is_local)
		return fail_local(p, err);
	return (add_text(p->was.config, &p->old) && text_ok(&p->old) &&
		json_put_text(p->run->input, "fileName", p->api.tunnel) &&
		json_put(p->run->input, "content", json_stringn(text_str(&p->old), p->old.len))) ||
	       fail_memory(err);
}

static bool put(struct pushing *p, json_t *answer, struct err *err)
{
	const json_t *content = json_object_get(answer, "content");
	bool wanted = json_bool_of(answer, "changed") && !p->is_trial;
	CLEANUP(json_cleanup) json_t *config = NULL;

	if (!json_put_bool(answer, "pushed", wanted))
		return fail_memory(err);
	return !wanted ||
	       (json_parse(json_string_value(content), json_string_length(content), &config, err) &&
		cloudflare_put(&p->api, &p->was, config, err));
}

/* --- records */

static const char *record_name(enum cloudflare_record record)
{
	switch (record) {
	case RECORD_MADE: return "made";
	case RECORD_THERE: return "there";
	case RECORD_OTHERS: return "others";
	case RECORD_MISSING: return "missing";
	}
	__builtin_unreachable();
}

static bool put_record(struct pushing *p, json_t *rule, struct err *err)
{
	enum cloudflare_record record;
	char *other = NULL;
	bool ok;

	if (!cloudflare_record(&p->api, json_text_of(rule, "hostname"), !p->is_trial, &record,
			       &other, err))
		return false;
	ok = json_put_text(rule, "record", record_name(record)) &&
	     json_put_text(rule, "recordIs", other);
	free(other);
	if (record == RECORD_OTHERS)
		p->run->status = 1;
	return ok || fail_memory(err);
}

static bool put_records(struct pushing *p, const json_t *answer, struct err *err)
{
	json_t *rule;
	size_t i;

	if (run_has(p->run, "no-dns"))
		return true;
	json_array_foreach(json_object_get(answer, "rules"), i, rule)
		if (!put_record(p, rule, err))
			return false;
	return true;
}

/* --- saying it */

static void add_record(struct run *r, const json_t *rule)
{
	const char *hostname = text_or(rule, "hostname", "?");
	const char *record = text_or(rule, "record", "");

	if (!strcmp(record, "others"))
		output_note(&r->out, "the record of %s is somebody's (%s), and was left alone",
			    hostname, text_or(rule, "recordIs", "?"));
	if (!strcmp(record, "made") || !strcmp(record, "missing"))
		text_addf(&r->out.text, "%s: record %s\n", hostname,
			  *record == 'm' && record[1] == 'a' ? "made" : "would be made");
}

static bool push_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *sent = json_object_get(r->input, "content");
	const json_t *content = json_object_get(answer, "content"), *rule;
	CLEANUP(text_release) struct text was = { 0 };
	size_t i;

	if (sent)
		text_add_bytes(&was, json_string_value(sent), json_string_length(sent));
	if (!text_ok(&was))
		return fail_memory(err);
	if (json_bool_of(answer, "changed") &&
	    !file_change_show(&r->out, text_or(answer, "tunnel", "?"), true, &was,
			      json_string_value(content), json_string_length(content), err))
		return false;
	json_array_foreach(json_object_get(answer, "rules"), i, rule)
		add_record(r, rule);
	if (json_bool_of(answer, "pushed"))
		text_add(&r->out.text, "Cloudflare has it\n");
	else if (!json_bool_of(answer, "changed"))
		text_add(&r->out.text, "Cloudflare's rules are up to date\n");
	return true;
}

static bool push_run(struct run *r, struct err *err)
{
	CLEANUP(pushing_release)
	struct pushing p = { .run = r, .is_trial = run_has(r, "dry-run") };
	CLEANUP(json_cleanup) json_t *answer = NULL;

	return open_api(&p, err) && fetch(&p, err) &&
	       run_call(r, r->command->operation, r->input, &answer, err) && put(&p, answer, err) &&
	       put_records(&p, answer, err) && run_show(r, answer, err);
}

static const struct example examples[] = {
	{ "portbook tunnel push --account A --tunnel T --dry-run", "what would change" },
	{ "portbook tunnel push --tunnel T --no-dns", "the rules, and no records" },
	{ NULL, NULL },
};

const struct command cmd_tunnel_push = {
	.name = "tunnel push",
	.group = GROUP_DIRECTORY,
	.summary = "the same for a tunnel that Cloudflare configures",
	.text = "For tunnels whose rules are kept by Cloudflare: they are read, changed as 'tunnel "
		"config' changes a file, and put back, unless somebody changed them in between. "
		"Each hostname then gets its record (CNAME) where there is none; a record that "
		"leads elsewhere is left alone, and the exit status is 1.\n\n"
		"The token is read from CLOUDFLARE_API_TOKEN and from nowhere else.",
	.examples = examples,
	.options = options,
	.operation = "tunnel-config",
	.sends = SENDS_HOST,
	.run = push_run,
	.render = push_render,
};
