/*
 * app/serve.c - portbook-serve: the book over HTTP, in a program of its own, so that no other
 * command loads its libraries.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/process.h"
#include "app/serve_guard.h"
#include "app/serve_options.h"
#include "app/serve_sandbox.h"
#include "base/fd.h"
#include "base/notify.h"
#include "book/session.h"
#include "book/sudo.h"
#include "cli/output.h"
#include "http/server.h"
#include "loop/loop.h"
#include "observe/observe.h"
#include "sandbox/aide.h"
#include "sandbox/privileges.h"
#include "trust/certificate.h"
#include "trust/tokens.h"

#define OWN_PROJECT "shared-services"
#define OWN_SERVICE "portbook"

struct serving {
	struct serve_options options;
	struct aide *aide;
	struct sudo_user behalf;
	struct listeners seen_by[AIDE_ASKERS];
	struct session *reader, *writer;
	struct watcher *watcher;
	struct listening listening[LISTEN_MAX];
	unsigned n_listening;
	int signals;
	struct tokens *tokens;
	struct certificate *certificate;
	int guard; /* ready: it has ended; -1: there is none */
	json_t *guarding;
	struct output out;
};

static bool call(void *session, const char *operation, const json_t *input,
		 const struct call_io *io, json_t **ret, struct err *err)
{
	return session_call_with(session, operation, input, io, ret, err);
}

static bool state(void *session, struct book_state *ret)
{
	return session_state(session, ret);
}

static bool begin_batch(void *session, struct err *err)
{
	return session_batch_begin(session, err);
}

static bool end_batch(void *session, bool *ret_unknown, struct err *err)
{
	return session_batch_end(session, ret_unknown, err);
}

/* Whose book it is under sudo, see book/session.h: the command is that one's, too. */
static bool is_for_another(struct serving *s)
{
	return !s->options.user && !s->options.book && !getenv("PORTBOOK_BOOK") &&
	       sudo_find(&s->behalf);
}

/* Who looks at processes, as this one soon may not; as root where sudo made it root. */
static bool start_aide(struct serving *s, struct err *err)
{
	bool lowers = is_for_another(s);
	const struct aide_options options = {
		.user_name = lowers ? s->behalf.name : NULL,
		.user_home = s->behalf.home,
		.uid = s->behalf.uid,
		.gid = s->behalf.gid,
		.machine = &listeners_of_machine,
		.user = s->options.user,
		.command = s->options.notify,
		.command_max_ms = s->options.notify_max_ms,
	};

	if (!aide_start(&options, &s->aide, err))
		return false;
	for (unsigned i = 0; i < AIDE_ASKERS; i++)
		s->seen_by[i] = aide_listeners(s->aide, i);
	return true;
}

/* As the user that the server is from now on, and before it opens the book. */
static bool start_guard(struct serving *s, struct err *err)
{
	if (!s->options.guards)
		return true;
	if (!serve_guard_start(&s->options, &s->guard, &s->guarding, err))
		return false;
	if (json_int_of(s->guarding, "limited", 0))
		output_note(&s->out, "%lld ports are not held for want of open files",
			    (long long)json_int_of(s->guarding, "limited", 0));
	return true;
}

static bool open_session(struct serving *s, unsigned asker, struct session **ret, struct err *err)
{
	const struct session_options options = {
		.book = s->options.book,
		.named_by = "--book",
		.listeners = &s->seen_by[asker],
		.follows_sudo = true,
	};

	return session_open(&options, ret, err);
}

static bool open_book(struct serving *s, struct err *err)
{
	if (!open_session(s, 0, &s->writer, err))
		return false;
	if (!strncmp(session_book(s->writer), "unix:", 5))
		return fail(err, ERR_INVALID, "'%.200s' is served already",
			    session_book(s->writer));
	return privileges_settle(err) && serve_prepare_folder(s->writer, err) &&
	       session_ready(s->writer, err) && open_session(s, 1, &s->reader, err) &&
	       session_ready(s->reader, err);
}

/* What others do is told at once; without, once a second. */
static void watch_book(struct serving *s)
{
	struct err err = { 0 };

	if (!session_watch(s->reader, &s->watcher, &err) && !s->options.quiet)
		fprintf(stderr, "what other processes change is told within a second: %s\n",
			err.text);
}

/* Who may ask. */

/* While it serves there is no end at which to say it. */
static void note(void *serving, const struct err *err)
{
	(void)serving;
	fprintf(stderr, "portbook: %s\n", err->text);
	if (err->hint[0])
		fprintf(stderr, "  %s\n", err->hint);
}

