#include "lib/check.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/json.h"
#include "formats/declaration_yaml.h"

static const struct declaration *got;

static int arena_setup(void **state)
{
	static struct arena arena;

	*state = &arena;
	return 0;
}

static int arena_teardown(void **state)
{
	arena_release(*state);
	return 0;
}

static bool parse(void **state, const char *text, struct err *err)
{
	return declaration_yaml_parse(text, strlen(text), "p.yaml", *state, &got, err);
}

static void test_declaration__reads_every_key(void **state)
{
	const struct declared_service *s;
	struct err err = { 0 };

	CHECK(parse(state,
		    "project: Shop\n"
		    "number: 7\n"
		    "owner: the team\n"
		    "description: what is sold\n"
		    "services:\n"
		    "  Web:\n"
		    "    type: Web\n"
		    "    role: Frontend\n"
		    "    prefer: 3705\n"
		    "    protocol: both\n"
		    "    hostname: Shop.Example.Org\n"
		    "    tunnel: t-1\n"
		    "    unit: shop.service\n"
		    "    description: \"the front: page\"\n"
		    "    notes: after the backup\n"
		    "    metadata: {Cost Center: 12, b: c}\n"
		    "    environments: [dev, Test]\n",
		    &err),
	      "%s", err.text);
	CHECK_TEXT(got->project, "shop");
	CHECK(got->number == 7);
	CHECK_TEXT(got->owner, "the team");
	CHECK_TEXT(got->description, "what is sold");
	CHECK(got->n_services == 1);
	s = &got->services[0];
	CHECK_TEXT(s->name, "web");
	CHECK(s->place.line == 6 && s->place.column == 3);
	CHECK_TEXT(s->type, "web");
	CHECK_TEXT(s->role, "frontend");
	CHECK(s->prefer == 3705 && s->protocol == DECLARED_BOTH);
	CHECK_TEXT(s->hostname, "shop.example.org");
	CHECK_TEXT(s->tunnel, "t-1");
	CHECK_TEXT(s->unit, "shop.service");
	CHECK_TEXT(s->description, "the front: page");
	CHECK_TEXT(s->notes, "after the backup");
	CHECK(s->n_metadata == 2);
	CHECK_TEXT(s->metadata[0].name, "Cost Center");
	CHECK_TEXT(s->metadata[0].value, "12");
	CHECK(s->n_environments == 2);
	CHECK_TEXT(s->environments[1], "test");
}

static void test_declaration__needs_nothing_but_names(void **state)
{
	const struct declared_service *s;
	struct err err = { 0 };

	CHECK(parse(state, "services:\n  web:\n  api: {}\n  db: ~\n  x: null\n", &err), "%s",
	      err.text);
	CHECK(!got->project[0] && got->number == -1 && !got->owner && !got->description);
	CHECK(got->n_services == 4);
	s = declaration_service(got, "web");
	CHECK(s && !s->type[0] && !s->role[0] && !s->prefer && s->protocol == DECLARED_TCP);
	CHECK(s && !s->hostname && !s->tunnel && !s->unit && !s->description && !s->notes);
	CHECK(s && !s->n_metadata && !s->n_environments);
	CHECK(declaration_service(got, "db") == &got->services[2]);
	CHECK(!declaration_service(got, "worker"));
	CHECK(parse(state, "{}", &err) && !got->n_services);
}

static void test_declaration__a_service_is_for_the_environments_it_names_or_for_all(void **state)
{
	CHECK(parse(state, "services: {a: {environments: [dev, test]}, b: }", NULL));
	CHECK(declared_in(&got->services[0], "dev") && declared_in(&got->services[0], "test"));
	CHECK(!declared_in(&got->services[0], "production"));
	CHECK(declared_in(&got->services[1], "production"));
}

static void test_declaration__a_service_has_a_port_of_the_protocols_it_names(void **state)
{
	CHECK(parse(state, "services: {a: , b: {protocol: udp}, c: {protocol: both}}", NULL));
	CHECK(declared_on(&got->services[0], PROTO_TCP) &&
	      !declared_on(&got->services[0], PROTO_UDP));
	CHECK(!declared_on(&got->services[1], PROTO_TCP) &&
	      declared_on(&got->services[1], PROTO_UDP));
	CHECK(declared_on(&got->services[2], PROTO_TCP) &&
	      declared_on(&got->services[2], PROTO_UDP));
}

