#include "project/named_ports.h"

#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "formats/scan.h"
#include "project/foreign.h"

/* Rationale: people write these files; what is larger was made by a program. */
#define FILE_MAX (1 << 20)

/* Rationale: apps/web/.env of a repository of several programs. */
#define DEPTH_MAX 3

/* Rationale: the upper levels of sources have fewer; more are data. They take some 10 ms. */
#define NAMES_MAX 5000

static const struct kind {
	const char *name, *folder; /* patterns of the file and of what it is in; NULL: any */
	enum named_by by;
	scan_fn *scan; /* one of these two */
	claims_fn *claims;
} kinds[] = {
	{ ".ports.env", NULL, NAMED_BY_PORTS_ENV, NULL, claims_env },
	{ "*.example", NULL, NAMED_BY_ENV, NULL, NULL },
	{ "*.sample", NULL, NAMED_BY_ENV, NULL, NULL },
	{ "*.template", NULL, NAMED_BY_ENV, NULL, NULL },
	{ "*.dist", NULL, NAMED_BY_ENV, NULL, NULL },
	{ ".env", NULL, NAMED_BY_ENV, NULL, claims_env },
	{ ".env.*", NULL, NAMED_BY_ENV, NULL, claims_env },
	{ "compose*.y*ml", NULL, NAMED_BY_COMPOSE, scan_compose, NULL },
	{ "docker-compose*.y*ml", NULL, NAMED_BY_COMPOSE, scan_compose, NULL },
	{ "Procfile*", NULL, NAMED_BY_PROCFILE, scan_procfile, NULL },
	{ "package.json", NULL, NAMED_BY_PACKAGE, scan_package_json, NULL },
	{ "config.toml", "supabase", NAMED_BY_SUPABASE, scan_supabase, NULL },
	{ "*.service", NULL, NAMED_BY_UNIT, NULL, claims_systemd },
	{ "*.socket", NULL, NAMED_BY_UNIT, NULL, claims_systemd },
	{ "config.y*ml", "*cloudflared", NAMED_BY_TUNNEL, NULL, claims_cloudflared },
	{ "*cloudflared*.y*ml", NULL, NAMED_BY_TUNNEL, NULL, claims_cloudflared },
	{ "*nginx*.conf", NULL, NAMED_BY_NGINX, NULL, claims_nginx },
	{ "*.conf", "*nginx*", NAMED_BY_NGINX, NULL, claims_nginx },
	{ "*.conf", "conf.d", NAMED_BY_NGINX, NULL, claims_nginx },
	{ "*", "sites-enabled", NAMED_BY_NGINX, NULL, claims_nginx },
	{ "Caddyfile*", NULL, NAMED_BY_CADDY, NULL, claims_caddy },
	{ "*.caddy", NULL, NAMED_BY_CADDY, NULL, claims_caddy },
	{ "*.caddyfile", NULL, NAMED_BY_CADDY, NULL, claims_caddy },
};

struct search {
	const struct named_port_search *of;
	const struct kind *kind;
	const char *folder,
		*file; /* the file at hand; its folder's own name if it is not the top */
	struct err *err;
	bool stopped; /* by the callback, or without memory */

	struct place {
		const char *path;
		unsigned depth;
	} * places; /* folders to look into, the highest first */
	unsigned n_places, room;
	unsigned n_names; /* that were seen in all of them */
};

static bool stop(struct search *s)
{
	s->stopped = true;
	return fail_memory(s->err);
}

/* --- one file */

static bool keep_texts(struct arena *a, struct claim *c)
{
	const char **texts[] = { &c->service, &c->unit, &c->path, &c->tunnel_hostname,
				 &c->description };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (!*texts[i])
			continue;
		*texts[i] = arena_copy(a, *texts[i]);
		if (!*texts[i])
			return false;
	}
	return true;
}

/*
 * PORT in the .env, and the `web` of a package.json, of apps/api speak of "api";
 * of the top of a project, of its web.
 */
static const char *service_here(const struct search *s, const char *said)
{
	bool says_nothing = (s->kind->by == NAMED_BY_ENV && !strcmp(said, CLAIM_SERVICE)) ||
			    (s->kind->by == NAMED_BY_PACKAGE && s->folder);

	return !says_nothing ? said : s->folder ? s->folder : "web";
}

static bool tell(const struct claim *c, void *arg)
{
	struct search *s = arg;
	struct named_port found = { .claim = *c, .by = s->kind->by, .file = s->file };

	found.claim.service = service_here(s, c->service);
	if (!keep_texts(s->of->arena, &found.claim))
		return stop(s);
	s->stopped = !s->of->found(&found, s->of->arg);
	return !s->stopped;
}

static bool tell_finding(struct search *s, const struct finding *f)
{
	struct claim c = claim_of(CLAIM_ENTRY, f->line ? f->line : 1);

	c.service = f->service;
	c.protocol = f->protocol;
	c.ports = (struct port_range){ f->port, f->port };
	return !f->port || tell(&c, s);
}

static bool scan(struct search *s, const char *bytes, size_t len, struct err *err)
{
	size_t marked = len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;
	struct findings *found = arena_alloc(s->of->arena, sizeof(*found));

	if (!found)
		return stop(s);
	if (!s->kind->scan(bytes + marked, len - marked, s->file, found, err))
		return false;
	for (unsigned i = 0; i < found->count; i++)
		if (!tell_finding(s, &found->items[i]))
			return false;
	return true;
}

