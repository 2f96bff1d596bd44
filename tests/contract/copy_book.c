/*
 * contract/copy_book.c - a book goes from any store into any other, and is the same there.
 */
#include "lib/books.h"
#include "lib/contract.h"
#include "lib/random.h"

#include "registry/transfer.h"
#include "store/memory/memory.h"
#include "store/sqlite/sqlite.h"

/* Whose in `to` what is entered for localhost is. */
static const char *host_there;

static bool transfer_so(struct store *from, struct store *to, bool late, struct progress *progress,
			struct err *err)
{
	struct registry of_from = registry_of(from), of_to = registry_of(to);
	struct transfer t = {
		.from = &of_from, .to = &of_to, .progress = progress, .host = host_there
	};
	CLEANUP(txn_cleanup) struct txn reading = { from };
	CLEANUP(txn_cleanup) struct txn writing = { to };
	bool ok;

	from->bulk = to->bulk = late ? BULK_LATE : BULK_AT_ONCE;
	ok = store_begin(to, true, err) && store_begin(from, false, err) &&
	     registry_transfer(&t, err) && store_commit(to, err);
	from->bulk = to->bulk = BULK_NONE;
	transfer_release(&t);
	registry_release(&of_from);
	registry_release(&of_to);
	return ok;
}

static bool transfer(struct store *from, struct store *to, struct progress *progress,
		     struct err *err)
{
	return transfer_so(from, to, true, progress, err);
}

/* How many rows differ. */
static unsigned compare(struct store *from, struct store *to, struct difference *ret_first)
{
	struct registry of_from = registry_of(from), of_to = registry_of(to);
	struct transfer t = { .from = &of_from, .to = &of_to, .host = host_there };
	struct err err = { 0 };
	unsigned n;

	MUST(registry_compare(&t, &err));
	n = (unsigned)t.n_differences;
	if (n && ret_first)
		*ret_first = t.differences[0];
	transfer_release(&t);
	registry_release(&of_from);
	registry_release(&of_to);
	return n;
}

static struct store *sqlite_book(const struct folder *f)
{
	struct store *s = NULL;
	struct err err = { 0 };

	MUST(store_sqlite_open(folder_path(f, "copy.db"), true, &s, &err));
	found_book(s);
	return s;
}

/*
 * The file of the book: members in one order, as jsonb has its own, and without the ids of ranges,
 * which a book in memory has none of.
 */
static void write_plainly(struct store *s, struct text *ret)
{
	CLEANUP(text_release) struct text file = { 0 };
	json_t *book, *range;
	char *plain;
	size_t i;

	write_book(s, "json", &file);
	book = json_loads(text_str(&file), 0, NULL);
	CHECK(book);
	json_array_foreach(json_object_get(book, "ranges"), i, range)
		json_object_del(range, "id");
	plain = json_dumps(book, JSON_SORT_KEYS | JSON_INDENT(1));
	CHECK(plain);
	text_add(ret, plain);
	free(plain);
	json_decref(book);
}

static void check_same_books(struct store *a, struct store *b)
{
	CLEANUP(text_release) struct text one = { 0 }, other = { 0 };
	struct difference first = { .row = "" };

	CHECK(compare(a, b, &first) == 0, "%s", first.row);
	write_plainly(a, &one);
	write_plainly(b, &other);
	check_same(&one, &other);
}

static void check_goes_there_and_back(struct store *s, struct store *other)
{
	struct store *third = memory_book();
	struct err err = { 0 };

	MUST(transfer(s, other, NULL, &err));
	check_same_books(s, other);
	MUST(transfer(other, third, NULL, &err));
	MUST(transfer(third, s, NULL, &err));
	check_same_books(third, s);
	check_same_books(s, other);
	store_free(third);
}

static void contract_copy__goes_through_memory_and_back(struct store *s)
{
	struct store *other = memory_book();

	fill_book(s);
	check_goes_there_and_back(s, other);
	store_free(other);
}