static void test_declaration__says_where_and_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *want;
	} row[] = {
		{ "", "p.yaml:1:1: there is no declaration in it" },
		{ "# nothing\n", "p.yaml:1:1: there is no declaration in it" },
		{ "- web\n", "p.yaml:1:1: a declaration is written as 'key: value' lines" },
		{ "project: shop\nservcies:\n  web:\n",
		  "p.yaml:2:1: a declaration has no key 'servcies': the nearest is 'services'" },
		{ "name: shop\n",
		  "p.yaml:1:1: a declaration has no key 'name': the nearest is 'project'" },
		{ "project: a\nproject: b\n", "p.yaml:2:1: 'project' stands twice" },
		{ "project: a/b\n", "p.yaml:1:10: 'a/b' cannot name a project" },
		{ "project:\n", "p.yaml:1:1: the name of a project is empty" },
		{ "number: -1\n", "p.yaml:1:9: 'number' is a number from 0 to 65535, not '-1'" },
		{ "number: 65536\n", "p.yaml:1:9: 'number' is a number from 0 to 65535" },
		{ "owner: ''\n", "p.yaml:1:8: 'owner' is empty" },
		{ "services: [web]\n", "p.yaml:1:11: 'services' takes 'name: value' lines" },
		{ "services:\n", "p.yaml:1:1: 'services' takes 'name: value' lines" },
		{ "services:\n  web: 3000\n",
		  "p.yaml:2:8: a service is written as 'key: value' lines" },
		{ "services:\n  web: ''\n",
		  "p.yaml:2:8: a service is written as 'key: value' lines" },
		{ "services:\n  we b:\n", "p.yaml:2:3: 'we b' cannot name a service" },
		{ "services:\n  web:\n  WEB:\n", "p.yaml:3:3: 'web' stands twice in 'services'" },
		{ "services:\n  web:\n    tpye: web\n",
		  "p.yaml:3:5: a service has no key 'tpye': the nearest is 'type'" },
		/* What people know from elsewhere. */
		{ "services:\n  web:\n    port: 3000\n",
		  "p.yaml:3:5: a service has no key 'port': the nearest is 'prefer'" },
		{ "services:\n  web:\n    host: a.b\n",
		  "p.yaml:3:5: a service has no key 'host': the nearest is 'hostname'" },
		{ "services:\n  web:\n    meta: {}\n",
		  "p.yaml:3:5: a service has no key 'meta': the nearest is 'metadata'" },
		{ "services:\n  web:\n    env: dev\n",
		  "p.yaml:3:5: a service has no key 'env': the nearest is 'environments'" },
		{ "services:\n  web:\n    prefer: 0\n", "p.yaml:3:13: '0' is not a port" },
		{ "services:\n  web:\n    prefer: 65536\n", "p.yaml:3:13: '65536' is not a port" },
		{ "services:\n  web:\n    prefer: [3000]\n",
		  "p.yaml:3:13: 'prefer' takes one value" },
		{ "services:\n  web:\n    protocol: sctp\n",
		  "p.yaml:3:15: 'protocol' is tcp, udp or both, not 'sctp'" },
		{ "services:\n  web:\n    hostname: -a.b\n",
		  "p.yaml:3:15: '-a.b' is not a hostname like app.example.com" },
		{ "services:\n  web:\n    hostname:\n", "p.yaml:3:5: '' is not a hostname" },
		{ "services:\n  web:\n    unit: \"a\\tb\"\n",
		  "p.yaml:3:11: 'unit' is one line without control characters" },
		{ "services:\n  web:\n    notes: >\n      a\n      b\n",
		  "p.yaml:4:1: 'notes' takes a value on one line" },
		{ "services:\n  web:\n    metadata: {a: [b]}\n",
		  "p.yaml:3:19: 'metadata' takes one value" },
		{ "services:\n  web:\n    metadata: {'': b}\n",
		  "p.yaml:3:16: 'metadata' has an empty name" },
		{ "services:\n  web:\n    environments: dev\n",
		  "p.yaml:3:19: 'environments' takes a list" },
		/* What cannot be entered beside another. */
		{ "services:\n  a-b:\n  a.b:\n",
		  "p.yaml:3:3: 'a-b' and 'a.b' would share a variable" },
		{ "services: {a: {hostname: x.y}, b: {hostname: X.y}}\n",
		  "p.yaml:1:32: 'a' and 'b' would share a hostname" },
		{ "services: {a: {prefer: 3100}, b: {prefer: 3100, protocol: both}}\n",
		  "p.yaml:1:31: 'a' and 'b' would share a preferred port" },
		/* Nothing that could make a small file large. */
		{ "project: &a shop\n", "p.yaml:1:13: a declaration holds no anchors" },
		{ "services: &a {}\n", "p.yaml:1:" },
		{ "services:\n  web: &a\n", "p.yaml:2:" },
		{ "services:\n  web: *a\n", "p.yaml:2:" },
		{ "project: !!str shop\n", "p.yaml:1:16: a declaration holds no tags" },
		{ "<<: *a\n", "p.yaml:1:1: a declaration has no key '<<'" },
		{ "{}\n---\n{}\n", "p.yaml:" },
		{ "project: \xff\n", "p.yaml:1:1: bytes that are not UTF-8 text" },
		{ "project: [\n", "p.yaml:" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct err err = { 0 };

		CHECK(!parse(state, row[i].text, &err), "row %zu: '%s'", i, row[i].text);
		CHECK(err.code == ERR_INVALID, "row %zu", i);
		CHECK(!strncmp(err.text, row[i].want, strlen(row[i].want)),
		      "row %zu: '%s' is not '%s'", i, err.text, row[i].want);
	}
}

