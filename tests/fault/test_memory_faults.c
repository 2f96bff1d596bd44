/*
 * fault/test_memory_faults.c - every allocation of a store fails once.
 *
 * From the nth allocation on there is no memory: the call says so, what it
 * should change is as it was, nothing leaks (LeakSanitizer watches), and the
 * store does the same call a moment later.
 */
#include "lib/check.h"
#include "lib/fault.h"
#include "lib/folder.h"
#include "lib/stores.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "ports/plan.h"

#define SHOP "018f0000-0000-7000-8000-0000000000a1"
#define BLOG "018f0000-0000-7000-8000-0000000000a2"
#define ID   "018f0000-0000-7000-8000-0000000000b"

/* Rationale: far more than any call needs; a loop that never ends is a bug here. */
#define ALLOCATIONS_MAX 20000

static const struct entry_filter all = ENTRY_FILTER_ALL;

static struct project project_of(const char *id, const char *name, int number)
{
	return (struct project){ .id = id,
				 .name = name,
				 .number = number,
				 .description = "a text",
				 .created_at_ms = 1000 };
}

static struct entry entry_of(const char *id, const char *service, uint16_t port)
{
	return (struct entry){
		.id = id,
		.project_id = SHOP,
		.instance = 1,
		.environment = "dev",
		.service = service,
		.primary = true,
		.host = "localhost",
		.port = port,
		.description = "a text",
		.allocated_at_ms = 1000,
	};
}

static bool do_claim(struct store *s, const char *id, const char *service, struct err *err)
{
	static const struct port_set none;
	const struct policy_range range = { .ports = { 3000, 3009 } };
	const struct entry e = entry_of(id, service, 0);
	static struct plan plan;
	struct pick pick;

	plan_make(&(struct choice){ .range = &range,
				    .candidates = { { range.ports }, 1 },
				    .reserved = &none,
				    .strangers = &none },
		  &plan);
	return s->ops->claim(s, &plan, &e, &pick, err);
}

/* ---- what is in the book, as one number ---- */

static bool count_entry(const struct entry *e, void *arg)
{
	*(unsigned *)arg += 1 + e->port + (e->status == STATUS_RELEASED ? 7 : 0);
	return true;
}

static bool count_project(const struct project *p, void *arg)
{
	*(unsigned *)arg += 1000000 + 10000 * (unsigned)(p->number + 2);
	return true;
}

static bool count_instance(const struct instance *i, void *arg)
{
	*(unsigned *)arg += 2000000 + i->number;
	return true;
}

static bool count_block(const struct block *b, void *arg)
{
	*(unsigned *)arg += 300000000 + b->ports.first;
	return true;
}

static bool count_reserved(const struct reserved *r, void *arg)
{
	*(unsigned *)arg += 70000 + r->ports.last;
	return true;
}

static bool count_event(const struct event *e, void *arg)
{
	*(unsigned *)arg += 90000000 + e->port;
	return true;
}

static unsigned weigh(struct store *s)
{
	const struct entry_filter f = { .protocol = -1, .status = -1, .life = LIVE_AND_RELEASED };
	CLEANUP(arena_release) struct arena a = { 0 };
	const char *value = NULL;
	unsigned weight = 0;
	struct err err = { 0 };
	bool ok = s->ops->entry_each(s, &f, count_entry, &weight, &err) &&
		  s->ops->project_each(s, count_project, &weight, &err) &&
		  s->ops->instance_each(s, NULL, count_instance, &weight, &err) &&
		  s->ops->block_each(s, NULL, NULL, count_block, &weight, &err) &&
		  s->ops->reserved_each(s, count_reserved, &weight, &err) &&
		  s->ops->event_each(s, &(struct event_filter){ 0 }, count_event, &weight, &err) &&
		  s->ops->setting_get(s, "policy", &a, &value, &err);

	CHECK(ok, "%s", err.text);
	return weight + (value ? (unsigned)value[0] : 0);
}

/* ---- the calls ---- */

static bool setting_put(struct store *s, struct err *err)
{
	return s->ops->setting_put(s, "policy", "new", err);
}

static bool setting_get(struct store *s, struct err *err)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const char *value;

	return s->ops->setting_get(s, "policy", &a, &value, err);
}

static bool project_put(struct store *s, struct err *err)
{
	const struct project p = project_of("018f0000-0000-7000-8000-0000000000a3", "wiki", 3);

	return s->ops->project_put(s, &p, err);
}

static bool project_update(struct store *s, struct err *err)
{
	const struct project p = project_of(SHOP, "shop", 7);

	return s->ops->project_put(s, &p, err);
}

static bool project_remove(struct store *s, struct err *err)
{
	return s->ops->project_remove(s, BLOG, err);
}