static void contract_copy__goes_through_sqlite_and_back(struct store *s)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	struct store *other = sqlite_book(&f);

	fill_book(s);
	check_goes_there_and_back(s, other);
	store_free(other);
}

static void contract_copy__undo_goes_on_where_it_was(struct store *s)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	struct store *other = sqlite_book(&f);
	struct err err = { 0 };

	fill_book(s);
	MUST(transfer(s, other, NULL, &err));
	for (int i = 0; i < 3; i++) {
		must_ask(s, "undo", "{}");
		must_ask(other, "undo", "{}");
		CHECK(compare(s, other, NULL) == 0, "after %d", i + 1);
	}
	store_free(other);
}

static void contract_copy__numbers_go_on_behind_those_that_came(struct store *s)
{
	const struct health_check check = { 0, ID("30"), 2000, "up", 1, NULL };
	struct store *source = memory_book();
	struct err err = { 0 };

	fill_book(source);
	found_book(s);
	MUST(transfer(source, s, NULL, &err));
	must_ask(s, "get", "{\"projectName\":\"shop\",\"serviceName\":\"next\"}");
	must_ask(source, "get", "{\"projectName\":\"shop\",\"serviceName\":\"next\"}");
	MUST(s->ops->check_add(s, &check, &err));
	MUST(source->ops->check_add(source, &check, &err));
	/* The ids of the two entries differ, as chance gave them: each and its event, both ways. */
	CHECK(compare(source, s, NULL) == 4, "%u", compare(source, s, NULL));
	store_free(source);
}

static void contract_copy__gives_a_machine_its_name(struct store *s)
{
	CLEANUP(text_release) struct text file = { 0 };
	struct store *source = memory_book();
	struct entry e = entry_of(ID("50"), "kept", 4500);
	struct err err = { 0 };
	unsigned differ;

	fill_book(source);
	e.host = "other";
	e.metadata = "{\"host\":\"localhost\"}";
	put_entry(source, e);
	host_there = "build1";
	MUST(transfer(source, s, NULL, &err));
	CHECK(compare(source, s, NULL) == 0);
	host_there = NULL;
	differ = compare(source, s, NULL);
	CHECK(differ > 10, "%u", differ);
	/* What was released comes back where it is now. */
	must_ask(s, "undo", "{}");
	must_ask(s, "undo", "{}");
	write_book(s, "json", &file);
	CHECK(strstr(text_str(&file), "\"host\":\"other\""));
	CHECK(strstr(text_str(&file), "{\"host\":\"localhost\"}"));
	store_free(source);
}

/* More than a server is sent, and than it is asked for, at a time. */
#define MANY 2100

static void contract_copy__of_many_rows_has_them_all(struct store *s)
{
	struct store *source = memory_book(), *back = memory_book();
	struct err err = { 0 };

	put_project(source, SHOP, "shop", 40);
	MUST(store_begin(source, true, &err));
	for (int i = 1; i <= MANY; i++) {
		put_event(source, (struct event){ .seq = 1000 + 2 * i,
						  .at_ms = i,
						  .op = "get",
						  .project_id = SHOP,
						  .subject = "shop/web" });
		MUST(source->ops->check_add(
			source, &(struct health_check){ i, ID("30"), i, "up", i, NULL }, &err));
	}
	MUST(store_commit(source, &err));
	MUST(transfer(source, s, NULL, &err));
	check_same_books(source, s);
	MUST(transfer_so(s, back, false, NULL, &err));
	CHECK(compare(source, back, NULL) == 0);
	store_free(source);
	store_free(back);
}

static void contract_compare__finds_each_row_that_differs(struct store *s)
{
	struct store *other = memory_book();
	struct difference first = { 0 };
	struct err err = { 0 };

	fill_book(s);
	MUST(transfer(s, other, NULL, &err));
	must_ask(other, "unreserve", "{\"ports\":\"7000-7001\"}");
	/* The row, and the event that says so. */
	CHECK(compare(s, other, &first) == 2);
	CHECK(!first.is_missing && strstr(first.row, "event"), "%s", first.row);
	CHECK(compare(other, s, &first) == 2);
	CHECK(!first.is_missing && strstr(first.row, "7000-7001"), "%s", first.row);
	store_free(other);
}

