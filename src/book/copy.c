#include "book/copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "book/own.h"
#include "store/sqlite/copy.h"

static bool check_is_file(const struct session *s, struct err *err)
{
	if (!book_is_url(s->book) && strcmp(s->book, "memory:") != 0)
		return true;
	fail(err, ERR_INVALID, "the book '%s' is not a file", s->book);
	return fail_hint(err, "to keep it in a file, or move it: portbook export, import and copy");
}

/* A whole book has at least a header; an empty file is none. */
static bool is_there(const struct session *s)
{
	struct stat st;

	return stat(s->book, &st) == 0 && st.st_size > 0;
}

/* ---- what is in a book ---- */

/* The live entries, each a line that says whose which port is, sorted. */
struct lines {
	struct arena arena;
	char **items;
	unsigned count, room;
	bool out_of_memory;
};

struct tally {
	struct lines entries;
	int64_t projects, events;
};

static void tally_release(struct tally *t)
{
	arena_release(&t->entries.arena);
}

static bool add_entry(const struct entry *e, void *arg)
{
	struct lines *l = arg;
	char *line = arena_printf(&l->arena, "%s %s %u %s@%u/%s %s", e->host,
				  protocol_name(e->protocol), e->port, e->project, e->instance,
				  e->service, e->environment);
	char **items = arena_grow(&l->arena, l->items, l->count, &l->room, sizeof(*items));

	l->out_of_memory = !line || !items;
	if (l->out_of_memory)
		return false;
	l->items = items;
	l->items[l->count++] = line;
	return true;
}

static bool count_project(const struct project *p, void *arg)
{
	++*(int64_t *)arg;
	return true;
}

