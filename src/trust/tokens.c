/*
 * Syscalls: open, fstat, stat, read, close
 */
#include "trust/tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

struct tokens {
	char path[PATH_MAX];
	struct stat seen; /* when it was read; all zero: it is to be read */
	struct arena arena;
	struct token_list list;
};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool look(const char *path, struct stat *ret, struct err *err)
{
	if (stat(path, ret) == 0)
		return true;
	if (errno == ENOENT) {
		fail(err, ERR_NOT_FOUND, "there is no file of tokens '%.600s'", path);
		return fail_hint(err, "portbook token add NAME --tokens FILE makes it");
	}
	return fail(err, ERR_IO, "cannot see '%.600s': %s", path, strerror(errno));
}

static bool check_mode(const char *path, const struct stat *st, struct err *err)
{
	if (!(st->st_mode & (S_IWGRP | S_IWOTH)))
		return true;
	fail(err, ERR_NOT_PERMITTED, "others may write '%.600s', and give themselves tokens", path);
	return fail_hint(err, "chmod go-w %.400s", path);
}

/* Seen before it is read: what changes meanwhile is read again. */
static bool read_all(struct tokens *t, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct stat st;

	arena_release(&t->arena);
	t->list = (struct token_list){ 0 };
	t->seen = (struct stat){ 0 };
	if (!look(t->path, &st, err) || !check_mode(t->path, &st, err) ||
	    !file_read(t->path, TOKEN_FILE_MAX, &text, err) ||
	    !token_file_parse(t->path, text_str(&text), text.len, &t->arena, &t->list, err))
		return false;
	t->seen = st;
	return true;
}

bool tokens_open(const char *path, struct tokens **ret, struct err *err)
{
	struct tokens *t = calloc(1, sizeof(*t));

	if (!t)
		return fail_memory(err);
	if (snprintf(t->path, sizeof(t->path), "%s", path) >= (int)sizeof(t->path) ||
	    !read_all(t, err)) {
		tokens_free(t);
		return false;
	}
	*ret = t;
	return true;
}

void tokens_free(struct tokens *t)
{
	if (!t)
		return;
	arena_release(&t->arena);
	free(t);
}

static bool refresh(struct tokens *t, struct err *err)
{
	struct stat now;

	return look(t->path, &now, err) && (is_same(&now, &t->seen) || read_all(t, err));
}

/* Each of them is looked at, whichever it is. */
static const struct token *find(const struct tokens *t, const unsigned char *digest)
{
	const struct token *found = NULL;

	for (unsigned i = 0; i < t->list.count; i++)
		if (digest_same(t->list.items[i].digest, digest))
			found = &t->list.items[i];
	return found;
}

bool tokens_find(struct tokens *t, const char *text, const struct token **ret, struct err *err)
{
	unsigned char digest[DIGEST_SIZE];

	if (!refresh(t, err) || !digest_of(text, strlen(text), digest, err))
		return false;
	*ret = find(t, digest);
	return true;
}

bool tokens_have(struct tokens *t, const unsigned char digest[static DIGEST_SIZE], bool *ret,
		 struct err *err)
{
	if (!refresh(t, err))
		return false;
	*ret = find(t, digest) != NULL;
	return true;
}

const char *tokens_path(const struct tokens *t)
{
	return t->path;
}
