#include "book/session.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "book/config.h"
#include "book/own.h"
#include "book/sudo.h"
#include "client/client.h"
#include "formats/policy_builtin.h"
#include "formats/policy_yaml.h"
#include "observe/observe.h"
#include "operations/call.h"
#include "operations/operation.h"
#include "registry/founding.h"
#include "store/memory/memory.h"
#include "store/postgres/postgres.h"
#include "store/sqlite/sqlite.h"

/* Which book. */

static bool default_book(char ret[static PATH_MAX], struct err *err)
{
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	int len;

	if (data && *data == '/')
		len = snprintf(ret, PATH_MAX, "%s/portbook/book.db", data);
	else if (home && *home == '/')
		len = snprintf(ret, PATH_MAX, "%s/.local/share/portbook/book.db", home);
	else
		return fail(err, ERR_INVALID,
			    "neither --book, PORTBOOK_BOOK nor HOME says where the "
			    "book is");
	return len < PATH_MAX || fail(err, ERR_INVALID, "the path of the book is too long");
}

bool book_is_url(const char *text)
{
	return strstr(text, "://") || !strncmp(text, "sqlite:", 7) || !strcmp(text, "memory:") ||
	       !strncmp(text, "unix:", 5);
}

/* A path is made absolute, as messages name it and the directory may change. */
static bool set_book(struct session *s, const char *book, struct err *err)
{
	char cwd[PATH_MAX];
	const char *path = !strncmp(book, "sqlite:", 7) ? book + 7 : book;
	int len;

	if (!*path)
		return fail(err, ERR_INVALID, "the name of the book is empty");
	if ((path == book && book_is_url(book)) || *path == '/')
		len = snprintf(s->address, sizeof(s->address), "%s", path);
	else if (!getcwd(cwd, sizeof(cwd)))
		return fail(err, ERR_INVALID,
			    "the working directory is gone, so '%.200s' means nothing", path);
	else
		len = snprintf(s->address, sizeof(s->address), "%s/%s", cwd, path);
	postgres_url_shown(s->address, s->book, sizeof(s->book));
	return len < (int)sizeof(s->address) ||
	       fail(err, ERR_INVALID, "the path of the book is too long");
}

static bool is_told(const struct session_options *o)
{
	const char *variable = getenv("PORTBOOK_BOOK");

	return o->book || (variable && *variable);
}

static bool find_book(struct session *s, const struct session_options *o, const struct config *c,
		      struct err *err)
{
	const char *variable = getenv("PORTBOOK_BOOK");

	s->is_named = is_told(o);
	if (o->book) {
		snprintf(s->source, sizeof(s->source), "%s",
			 o->named_by ? o->named_by : "the program");
		return set_book(s, o->book, err);
	}
	if (o->isolated)
		return fail(err, ERR_INVALID,
			    "it is not said which book, and nothing else may say it");
	if (variable && *variable) {
		snprintf(s->source, sizeof(s->source), "PORTBOOK_BOOK");
		return set_book(s, variable, err);
	}
	if (c->book[0]) {
		snprintf(s->source, sizeof(s->source), "%s", c->file);
		return set_book(s, c->book, err);
	}
	snprintf(s->source, sizeof(s->source), "the default");
	if (!default_book(s->book, err))
		return false;
	memcpy(s->address, s->book, sizeof(s->address));
	return true;
}

static bool set_host(struct session *s, const struct session_options *o, const struct config *c,
		     struct err *err)
{
	const char *configured = c->host[0] ? c->host : HOST_DEFAULT;

	return name_fold("host", o->host ? o->host : configured, s->registry.host, err);
}

/* A told book has no need of the config, and its `host` may come from the machine's. */
static bool read_config(struct session *s, const struct session_options *o, struct config *ret,
			struct err *err)
{
	struct err why = { 0 };
	bool found;

	if (o->isolated || config_read(ret, &why))
		return true;
	if (why.code != ERR_IO || !is_told(o)) {
		*err = why;
		return false;
	}
	snprintf(s->unread, sizeof(s->unread), "%s", why.text);
	return config_read_file(CONFIG_OF_MACHINE, ret, &found, &why) || why.code == ERR_IO ||
	       fail(err, why.code, "%s", why.text);
}