static bool count_event(const struct event *e, void *arg)
{
	++*(int64_t *)arg;
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool take_tally(struct store *s, struct tally *t, struct err *err)
{
	const struct entry_filter live = ENTRY_FILTER_ALL;
	const struct event_filter all = { 0 };

	if (!s->ops->entry_each(s, &live, add_entry, &t->entries, err) ||
	    !s->ops->project_each(s, count_project, &t->projects, err) ||
	    !s->ops->event_each(s, &all, count_event, &t->events, err))
		return false;
	if (t->entries.out_of_memory)
		return fail_memory(err);
	if (t->entries.count)
		qsort(t->entries.items, t->entries.count, sizeof(*t->entries.items), by_text);
	return true;
}

static json_t *tally_json(const struct tally *t)
{
	return json_pack("{s:I, s:I, s:I}", "entries", (json_int_t)t->entries.count, "projects",
			 (json_int_t)t->projects, "events", (json_int_t)t->events);
}

/* How many lines the one has and the other has not. */
static void compare(const struct lines *old, const struct lines *new, int64_t *ret_removed,
		    int64_t *ret_added)
{
	unsigned i = 0, j = 0;

	while (i < old->count || j < new->count) {
		int order = i == old->count   ? 1
			    : j == new->count ? -1
					      : strcmp(old->items[i], new->items[j]);

		*ret_removed += order < 0;
		*ret_added += order > 0;
		i += order <= 0;
		j += order >= 0;
	}
}

/* ---- backup ---- */

static bool backup(struct session *s, const char *path, bool replace, struct progress *p,
		   struct tally *t, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn txn = { s->registry.store };

	return store_begin(txn.store, false, err) && take_tally(txn.store, t, err) &&
	       store_sqlite_backup(txn.store, path, 0600, replace, p, err);
}

bool session_backup(struct session *s, const char *path, bool replace, struct progress *p,
		    json_t **ret, struct err *err)
{
	CLEANUP(tally_release) struct tally t = { 0 };
	struct stat st = { 0 };

	if (!check_is_file(s, err))
		return false;
	if (!is_there(s))
		return fail(err, ERR_NOT_FOUND, "there is no book '%s'", s->book);
	if (!session_need_book(s, ACCESS_READ, err) || !backup(s, path, replace, p, &t, err))
		return false;
	(void)!stat(path, &st);
	*ret = json_pack("{s:b, s:s, s:s, s:I, s:I}", "success", 1, "book", s->book, "file", path,
			 "bytes", (json_int_t)st.st_size, "entries", (json_int_t)t.entries.count);
	return *ret || fail_memory(err);
}

/* ---- restore ---- */

struct restoring {
	struct session *session;
	const char *file;
	struct progress *progress;
	struct store *copy; /* of the file, examined */
	int version;	    /* of the file */
	enum { REPLACES_NOTHING, REPLACES_BOOK, REPLACES_WRECK } kind;
	struct tally before, after;
	char kept[PATH_MAX]; /* "": nothing is kept */
};

static void restoring_release(struct restoring *r)
{
	store_free(r->copy);
	tally_release(&r->before);
	tally_release(&r->after);
}

static bool fail_itself(const struct restoring *r, struct err *err)
{
	return fail(err, ERR_INVALID, "'%s' is the book itself", r->file);
}

static bool is_book_itself(const struct restoring *r)
{
	struct stat file, book;

	return stat(r->file, &file) == 0 && stat(r->session->book, &book) == 0 &&
	       file.st_dev == book.st_dev && file.st_ino == book.st_ino;
}

/* A book that cannot be opened is replaced, too: that is what backups are for. */
static bool open_replaced(struct restoring *r, struct err *err)
{
	struct session *s = r->session;
	struct err why = { 0 };

	if (!is_there(s))
		return true;
	if (session_need_book(s, ACCESS_WRITE, &why)) {
		CLEANUP(txn_cleanup) struct txn txn = { s->registry.store };

		r->kind = REPLACES_BOOK;
		if (store_begin(txn.store, false, &why) && take_tally(txn.store, &r->before, &why))
			return true;
		/* Damaged inside: it is replaced page by page all the same. */
		tally_release(&r->before);
		r->before = (struct tally){ .projects = -1 };
	} else if (why.code == ERR_BOOK && store_sqlite_is_wreck(s->book)) {
		r->kind = REPLACES_WRECK;
		r->before.projects = -1;
	}
	if (r->kind != REPLACES_NOTHING && why.code == ERR_BOOK)
		return true;
	*err = why;
	return false;
}

static bool look(struct restoring *r, struct err *err)
{
	if (!check_is_file(r->session, err))
		return false;
	if (is_book_itself(r))
		return fail_itself(r, err);
	return store_sqlite_examine(r->file, r->progress, &r->copy, &r->version, err) &&
	       take_tally(r->copy, &r->after, err) && open_replaced(r, err);
}

/* BOOK.before-restore-20261121T123456Z; a second one of the same second gets "-2". */
static bool name_kept(struct restoring *r, struct err *err)
{
	char time[TIME_TEXT_SIZE], digits[TIME_TEXT_SIZE], *to = digits;

	if (r->kind == REPLACES_NOTHING)
		return true;
	time_format(registry_now(&r->session->registry), time);
	for (const char *c = time; *c && *c != '.'; c++)
		if (*c != '-' && *c != ':')
			*to++ = *c;
	*to = '\0';
	for (int i = 1; i < 100; i++) {
		int len = snprintf(r->kept, sizeof(r->kept), "%s.before-restore-%sZ",
				   r->session->book, digits);

		if (i > 1 && len < (int)sizeof(r->kept))
			len += snprintf(r->kept + len, sizeof(r->kept) - (size_t)len, "-%d", i);
		if (len >= (int)sizeof(r->kept))
			return fail(err, ERR_INVALID, "the path of the book is too long");
		if (access(r->kept, F_OK) < 0)
			return true;
	}
	return fail(err, ERR_TAKEN, "there is a file '%s' already", r->kept);
}

/* The event stands in the copy: it comes into the book with all the rest. */
static bool record(struct restoring *r, struct err *err)
{
	struct registry *registry = &r->session->registry;
	struct store *live = registry->store;
	CLEANUP(txn_cleanup) struct txn txn = { r->copy };
	struct change c = {
		.op = "restore",
		.subject = r->file,
		.before = json_pack("{s:I, s:s*}", "entries", (json_int_t)r->before.entries.count,
				    "kept", r->kept[0] ? r->kept : NULL),
		.after = json_pack("{s:I}", "entries", (json_int_t)r->after.entries.count),
	};
	bool ok;

	if (!c.before || !c.after || !store_begin(r->copy, true, err)) {
		json_decref(c.before);
		json_decref(c.after);
		return err->code != ERR_NONE ? false : fail_memory(err);
	}
	registry->store = r->copy;
	ok = registry_record(registry, &c, err);
	registry->store = live;
	return ok && store_commit(r->copy, err);
}

static bool replace(struct restoring *r, struct err *err)
{
	struct session *s = r->session;

	if (r->kind == REPLACES_WRECK)
		return store_sqlite_replace_wreck(s->book, r->copy, r->kept, r->progress, err);
	return session_need_book(s, ACCESS_WRITE, err) &&
	       store_sqlite_replace(s->registry.store, r->copy, r->kept[0] ? r->kept : NULL,
				    r->progress, err);
}

static json_t *known(const struct tally *t, bool is_known)
{
	return is_known ? tally_json(t) : json_null();
}

static bool answer(const struct restoring *r, bool dry_run, json_t **ret, struct err *err)
{
	bool was_read = r->kind == REPLACES_BOOK && r->before.projects >= 0;
	int64_t removed = 0, added = 0;

	compare(&r->before.entries, &r->after.entries, &removed, &added);
	*ret = json_pack("{s:b, s:b, s:s, s:s, s:i, s:o, s:o, s:I, s:I, s:b, s:s?}", "success", 1,
			 "dryRun", dry_run, "book", r->session->book, "file", r->file, "version",
			 r->version, "before", known(&r->before, was_read), "after",
			 tally_json(&r->after), "removed", (json_int_t)removed, "added",
			 (json_int_t)added, "damaged", r->kind != REPLACES_NOTHING && !was_read,
			 "kept", !dry_run && r->kept[0] ? r->kept : NULL);
	return *ret || fail_memory(err);
}

bool session_restore(struct session *s, const char *path, bool dry_run, struct progress *p,
		     json_t **ret, struct err *err)
{
	CLEANUP(restoring_release)
	struct restoring r = { .session = s, .file = path, .progress = p };
	struct err why = { 0 };

	if (look(&r, &why) &&
	    (dry_run || (name_kept(&r, &why) && record(&r, &why) && replace(&r, &why))))
		return answer(&r, dry_run, ret, err);
	*err = why;
	return session_fail_book(err);
}
