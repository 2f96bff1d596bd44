/*
 * lib/folder.h - a folder of a test's own, with files in it.
 *
 *	CLEANUP(folder_cleanup) struct folder f = folder_make();
 *	folder_write(&f, "supabase/config.toml", "[api]\n");
 */
#ifndef LIB_FOLDER_H
#define LIB_FOLDER_H

#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "lib/check.h"

struct folder {
	char path[PATH_MAX]; /* absolute, without links */
};

static inline struct folder folder_make(void)
{
	char made[] = "/tmp/portbook-test-XXXXXX";
	struct folder f;

	CHECK(mkdtemp(made));
	CHECK(realpath(made, f.path));
	return f;
}

/* "folder/name"; lives until the next call but one. */
static inline const char *folder_path(const struct folder *f, const char *name)
{
	static char paths[2][2 * PATH_MAX];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/%s", f->path, name);
	return path;
}

static inline void folder_write(const struct folder *f, const char *name, const char *text)
{
	const char *path = folder_path(f, name);
	struct err err = { 0 };

	CHECK(folder_of_make(path, 0700, &err), "%s", err.text);
	CHECK(file_write_atomic(path, text, strlen(text), 0600, &err), "%s", err.text);
}

static inline int folder_remove_one(const char *path, const struct stat *st, int type,
				    struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static inline void folder_cleanup(struct folder *f)
{
	nftw(f->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