/* What is told, and what is the machine's, is opened as root; all else is that user's. */
static bool find_for_sudo(struct session *s, const struct session_options *o, struct config *config,
			  struct err *err)
{
	if (!o->follows_sudo || is_told(o) || !sudo_find(&s->behalf))
		return read_config(s, o, config, err) && find_book(s, o, config, err);
	if (!sudo_become(&s->behalf, err))
		return false;
	if (!config_read(config, err) || !find_book(s, o, config, err))
		return false;
	if (config->book[0] && config->is_machines) {
		sudo_become_root();
		s->behalf.name[0] = '\0';
	} else if (!o->listeners) {
		s->listeners = sudo_listeners(&s->behalf);
		s->registry.listeners = &s->listeners;
	}
	return true;
}

bool session_open(const struct session_options *options, struct session **ret, struct err *err)
{
	struct config config = { 0 };
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return fail_memory(err);
	s->registry.listeners = options->listeners ? options->listeners : &listeners_of_machine;
	s->registry.clock = &clock_of_machine;
	s->registry.caller = caller_name;
	s->only_look = options->only_look;
	if (!find_for_sudo(s, options, &config, err) || !set_host(s, options, &config, err)) {
		session_free(s);
		return false;
	}
	*ret = s;
	return true;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	store_free(s->registry.store);
	registry_release(&s->registry);
	free(s);
}

/* Reachable to the end, so that no tool takes it for a leak; else the compiler would drop it. */
static struct session *volatile left;

void session_leave(struct session *s)
{
	left = s;
	if (!left || !left->registry.store)
		return;
	left->registry.store->process_ends = true;
	store_free(left->registry.store);
}

const char *session_book(const struct session *s)
{
	return s->book;
}

const char *session_behalf(const struct session *s)
{
	return s->behalf.name[0] ? s->behalf.name : NULL;
}

const char *session_unread_config(const struct session *s)
{
	return s->unread[0] ? s->unread : NULL;
}

const char *session_book_source(const struct session *s)
{
	return s->source;
}

const struct listeners *session_machine(const struct session *s)
{
	return s->registry.listeners;
}

const char *session_host(const struct session *s)
{
	return s->registry.host;
}

/*
 * Rationale: two that wait for each other are told so once or twice; who is told for the sixth
 * time meets something else.  From a hundredth to a third of a second.
 */
#define ASKED_MAX 6u
#define PAUSE_NS  10000000u

/* Opening it. */

/* Exit status 5, not 1: "the book says no" is another answer than "there is none". */
static bool fail_no_book(const struct session *s, struct err *err)
{
	fail(err, ERR_BOOK, "there is no book '%.3000s' (%s)", s->book, s->source);
	return fail_hint(err, "is that the one you mean? The first port makes it: portbook get "
			      "SERVICE");
}

static bool open_store(struct session *s, bool create, struct err *err)
{
	if (!strcmp(s->book, "memory:"))
		return store_memory_open(&s->registry.store, err);
	s->registry.is_shared = postgres_is_url(s->address);
	if (s->registry.is_shared)
		return store_postgres_open(s->address, &s->registry.store, err);
	if (client_is_url(s->book)) {
		fail(err, ERR_INVALID,
		     "'%.200s' is another portbook, and this needs the book itself", s->book);
		return fail_hint(err, "--book with its path, on the machine that has it");
	}
	if (book_is_url(s->book)) {
		fail(err, ERR_INVALID, "this portbook cannot open the book '%.200s'", s->book);
		return fail_hint(
			err,
			"a book is a path, sqlite:PATH, postgres://..., unix:PATH, https://... or "
			"memory:");
	}
	if (s->only_look)
		return store_sqlite_look(s->book, &s->registry.store, err);
	return store_sqlite_open(s->book, create, &s->registry.store, err);
}

static bool may_found(const struct session *s)
{
	return !s->only_look || !strcmp(s->book, "memory:");
}

/* A name that was mistyped makes no book by looking into it. */
static bool may_make(const struct session *s, enum access access)
{
	return !s->is_named || access == ACCESS_WRITE;
}