static void test_declaration__two_ports_of_one_number_may_differ_in_protocol(void **state)
{
	CHECK(parse(state, "services: {a: {prefer: 53}, b: {prefer: 53, protocol: udp}}", NULL));
}

static void test_declaration__leaves_ret_alone_on_failure(void **state)
{
	const struct declaration *before;

	CHECK(parse(state, "{}", NULL));
	before = got;
	CHECK(!parse(state, "services: {a: {prefer: x}}", NULL));
	CHECK(got == before);
}

/* `count` of them are taken, one more is refused. */
static void check_limit(void **state, const char *before, const char *item, const char *after,
			unsigned count)
{
	for (unsigned more = 0; more < 2; more++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		text_add(&text, before);
		for (unsigned i = 0; i < count + more; i++)
			text_addf(&text, "a%u%s, ", i, item);
		text_add(&text, after);
		CHECK(parse(state, text_str(&text), &err) == !more, "%s: %s", before, err.text);
		CHECK(!more || strstr(err.text, "has more than"), "%s", err.text);
	}
}

static void test_declaration__holds_the_limits(void **state)
{
	check_limit(state, "services: {", ": ", "}", DECLARATION_MAX_SERVICES);
	check_limit(state, "services: {a: {metadata: {", ": b", "}}}", DECLARATION_MAX_FACTS);
	check_limit(state, "services: {a: {environments: [", "", "]}}",
		    DECLARATION_MAX_ENVIRONMENTS);
}

static void test_declaration__text_is_as_long_as_the_book_takes_it(void **state)
{
	for (size_t i = 0; i < declaration_shape.n_keys; i++) {
		const struct shape_key *key = &declaration_shape.keys[i];

		for (size_t more = 0; key->set == shape_set_text && more < 2; more++) {
			CLEANUP(text_release) struct text text = { 0 };
			struct err err = { 0 };

			text_addf(&text, "%s: ", key->name);
			for (size_t k = 0; k < key->max + more; k++)
				text_add(&text, "x");
			CHECK(parse(state, text_str(&text), &err) == !more, "%s", err.text);
		}
	}
}

/* --- the schema for editors */

static const json_t *member(const json_t *o, const char *a, const char *b)
{
	const json_t *found = json_object_get(json_object_get(o, a), b);

	CHECK(found, "the schema has no %s.%s", a, b);
	return found;
}

static void check_key(const struct shape_key *key, const json_t *said);