/* A number in another form, members in another order: jsonb keeps what is said, not how. */
static void contract_compare__metadata_is_what_it_says(struct store *s)
{
	struct store *other = memory_book();
	struct entry e = entry_of(ID("40"), "odd", 4444);
	struct err err = { 0 };

	found_book(s);
	MUST(transfer(s, other, NULL, &err));
	put_project(s, SHOP, "shop", 40);
	put_project(other, SHOP, "shop", 40);
	e.metadata = "{\"bb\":1.50,\"a\":{\"y\":[1,2],\"x\":\"\\u00e9\"}}";
	put_entry(s, e);
	e.metadata = "{\"a\": {\"x\": \"\xc3\xa9\", \"y\": [1, 2]}, \"bb\": 1.5}";
	put_entry(other, e);
	CHECK(compare(s, other, NULL) == 0);
	e.metadata = "{\"a\": {\"x\": \"\xc3\xa9\", \"y\": [2, 1]}, \"bb\": 1.5}";
	put_entry(other, e);
	CHECK(compare(s, other, NULL) == 2);
	store_free(other);
}

static void contract_copy__interrupted_at_any_step_leaves_nothing(struct store *s)
{
	CLEANUP(text_release) struct text before = { 0 }, after = { 0 };
	struct stopping watcher = { .progress.step = stop_when_none_is_left };
	struct store *source = memory_book();
	struct err err = { 0 };
	unsigned steps = 0;

	fill_book(source);
	found_book(s);
	write_book(s, "json", &before);
	for (;; steps++) {
		watcher.left = steps;
		if (transfer(source, s, &watcher.progress, &err))
			break;
		CHECK(err.code == ERR_INTERRUPTED, "%s", err.text);
		write_book(s, "json", &after);
		check_same(&before, &after);
	}
	CHECK(steps > 50, "%u", steps);
	check_same_books(source, s);
	store_free(source);
}

static void contract_copy__of_a_row_that_cannot_be_kept_names_it(struct store *s)
{
	struct store *source = memory_book();
	struct err err = { 0 };

	found_book(s);
	put_project(source, SHOP, "shop", 40);
	put_entry(source, entry_of(ID("41"), "lost", 4441));
	/* A store keeps what it is told; whose it is, the registry knows. */
	put_instance(source,
		     (struct instance){
			     .project_id = BLOG, .number = 2, .host = "localhost", .slice = -1 });
	CHECK(!transfer(source, s, NULL, &err));
	CHECK(err.code == ERR_BOOK && strstr(err.text, "@2'"), "%s", err.text);
	store_free(source);
}

/* ---- random books ---- */

#define BOOKS 6
#define STEPS 60

static const char *const names[] = { "shop", "blog", "wiki" };
static const char *const services[] = { "web", "api", "db", "worker" };
static const char *const words[] = { "",       "plain",
				     UNUSUAL,  "{\"not\":\"an object\"",
				     "=1+1",   "\xe6\xb8\xaf\xe5\x8f\xa3",
				     "\\u0041" };

struct dice {
	uint64_t state;
};
#define ONE_OF(d, list) (list)[random_below(&(d)->state, ARRAY_LEN(list))]

static json_t *random_metadata(struct dice *d)
{
	static const char *const keys[] = { "zz", "a", "Key", "m\xc3\xb6", "with blank" };
	json_t *o = json_object();

	for (unsigned i = random_below(&d->state, 4); i > 0; i--)
		json_object_set_new(o, ONE_OF(d, keys), json_string(ONE_OF(d, words)));
	return o;
}

static json_t *a_get(struct dice *d)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:o, s:s}", "projectName", ONE_OF(d, names),
			 "serviceName", ONE_OF(d, services), "instance",
			 1 + (int)random_below(&d->state, 3), "description", ONE_OF(d, words),
			 "notes", ONE_OF(d, words), "metadata", random_metadata(d), "protocol",
			 random_one_in(&d->state, 4) ? "udp" : "tcp");
}