bool session_found_book(struct session *s, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn txn = { s->registry.store };
	const struct policy_file *file = policy_builtin(POLICY_DEFAULT);
	struct policy *p = malloc(sizeof(*p));
	bool ok;

	if (!p)
		return fail_memory(err);
	ok = policy_yaml_parse(file->text, file->len, file->name, p, err) &&
	     store_begin(s->registry.store, true, err) &&
	     registry_found(&s->registry, p, file->text, err) &&
	     store_commit(s->registry.store, err);
	free(p);
	return ok;
}

bool session_fail_book(struct err *err)
{
	if (err->code == ERR_NOT_PERMITTED)
		err->code = ERR_BOOK;
	return false;
}

/* Of a program that runs for long: a book that is another now is not the one to write into. */
static void leave_moved(struct session *s)
{
	if (!s->registry.store || !store_sqlite_has_moved(s->registry.store))
		return;
	store_free(s->registry.store);
	s->registry.store = NULL;
	registry_release(&s->registry);
}

/* A new book gets the default policy at once, with what that has: all that look find it there. */
static bool open_book(struct session *s, enum access access, struct err *err)
{
	leave_moved(s);
	if (s->registry.store)
		return true;
	if (!open_store(s, may_make(s, access), err))
		return false;
	s->openings++;
	assert(s->registry.store);
	return !s->registry.store->may_be_new || !may_found(s) || session_found_book(s, err);
}

/*
 * A book whose maker was killed before it had a policy gets one as soon as something needs it:
 * that is cheaper than to ask each book at each start.
 */
static bool was_new(struct session *s, const struct err *why, bool *ret, struct err *err)
{
	bool founded = true;

	if (why->code == ERR_BOOK && !registry_is_founded(&s->registry, &founded, err))
		return false;
	*ret = !founded;
	if (!founded && !may_found(s))
		return fail(err, ERR_NOT_FOUND, "the book '%.200s' is not founded yet", s->book);
	return founded || session_found_book(s, err);
}

/*
 * What the engine has ended, and not what was asked, is asked again: an operation's only effect is
 * in the book.  Where its answer to the commit was lost for good, only a key tells which way it
 * went.  What was written to a stream cannot be taken back.
 */
static bool may_ask_again(const struct session *s, const struct call *call, unsigned asked)
{
	enum txn_loss loss = s->registry.store->loss;

	/* What an engine ended is the whole batch. */
	if (s->registry.store->in_batch)
		return false;
	return asked < ASKED_MAX && !call->io.to &&
	       (loss == LOSS_UNDONE || (loss == LOSS_UNKNOWN && call->io.key));
}

/* Longer each time, and never the same for two that have met once. */
static void pause_before(const struct session *s, unsigned asked)
{
	uint32_t chance;

	s->registry.clock->random(s->registry.clock->ctx, &chance, sizeof(chance));
	nanosleep(&(struct timespec){ .tv_nsec = chance % (PAUSE_NS << asked) }, NULL);
}

/* Nothing of what it has read or seen is true any more. */
static void forget(struct call *call)
{
	arena_release(&call->arena);
	*call = (struct call){ .registry = call->registry, .book = call->book, .io = call->io };
}

static bool ask(struct session *s, const struct operation *op, struct call *call,
		const json_t *input, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *said = NULL;
	bool ok = operation_run(op, call, input, &said, err);

	for (unsigned asked = 1; !ok && op->access != ACCESS_NONE && may_ask_again(s, call, asked);
	     asked++) {
		json_cleanup(&said);
		said = NULL;
		forget(call);
		pause_before(s, asked);
		ok = operation_run(op, call, input, &said, err);
	}
	if (said)
		*ret = json_incref(said);
	return ok;
}

static bool run(struct session *s, const struct operation *op, struct call *call,
		const json_t *input, json_t **ret, struct err *err)
{
	struct err why = { 0 };
	bool again;

	if (ask(s, op, call, input, ret, &why))
		return true;
	if (op->access == ACCESS_NONE) {
		*err = why;
		return false;
	}
	if (!was_new(s, &why, &again, err))
		return false;
	if (again)
		return ask(s, op, call, input, ret, err);
	*err = why;
	return !s->registry.has_refused && session_fail_book(err);
}

