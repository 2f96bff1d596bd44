#include "lib/check.h"
#include "lib/random.h"

#include "ports/name.h"

#define X63 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void test_name_fold__takes_the_grammar_and_folds_case(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} row[] = {
		{ "shop", "shop" },
		{ "Shop", "shop" },
		{ "0", "0" },
		{ "9.x_y-Z", "9.x_y-z" },
		{ "a.b.c", "a.b.c" },
		{ "a-", "a-" },
		{ X63, X63 },
		{ X63 "x", NULL }, /* 64 */
		{ "", NULL },
		{ "-a", NULL },
		{ ".a", NULL },
		{ "_a", NULL },
		{ "a..b", NULL }, /* could climb a path */
		{ "a b", NULL },
		{ " a", NULL },
		{ "a/b", NULL },
		{ "a@2", NULL },
		{ "a\n", NULL },
		{ "a\x1b[0m", NULL },
		{ "\xc3\xa9t\xc3\xa9", NULL },
		{ "\xff", NULL },
		{ "a'; DROP TABLE projects", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char got[NAME_SIZE] = "untouched";
		struct err err = { 0 };
		bool ok = name_fold("project", row[i].text, got, &err);

		CHECK(ok == (row[i].want != NULL), "row %zu: %s", i, err.text);
		CHECK_TEXT(got, row[i].want ? row[i].want : "untouched");
		CHECK(ok || (err.code == ERR_INVALID && strstr(err.text, "project")), "row %zu", i);
		CHECK(!strchr(err.text, '\x1b') && !strchr(err.text, '\n'), "row %zu", i);
	}
}

static void test_name_fold__speaks_of_a_host_and_an_environment(void **state)
{
	char name[NAME_SIZE];
	struct err err = { 0 };

	CHECK(!name_fold("host", "a b", name, &err));
	CHECK_TEXT(err.text, "'a b' cannot name a host: letters, digits, and inside . _ -");
	CHECK(!name_fold("environment", "a b", name, &err));
	CHECK_TEXT(err.text, "'a b' cannot name an environment: letters, digits, and inside . _ -");
	CHECK(!name_fold("environment", "", name, &err));
	CHECK_TEXT(err.text, "the name of an environment is empty");
}

