#include "lib/check.h"

#include "formats/dotenv.h"
#include "formats/render_rows.h"
#include "formats/scan.h"

static void test_dotenv__finds_names_and_values(void **state)
{
	static const struct {
		const char *text, *name, *value;
		unsigned line;
	} row[] = {
		{ "A=1", "A", "1", 1 },
		{ "A=1\r\n", "A", "1", 1 },
		{ "\n# B=2\nA=1\n", "A", "1", 3 },
		{ "\xef\xbb\xbf"
		  "A=1\n",
		  "A", "1", 1 },
		{ "  export\tA = 1  # one\n", "A", "1", 1 },
		{ "exporter=1\n", "exporter", "1", 1 },
		{ "A=a b # c\n", "A", "a b", 1 },
		{ "A=a#b\n", "A", "a#b", 1 },
		{ "A=# c\n", "A", "# c", 1 }, /* no blank before it */
		{ "A= # c\n", "A", "", 1 },
		{ "A=\n", "A", "", 1 },
		{ "A='1' # c\n", "A", "1", 1 },
		{ "A=\"a\\\"b\"\n", "A", "a\\\"b", 1 },
		{ "A=\"1\n2\"\n", "A", "1\n2", 1 },
		{ "A=`1`\n", "A", "1", 1 },
		{ "A='1'2\n", "A", "'1'2", 1 }, /* the quotes are not the whole */
		{ "A=\"1\n", "A", "\"1", 1 },	/* never closed */
		{ "A=1; export B=2\n", "A", "1", 1 },
		{ "not this\nA=1\n", "A", "1", 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const char *text = row[i].text;
		struct dotenv d = { text, strlen(text) };
		struct dotenv_item item;

		CHECK(dotenv_next(&d, &item), "row %zu", i);
		CHECK(item.name_len == strlen(row[i].name) &&
			      !memcmp(text + item.name, row[i].name, item.name_len),
		      "row %zu", i);
		CHECK(item.value_len == strlen(row[i].value) &&
			      !memcmp(text + item.value, row[i].value, item.value_len),
		      "row %zu: '%.*s'", i, (int)item.value_len, text + item.value);
		CHECK(item.line == row[i].line, "row %zu", i);
		CHECK(!dotenv_next(&d, &item), "row %zu", i);
	}
}

static void test_dotenv__a_value_over_lines_hides_what_looks_like_more(void **state)
{
	static const char text[] = "A='\nWEB_PORT=1\n'\nB=2\n";
	struct dotenv d = { text, sizeof(text) - 1 };
	struct dotenv_item item;

	CHECK(dotenv_next(&d, &item) && text[item.name] == 'A');
	CHECK(dotenv_next(&d, &item) && text[item.name] == 'B' && item.line == 4);
	CHECK(!dotenv_next(&d, &item));
}

static bool splice(const struct port_values *v, const char *old, size_t len, struct text *ret)
{
	const struct file_bytes file = { "f", old, len };

	return dotenv_splice(v, &file, NULL, ret, NULL);
}

static void test_splice__changes_our_values_and_nothing_else(void **state)
{
	static const struct port_value ports[] = { { .variable = "WEB_PORT", .port = 3100 },
						   { .variable = "API_PORT", .port = 3101 } };
	static const struct port_values values = { .items = ports, .count = 2 };
	static const struct {
		const char *old, *want;
	} row[] = {
		{ "", "WEB_PORT=3100\nAPI_PORT=3101\n" },
		{ "WEB_PORT=1\nAPI_PORT=2\n", "WEB_PORT=3100\nAPI_PORT=3101\n" },
		{ "API_PORT=2\nWEB_PORT=1\n", "API_PORT=3101\nWEB_PORT=3100\n" },
		{ "# ours\nWEB_PORT=1 # page\n\nX=y\n",
		  "# ours\nWEB_PORT=3100 # page\n\nX=y\nAPI_PORT=3101\n" },
		{ "X=y", "X=y\nWEB_PORT=3100\nAPI_PORT=3101\n" }, /* no end of line */
		{ "X=y\r\nZ=1\r\n", "X=y\r\nZ=1\r\nWEB_PORT=3100\r\nAPI_PORT=3101\r\n" },
		{ "X=y\r\nWEB_PORT=1", "X=y\r\nWEB_PORT=3100\r\nAPI_PORT=3101\r\n" },
		{ "export WEB_PORT=\"1\"\nAPI_PORT='x'\n",
		  "export WEB_PORT=\"3100\"\nAPI_PORT='3101'\n" },
		{ "WEB_PORT=\nAPI_PORT= # api\n", "WEB_PORT=3100\nAPI_PORT=3101 # api\n" },
		{ " WEB_PORT = 1 \nAPI_PORT=1;B=2\n", " WEB_PORT = 3100 \nAPI_PORT=3101;B=2\n" },
		{ "WEB_PORT=1\nWEB_PORT=2\nAPI_PORT=3\n",
		  "WEB_PORT=3100\nWEB_PORT=3100\nAPI_PORT=3101\n" },
		{ "#WEB_PORT=1\nWEB_PORT_2=5\nMY_WEB_PORT=6\nAPI_PORT=1\n",
		  "#WEB_PORT=1\nWEB_PORT_2=5\nMY_WEB_PORT=6\nAPI_PORT=3101\nWEB_PORT=3100\n" },
		{ "X='\nWEB_PORT=1\n'\nAPI_PORT=3101\n",
		  "X='\nWEB_PORT=1\n'\nAPI_PORT=3101\nWEB_PORT=3100\n" },
		{ "\xff\xfe\nWEB_PORT=1\nAPI_PORT=2\n",
		  "\xff\xfe\nWEB_PORT=3100\nAPI_PORT=3101\n" },
		{ "\n\n", "\n\nWEB_PORT=3100\nAPI_PORT=3101\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text once = { 0 }, twice = { 0 };

		CHECK(splice(&values, row[i].old, strlen(row[i].old), &once));
		CHECK(!strcmp(text_str(&once), row[i].want), "row %zu: %s", i, text_str(&once));
		CHECK(splice(&values, text_str(&once), once.len, &twice));
		CHECK(!strcmp(text_str(&twice), row[i].want), "row %zu again: %s", i,
		      text_str(&twice));
	}
}

static void test_splice__without_variables_changes_nothing(void **state)
{
	CLEANUP(text_release) struct text text = { 0 };

	CHECK(splice(&(struct port_values){ .count = 0 }, "A=1", 3, &text));
	CHECK_TEXT(text_str(&text), "A=1");
}

static void test_scan_dotenv__makes_services_of_variables(void **state)
{
	static const struct {
		const char *text, *service; /* NULL: none */
		unsigned nth, port;
	} row[] = {
		{ "WEB_PORT=3100", "web", 1, 3100 },
		{ "export SUPABASE_API_PORT='54321'", "supabase-api", 1, 54321 },
		{ "WEB_PORT_2=3101", "web", 2, 3101 },
		{ "WEB_PORT=", "web", 1, 0 },
		{ "WEB_PORT=65536", "web", 1, 0 },
		{ "WEB_PORT=http://x:3000", "web", 1, 0 },
		{ "_2FA_PORT=3000", "2fa", 1, 3000 },
		{ "A_PORT_B_PORT=1", "a-port-b", 1, 1 },
		{ "PORT=3000", NULL },
		{ "_PORT=3000", NULL },
		{ "WEB_PORT_1=3000", NULL },
		{ "WEB_PORT_X=3000", NULL },
		{ "WEB_PORTS=3000", NULL },
		{ "# WEB_PORT=3000", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct findings f = { 0 };

		CHECK(scan_dotenv(row[i].text, strlen(row[i].text), "f", &f, NULL), "row %zu", i);
		CHECK(f.count == (row[i].service != NULL), "row %zu", i);
		if (!row[i].service)
			continue;
		CHECK_TEXT(f.items[0].service, row[i].service);
		CHECK(f.items[0].nth == row[i].nth && f.items[0].port == row[i].port, "row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dotenv__finds_names_and_values),
		cmocka_unit_test(test_dotenv__a_value_over_lines_hides_what_looks_like_more),
		cmocka_unit_test(test_splice__changes_our_values_and_nothing_else),
		cmocka_unit_test(test_splice__without_variables_changes_nothing),
		cmocka_unit_test(test_scan_dotenv__makes_services_of_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