static json_t *a_service(struct dice *d)
{
	return json_pack("{s:s, s:s}", "projectName", ONE_OF(d, names), "serviceName",
			 ONE_OF(d, services));
}

static json_t *a_move(struct dice *d)
{
	json_t *o = a_service(d);

	json_object_set_new(o, "toServiceName", json_string(ONE_OF(d, services)));
	return o;
}

static json_t *a_reservation(struct dice *d)
{
	char ports[16];

	snprintf(ports, sizeof(ports), "%u", 20000 + random_below(&d->state, 5));
	return json_pack("{s:s, s:s}", "ports", ports, "reason", "later");
}

static json_t *ports_reserved(struct dice *d)
{
	json_t *o = a_reservation(d);

	json_object_del(o, "reason");
	return o;
}

static json_t *a_project(struct dice *d)
{
	return json_pack("{s:s, s:s}", "projectName", ONE_OF(d, names), "description",
			 ONE_OF(d, words));
}

static json_t *nothing(struct dice *d)
{
	(void)d;
	return json_object();
}

static const struct {
	const char *operation;
	json_t *(*input)(struct dice *d);
} asked[] = {
	{ "get", a_get },
	{ "allocate", a_get },
	{ "release", a_service },
	{ "get", a_get },
	{ "move", a_move },
	{ "reserve", a_reservation },
	{ "undo", nothing },
	{ "update", a_get },
	{ "unreserve", ports_reserved },
	{ "project-set", a_project },
};

/* What the book refuses is a part of life. */
static void ask_something(struct store *s, struct dice *d)
{
	unsigned at = random_below(&d->state, ARRAY_LEN(asked));
	json_t *input = asked[at].input(d), *answer;
	char *text = json_dumps(input, 0);
	struct err err = { 0 };

	CHECK(input && text);
	answer = ask(s, asked[at].operation, (struct call_io){ 0 }, text, &err);
	CHECK(answer || err.code != ERR_NONE);
	json_decref(answer);
	json_decref(input);
	free(text);
}

static void go_on_at_random(struct store *s, struct dice *d)
{
	for (unsigned i = 0; i < STEPS; i++)
		ask_something(s, d);
}

static void fill_at_random(struct store *s, struct dice *d)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char input[64];

		snprintf(input, sizeof(input), "{\"projectName\":\"%s\"}", names[i]);
		must_ask(s, "project-add", input);
	}
	go_on_at_random(s, d);
}

static void contract_copy__of_any_book_is_the_same(struct store *s)
{
	struct err err = { 0 };

	for (uint64_t seed = 1; seed <= BOOKS; seed++) {
		CLEANUP(folder_cleanup) struct folder f = folder_make();
		struct store *source = memory_book(), *back = sqlite_book(&f);
		struct dice d = { seed };

		fill_at_random(source, &d);
		MUST(transfer(source, s, NULL, &err));
		MUST(transfer(s, back, NULL, &err));
		check_same_books(source, back);
		/* It is a book that goes on, and not only rows. */
		go_on_at_random(back, &d);
		CHECK(compare(source, back, NULL) > 0);
		store_free(source);
		store_free(back);
	}
}

static const struct contract contracts[] = {
	CONTRACT(copy__goes_through_memory_and_back),
	CONTRACT(copy__goes_through_sqlite_and_back),
	CONTRACT(copy__undo_goes_on_where_it_was),
	CONTRACT(copy__numbers_go_on_behind_those_that_came),
	CONTRACT(copy__interrupted_at_any_step_leaves_nothing),
	CONTRACT(copy__of_a_row_that_cannot_be_kept_names_it),
	CONTRACT(copy__of_any_book_is_the_same),
	CONTRACT(copy__of_many_rows_has_them_all),
	CONTRACT(copy__gives_a_machine_its_name),
	CONTRACT(compare__finds_each_row_that_differs),
	CONTRACT(compare__metadata_is_what_it_says),
};

int main(void)
{
	return contracts_run(contracts, ARRAY_LEN(contracts));
}
