/*
 * contract/whole_book.c - a book goes out of any store and into any other, whole or not at all.
 */
#include "lib/contract.h"

#include <stdlib.h>

#include "base/json.h"
#include "formats/policy_builtin.h"
#include "formats/policy_yaml.h"
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

static void count_up(void *ctx, void *bytes, size_t len)
{
	static unsigned char next;

	(void)ctx;
	memset(bytes, next++, len);
}

static const struct clock still = { now_ms, count_up, NULL };

static char *alice(char ret[static CALLER_NAME_SIZE])
{
	snprintf(ret, CALLER_NAME_SIZE, "alice");
	return ret;
}

static struct registry registry_of(struct store *s)
{
	return (struct registry){
		.store = s, .clock = &still, .host = "localhost", .caller = alice
	};
}

static void found(struct store *s)
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
static json_t *ask(struct store *s, const char *operation, struct call_io io, const char *input,
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

static void must_ask(struct store *s, const char *operation, const char *input)
{
	struct err err = { 0 };
	json_t *answer = ask(s, operation, (struct call_io){ 0 }, input, &err);

	CHECK(answer, "%s: %s", operation, err.text);
	json_decref(answer);
}

static void fill(struct store *s)
{
	const struct health_check check = { 3, ID("30"), 1000, "up", 250, UNUSUAL };
	struct entry e = full_entry();
	struct err err = { 0 };

	found(s);
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

static void write_book(struct store *s, const char *format, struct text *ret)
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

static json_t *read_book(struct store *s, const struct text *file, struct progress *progress,
			 struct err *err)
{
	struct bytes_source source = bytes_source(text_str(file), file->len, "book");

	return ask(s, "import", (struct call_io){ .from = &source.source, .progress = progress },
		   "{}", err);
}

static void check_same(const struct text *a, const struct text *b)
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
static struct store *memory_book(void)
{
	struct ranges all = { .count = 0 };
	struct store *s = NULL, *named = NULL;
	struct err err = { 0 };

	MUST(store_memory_open(&s, &err));
	MUST(store_memory_open(&named, &err));
	found(s);
	MUST(s->ops->range_each(s, gather_range, &all, &err));
	found(named);
	MUST(named->ops->ranges_put(named, all.items, all.count, &err));
	store_free(s);
	return named;
}

/* ---- what has to be true ---- */

static const char *const formats[] = { "json", "csv" };

static void contract_export__comes_back_from_another_store_to_the_byte(struct store *s)
{
	CLEANUP(text_release) struct text out = { 0 }, back = { 0 };
	struct err err = { 0 };

	fill(s);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct store *other = memory_book();
		json_t *answer;

		write_book(s, formats[i], &out);
		answer = read_book(other, &out, NULL, &err);
		CHECK(answer, "%s", err.text);
		CHECK(json_bool_of(answer, "replaced"));
		json_decref(answer);
		write_book(other, formats[i], &back);
		check_same(&out, &back);
		store_free(other);
	}
}

static void contract_import__takes_what_another_store_wrote(struct store *s)
{
	CLEANUP(text_release) struct text out = { 0 }, back = { 0 };
	struct store *other = memory_book();
	struct err err = { 0 };
	json_t *answer;

	must_ask(other, "project-add", "{\"projectName\":\"shop\"}");
	must_ask(other, "get", "{\"projectName\":\"shop\",\"serviceName\":\"web\"}");
	must_ask(other, "release", "{\"projectName\":\"shop\",\"serviceName\":\"web\"}");
	write_book(other, "json", &out);
	store_free(other);
	found(s);
	answer = read_book(s, &out, NULL, &err);
	CHECK(answer, "%s", err.text);
	json_decref(answer);
	write_book(s, "json", &back);
	check_same(&out, &back);
}

static void contract_import__of_itself_changes_nothing(struct store *s)
{
	CLEANUP(text_release) struct text out = { 0 }, back = { 0 };
	struct err err = { 0 };
	json_t *answer;

	fill(s);
	write_book(s, "csv", &out);
	answer = read_book(s, &out, NULL, &err);
	CHECK(answer, "%s", err.text);
	CHECK(!json_bool_of(answer, "replaced"));
	json_decref(answer);
	write_book(s, "csv", &back);
	check_same(&out, &back);
}

struct stopping {
	struct progress progress;
	unsigned left;
};

static bool stop(struct progress *p, const char *doing, uint64_t done, uint64_t total,
		 struct err *err)
{
	struct stopping *s = (struct stopping *)p;

	(void)doing, (void)done, (void)total;
	return s->left-- > 0 || fail(err, ERR_INTERRUPTED, "interrupted");
}

static void contract_import__interrupted_at_any_step_leaves_nothing(struct store *s)
{
	CLEANUP(text_release) struct text out = { 0 }, before = { 0 }, after = { 0 };
	struct store *other = memory_book();
	struct stopping watcher = { .progress.step = stop };
	struct err err = { 0 };
	json_t *answer = NULL;

	fill(other);
	write_book(other, "json", &out);
	store_free(other);
	found(s);
	write_book(s, "json", &before);
	for (unsigned steps = 0; !answer; steps++) {
		watcher.left = steps;
		answer = read_book(s, &out, &watcher.progress, &err);
		if (answer)
			break;
		CHECK(err.code == ERR_INTERRUPTED, "%s", err.text);
		write_book(s, "json", &after);
		check_same(&before, &after);
		CHECK(steps < 1000);
	}
	json_decref(answer);
	write_book(s, "json", &after);
	check_same(&out, &after);
}

static void contract_import__refused_leaves_nothing_and_names_the_row(struct store *s)
{
	CLEANUP(text_release)
	struct text out = { 0 }, broken = { 0 }, before = { 0 }, after = { 0 };
	struct store *other = memory_book();
	struct err err = { 0 };
	const char *at;

	fill(other);
	write_book(other, "json", &out);
	store_free(other);
	at = strstr(text_str(&out), "\"port\":7777");
	CHECK(at);
	text_add_bytes(&broken, out.s, (size_t)(at - out.s));
	text_add(&broken, "\"port\":77777");
	text_add(&broken, at + strlen("\"port\":7777"));
	found(s);
	write_book(s, "json", &before);
	CHECK(!read_book(s, &broken, NULL, &err));
	CHECK(err.code == ERR_INVALID && strstr(err.text, "'port'"), "%s", err.text);
	CHECK(!strncmp(err.text, "book:", 5), "%s", err.text);
	write_book(s, "json", &after);
	check_same(&before, &after);
}

static void contract_import__of_claims_is_all_or_nothing(struct store *s)
{
	static const char table[] = "| project | service | port |\n|---|---|---|\n"
				    "| a | web | 3500 |\n| b | web | 3500 |\n| c | web | 3700 |\n";
	CLEANUP(text_release) struct text before = { 0 }, after = { 0 };
	struct bytes_source source = bytes_source(table, sizeof(table) - 1, "ports.md");
	struct err err = { 0 };

	found(s);
	write_book(s, "json", &before);
	CHECK(!ask(s, "import", (struct call_io){ .from = &source.source }, "{}", &err));
	CHECK(err.code == ERR_TAKEN && strstr(err.text, "ports.md:4: "), "%s", err.text);
	write_book(s, "json", &after);
	check_same(&before, &after);
}

static const struct contract contracts[] = {
	CONTRACT(export__comes_back_from_another_store_to_the_byte),
	CONTRACT(import__takes_what_another_store_wrote),
	CONTRACT(import__of_itself_changes_nothing),
	CONTRACT(import__interrupted_at_any_step_leaves_nothing),
	CONTRACT(import__refused_leaves_nothing_and_names_the_row),
	CONTRACT(import__of_claims_is_all_or_nothing),
};

int main(void)
{
	return contracts_run(contracts, ARRAY_LEN(contracts));
}
