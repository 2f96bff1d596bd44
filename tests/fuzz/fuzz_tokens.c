/* What is read can be written and read again, and a line that goes takes nothing with it. */
#include "fuzz.h"
#include "trust/token_file.h"

static void check_again(const char *bytes, size_t size, const struct token_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		CLEANUP(arena_release) struct arena arena = { 0 };
		CLEANUP(text_release) struct text less = { 0 }, more = { 0 };
		struct token_list again;
		const struct token *t;

		token_file_without(bytes, size, list->items[i].line, &less);
		token_file_add(text_str(&less), less.len, &list->items[i], &more);
		MUST(token_file_parse("f", text_str(&more), more.len, &arena, &again, NULL));
		MUST(again.count == list->count);
		t = token_named(&again, list->items[i].name);
		MUST(t && digest_same(t->digest, list->items[i].digest));
		MUST(t->only_reads == list->items[i].only_reads);
		MUST(!t->projects == !list->items[i].projects);
	}
}

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct token_list list = { 0 };

	if (token_file_parse("f", text, size, &arena, &list, NULL))
		check_again(text, size, &list);
}
