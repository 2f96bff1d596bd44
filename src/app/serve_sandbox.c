#include "app/serve_sandbox.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fd.h"
#include "observe/observe.h"
#include "sandbox/sandbox.h"

struct gathering {
	struct sandbox sandbox;
	struct arena arena;
	struct err *err;
	bool ok;
};

static void gathering_release(struct gathering *g)
{
	arena_release(&g->arena);
}

static void add(struct gathering *g, const char *path, enum landlock_use use)
{
	const char *copy = arena_copy(&g->arena, path);

	if (g->ok)
		g->ok = copy ? sandbox_allow(&g->sandbox, copy, use, g->err) : fail_memory(g->err);
}

static void add_file(const char *path, bool writes, void *arg)
{
	add(arg, path, writes ? LANDLOCK_WRITE : LANDLOCK_READ);
}

/* A socket's file goes when it is closed. */
static void add_sockets(struct gathering *g, const struct serve_needs *n)
{
	char folder[PATH_MAX];

	for (unsigned i = 0; i < n->n_listening; i++) {
		char *slash;

		snprintf(folder, sizeof(folder), "%s", n->listening[i].path);
		slash = strrchr(folder, '/');
		if (!slash)
			continue;
		slash[slash == folder] = '\0';
		add(g, folder, LANDLOCK_REMOVE);
	}
}

static void add_folders(struct gathering *g, const struct serve_options *o)
{
	for (unsigned i = 0; i < o->n_folders; i++)
		add(g, o->folders[i], LANDLOCK_READ);
}

static bool is_closed_folder(const char *path)
{
	return !*path || !strcmp(path, "/etc");
}

/* A file that may be replaced is read in its folder, as Landlock knows files, not their names. */
static void add_replaced(struct gathering *g, const char *path)
{
	char folder[PATH_MAX], *slash;

	add(g, path, LANDLOCK_READ);
	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash)
		return;
	*slash = '\0';
	if (!is_closed_folder(folder))
		add(g, folder, LANDLOCK_READ);
}

/* Links lead elsewhere: of certificates they often do. */
static void add_read_again(struct gathering *g, const struct serve_options *o)
{
	const char *const files[] = { o->tokens, o->certificate, o->key };
	char real[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (files[i] && realpath(files[i], real)) {
			add_replaced(g, real);
			add_replaced(g, files[i]);
		}
}

/* What loads libraries, or is opened late, does so now. */
static void warm_up(void)
{
	struct port_set ports = { 0 };
	gid_t groups[1];
	int n_groups = 1;

	/* A uid that nobody has goes through all that know of users. */
	(void)getpwuid((uid_t)-2);
	(void)getgrouplist("nobody", (gid_t)-2, groups, &n_groups);
	(void)!listeners_of_machine.ops->collect(listeners_of_machine.ctx, PROTO_TCP, &ports, NULL);
}

bool serve_enclose(const struct serve_needs *n, struct text *ret_missing, struct err *err)
{
	CLEANUP(gathering_release)
	struct gathering g = {
		.sandbox.reads_folders = n->options->n_folders == 0,
		.sandbox.may_connect = session_connects(n->session),
		.sandbox.kills = getenv("PORTBOOK_SANDBOX_KILLS") != NULL,
		.err = err,
		.ok = true,
	};

	session_files(n->session, add_file, &g);
	add_sockets(&g, n);
	add_folders(&g, n->options);
	add_read_again(&g, n->options);
	warm_up();
	return g.ok && sandbox_enter(&g.sandbox, ret_missing, err);
}

bool serve_prepare_folder(const struct session *s, struct err *err)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const char *book = session_book(s);
	char *folder = *book == '/' ? arena_copy(&a, book) : NULL;

	if (!folder)
		return true;
	if (!folder_of_make(book, 0700, err))
		return false;
	strrchr(folder, '/')[0] = '\0';
	return setenv("SQLITE_TMPDIR", *folder ? folder : "/", 0) == 0 || fail_memory(err);
}