static bool read_certificate(struct serving *s, struct err *err)
{
	const struct serve_options *o = &s->options;

	if (!o->certificate)
		return true;
	if (!certificate_read(o->certificate, o->key, &s->certificate, err))
		return false;
	if (certificate_warning(s->certificate))
		output_note(&s->out, "%s", certificate_warning(s->certificate));
	return true;
}

static bool read_tokens(struct serving *s, struct err *err)
{
	return !s->options.tokens || tokens_open(s->options.tokens, &s->tokens, err);
}

/* What other machines need to be let in, and is not there; NULL: nothing. */
static const char *lacks_for_others(const struct serving *s)
{
	if (!s->tokens)
		return s->certificate ? "--tokens FILE"
				      : "--tokens FILE with --tls-cert FILE and --tls-key FILE";
	return s->certificate ? NULL : "--tls-cert FILE with --tls-key FILE";
}

/* Where to listen. */

static bool listen_on(struct serving *s, const char *where, struct err *err)
{
	if (s->n_listening == LISTEN_MAX)
		return fail(err, ERR_INVALID, "more than %d addresses", LISTEN_MAX);
	return listen_open(where, lacks_for_others(s), &s->listening[s->n_listening], err) &&
	       ++s->n_listening;
}

/* Its own port is in its own book, and stays the same. */
static bool listen_on_own_port(struct serving *s, struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *input = json_pack("{s:s, s:s, s:s}", "projectName", OWN_PROJECT, "serviceName",
				  OWN_SERVICE, "description", "portbook serve"),
	       *answer = NULL;
	char where[32];

	if (!input)
		return fail_memory(err);
	if (!session_call(s->writer, "get", input, &answer, err))
		return fail_while(err, "the port of " OWN_PROJECT "/" OWN_SERVICE);
	snprintf(where, sizeof(where), "127.0.0.1:%u", (unsigned)json_int_of(answer, "port", 0));
	return listen_on(s, where, err);
}

static bool listen_in_runtime_folder(struct serving *s, struct err *err)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	char where[PATH_MAX];

	if (!folder || *folder != '/')
		return true;
	if (snprintf(where, sizeof(where), "unix:%s/portbook.sock", folder) >= (int)sizeof(where))
		return fail(err, ERR_INVALID, "XDG_RUNTIME_DIR is too long");
	return listen_on(s, where, err);
}

static bool listen_where_told(struct serving *s, struct err *err)
{
	if (!listen_inherit(s->listening, LISTEN_MAX, lacks_for_others(s), &s->n_listening, err))
		return false;
	for (unsigned i = 0; i < s->options.n_listen; i++)
		if (!listen_on(s, s->options.listen[i], err))
			return false;
	return true;
}

static bool listen_at_home(struct serving *s, struct err *err)
{
	return s->n_listening || (listen_on_own_port(s, err) && listen_in_runtime_folder(s, err));
}

/* A socket is its server's: who has the same user may ask. */
static bool give_sockets(const struct serving *s, struct err *err)
{
	uid_t uid;
	gid_t gid;

	if (!privileges_find(s->options.user, &uid, &gid, err))
		return false;
	for (unsigned i = 0; i < s->n_listening; i++)
		if (s->listening[i].path[0] && lchown(s->listening[i].path, uid, gid) < 0)
			return fail(err, ERR_NOT_PERMITTED, "'%.200s' cannot be given to '%.80s'",
				    s->listening[i].path, s->options.user);
	return true;
}

/*
 * Addresses that only root may listen on, and then the user: the book and its files are that one's
 * from the beginning.
 */
static bool become_user(struct serving *s, struct err *err)
{
	return !s->options.user || (listen_where_told(s, err) && give_sockets(s, err) &&
				    privileges_become(s->options.user, err));
}

static bool start_listening(struct serving *s, struct err *err)
{
	return (s->options.user || listen_where_told(s, err)) && listen_at_home(s, err);
}

/* From here on: what the server has to do, and nothing else. */
static bool enclose(struct serving *s, struct err *err)
{
	CLEANUP(text_release) struct text missing = { 0 };
	const struct serve_needs needs = {
		.options = &s->options,
		.session = s->writer,
		.listening = s->listening,
		.n_listening = s->n_listening,
	};

	if (!serve_enclose(&needs, &missing, err))
		return false;
	if (missing.len && !s->options.quiet)
		fputs(text_str(&missing), stderr);
	return true;
}

/* Saying so. */