static void test_name_from_words__makes_a_name_of_a_folders(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: there is none in it */
	} row[] = {
		{ "shop", "shop" },
		{ "My App", "my-app" },
		{ "  My   App  ", "my-app" },
		{ "app (copy)", "app-copy" },
		{ "a..b", "a.b" },
		{ "a.-b", "a.b" },
		{ ".config", "config" },
		{ "__init__", "init" },
		{ "caf\xc3\xa9", "caf" },
		{ "\xc3\xa9t\xc3\xa9", "t" },
		{ "a\nb", "a-b" },
		{ X63 "yyy", X63 },
		{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx y",
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
		{ "", NULL },
		{ "...", NULL },
		{ "\xe6\x97\xa5\xe6\x9c\xac", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char got[NAME_SIZE] = "untouched";

		CHECK(name_from_words(row[i].text, got) == (row[i].want != NULL), "row %zu", i);
		CHECK_TEXT(got, row[i].want ? row[i].want : "untouched");
	}
}

static void test_name_from_words__always_makes_what_name_fold_takes(void **state)
{
	static const char letters[] = "aZ0.-_ /@\xc3\xa9\n";
	uint64_t seed = 11;

	for (unsigned round = 0; round < 20000; round++) {
		char text[100] = "", name[NAME_SIZE], folded[NAME_SIZE];
		unsigned len = random_below(&seed, sizeof(text));
		struct err err = { 0 };

		for (unsigned i = 0; i < len; i++)
			text[i] = letters[random_below(&seed, sizeof(letters) - 1)];
		if (!name_from_words(text, name))
			continue;
		CHECK(name_fold("project", name, folded, &err), "'%s': %s", text, err.text);
		CHECK_TEXT(folded, name);
	}
}

static void test_service_ref_parse__takes_what_people_write(void **state)
{
	static const struct {
		const char *text, *project;
		unsigned instance;
		const char *service; /* NULL: refused */
	} row[] = {
		{ "web", "", 0, "web" },
		{ "Shop/Web", "shop", 0, "web" },
		{ "shop@2/web", "shop", 2, "web" },
		{ "shop@9999/web", "shop", 9999, "web" },
		{ "@2/web", "", 2, "web" },
		{ "a.b/c.d", "a.b", 0, "c.d" },
		{ X63 "@12/" X63, X63, 12, X63 },
		{ "", "", 0, NULL },
		{ "/web", "", 0, NULL },
		{ "shop/", "", 0, NULL },
		{ "shop/a/b", "", 0, NULL },
		{ "shop@0/web", "", 0, NULL },
		{ "shop@10000/web", "", 0, NULL },
		{ "shop@/web", "", 0, NULL },
		{ "shop@x/web", "", 0, NULL },
		{ "shop@-1/web", "", 0, NULL },
		{ "shop@2@3/web", "", 0, NULL },
		{ "shop@2 /web", "", 0, NULL },
		{ "@/web", "", 0, NULL },
		{ "web@2", "", 0, NULL },
		{ "shop /web", "", 0, NULL },
		{ "../web", "", 0, NULL },
		{ X63 "x/web", "", 0, NULL },
		{ X63 X63 X63 X63 "/web", "", 0, NULL },
		{ "shop/" X63 "x", "", 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct service_ref got = { .instance = 77 };
		struct err err = { 0 };
		bool ok = service_ref_parse(row[i].text, &got, &err);

		CHECK(ok == (row[i].service != NULL), "'%s': %s", row[i].text, err.text);
		CHECK_TEXT(got.project, row[i].project);
		CHECK_TEXT(got.service, row[i].service ? row[i].service : "");
		CHECK(got.instance == (ok ? row[i].instance : 77), "'%s'", row[i].text);
		CHECK(ok || (err.code == ERR_INVALID && err.text[0]), "'%s'", row[i].text);
	}
}

static void test_project_ref_parse__takes_a_project_and_an_instance(void **state)
{
	static const struct {
		const char *text, *project;
		unsigned instance;
		bool ok;
	} row[] = {
		{ "shop", "shop", 0, true },  { "Shop@3", "shop", 3, true },
		{ "@3", "", 3, true },	      { "", "", 0, false },
		{ "@", "", 0, false },	      { "shop@", "", 0, false },
		{ "shop/web", "", 0, false }, { "shop@2/web", "", 0, false },
		{ "-x", "", 0, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct service_ref got = { .instance = 77 };
		struct err err = { 0 };

		CHECK(project_ref_parse(row[i].text, &got, &err) == row[i].ok, "'%s'", row[i].text);
		CHECK_TEXT(got.project, row[i].project);
		CHECK_TEXT(got.service, "");
		CHECK(got.instance == (row[i].ok ? row[i].instance : 77), "'%s'", row[i].text);
		CHECK(row[i].ok || err.code == ERR_INVALID);
	}
}

static void test_name_variable__is_upper_case_with_port_behind(void **state)
{
	static const struct {
		const char *service;
		unsigned nth;
		const char *want;
	} row[] = {
		{ "web", 1, "WEB_PORT" },
		{ "web", 2, "WEB_PORT_2" },
		{ "web", UINT32_MAX, "WEB_PORT_4294967295" },
		{ "supabase-api", 1, "SUPABASE_API_PORT" },
		{ "a.b_c-d", 1, "A_B_C_D_PORT" },
		{ "9front", 1, "_9FRONT_PORT" }, /* no shell takes a digit first */
	};
	char got[VARIABLE_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		name_variable(row[i].service, row[i].nth, got);
		CHECK_TEXT(got, row[i].want);
	}
}

static void test_name_variable__has_room_for_the_longest(void **state)
{
	char got[VARIABLE_SIZE], name[NAME_SIZE];

	memset(name, '9', sizeof(name));
	name[NAME_SIZE - 1] = '\0';
	name_variable(name, UINT32_MAX, got);
	CHECK(strlen(got) == 1 + 63 + strlen("_PORT_4294967295"));
	CHECK(!strcmp(got + 64, "_PORT_4294967295"));
}

/* The textbook's definition, exponential: for short words only. */
static unsigned naive_distance(const char *a, const char *b)
{
	unsigned best, other;

	if (!*a || !*b)
		return (unsigned)(strlen(a) + strlen(b));
	best = naive_distance(a + 1, b + 1) + (*a != *b);
	other = naive_distance(a + 1, b) + 1;
	best = other < best ? other : best;
	other = naive_distance(a, b + 1) + 1;
	best = other < best ? other : best;
	if (!a[1] || a[0] != b[1] || a[1] != b[0])
		return best;
	other = naive_distance(a + 2, b + 2) + 1;
	return other < best ? other : best;
}

static void test_name_distance__takes_changed_places_for_one_edit(void **state)
{
	CHECK(name_distance("gte", "get", 9) == 1);
	CHECK(name_distance("lits", "list", 9) == 1);
	CHECK(name_distance("teg", "get", 9) == 2);
	CHECK(name_distance("ca", "abc", 9) == 3); /* no letter is edited twice */
}

static void test_name_distance__counts_edits(void **state)
{
	uint64_t seed = 13;

	for (unsigned round = 0; round < 3000; round++) {
		char a[7] = "", b[7] = "";
		unsigned want;

		for (unsigned i = 0, n = random_below(&seed, 7); i < n; i++)
			a[i] = (char)('a' + random_below(&seed, 3));
		for (unsigned i = 0, n = random_below(&seed, 7); i < n; i++)
			b[i] = (char)('a' + random_below(&seed, 3));
		want = naive_distance(a, b);
		CHECK(name_distance(a, b, 20) == want, "%s %s", a, b);
		CHECK(name_distance(b, a, 20) == want, "%s %s", a, b);
		CHECK(name_distance(a, b, 2) == (want > 2 ? 3 : want), "%s %s", a, b);
	}
	CHECK(name_distance(X63, "", 100) == 63);
	CHECK(name_distance(X63, X63, 100) == 0);
}

static void test_name_is_dns__takes_hostnames_only(void **state)
{
	static const struct {
		const char *name;
		bool want;
	} row[] = {
		{ "a.example.org", true },
		{ "localhost", true },
		{ "*.example.org", true },
		{ "_dmarc.A-1.Example.Org", true },
		{ "", false },
		{ "*", false },
		{ "*.", false },
		{ "a.*.org", false },
		{ ".a", false },
		{ "a.", false },
		{ "a..b", false },
		{ "-a.b", false },
		{ "a-.b", false },
		{ "a.b-", false },
		{ "a b", false },
		{ "a/b", false },
		/* Labels of 63 and 64. */
		{ "a12345678901234567890123456789012345678901234567890123456789012.b", true },
		{ "a123456789012345678901234567890123456789012345678901234567890123.b", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(name_is_dns(row[i].name) == row[i].want, "'%s'", row[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_fold__takes_the_grammar_and_folds_case),
		cmocka_unit_test(test_name_fold__speaks_of_a_host_and_an_environment),
		cmocka_unit_test(test_name_from_words__makes_a_name_of_a_folders),
		cmocka_unit_test(test_name_from_words__always_makes_what_name_fold_takes),
		cmocka_unit_test(test_service_ref_parse__takes_what_people_write),
		cmocka_unit_test(test_project_ref_parse__takes_a_project_and_an_instance),
		cmocka_unit_test(test_name_variable__is_upper_case_with_port_behind),
		cmocka_unit_test(test_name_variable__has_room_for_the_longest),
		cmocka_unit_test(test_name_distance__takes_changed_places_for_one_edit),
		cmocka_unit_test(test_name_distance__counts_edits),
		cmocka_unit_test(test_name_is_dns__takes_hostnames_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
