/*
 * app/guard.c - portbook-guard: ports kept for their owners by the kernel, in a program of its own, so
 * that no other command loads its libraries.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "app/process.h"
#include "base/caller.h"
#include "base/clock.h"
#include "base/notify.h"
#include "book/session.h"
#include "cli/guarding.h"
#include "cli/outage_text.h"
#include "cli/output.h"
#include "cli/running.h"
#include "cli/screen.h"
#include "gate/gate.h"
#include "gate/kernel.h"

struct guarding {
	const char *book; /* NULL: the default */
	bool detach, only_report;
	struct output out;
};

/* Arguments, from cmd_guard.c. */

static bool take(int option, struct guarding *g, struct err *err)
{
	switch (option) {
	case 'b': g->book = optarg; return true;
	case 'd': return g->only_report = true;
	case 'D': return g->detach = true;
	case 'j': return g->out.json = true;
	case 'q': return g->out.quiet = true;
	default: break;
	}
	fail(err, ERR_INVALID, "an argument that is not known, or has no value");
	return fail_hint(err, "portbook guard --help");
}

static bool read_options(int argc, char **argv, struct guarding *g, struct err *err)
{
	static const struct option known[] = {
		{ "book", required_argument, NULL, 'b' }, { "dry-run", no_argument, NULL, 'd' },
		{ "detach", no_argument, NULL, 'D' },	  { "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },	  { 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0)
		if (!take(option, g, err))
			return false;
	return optind == argc || fail(err, ERR_INVALID, "'%.80s' is too much", argv[optind]);
}

/* Saying. */

/* Each line at once; that nobody reads them is no reason to end. */
static void flush(struct guarding *g)
{
	struct err none = { 0 };

	(void)!output_flush(&g->out, &none);
	text_clear(&g->out.text);
}

static void add_json(struct guarding *g, json_t *said)
{
	if (said)
		text_add_json(&g->out.text, said, JSON_COMPACT);
	text_add(&g->out.text, "\n");
	json_decref(said);
}

static void ready(void *arg, const struct gate_counts *c)
{
	struct guarding *g = arg;

	if (g->out.json)
		add_json(g, json_pack("{s:b, s:i, s:i, s:b}", "success", 1, "kept", (int)c->kept,
				      "notKept", (int)c->left, "dryRun", g->only_report));
	else if (!g->out.quiet)
		text_addf(&g->out.text, "%u kept%s, %u not kept%s\n", c->kept,
			  g->only_report ? " (only reported: nobody is refused)" : "", c->left,
			  c->left ? ": portbook guard status --system says why" : "");
	flush(g);
	notify_ready();
}

static void refused_json(struct guarding *g, const struct gate_news *n, const char *at,
			 const char *user)
{
	add_json(g, json_pack("{s:s, s:s, s:i, s:s, s:s, s:s?, s:s, s:i, s:s, s:i}", "at", at,
			      "event", g->only_report ? "would-refuse" : "refused", "port",
			      (int)n->port, "protocol", n->protocol == PROTO_UDP ? "udp" : "tcp",
			      "name", n->name, "allocatedBy", n->of, "program", n->program, "pid",
			      (int)n->pid, "user", user, "uid", (int)n->uid));
}

/* "node (pid 4711, www-data) was refused 3100, which is shop/web, entered by eva" */
static void refused_text(struct guarding *g, const struct gate_news *n, const char *at,
			 const char *user)
{
	struct text *t = &g->out.text;

	text_addf(t, "%.10s %.8s ", at, at + 11);
	screen_add(t, n->program, 0);
	text_addf(t, " (pid %d, %s) %s %u%s", (int)n->pid, user,
		  g->only_report ? "would be refused" : "was refused", n->port,
		  n->protocol == PROTO_UDP ? "/udp" : "");
	if (*n->name) {
		text_add(t, ", which is ");
		screen_add(t, n->name, 0);
		text_add(t, ", entered by ");
		screen_add(t, n->of ? n->of : "somebody", 0);
	}
	text_add(t, "\n");
}

static void refused(void *arg, const struct gate_news *n)
{
	char at[TIME_TEXT_SIZE], user[CALLER_NAME_SIZE];
	struct guarding *g = arg;

	if (!user_name(n->uid, user))
		snprintf(user, sizeof(user), "uid %u", (unsigned)n->uid);
	time_format(clock_now_ms(), at);
	(g->out.json ? refused_json : refused_text)(g, n, at, user);
	flush(g);
}

static void outage(void *arg, const struct outage *o)
{
	struct guarding *g = arg;

	outage_add_line(&g->out.text, o, clock_now_ms(), g->out.json);
	flush(g);
}

/* The book. */

static struct session_options options_of(const struct guarding *g)
{
	return (struct session_options){
		.book = g->book,
		.named_by = "--book",
		.follows_sudo = true,
	};
}

/* Where it is; who reads it may become who called sudo, and we do not. */
static bool learn_name(struct guarding *g, char **ret_name, struct err *err)
{
	CLEANUP(running_before_cleanup) struct running_before before;
	const struct session_options o = options_of(g);
	struct session *s = NULL;
	bool ok;

	running_remember(&before);
	ok = session_open(&o, &s, err);
	*ret_name = ok && s ? strdup(session_book(s)) : NULL;
	if (s && session_behalf(s))
		running_become_again(&before);
	session_free(s);
	return ok && (*ret_name || fail_memory(err));
}

static void name_cleanup(char **name)
{
	free(*name);
}

static const char *const ends[] = {
	[GATE_STAYS] = "the kernel keeps the ports as they are: portbook guard --system --detach "
		       "lets them go",
	[GATE_GONE] = NULL,
	[GATE_DETACHED] = "somebody has detached it, so this one ends: anybody may bind any port",
};

static bool guard(struct guarding *g, struct err *err)
{
	CLEANUP(name_cleanup) char *name = NULL;
	struct guarded_book guarded = { options_of(g), g->out.quiet || g->out.json };
	const struct book_source book = { guarding_open, &guarded };
	struct gate_options o = {
		.book = &book,
		.only_report = g->only_report,
		.ready = ready,
		.refused = refused,
		.outage = outage,
		.arg = g,
	};
	enum gate_end end;

	if (!kernel_check_root(err) || !learn_name(g, &name, err))
		return false;
	if (!gate_knows_runs())
		output_note(&g->out, "in a pid namespace of its own it does not know runs: users "
				     "and units say who may");
	o.book_name = name;
	if (!gate_run(&o, &end, err))
		return false;
	if (ends[end])
		output_note(&g->out, "%s", ends[end]);
	return true;
}

static bool detach(struct guarding *g, struct err *err)
{
	bool was;

	if (!kernel_detach(&was, err))
		return false;
	if (g->out.json)
		add_json(g, json_pack("{s:b, s:b}", "success", 1, "detached", was));
	else if (!g->out.quiet)
		text_add(&g->out.text, was ? "detached: anybody may bind any port\n"
					   : "nothing was attached here\n");
	return true;
}

static void guarding_release(struct guarding *g)
{
	output_release(&g->out);
}

int main(int argc, char **argv)
{
	CLEANUP(guarding_release) struct guarding g = { 0 };
	struct err err = { 0 };

	process_prepare();
	if (!read_options(argc, argv, &g, &err) || !(g.detach ? detach : guard)(&g, &err))
		output_error(&g.out, &err);
	(void)!output_flush(&g.out, NULL);
	return err_exit_status(err.code);
}
