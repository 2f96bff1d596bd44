#include "project/lint_files.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/utf8.h"
#include "formats/scan.h"
#include "project/foreign.h"
#include "project/lint_kinds.h"

/* Rationale: deeper folders are a loop of mounts, or made to be deep. */
#define DEPTH_MAX 64

/* --- names */

bool lint_reads(const char *name)
{
	bool is_template;

	return lint_kind_of(name, &is_template);
}

bool lint_add_name(struct lint_names *n, const char *name, struct err *err)
{
	const char **items;

	if (!lint_reads(name))
		return true;
	if (n->count == LINT_NAMES_MAX) {
		n->too_many = true;
		return true;
	}
	items = arena_grow(n->arena, n->items, n->count, &n->room, sizeof(*items));
	if (!items)
		return fail_memory(err);
	n->items = items;
	items[n->count] = arena_copy(n->arena, name);
	return items[n->count++] || fail_memory(err);
}

static bool is_below(const char *folder, const char *below, char ret[static PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "%s%s%s", folder, *below ? "/" : "", below) < PATH_MAX;
}

static bool is_walked(const char *path, const char *name)
{
	static const char *const hidden[] = { ".cloudflared", ".devcontainer", ".docker" };

	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (!strcmp(name, hidden[i]))
			return true;
	return name[0] != '.' && !foreign_folder(name) && !foreign_checkout(path);
}

static bool walk(struct lint_names *n, const char *below, unsigned depth, struct err *err);

static bool walk_one(struct lint_names *n, const char *below, const char *file, unsigned depth,
		     struct err *err)
{
	char name[PATH_MAX], path[PATH_MAX];
	struct stat st;

	if (snprintf(name, sizeof(name), "%s%s%s", below, *below ? "/" : "", file) >=
		    (int)sizeof(name) ||
	    !is_below(n->folder, name, path) || lstat(path, &st) < 0)
		return true;
	if (S_ISDIR(st.st_mode))
		return !is_walked(path, file) || walk(n, name, depth + 1, err);
	return lint_add_name(n, name, err);
}

