#include "lib/books.h"

#include <stdlib.h>

#include "formats/policy_builtin.h"
#include "formats/policy_yaml.h"
#include "lib/contract.h"
#include "lib/random.h"
#include "operations/call.h"
#include "operations/operation.h"
#include "registry/founding.h"
#include "store/memory/memory.h"

/* ---- a book and what is asked of it ---- */

static int64_t now_ms(void *ctx)
{
	(void)ctx;
	return INT64_C(1774000000123);
}

/* Never the same twice, and the same in every run. */
static void count_up(void *ctx, void *bytes, size_t len)
{
	static uint64_t state;
	unsigned char *to = bytes;

	(void)ctx;
	for (size_t i = 0; i < len; i++)
		to[i] = (unsigned char)random_next(&state);
}

static const struct clock still = { now_ms, count_up, NULL };

static char *alice(char ret[static CALLER_NAME_SIZE])
{
	snprintf(ret, CALLER_NAME_SIZE, "alice");
	return ret;
}

struct registry registry_of(struct store *s)
{
	return (struct registry){
		.store = s, .clock = &still, .host = "localhost", .caller = alice
	};
}

void found_book(struct store *s)
{
	const struct policy_file *file = policy_builtin("blocks");
	struct policy *policy = calloc(1, sizeof(*policy));
	struct registry r = registry_of(s);
	struct err err = { 0 };

	CHECK(policy);
	MUST(policy_yaml_parse(file->text, file->len, file->name, policy, &err));
	MUST(store_begin(s, true, &err));
	MUST(registry_found(&r, policy, file->text, &err));
	MUST(store_commit(s, &err));
	registry_release(&r);
	free(policy);
}

/* NULL: it failed, and `err` says why. */
json_t *ask(struct store *s, const char *operation, struct call_io io, const char *input,
	    struct err *err)
{
	struct registry r = registry_of(s);
	struct call c = { .registry = &r, .book = "book", .io = io };
	json_t *in = json_loads(input, 0, NULL), *answer = NULL;
	bool ok;

	CHECK(in);
	ok = operation_run(operation_named(operation), &c, in, &answer, err);
	arena_release(&c.arena);
	registry_release(&r);
	json_decref(in);
	if (ok)
		return answer;
	json_decref(answer);
	return NULL;
}

void must_ask(struct store *s, const char *operation, const char *input)
{
	struct err err = { 0 };
	json_t *answer = ask(s, operation, (struct call_io){ 0 }, input, &err);

	CHECK(answer, "%s: %s", operation, err.text);
	json_decref(answer);
}

void fill_book(struct store *s)
{
	const struct health_check check = { 3, ID("30"), 1000, "up", 250, UNUSUAL };
	struct entry e = full_entry();
	struct err err = { 0 };

	found_book(s);
	must_ask(s, "project-add", "{\"projectName\":\"shop\",\"projectPath\":\"/srv/shop\"}");
	must_ask(s, "get", "{\"projectName\":\"shop\",\"serviceName\":\"web\",\"notes\":\"=1+1\"}");
	must_ask(s, "get", "{\"projectName\":\"shop\",\"serviceName\":\"api\",\"instance\":2}");
	must_ask(s, "release", "{\"projectName\":\"shop\",\"serviceName\":\"web\"}");
	must_ask(s, "reserve", "{\"ports\":\"7000-7001\",\"reason\":\"@later\"}");
	put_project(s, SHOP, "other", 40);
	e.port = 7777;
	put_entry(s, e);
	MUST(s->ops->check_add(s, &check, &err));
}

void write_book(struct store *s, const char *format, struct text *ret)
{
	struct text_sink sink = text_sink(ret);
	char input[64];
	struct err err = { 0 };
	json_t *answer;

	snprintf(input, sizeof(input), "{\"format\":\"%s\"}", format);
	text_clear(ret);
	answer = ask(s, "export", (struct call_io){ .to = &sink.sink }, input, &err);
	CHECK(answer && text_ok(ret), "%s", err.text);
	json_decref(answer);
}

void check_same(const struct text *a, const struct text *b)
{
	CHECK(a->len == b->len && !memcmp(a->s, b->s, a->len), "\n%s\n---\n%s", text_str(a),
	      text_str(b));
}

struct ranges {
	struct stored_range items[POLICY_MAX_RANGES];
	unsigned count;
};

static bool gather_range(const struct stored_range *r, void *arg)
{
	static char ids[POLICY_MAX_RANGES][UUID_TEXT_SIZE];
	struct ranges *all = arg;

	snprintf(ids[all->count], sizeof(ids[0]), "018f0000-0000-7000-8000-%012u", all->count);
	all->items[all->count] = *r;
	all->items[all->count].id = ids[all->count];
	all->count++;
	return true;
}

/* Nobody reads this store by SQL, so its ranges have no ids until they are given some. */
struct store *memory_book(void)
{
	struct ranges all = { .count = 0 };
	struct store *s = NULL, *named = NULL;
	struct err err = { 0 };

	MUST(store_memory_open(&s, &err));
	MUST(store_memory_open(&named, &err));
	found_book(s);
	MUST(s->ops->range_each(s, gather_range, &all, &err));
	found_book(named);
	MUST(named->ops->ranges_put(named, all.items, all.count, &err));
	store_free(s);
	return named;
}

bool stop_when_none_is_left(struct progress *p, const char *doing, uint64_t done, uint64_t total,
			    struct err *err)
{
	struct stopping *s = (struct stopping *)p;

	(void)doing, (void)done, (void)total;
	return s->left-- > 0 || fail(err, ERR_INTERRUPTED, "interrupted");
}
