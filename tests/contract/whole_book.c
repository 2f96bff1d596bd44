/*
 * contract/whole_book.c - a book goes out of any store and into any other, whole or not at all.
 */
#include "lib/books.h"
#include "lib/contract.h"

static json_t *read_book(struct store *s, const struct text *file, struct progress *progress,
			 struct err *err)
{
	struct bytes_source source = bytes_source(text_str(file), file->len, "book");

	return ask(s, "import", (struct call_io){ .from = &source.source, .progress = progress },
		   "{}", err);
}

/* ---- what has to be true ---- */

static const char *const formats[] = { "json", "csv" };

static void contract_export__comes_back_from_another_store_to_the_byte(struct store *s)
{
	CLEANUP(text_release) struct text out = { 0 }, back = { 0 };
	struct err err = { 0 };

	fill_book(s);
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
	found_book(s);
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

	fill_book(s);
	write_book(s, "csv", &out);
	answer = read_book(s, &out, NULL, &err);
	CHECK(answer, "%s", err.text);
	CHECK(!json_bool_of(answer, "replaced"));
	json_decref(answer);
	write_book(s, "csv", &back);
	check_same(&out, &back);
}

static void contract_import__interrupted_at_any_step_leaves_nothing(struct store *s)
{
	CLEANUP(text_release) struct text out = { 0 }, before = { 0 }, after = { 0 };
	struct store *other = memory_book();
	struct stopping watcher = { .progress.step = stop_when_none_is_left };
	struct err err = { 0 };
	json_t *answer = NULL;

	fill_book(other);
	write_book(other, "json", &out);
	store_free(other);
	found_book(s);
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

	fill_book(other);
	write_book(other, "json", &out);
	store_free(other);
	at = strstr(text_str(&out), "\"port\":7777");
	CHECK(at);
	text_add_bytes(&broken, out.s, (size_t)(at - out.s));
	text_add(&broken, "\"port\":77777");
	text_add(&broken, at + strlen("\"port\":7777"));
	found_book(s);
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

	found_book(s);
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
