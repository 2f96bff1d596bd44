/*
 * What is read here, is before system calls are fenced off.
 */
#include "sandbox/sandbox.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/calls.h"
#include "sandbox/privileges.h"

/* What libraries read of the system, whoever this is. */
static const char *const system_read[] = {
	"/usr",
	"/lib",
	"/lib64",
	"/dev/urandom",
	"/proc/sys/net",
	"/proc/self/net",
	/* who has that uid, and which address that name: glibc asks these */
	"/run/systemd",
	"/run/nscd",
	"/var/cache/nscd",
	"/var/lib/sss",
	"/run/resolvconf",
	"/run/NetworkManager",
};

/*
 * Of /etc.  A file that is replaced is another one to Landlock, so a folder would be better; but
 * root could read the passwords there.
 */
static const char *const etc_read[] = {
	"/etc/passwd",	  "/etc/group",	      "/etc/nsswitch.conf", "/etc/resolv.conf",
	"/etc/hosts",	  "/etc/host.conf",   "/etc/gai.conf",	    "/etc/services",
	"/etc/protocols", "/etc/ld.so.cache", "/etc/localtime",	    "/etc/ssl",
	"/etc/gnutls",
};

/* Of the root's folders, those of the system itself. */
static const char *const closed[] = { "etc", "proc", "sys", "dev", "run", "boot", "lost+found" };

bool sandbox_allow(struct sandbox *s, const char *path, enum landlock_use use, struct err *err)
{
	if (s->n_paths == SANDBOX_PATHS)
		return fail(err, ERR_INVALID, "more than %d files and folders to use",
			    SANDBOX_PATHS);
	s->paths[s->n_paths].path = path;
	s->paths[s->n_paths++].use = use;
	return true;
}

static bool allow_all(const struct landlock *l, const char *const *paths, size_t count,
		      struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (!landlock_allow(l, paths[i], LANDLOCK_READ, err))
			return false;
	return true;
}

static bool allow_system(const struct landlock *l, struct err *err)
{
	static const char *const etc[] = { "/etc" };
	/* Who looks for leaks, or prints where it was, reads of itself. */
	static const char *const of_sanitizers[] = { "/proc" };

	if (!calls_can_close() && !allow_all(l, of_sanitizers, ARRAY_LEN(of_sanitizers), err))
		return false;
	return allow_all(l, system_read, ARRAY_LEN(system_read), err) &&
	       landlock_allow(l, "/dev/null", LANDLOCK_WRITE, err) &&
	       (geteuid() == 0 ? allow_all(l, etc_read, ARRAY_LEN(etc_read), err)
			       : allow_all(l, etc, ARRAY_LEN(etc), err));
}

static bool is_closed(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(closed); i++)
		if (!strcmp(name, closed[i]))
			return true;
	return name[0] == '.';
}

static void folder_cleanup(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static bool allow_folders(const struct landlock *l, struct err *err)
{
	CLEANUP(folder_cleanup) DIR *root = opendir("/");
	char path[sizeof(((struct dirent *)0)->d_name) + 1];

	for (const struct dirent *d; root && (d = readdir(root));) {
		snprintf(path, sizeof(path), "/%s", d->d_name);
		if (!is_closed(d->d_name) && !landlock_allow(l, path, LANDLOCK_READ, err))
			return false;
	}
	return true;
}

static bool allow_own(const struct sandbox *s, const struct landlock *l, struct err *err)
{
	for (unsigned i = 0; i < s->n_paths; i++)
		if (!landlock_allow(l, s->paths[i].path, s->paths[i].use, err))
			return false;
	return true;
}

static bool close_files(const struct sandbox *s, struct text *missing, struct err *err)
{
	struct landlock l;

	if (landlock_version() == 0) {
		text_add(missing, "this kernel has no Landlock, or it is switched off: files and "
				  "ports are not fenced off\n");
		return true;
	}
	if (!landlock_open(s->may_connect, &l, err))
		return false;
	if (l.version < 4)
		text_addf(missing,
			  "Landlock of this kernel (version %d) does not know ports: those are "
			  "not fenced off\n",
			  l.version);
	if (!allow_system(&l, err) || !allow_own(s, &l, err) ||
	    (s->reads_folders && !allow_folders(&l, err))) {
		close(l.fd);
		return false;
	}
	return landlock_close(&l, err);
}

static bool close_calls(const struct sandbox *s, struct text *missing)
{
	struct err err = { 0 };

	if (!calls_can_close())
		text_add(missing,
			 "this build looks for errors of its own (sanitizers): system calls "
			 "are not fenced off\n");
	else if (!calls_close(s->kills, &err))
		text_addf(missing, "%s: system calls are not fenced off\n", err.text);
	return true;
}

bool sandbox_enter(const struct sandbox *s, struct text *ret_missing, struct err *err)
{
	return privileges_give_up(err) && close_files(s, ret_missing, err) &&
	       close_calls(s, ret_missing);
}
