/*
 * The tables of libportbook beside the schemas: nothing that an operation says
 * or takes is missing from portbook.h unless it is named here.
 */
#include "lib/check.h"

#include "book/layouts.h"
#include "operations/operation.h"

/* What portbook.h says in another way: lists have their count, failures their error. */
static const char *const left_out[] = { "success", "count", NULL };

/* A socket's number is nothing to act on. */
static const char *const left_out_of_list[] = { "success", "count", "inode", NULL };

/* `free` and `yours` are two of the verdicts. */
static const char *const left_out_of_check[] = { "success", "notices", "free",
						 "yours",   "inode",   NULL };

static bool is_in(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static const struct member *member_of(const struct layout *layout, const char *key)
{
	for (size_t i = 0; i < layout->count; i++)
		if (!strcmp(layout->members[i].key, key))
			return &layout->members[i];
	return NULL;
}

static json_t *schema_of(const char *operation)
{
	const struct operation *op = operation_named(operation);
	struct err err = { 0 };
	json_t *schema;

	CHECK(op, "%s", operation);
	CHECK(json_parse(op->schema->text, op->schema->text_len, &schema, &err), "%s", err.text);
	return schema;
}

static bool has_word(const struct word *words, const char *name)
{
	for (; words->name; words++)
		if (!strcmp(words->name, name))
			return true;
	return false;
}

static void check_words(const struct member *m, const json_t *property, const char *where)
{
	const json_t *name;
	size_t i;

	json_array_foreach(json_object_get(property, "enum"), i, name)
		CHECK(m->kind != MEMBER_WORD || json_is_null(name) ||
			      has_word(m->words, json_string_value(name)),
		      "%s: %s cannot be '%s'", where, m->key, json_string_value(name));
}

static void check_properties(const struct layout *layout, const json_t *properties,
			     const char *const *without, const char *where)
{
	const char *key;
	json_t *property;

	CHECK(json_object_size(properties) > 0, "%s", where);
	json_object_foreach(json_walked(properties), key, property) {
		const struct member *m = member_of(layout, key);
		const json_t *items = json_object_get(property, "items");
		const json_t *inner = json_object_get(items ? items : property, "properties");

		if (is_in(without, key))
			continue;
		CHECK(m, "%s says %s, and portbook.h does not", where, key);
		check_words(m, property, where);
		if (inner && m->layout)
			check_properties(m->layout, inner, without, key);
	}
}

static void test_layouts__have_all_that_the_operations_say(void **state)
{
	static const struct {
		const char *operation;
		const struct layout *layout;
		const char *const *without;
	} row[] = {
		{ "get", &layout_entry, left_out },
		{ "allocate", &layout_entry, left_out },
		{ "update", &layout_entry, left_out },
		{ "release", &layout_released, left_out },
		{ "list", &layout_listing, left_out_of_list },
		{ "summary", &layout_usages, left_out },
		{ "check", &layout_findings, left_out_of_check },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(json_cleanup) json_t *schema = schema_of(row[i].operation);
		const json_t *output = json_object_get(schema, "output");

		check_properties(row[i].layout, json_object_get(output, "properties"),
				 row[i].without, row[i].operation);
	}
}

static void test_request__has_all_that_the_operations_take(void **state)
{
	static const char *const operations_asked[] = { "get",	"allocate", "update", "release",
							"list", "summary",  "check" };
	/* `check` takes a list; portbook_verify() one port, or all. */
	static const char *const not_asked[] = { "ports", NULL };

	for (size_t i = 0; i < ARRAY_LEN(operations_asked); i++) {
		const struct schema *s = operation_named(operations_asked[i])->schema;

		for (size_t k = 0; k < s->n_input; k++)
			CHECK(is_in(not_asked, s->input[k].name) ||
				      member_of(&layout_request, s->input[k].name),
			      "%s takes %s, and portbook.h does not", s->name, s->input[k].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts__have_all_that_the_operations_say),
		cmocka_unit_test(test_request__has_all_that_the_operations_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
