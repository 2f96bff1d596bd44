/*
 * project/lint_files.h - which files of a folder say something of ports, and what.
 *
 * May include: formats, registry, ports, base.
 */
#ifndef PROJECT_LINT_FILES_H
#define PROJECT_LINT_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "formats/mention.h"

/* Rationale: people write these files; what is larger was made by a program. */
#define LINT_FILE_MAX ((size_t)1 << 20)

/* Rationale: a repository of half a million files is walked in seconds; more is a disk. */
#define LINT_NAMES_MAX 500000

/* Names of files, relative to the folder, which is absolute and without links. */
struct lint_names {
	const char *folder;
	struct arena *arena; /* theirs, as the list */
	const char **items;
	unsigned count, room;
	bool too_many; /* LINT_NAMES_MAX: the others are left out */
};

/* Is there a reader for a file of this name, and is it in no folder of others? */
bool lint_reads(const char *name);

/* Add the name, if there is a reader for such a file. Errors: ERR_MEMORY */
MUST_CHECK bool lint_add_name(struct lint_names *n, const char *name, struct err *err);

/*
 * Add what lies in the folder and below it; hidden folders, those of others and
 * checkouts within it are stepped over, and links to folders not followed.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool lint_walk(struct lint_names *n, struct err *err);

/*
 * Add the .env files beside those that are in the list: git is told to ignore
 * them, and yet they say which ports are used.  Then sort, and take out doubles.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool lint_add_env_files(struct lint_names *n, struct err *err);

/* A mention in a file; false stops the reading, and the callback has filled its own err. */
typedef bool lint_found_fn(const char *name, const struct mention *m, void *arg);

/* A file that was not understood, or could not be read: `why` says so, with the line. */
typedef bool lint_skipped_fn(const char *name, const struct err *why, void *arg);

struct lint_reading {
	lint_found_fn *found;
	lint_skipped_fn *skipped;
	void *arg;
	unsigned n_read; /* files that were read */
};

/*
 * Read all of them, links last: a link is followed within the folder only, and
 * where the file was not read by its own name.  What is marked `portbook: ignore`
 * is not told.
 * Errors: ERR_MEMORY, and what the callbacks say
 */
MUST_CHECK bool lint_read(const struct lint_names *n, struct lint_reading *r, struct err *err);

/* The bytes of a file are read as that of this name would be; see mention.h for errors. */
MUST_CHECK bool lint_read_bytes(const char *name, const struct text *bytes, mention_fn *fn,
				void *arg, struct err *err);

#endif