static bool project_find(struct store *s, struct err *err)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct project p;
	bool found;

	return s->ops->project_find(s, PROJECT_BY_NAME("shop"), &a, &p, &found, err);
}

static bool project_each(struct store *s, struct err *err)
{
	unsigned n = 0;

	return s->ops->project_each(s, count_project, &n, err);
}

static bool instance_put(struct store *s, struct err *err)
{
	const struct instance i = { .project_id = SHOP,
				    .number = 5,
				    .host = "localhost",
				    .worktree = "/srv/shop-5",
				    .slice = -1 };

	return s->ops->instance_put(s, &i, err);
}

static bool instance_find(struct store *s, struct err *err)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct instance i;
	bool found;

	return s->ops->instance_find(s, "localhost", "/srv/blog", &a, &i, &found, err);
}

static bool block_add(struct store *s, struct err *err)
{
	const struct block b = { "localhost", { 3200, 3299 }, "main", SHOP, 5 };

	return s->ops->block_add(s, &b, err);
}

static bool block_remove(struct store *s, struct err *err)
{
	return s->ops->block_remove(s, "localhost", 3100, err);
}

static bool reserved_put(struct store *s, struct err *err)
{
	const struct reserved r = { "*", { 5432, 5433 }, "PostgreSQL", NULL, 0, true };

	return s->ops->reserved_put(s, &r, err);
}

static bool ranges_put(struct store *s, struct err *err)
{
	const struct stored_range r = { NULL, "main", "text", { 3000, 3999 }, 100, 10, "{}" };

	return s->ops->ranges_put(s, &r, 1, err);
}

static bool entry_put(struct store *s, struct err *err)
{
	const struct entry e = entry_of(ID "1", "api", 4000);

	return s->ops->entry_put(s, &e, err);
}

static bool entry_release(struct store *s, struct err *err)
{
	struct entry e = entry_of(ID "0", "web", 3000);

	e.status = STATUS_RELEASED;
	e.released_at_ms = 2000;
	return s->ops->entry_put(s, &e, err);
}

static bool claim(struct store *s, struct err *err)
{
	return do_claim(s, ID "2", "db", err);
}

static bool entry_each(struct store *s, struct err *err)
{
	unsigned n = 0;

	return s->ops->entry_each(s, &all, count_entry, &n, err);
}

static bool entry_search(struct store *s, struct err *err)
{
	const struct entry_filter f = {
		.protocol = -1, .status = -1, .search = "text", .worktree = "/srv/shop"
	};
	unsigned n = 0;

	return s->ops->entry_each(s, &f, count_entry, &n, err);
}

static bool entry_find(struct store *s, struct err *err)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct entry e;
	bool found;

	return store_entry_find(s, &all, &a, &e, &found, err);
}

static bool entry_count(struct store *s, struct err *err)
{
	unsigned n;

	return s->ops->entry_count(s, &all, &n, err);
}

static bool taken(struct store *s, struct err *err)
{
	struct port_set ports = { 0 };

	return s->ops->taken(s, "localhost", PROTO_TCP, (struct port_range){ 1, 65535 }, &ports,
			     err);
}

static bool event_add(struct store *s, struct err *err)
{
	const struct event e = { .at_ms = 1,
				 .actor = "me",
				 .op = "allocate",
				 .subject = "shop/web",
				 .port = 3000,
				 .after = "{}" };

	return s->ops->event_add(s, &e, err);
}

static bool event_each(struct store *s, struct err *err)
{
	unsigned n = 0;

	return s->ops->event_each(s, &(struct event_filter){ 0 }, count_event, &n, err);
}

/* A whole change, as a use case makes it. */
static bool change(struct store *s, struct err *err)
{
	if (!store_begin(s, true, err))
		return false;
	CLEANUP(txn_cleanup) struct txn txn = { s };

	return project_put(s, err) && instance_put(s, err) && block_add(s, err) &&
	       entry_release(s, err) && claim(s, err) && event_add(s, err) && store_commit(s, err);
}

/* More rows than an array has room for at first. */
static bool many_events(struct store *s, struct err *err)
{
	if (!store_begin(s, true, err))
		return false;
	CLEANUP(txn_cleanup) struct txn txn = { s };

	for (unsigned i = 0; i < 20; i++)
		if (!event_add(s, err))
			return false;
	return store_commit(s, err);
}

static bool look(struct store *s, struct err *err)
{
	if (!store_begin(s, false, err))
		return false;
	CLEANUP(txn_cleanup) struct txn txn = { s };

	return project_find(s, err) && entry_each(s, err) && store_commit(s, err);
}

/* ---- each of them without memory ---- */

typedef bool call_fn(struct store *s, struct err *err);