static void check_keys(const struct shape *shape, const json_t *schema)
{
	const json_t *properties = json_object_get(schema, "properties");

	CHECK(json_object_size(properties) == shape->n_keys, "%s", shape->what);
	CHECK(json_is_false(json_object_get(schema, "additionalProperties")), "%s", shape->what);
	CHECK(!json_object_get(schema, "required"), "%s", shape->what);
	for (size_t i = 0; i < shape->n_keys; i++) {
		CHECK(!shape->keys[i].required);
		check_key(&shape->keys[i], member(schema, "properties", shape->keys[i].name));
	}
}

static void check_words(const struct shape_key *key, const json_t *said)
{
	const json_t *words = json_object_get(said, "enum");

	for (size_t i = 0; key->words[i]; i++)
		CHECK_TEXT(json_string_value(json_array_get(words, i)), key->words[i]);
	CHECK(!key->words[json_array_size(words)], "%s", key->name);
}

static bool is_number(const struct shape_key *key)
{
	return key->set == shape_set_int || key->set == shape_set_unsigned;
}

static void check_bounds(const struct shape_key *key, const json_t *said)
{
	if (is_number(key))
		CHECK(json_int_of(said, "maximum", -1) == (int64_t)key->max, "%s", key->name);
	else if (key->set == shape_set_port)
		CHECK(json_int_of(said, "minimum", -1) == 1 &&
			      json_int_of(said, "maximum", -1) == UINT16_MAX,
		      "%s", key->name);
	else if (key->set == shape_set_name)
		CHECK_TEXT(json_text_of(said, "$ref"), "#/definitions/name");
	else if (key->set == shape_set_list)
		CHECK(json_int_of(said, "maxItems", -1) == (int64_t)key->max, "%s", key->name);
	else if (key->set == shape_set_pairs)
		CHECK(json_int_of(said, "maxProperties", -1) == (int64_t)key->max, "%s", key->name);
	else if (!key->words && !key->shape)
		CHECK(json_int_of(said, "maxLength", -1) == (int64_t)key->max, "%s", key->name);
}

/* What a key may hold is what the schema says of it. */
static void check_key(const struct shape_key *key, const json_t *said)
{
	const json_t *each = json_object_get(said, "additionalProperties");

	CHECK(json_text_of(said, "description"), "%s", key->name);
	check_bounds(key, said);
	if (key->words)
		check_words(key, said);
	if (key->set == shape_set_list && key->item == shape_set_name)
		CHECK_TEXT(json_text_of(json_object_get(said, "items"), "$ref"),
			   "#/definitions/name");
	if (key->item == shape_set_text)
		CHECK(json_int_of(key->set == shape_set_list ? json_object_get(said, "items")
							     : each,
				  "maxLength", -1) == (int64_t)key->item_max,
		      "%s", key->name);
	if (key->shape)
		check_keys(key->shape, key->set == shape_set_shaped ? said : each);
}

static void test_declaration__the_editors_schema_has_its_keys_and_limits(void **state)
{
	CLEANUP(text_release) struct text text = { 0 };
	CLEANUP(json_cleanup) json_t *schema = NULL;
	struct err err = { 0 };

	CHECK(file_read(DECLARATION_SCHEMA, 1 << 20, &text, &err), "%s", err.text);
	CHECK(json_parse(text_str(&text), text.len, &schema, &err), "%s", err.text);
	check_keys(&declaration_shape, schema);
	CHECK(json_int_of(member(schema, "definitions", "name"), "maxLength", -1) == NAME_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declaration__reads_every_key),
		cmocka_unit_test(test_declaration__needs_nothing_but_names),
		cmocka_unit_test(
			test_declaration__a_service_is_for_the_environments_it_names_or_for_all),
		cmocka_unit_test(test_declaration__a_service_has_a_port_of_the_protocols_it_names),
		cmocka_unit_test(test_declaration__says_where_and_what_is_wrong),
		cmocka_unit_test(test_declaration__two_ports_of_one_number_may_differ_in_protocol),
		cmocka_unit_test(test_declaration__leaves_ret_alone_on_failure),
		cmocka_unit_test(test_declaration__holds_the_limits),
		cmocka_unit_test(test_declaration__text_is_as_long_as_the_book_takes_it),
		cmocka_unit_test(test_declaration__the_editors_schema_has_its_keys_and_limits),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
