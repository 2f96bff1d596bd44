#include "book/two_books.h"

#include <string.h>
#include <sys/stat.h>

#include "book/own.h"
#include "book/shared.h"
#include "registry/founding.h"
#include "registry/transfer.h"
#include "store/postgres/postgres.h"

struct copying {
	struct session *from, *to;
	const struct copy_options *options;
	struct transfer transfer;
	struct row_counts replaced;
	bool replaces;
	const char *made; /* NULL: all of it is there */
};

static void copying_release(struct copying *c)
{
	transfer_release(&c->transfer);
}

static struct copying copying_of(struct session *from, struct session *to, const char *host,
				 struct progress *p)
{
	return (struct copying){
		.from = from,
		.to = to,
		.transfer = { .from = &from->registry,
			      .to = &to->registry,
			      .progress = p,
			      .host = host },
	};
}

/* ---- are they two? ---- */

static bool is_file(const struct session *s)
{
	return !book_is_url(s->address);
}

static bool is_one_file(const struct session *a, const struct session *b)
{
	struct stat x, y;

	return is_file(a) && is_file(b) && stat(a->book, &x) == 0 && stat(b->book, &y) == 0 &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool is_one_database(const struct session *a, const struct session *b, bool *ret,
			    struct err *err)
{
	*ret = false;
	return !postgres_is_url(a->address) || !postgres_is_url(b->address) ||
	       store_postgres_is_same(a->registry.store, b->registry.store, ret, err);
}

static bool fail_one_book(const struct session *s, struct err *err)
{
	return fail(err, ERR_INVALID, "'%.300s' is both what is copied and where it goes", s->book);
}

static bool check_two_files(const struct session *from, const struct session *to, struct err *err)
{
	return !is_one_file(from, to) || fail_one_book(to, err);
}

static bool check_two_databases(const struct session *from, const struct session *to,
				struct err *err)
{
	bool same;

	return is_one_database(from, to, &same, err) && (!same || fail_one_book(to, err));
}

/* ---- opening ---- */

/* A database is given its tables, but those of an older portbook are its owner's to upgrade. */
static bool look_at_database(struct copying *c, struct err *err)
{
	struct postgres_setup setup;

	if (!store_postgres_setup(c->to->address, true, &setup, &(struct store *){ NULL }, err))
		return false;
	if (!setup.was)
		c->made = "its tables";
	return true;
}

static bool look_at_target(struct copying *c, struct err *err)
{
	struct stat st;

	if (postgres_is_url(c->to->address))
		return look_at_database(c, err);
	if (is_file(c->to) && (stat(c->to->book, &st) < 0 || !st.st_size))
		c->made = "the book";
	return true;
}

static bool make_tables(struct copying *c, struct err *err)
{
	json_t *answer = NULL;
	bool ok = session_setup(c->to, false, &answer, err);

	json_decref(answer);
	return ok;
}

static bool open_target(struct copying *c, struct err *err)
{
	if (!look_at_target(c, err))
		return false;
	if (c->made && c->options->dry_run)
		return true;
	if (c->made && postgres_is_url(c->to->address) && !make_tables(c, err))
		return false;
	return session_need_book(c->to, ACCESS_WRITE, err);
}

/* Half made: whoever made it was stopped, and the next one to open it goes on. */
static bool check_founded(struct session *from, struct err *err)
{
	bool founded;

	return registry_is_founded(&from->registry, &founded, err) &&
	       (founded ||
		fail(err, ERR_NOT_FOUND, "there is nothing in the book '%.300s' yet", from->book));
}

static bool open_both(struct copying *c, struct err *err)
{
	return session_need_book(c->from, ACCESS_READ, err) && check_founded(c->from, err) &&
	       check_two_files(c->from, c->to, err) && open_target(c, err) &&
	       (!c->to->registry.store || check_two_databases(c->from, c->to, err));
}

/* Of both: it may take hours. */
static bool begin(struct session *s, bool write, bool late, struct err *err)
{
	s->registry.store->bulk = late ? BULK_LATE : BULK_AT_ONCE;
	return store_begin(s->registry.store, write, err);
}

/* ---- copying ---- */

static bool fail_in_use(struct copying *c, struct err *err)
{
	const struct row_counts *n = &c->replaced;

	fail(err, ERR_TAKEN,
	     "the book '%.300s' is in use: %llu projects, %llu ports (%llu of them released), "
	     "%llu events",
	     c->to->book, (unsigned long long)n->rows[RECORD_PROJECT],
	     (unsigned long long)n->rows[RECORD_ALLOCATION],
	     (unsigned long long)(n->rows[RECORD_ALLOCATION] - n->live),
	     (unsigned long long)n->rows[RECORD_EVENT]);
	return fail_hint(err, "name a new one; or --replace, to let it be the copy and forget "
			      "what it has; --compare says whether both are the same");
}

static bool check_target(struct copying *c, struct err *err)
{
	bool unused;

	if (!registry_is_unused(&c->to->registry, &unused, err))
		return false;
	c->replaces = !unused;
	if (unused)
		return true;
	return registry_count(&c->to->registry, &c->replaced, err) &&
	       (c->options->replace || fail_in_use(c, err));
}

/* The target's turn comes first: then the source is as late as can be. */
static bool copy_once(struct copying *c, bool late, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn writing = { c->to->registry.store };
	CLEANUP(txn_cleanup) struct txn reading = { c->from->registry.store };

	return begin(c->to, true, late, err) && check_target(c, err) &&
	       begin(c->from, false, late, err) &&
	       (registry_transfer(&c->transfer, err) ||
		fail_while(err, "copying '%.200s'", c->from->book)) &&
	       (c->options->dry_run || store_commit(writing.store, err));
}

/*
 * A server is told many rows at once, and does not say which of them it refused: then once
 * more, row by row, to name it.
 */
static bool copy_all(struct copying *c, struct err *err)
{
	struct progress *p = c->transfer.progress;
	struct err why = { 0 };

	if (copy_once(c, true, &why))
		return true;
	if (why.code != ERR_BOOK || !postgres_is_url(c->to->address)) {
		*err = why;
		return false;
	}
	transfer_release(&c->transfer);
	c->transfer = copying_of(c->from, c->to, c->options->host, p).transfer;
	return copy_once(c, false, err);
}

static bool count_source(struct copying *c, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn reading = { c->from->registry.store };

	return begin(c->from, false, true, err) &&
	       registry_count(&c->from->registry, &c->transfer.counts, err);
}

/* ---- the answers ---- */

static json_t *counts_json(const struct row_counts *n)
{
	json_t *o = json_object();

	for (unsigned kind = 0; o && kind < RECORD_KIND_COUNT; kind++)
		if (!json_put_int(o, record_plural((enum record_kind)kind),
				  (int64_t)n->rows[kind])) {
			json_decref(o);
			return NULL;
		}
	return o;
}

static bool answer_copy(const struct copying *c, json_t **ret, struct err *err)
{
	const struct row_counts *n = &c->transfer.counts;

	*ret = json_pack("{s:b, s:b, s:s, s:s, s:s?, s:s?, s:b, s:o, s:I, s:o}", "success", 1,
			 "dryRun", c->options->dry_run, "from", c->from->book, "to", c->to->book,
			 "host", c->options->host, "made", c->made, "tried",
			 !(c->options->dry_run && c->made), "records", counts_json(n), "live",
			 (json_int_t)n->live, "replaced",
			 c->replaces ? counts_json(&c->replaced) : json_null());
	return *ret || fail_memory(err);
}

bool session_copy(struct session *from, struct session *to, const struct copy_options *options,
		  struct progress *p, json_t **ret, struct err *err)
{
	CLEANUP(copying_release) struct copying c = copying_of(from, to, options->host, p);

	c.options = options;
	return open_both(&c, err) &&
	       (options->dry_run && c.made ? count_source(&c, err) : copy_all(&c, err)) &&
	       answer_copy(&c, ret, err);
}

/* ---- comparing ---- */

static json_t *differences_json(const struct transfer *t)
{
	json_t *list = json_array();

	for (uint64_t i = 0; list && i < t->n_differences && i < DIFFERENCES_TOLD; i++) {
		const struct difference *d = &t->differences[i];

		if (!json_append(list, json_pack("{s:s, s:s}", "in", d->is_missing ? "from" : "to",
						 "row", d->row))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static bool answer_compare(const struct copying *c, json_t **ret, struct err *err)
{
	const struct transfer *t = &c->transfer;

	*ret = json_pack("{s:b, s:s, s:s, s:b, s:o, s:I, s:o, s:I}", "success", 1, "from",
			 c->from->book, "to", c->to->book, "same", t->n_differences == 0, "records",
			 counts_json(&t->counts), "live", (json_int_t)t->counts.live, "differences",
			 differences_json(t), "differenceCount", (json_int_t)t->n_differences);
	return *ret || fail_memory(err);
}

static bool compare_all(struct copying *c, struct err *err)
{
	CLEANUP(txn_cleanup) struct txn of_to = { c->to->registry.store };
	CLEANUP(txn_cleanup) struct txn of_from = { c->from->registry.store };

	return begin(c->to, false, true, err) && begin(c->from, false, true, err) &&
	       registry_compare(&c->transfer, err);
}

bool session_compare(struct session *from, struct session *to, const char *host, struct progress *p,
		     json_t **ret, struct err *err)
{
	CLEANUP(copying_release) struct copying c = copying_of(from, to, host, p);

	return session_need_book(from, ACCESS_READ, err) &&
	       session_need_book(to, ACCESS_READ, err) && compare_all(&c, err) &&
	       answer_compare(&c, ret, err);
}