static const struct call {
	const char *name;
	call_fn *run;
	bool changes;
} calls[] = {
#define READ(name)                 \
	{                          \
#name, name, false \
	}
#define WRITE(name)               \
	{                         \
#name, name, true \
	}
	WRITE(setting_put),
	READ(setting_get),
	WRITE(project_put),
	WRITE(project_update),
	WRITE(project_remove),
	READ(project_find),
	READ(project_each),
	WRITE(instance_put),
	READ(instance_find),
	WRITE(block_add),
	WRITE(block_remove),
	WRITE(reserved_put),
	READ(ranges_put),
	WRITE(entry_put),
	WRITE(entry_release),
	WRITE(claim),
	READ(entry_each),
	READ(entry_search),
	READ(entry_find),
	READ(entry_count),
	READ(taken),
	WRITE(event_add),
	READ(event_each),
	WRITE(change),
	READ(look),
	WRITE(many_events),
};

/* Rationale: to remove them all at once takes more room than one change left behind. */
#define INSTANCES 30

static bool put_instances(struct store *s, struct err *err)
{
	for (unsigned n = 2; n <= INSTANCES; n++) {
		const struct instance i = {
			.project_id = BLOG, .number = n, .host = "localhost", .slice = -1
		};

		if (!s->ops->instance_put(s, &i, err))
			return false;
	}
	return true;
}

static void fill(struct store *s)
{
	const struct project shop = project_of(SHOP, "shop", 1), blog = project_of(BLOG, "blog", 2);
	const struct instance i = { .project_id = BLOG,
				    .number = 1,
				    .host = "localhost",
				    .worktree = "/srv/blog",
				    .slice = -1 };
	const struct block b = { "localhost", { 3100, 3199 }, "main", BLOG, 1 };
	const struct entry e = entry_of(ID "0", "web", 3000);
	struct err err = { 0 };

	CHECK(s->ops->project_put(s, &shop, &err) && s->ops->project_put(s, &blog, &err) &&
		      s->ops->instance_put(s, &i, &err) && s->ops->block_add(s, &b, &err) &&
		      s->ops->entry_put(s, &e, &err) && event_add(s, &err) &&
		      s->ops->setting_put(s, "policy", "old", &err) && put_instances(s, &err),
	      "%s", err.text);
}

/* One book of each kind, to be copied: to make one takes long. */
static struct folder templates[STORE_KIND_MAX];

static int make_templates(void **state)
{
	for (unsigned k = 0; k < store_kind_count; k++) {
		struct store *s = NULL;
		struct err err = { 0 };

		templates[k] = folder_make();
		CHECK(store_kinds[k].open(templates[k].path, true, &s, &err), "%s", err.text);
		fill(s);
		store_free(s);
	}
	return 0;
}

static int remove_templates(void **state)
{
	for (unsigned k = 0; k < store_kind_count; k++)
		folder_cleanup(&templates[k]);
	return 0;
}

/* Not flushed, as file_write_atomic would: these are many. */
static void copy_file(const char *from, const char *to)
{
	CLEANUP(text_release) struct text bytes = { 0 };
	CLEANUP(fd_cleanup) int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct err err = { 0 };

	CHECK(fd >= 0);
	CHECK(file_read(from, 1 << 24, &bytes, &err), "%s", err.text);
	CHECK(write(fd, text_str(&bytes), bytes.len) == (ssize_t)bytes.len);
}

static void copy_files(const struct folder *from, const struct folder *to)
{
	DIR *dir = opendir(from->path);

	CHECK(dir);
	for (struct dirent *d = readdir(dir); d; d = readdir(dir))
		if (d->d_type == DT_REG)
			copy_file(folder_path(from, d->d_name), folder_path(to, d->d_name));
	closedir(dir);
}

/* A book with something in it. */
struct book {
	const struct store_kind *kind;
	struct folder folder;
	struct store *store;
};

static void book_close(struct book *b)
{
	store_free(b->store);
	folder_cleanup(&b->folder);
}

static bool is_copied(const struct store_kind *kind)
{
	return kind->is_kept && !kind->is_served;
}

static struct book book_open(const struct store_kind *kind)
{
	struct book b = { .kind = kind, .folder = folder_make() };
	struct err err = { 0 };

	if (is_copied(kind))
		copy_files(&templates[kind - store_kinds], &b.folder);
	CHECK(kind->open(b.folder.path, !is_copied(kind), &b.store, &err), "%s", err.text);
	if (!is_copied(kind))
		fill(b.store);
	return b;
}

/* The same book in a new session, that has nothing at hand from earlier calls. */
static void book_reopen(struct book *b)
{
	struct err err = { 0 };

	store_free(b->store);
	b->store = NULL;
	CHECK(b->kind->open(b->folder.path, !b->kind->is_kept, &b->store, &err), "%s", err.text);
	if (!b->kind->is_kept)
		fill(b->store);
}

