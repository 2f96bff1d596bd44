/*
 * What stands in headers and cursors: base64, and numbers that nobody shall read.
 */
#include "lib/check.h"

#include "mcp/base64.h"
#include "mcp/header.h"
#include "mcp/own.h"

static void test_base64__is_that_of_rfc_4648(void **state)
{
	static const struct {
		const char *plain, *encoded;
	} row[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "\xff\xfe", "//4=" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text t = { 0 };
		unsigned char back[16];
		size_t len = 0;

		text_add_base64(&t, (const unsigned char *)row[i].plain, strlen(row[i].plain));
		CHECK(!strcmp(text_str(&t), row[i].encoded), "row %zu: %s", i, text_str(&t));
		CHECK(base64_decode(row[i].encoded, strlen(row[i].encoded), back, sizeof(back),
				    &len));
		CHECK(len == strlen(row[i].plain) && !memcmp(back, row[i].plain, len), "row %zu",
		      i);
	}
}

static void test_base64__that_is_none_is_refused(void **state)
{
	static const char *const row[] = {
		"Z",	 "Zg",	 "Zg=",	   "Zg===", "=",    "====",
		"Zm9v=", "Z=9v", "Zm9v\n", "Zm-v",  "Zh==", /* bits that stand for nothing */
		"Zm9=",
	};
	unsigned char ret[3];
	size_t len = 99;

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(!base64_decode(row[i], strlen(row[i]), ret, sizeof(ret), &len), "%s", row[i]);
	CHECK(!base64_decode("Zm9vYg==", 8, ret, sizeof(ret), &len), "it does not fit");
	CHECK(len == 99);
}

static void test_header__names_a_text_plain_or_encoded(void **state)
{
	static const struct {
		const char *value, *text;
		bool is;
	} row[] = {
		{ "web", "web", true },
		{ " \tweb ", "web", true },
		{ "web", "Web", false },
		{ "", "", true },
		{ "=?base64?d2Vi?=", "web", true },
		{ "=?base64?w6k=?=", "\xc3\xa9", true },
		{ "=?base64?d2Vi?=", "=?base64?d2Vi?=", false },
		{ "=?BASE64?d2Vi?=", "web", false },
		{ "=?base64?!!!!?=", "web", false },
		{ "=?base64?=", "=?base64?=", true }, /* too short to be encoded */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(header_is(row[i].value, row[i].text) == row[i].is, "row %zu: %s", i,
		      row[i].value);
}

static void test_cursor__is_good_for_its_list_only(void **state)
{
	CLEANUP(json_cleanup) json_t *result = json_object();
	const char *cursor;
	int64_t n = 7;

	CHECK(cursor_put(result, "ports", 3100));
	cursor = json_text_of(result, "nextCursor");
	CHECK(!cursor_decode(cursor, "resources", &n) && !cursor_decode(cursor, "port", &n));
	CHECK(n == 7);
	CHECK(cursor_decode(cursor, "ports", &n) && n == 3100);
	CHECK(cursor_decode(NULL, "ports", &n) && n == 0);
	/* "ports:", "ports:1x", "ports:99999999999" */
	CHECK(!cursor_decode("cG9ydHM6", "ports", &n));
	CHECK(!cursor_decode("cG9ydHM6MXg=", "ports", &n));
	CHECK(!cursor_decode("cG9ydHM6OTk5OTk5OTk5OTk=", "ports", &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64__is_that_of_rfc_4648),
		cmocka_unit_test(test_base64__that_is_none_is_refused),
		cmocka_unit_test(test_header__names_a_text_plain_or_encoded),
		cmocka_unit_test(test_cursor__is_good_for_its_list_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