static bool walk(struct lint_names *n, const char *below, unsigned depth, struct err *err)
{
	char path[PATH_MAX];
	DIR *dir = depth < DEPTH_MAX && is_below(n->folder, below, path) ? opendir(path) : NULL;
	bool ok = true;

	for (struct dirent *e; dir && ok && (e = readdir(dir));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			ok = walk_one(n, below, e->d_name, depth, err);
	if (dir)
		closedir(dir);
	return ok;
}

bool lint_walk(struct lint_names *n, struct err *err)
{
	return walk(n, "", 0, err);
}

/* --- .env files, which git does not list */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(struct lint_names *n)
{
	unsigned kept = 0;

	if (n->count)
		qsort(n->items, n->count, sizeof(*n->items), by_name);
	for (unsigned i = 0; i < n->count; i++)
		if (!kept || strcmp(n->items[kept - 1], n->items[i]) != 0)
			n->items[kept++] = n->items[i];
	n->count = kept;
}

static bool add_env_files_of(struct lint_names *n, const char *below, struct err *err)
{
	char path[PATH_MAX], name[PATH_MAX];
	DIR *dir = is_below(n->folder, below, path) ? opendir(path) : NULL;
	bool ok = true;

	for (struct dirent *e; dir && ok && (e = readdir(dir));)
		if (!strncmp(e->d_name, ".env", 4) &&
		    snprintf(name, sizeof(name), "%s%s%s", below, *below ? "/" : "", e->d_name) <
			    (int)sizeof(name))
			ok = lint_add_name(n, name, err);
	if (dir)
		closedir(dir);
	return ok;
}

static size_t folder_length(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? (size_t)(slash - name) : 0;
}

bool lint_add_env_files(struct lint_names *n, struct err *err)
{
	unsigned listed;
	char below[PATH_MAX] = "";

	sort(n);
	listed = n->count;
	if (!add_env_files_of(n, "", err))
		return false;
	for (unsigned i = 0; i < listed; i++) {
		size_t len = folder_length(n->items[i]);

		/* Files of a folder mostly follow each other. */
		if (len >= sizeof(below) ||
		    (strlen(below) == len && !strncmp(below, n->items[i], len)))
			continue;
		memcpy(below, n->items[i], len);
		below[len] = '\0';
		if (!add_env_files_of(n, below, err))
			return false;
	}
	sort(n);
	return true;
}

/* --- what is marked */

static const char mark[] = "portbook: ignore";

static bool says(const char *line, size_t len, const char *what)
{
	return memmem(line, len, what, strlen(what));
}

/* Is anything marked in the file, and is it all of it? */
struct marks {
	bool any, all;
};

static struct marks marks_of(const struct text *t)
{
	const char *bytes = text_str(t);

	return (struct marks){ .any = says(bytes, t->len, mark),
			       .all = says(bytes, t->len, "portbook: ignore-file") };
}

static const char *line_before(const char *bytes, const char *line, size_t *ret_len)
{
	const char *end = line > bytes ? line - 1 : line, *start = end;

	while (start > bytes && start[-1] != '\n')
		start--;
	*ret_len = (size_t)(end - start);
	return start;
}

/* "portbook: ignore" in the line itself, "portbook: ignore-next-line" in the one above. */
static bool is_marked(const struct text *t, size_t at)
{
	const char *bytes = text_str(t), *line = bytes + at, *end, *found;
	size_t len;

	while (line > bytes && line[-1] != '\n')
		line--;
	end = memchr(line, '\n', t->len - (size_t)(line - bytes));
	len = end ? (size_t)(end - line) : t->len - (size_t)(line - bytes);
	found = memmem(line, len, mark, strlen(mark));
	if (found && strncmp(found + strlen(mark), "-next-line", 10) != 0)
		return true;
	line = line_before(bytes, line, &len);
	return says(line, len, "portbook: ignore-next-line");
}

/* --- reading */

struct telling {
	const struct text *bytes;
	struct marks marks;
	bool is_template;
	mention_fn *fn;
	void *arg;
	bool stopped; /* by the callback, which has said why */
};

static bool tell(const struct mention *m, void *arg)
{
	struct telling *t = arg;
	struct mention x = *m;

	if (t->marks.all || (t->marks.any && is_marked(t->bytes, x.at)))
		return true;
	if (t->is_template && x.kind != MENTION_CODE && x.kind != MENTION_INSIDE)
		x.kind = MENTION_TEMPLATE;
	t->stopped = !t->fn(&x, t->arg);
	return !t->stopped;
}

static bool read_as(const struct lint_kind *kind, const char *name, struct telling *t,
		    struct err *err)
{
	struct mentions m = { .bytes = text_str(t->bytes),
			      .len = t->bytes->len,
			      .file = name,
			      .fn = tell,
			      .arg = t };

	/* Of a program that is no text, nobody expects anything. */
	if (kind->is_source)
		return !utf8_is_valid(m.bytes, m.len) || kind->read(&m, err);
	return scan_is_text(m.bytes, m.len, name, err) && kind->read(&m, err);
}

bool lint_read_bytes(const char *name, const struct text *bytes, mention_fn *fn, void *arg,
		     struct err *err)
{
	struct telling t = { .bytes = bytes, .marks = marks_of(bytes), .fn = fn, .arg = arg };
	const struct lint_kind *kind = lint_kind_of(name, &t.is_template);

	return !kind || read_as(kind, name, &t, err);
}

struct work {
	const struct lint_names *names;
	struct lint_reading *r;
	const char *name; /* of the file at hand */
	bool stopped;
	struct {
		dev_t dev;
		ino_t ino;
	} * seen; /* files that were read */
	unsigned n_seen, room;
};

static bool found(const struct mention *m, void *arg)
{
	struct work *w = arg;

	w->stopped = !w->r->found(w->name, m, w->r->arg);
	return !w->stopped;
}

static bool remember(struct work *w, const struct stat *st)
{
	w->seen = arena_grow(w->names->arena, w->seen, w->n_seen, &w->room, sizeof(*w->seen));
	if (!w->seen)
		return false;
	w->seen[w->n_seen].dev = st->st_dev;
	w->seen[w->n_seen++].ino = st->st_ino;
	return true;
}

static bool was_read(const struct work *w, const struct stat *st)
{
	for (unsigned i = 0; i < w->n_seen; i++)
		if (w->seen[i].dev == st->st_dev && w->seen[i].ino == st->st_ino)
			return true;
	return false;
}

/* Where the link leads is below the folder, and was not read by its own name. */
static bool is_followed(const struct work *w, const char *path, const struct stat *st)
{
	char real[PATH_MAX];
	size_t len = strlen(w->names->folder);

	return realpath(path, real) && !strncmp(real, w->names->folder, len) &&
	       (real[len] == '/' || len == 1) && !was_read(w, st);
}

static bool is_wanted(const struct work *w, const char *path, bool links, struct stat *ret)
{
	struct stat st;

	if (lstat(path, &st) < 0 || (S_ISLNK(st.st_mode) != 0) != links)
		return false;
	*ret = st;
	if (links && (stat(path, ret) < 0 || !is_followed(w, path, ret)))
		return false;
	return S_ISREG(ret->st_mode);
}

static bool read_one(struct work *w, bool links, struct err *err)
{
	CLEANUP(text_release) struct text bytes = { 0 };
	bool is_template;
	const struct lint_kind *kind = lint_kind_of(w->name, &is_template);
	struct err why = { 0 };
	char path[PATH_MAX];
	struct stat st;

	if (!kind || !is_below(w->names->folder, w->name, path) || !is_wanted(w, path, links, &st))
		return true;
	if (kind->is_source && st.st_size > (off_t)LINT_FILE_MAX)
		return true;
	if (!remember(w, &st))
		return fail_memory(err);
	w->r->n_read++;
	if (file_read(path, LINT_FILE_MAX, &bytes, &why) &&
	    lint_read_bytes(w->name, &bytes, found, w, &why))
		return true;
	if (w->stopped)
		return false;
	if (why.code == ERR_MEMORY)
		return fail_memory(err);
	return why.code == ERR_NOT_FOUND || w->r->skipped(w->name, &why, w->r->arg);
}

bool lint_read(const struct lint_names *n, struct lint_reading *r, struct err *err)
{
	struct work w = { .names = n, .r = r };

	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < n->count; i++) {
			w.name = n->items[i];
			if (!read_one(&w, pass, err))
				return false;
		}
	return true;
}