/* A book that this user may not have, or that is not there, is exit status 5. */
bool session_need_book(struct session *s, enum access access, struct err *err)
{
	if (open_book(s, access, err))
		return true;
	if (err->code == ERR_NOT_FOUND && !s->only_look)
		return fail_no_book(s, err);
	return session_fail_book(err);
}

bool session_ready(struct session *s, struct err *err)
{
	struct err why = { 0 };

	if (client_is_url(s->address))
		return true;
	/* One that is not there may yet be made, by the first call that may write. */
	if (open_book(s, ACCESS_READ, &why) || why.code == ERR_NOT_FOUND)
		return true;
	*err = why;
	return session_fail_book(err);
}

static void tell_folder(char path[static PATH_MAX],
			void (*fn)(const char *path, bool writes, void *arg), void *arg)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return;
	slash[slash == path] = '\0';
	fn(path, true, arg);
}

void session_files(const struct session *s, void (*fn)(const char *path, bool writes, void *arg),
		   void *arg)
{
	char path[PATH_MAX], real[PATH_MAX];

	if (postgres_is_url(s->address)) {
		store_postgres_files(s->address, fn, arg);
		return;
	}
	if (book_is_url(s->book))
		return;
	snprintf(path, sizeof(path), "%s", s->book);
	/* A link, and where it leads: the log is beside the file. */
	if (realpath(s->book, real))
		tell_folder(real, fn, arg);
	tell_folder(path, fn, arg);
}

bool session_connects(const struct session *s)
{
	return postgres_is_url(s->address);
}

bool session_watch(struct session *s, struct watcher **ret, struct err *err)
{
	*ret = NULL;
	if (!strcmp(s->book, "memory:") || client_is_url(s->address))
		return true;
	if (postgres_is_url(s->address))
		return store_postgres_watch(s->address, ret, err);
	return store_sqlite_watch(s->book, ret, err);
}

bool session_state(struct session *s, struct book_state *ret)
{
	struct store *store = s->registry.store;

	if (!store || !store->ops->state || !store->ops->state(store, ret))
		return false;
	ret->opening = s->openings;
	return true;
}

/* Without memory for what it sees, each of its changes looks for itself. */
bool session_batch_begin(struct session *s, struct err *err)
{
	if (!session_need_book(s, ACCESS_WRITE, err))
		return false;
	if (!store_batch_begin(s->registry.store, err))
		return session_fail_book(err);
	s->registry.look = calloc(1, sizeof(*s->registry.look));
	return true;
}

bool session_batch_end(struct session *s, bool *ret_unknown, struct err *err)
{
	*ret_unknown = false;
	free(s->registry.look);
	s->registry.look = NULL;
	if (store_batch_end(s->registry.store, err))
		return true;
	*ret_unknown = s->registry.store->loss == LOSS_UNKNOWN;
	return session_fail_book(err);
}

bool session_call(struct session *s, const char *operation, const json_t *input, json_t **ret,
		  struct err *err)
{
	return session_call_with(s, operation, input, &(struct call_io){ 0 }, ret, err);
}

bool session_call_with(struct session *s, const char *operation, const json_t *input,
		       const struct call_io *io, json_t **ret, struct err *err)
{
	const struct operation *op = operation_named(operation);
	struct call call = { .registry = &s->registry, .book = s->book, .io = *io };
	struct err none = { 0 };
	bool ok;

	/* What fails is looked at on the way, also where nobody asked why. */
	err = err ? err : &none;
	if (!op)
		return fail(err, ERR_NOT_FOUND, "there is no operation '%.80s'", operation);
	if (client_is_url(s->address))
		return client_call(s->address, operation, input, io, ret, err);
	if (op->access != ACCESS_NONE && !session_need_book(s, op->access, err))
		return false;
	/* "": the next change asks who this process's user is. */
	if (io->actor || s->has_others)
		snprintf(s->registry.actor, sizeof(s->registry.actor), "%s",
			 io->actor ? io->actor : "");
	s->has_others = io->actor != NULL;
	s->registry.rights = io->rights;
	s->registry.has_refused = false;
	ok = run(s, op, &call, input, ret, err);
	arena_release(&call.arena);
	return ok;
}