static bool tell_json(struct serving *s, struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *said = json_pack("{s:b, s:s, s:[]}", "success", 1, "book", session_book(s->writer),
				 "listening");
	json_t *list = json_object_get(said, "listening");

	for (unsigned i = 0; i < s->n_listening; i++)
		if (!list || !json_append(list, json_string(s->listening[i].name)))
			return fail_memory(err);
	if (s->guarding && !json_put(said, "guard", json_incref(s->guarding)))
		return fail_memory(err);
	return output_json(&s->out, said, err);
}

static bool tell(struct serving *s, struct err *err)
{
	if (s->options.json)
		return tell_json(s, err) && output_flush(&s->out, err);
	for (unsigned i = 0; i < s->n_listening && !s->options.quiet; i++)
		text_addf(&s->out.text, "listening on %s\n", s->listening[i].name);
	if (s->guarding && !s->options.quiet)
		text_addf(&s->out.text, "guard: %lld held, %lld in use, %lld not held\n",
			  (long long)json_int_of(s->guarding, "held", 0),
			  (long long)json_int_of(s->guarding, "inUse", 0),
			  (long long)json_int_of(s->guarding, "notHeld", 0));
	return output_flush(&s->out, err);
}

/* The command reads which book it is about, too. */
static void tell_of(void *serving, json_t *message)
{
	struct serving *s = serving;
	struct err err = { 0 };

	if (!json_put_text(message, "book", session_book(s->writer)))
		fail_memory(&err);
	else if (aide_notify(s->aide, json_incref(message), &err))
		return;
	note(s, &err);
}

static bool run(struct serving *s, struct err *err)
{
	const struct transport reads = { .call = call, .arg = s->reader, .state = state };
	const struct transport writes = {
		.call = call,
		.arg = s->writer,
		.begin = begin_batch,
		.end = end_batch,
	};
	/* Two books in memory would be two books. */
	bool is_shared = strcmp(session_book(s->writer), "memory:") != 0;
	const struct server_options options = {
		.listening = s->listening,
		.n_listening = s->n_listening,
		.reads = is_shared ? &reads : NULL,
		.writes = &writes,
		.watcher = s->watcher,
		.names = s->options.names,
		.audit_every_ms = s->options.audit_every_ms,
		.reviews_cleanup = s->options.cleanup_at_start,
		.tell = s->options.notify ? tell_of : NULL,
		.tell_arg = s,
		.partners = { { aide_fd(s->aide),
				"the process that looks at the machine for this one" },
			      { s->guard, "the guard beside this one" } },
		.n_partners = s->guard < 0 ? 1 : 2,
		.signals = s->signals,
		.limits = s->options.limits,
		.book_file = *session_book(s->writer) == '/' ? session_book(s->writer) : NULL,
		.tokens = s->tokens,
		.always_token = s->options.always_token,
		.certificate = s->certificate,
		.say = note,
		.say_arg = s,
	};

	return server_run(&options, err);
}

static bool serve(struct serving *s, int argc, char **argv, struct err *err)
{
	static const int ending[] = { SIGTERM, SIGINT, SIGHUP, 0 };

	if (!serve_options_read(argc, argv, &s->options, err))
		return false;
	s->out.json = s->options.json;
	/* First, so that it has nothing of what is read then. */
	if (!start_aide(s, err) || !read_tokens(s, err) || !read_certificate(s, err) ||
	    !become_user(s, err) || !start_guard(s, err) || !open_book(s, err) ||
	    !start_listening(s, err) || !signals_open(ending, &s->signals, err))
		return false;
	watch_book(s);
	if (!enclose(s, err) || !tell(s, err))
		return false;
	notify_ready();
	return run(s, err);
}

static void serving_release(struct serving *s)
{
	for (unsigned i = 0; i < s->n_listening; i++)
		listen_close(&s->listening[i]);
	watcher_free(s->watcher);
	tokens_free(s->tokens);
	certificate_free(s->certificate);
	session_free(s->reader);
	session_free(s->writer);
	aide_free(s->aide);
	fd_cleanup(&s->signals);
	fd_cleanup(&s->guard);
	json_decref(s->guarding);
	output_release(&s->out);
}

int main(int argc, char **argv)
{
	CLEANUP(serving_release) struct serving s = { .signals = -1, .guard = -1 };
	struct err err = { 0 };

	process_prepare();
	if (serve(&s, argc, argv, &err))
		return 0;
	output_error(&s.out, &err);
	(void)!output_flush(&s.out, &err);
	return err_exit_status(err.code);
}