/* One that cannot be read is said, and no reason to give up. */
static bool read_file(struct search *s)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct err why = { 0 };

	if (file_read(s->file, FILE_MAX, &text, &why) &&
	    (s->kind->claims ? s->kind->claims(text_str(&text), text.len, s->file, tell, s, &why)
			     : scan(s, text_str(&text), text.len, &why)))
		return true;
	if (s->stopped)
		return false;
	if (why.code == ERR_MEMORY)
		return stop(s);
	if (why.code != ERR_NOT_FOUND)
		s->of->warn(why.text, s->of->arg);
	return true;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* NULL: it is none of ours. */
static const struct kind *kind_of(const char *name, const char *folder)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct kind *k = &kinds[i];

		if (fnmatch(k->name, name, 0) || (k->folder && fnmatch(k->folder, folder, 0)))
			continue;
		return k->scan || k->claims ? k : NULL;
	}
	return NULL;
}

static bool look_at_file(struct search *s, const char *path, bool is_top)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s", (int)(last_part(path) - path - 1), path);
	s->kind = kind_of(last_part(path), last_part(folder));
	if (!s->kind)
		return true;
	s->file = arena_copy(s->of->arena, path);
	s->folder = is_top ? NULL : arena_copy(s->of->arena, last_part(folder));
	if (!s->file || (!is_top && !s->folder))
		return stop(s);
	return read_file(s);
}

/* --- a folder of them */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **items;
	unsigned count, room;
};

/* In order, so that the first word on a port is the same one each time. */
static bool list_names(struct search *s, const char *folder, struct names *ret)
{
	DIR *dir = opendir(folder);
	bool ok = true;

	for (struct dirent *e; dir && ok && s->n_names < NAMES_MAX && (e = readdir(dir));) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		s->n_names++;
		ret->items = arena_grow(s->of->arena, ret->items, ret->count, &ret->room,
					sizeof(*ret->items));
		ok = ret->items && (ret->items[ret->count++] = arena_copy(s->of->arena, e->d_name));
	}
	if (dir)
		closedir(dir);
	if (!ok)
		return stop(s);
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_name);
	return true;
}

/* Neither other people's code nor a project of its own. */
static bool is_ours(const char *path)
{
	const char *name = last_part(path);

	return (name[0] != '.' || !strcmp(name, ".cloudflared")) && !foreign_folder(name) &&
	       !foreign_checkout(path);
}

static bool add_place(struct search *s, const char *path, unsigned depth)
{
	s->places = arena_grow(s->of->arena, s->places, s->n_places, &s->room, sizeof(*s->places));
	if (!s->places)
		return stop(s);
	s->places[s->n_places].depth = depth;
	s->places[s->n_places].path = arena_copy(s->of->arena, path);
	return s->places[s->n_places++].path || stop(s);
}

static bool look_at(struct search *s, const char *path, unsigned depth)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return true;
	if (S_ISREG(st.st_mode))
		return look_at_file(s, path, depth == 0);
	return !S_ISDIR(st.st_mode) || depth == DEPTH_MAX || !is_ours(path) ||
	       add_place(s, path, depth + 1);
}

static bool look_into(struct search *s, const char *folder, unsigned depth)
{
	struct names names = { 0 };
	char path[PATH_MAX];

	if (!list_names(s, folder, &names))
		return false;
	for (unsigned i = 0; i < names.count; i++)
		if (snprintf(path, sizeof(path), "%s/%s", folder, names.items[i]) <
			    (int)sizeof(path) &&
		    !look_at(s, path, depth))
			return false;
	return true;
}

static bool warn_too_many(struct search *s, const char *folder)
{
	const char *text = arena_printf(s->of->arena,
					"%.200s has more than %u files and folders: not all of "
					"them were looked at",
					folder, NAMES_MAX);

	if (!text)
		return stop(s);
	s->of->warn(text, s->of->arg);
	return true;
}

/* What lies higher first, as it says more. */
bool named_ports_of_folder(const struct named_port_search *of, const char *folder, struct err *err)
{
	struct search s = { .of = of, .err = err };

	if (!add_place(&s, folder, 0))
		return false;
	for (unsigned i = 0; i < s.n_places && s.n_names < NAMES_MAX; i++)
		if (!look_into(&s, s.places[i].path, s.places[i].depth))
			return false;
	return s.n_names < NAMES_MAX || warn_too_many(&s, folder);
}

/* --- the machine's */

/* Those of a folder alone; what is a link to a file counts, as nginx's sites are. */
static bool look_into_place(struct search *s, const char *before, const char *folder)
{
	struct names names = { 0 };
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s", before, folder) >= (int)sizeof(path) ||
	    !list_names(s, path, &names))
		return !s->stopped;
	for (unsigned i = 0; i < names.count; i++)
		if (snprintf(path, sizeof(path), "%s/%s/%s", before, folder, names.items[i]) <
			    (int)sizeof(path) &&
		    stat(path, &st) == 0 && S_ISREG(st.st_mode) && !look_at_file(s, path, true))
			return false;
	return true;
}

bool named_ports_of_machine(const struct named_port_search *of, const char *root, const char *home,
			    struct err *err)
{
	static const char *const places[] = {
		"etc/systemd/system", "etc/cloudflared",      "usr/local/etc/cloudflared",
		"etc/nginx",	      "etc/nginx/conf.d",     "etc/nginx/sites-enabled",
		"etc/caddy",	      "etc/caddy/Caddyfile.d"
	};
	static const char *const own[] = { ".config/systemd/user", ".cloudflared" };
	struct search s = { .of = of, .err = err };

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (!look_into_place(&s, root, places[i]))
			return false;
	for (size_t i = 0; home && i < ARRAY_LEN(own); i++)
		if (!look_into_place(&s, home, own[i]))
			return false;
	return true;
}