/* `n` allocations succeed. True: the call needed no more. */
static bool try_call(struct store *s, const struct call *c, long n)
{
	unsigned before = weigh(s);
	struct err err = { 0 };
	bool ok;

	allocations_left = n;
	ok = c->run(s, &err);
	allocations_left = ALLOCATIONS_UNLIMITED;
	CHECK(ok || err.code == ERR_MEMORY, "%s %s, allocation %ld: %s: %s", s->ops->name, c->name,
	      n, err_name(err.code), err.text);
	CHECK((weigh(s) != before) == (ok && c->changes), "%s %s, allocation %ld", s->ops->name,
	      c->name, n);
	return ok;
}

static void do_call(struct store *s, const struct call *c, long n)
{
	struct err err = { 0 };

	CHECK(c->run(s, &err), "%s %s, after allocation %ld: %s", s->ops->name, c->name, n,
	      err.text);
}

/* Rationale: a second call that succeeds costs a new book; reading is tried each time anyway. */
#define AGAIN_EACH 8

static void try_call_without_memory(const struct store_kind *kind, const struct call *c)
{
	CLEANUP(book_close) struct book b = book_open(kind);

	for (long n = 0; !try_call(b.store, c, n); n = fault_next(n)) {
		bool again = !c->changes || n % AGAIN_EACH == 0;

		CHECK(n < ALLOCATIONS_MAX, "%s", c->name);
		if (again)
			do_call(b.store, c, n);
		if (again && c->changes) {
			book_close(&b);
			b = book_open(kind);
		} else {
			book_reopen(&b);
		}
	}
}

static void test_store__goes_on_after_every_call_without_memory(void **state)
{
	for (unsigned k = 0; k < store_kind_count; k++)
		for (size_t i = 0; i < ARRAY_LEN(calls); i++)
			try_call_without_memory(&store_kinds[k], &calls[i]);
}

/* `create`: a new book, else one that is there.  `n` allocations succeed. */
static bool try_open(const struct store_kind *kind, const char *folder, bool create, long n)
{
	struct store *s = NULL;
	struct err err = { 0 };
	bool ok;

	allocations_left = n;
	ok = kind->open(folder, create, &s, &err);
	allocations_left = ALLOCATIONS_UNLIMITED;
	if (!ok) {
		CHECK(!s && err.code == ERR_MEMORY, "%s, allocation %ld: %s", kind->name, n,
		      err.text);
		CHECK(kind->open(folder, create, &s, &err), "%s, after allocation %ld: %s",
		      kind->name, n, err.text);
	}
	CHECK(entry_each(s, &err), "%s", err.text);
	store_free(s);
	return ok;
}

static bool try_create(const struct store_kind *kind, long n)
{
	CLEANUP(folder_cleanup) struct folder folder = folder_make();

	return try_open(kind, folder.path, true, n);
}

static void test_open__says_so_and_works_a_moment_later(void **state)
{
	for (unsigned k = 0; k < store_kind_count; k++) {
		CLEANUP(folder_cleanup) struct folder folder = folder_make();
		long n;

		for (n = 0; !try_create(&store_kinds[k], n); n = fault_next(n))
			CHECK(n < ALLOCATIONS_MAX);
		CHECK(try_open(&store_kinds[k], folder.path, true, ALLOCATIONS_UNLIMITED));
		for (n = 0; !try_open(&store_kinds[k], folder.path, false, n); n++)
			CHECK(n < ALLOCATIONS_MAX);
	}
}

/* All is written; only the commit has no memory. True: it needed no more than `n`. */
static bool try_commit(const struct store_kind *kind, long n)
{
	CLEANUP(book_close) struct book b = book_open(kind);
	unsigned before = weigh(b.store);
	struct err err = { 0 };
	bool ok;

	CHECK(store_begin(b.store, true, &err) && entry_release(b.store, &err) &&
		      claim(b.store, &err),
	      "%s", err.text);
	allocations_left = n;
	ok = store_commit(b.store, &err);
	allocations_left = ALLOCATIONS_UNLIMITED;
	CHECK(ok || err.code == ERR_MEMORY, "%s, allocation %ld: %s", kind->name, n, err.text);
	CHECK((weigh(b.store) == before) == !ok, "%s, allocation %ld", kind->name, n);
	CHECK(ok || change(b.store, &err), "%s, after allocation %ld: %s", kind->name, n, err.text);
	return ok;
}

static void test_commit__is_all_or_nothing(void **state)
{
	for (unsigned k = 0; k < store_kind_count; k++)
		for (long n = 0; !try_commit(&store_kinds[k], n); n++)
			CHECK(n < ALLOCATIONS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open__says_so_and_works_a_moment_later),
		cmocka_unit_test(test_store__goes_on_after_every_call_without_memory),
		cmocka_unit_test(test_commit__is_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, make_templates, remove_templates);
}
