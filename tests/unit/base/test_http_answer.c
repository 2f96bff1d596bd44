#include "lib/check.h"

#include "base/http_answer.h"

static void test_http_answer_parse__finds_status_and_body(void **state)
{
	static const struct {
		const char *bytes;
		unsigned status;
		const char *body;
	} row[] = {
		{ "HTTP/1.0 200 OK\r\n\r\n[]", 200, "[]" },
		{ "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\n[]", 200, "[]" },
		{ "HTTP/1.1 404 Not Found\ncontent-length:2 \n\n{}", 404, "{}" },
		/* What comes behind what was announced is not of it. */
		{ "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n[]junk", 200, "[]" },
		{ "HTTP/1.0 204\r\n\r\n", 204, "" },
		{ "HTTP/1.0 200 OK\r\nX-Content-Length: 99\r\nContent-Lengths: 99\r\n\r\n", 200,
		  "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct http_answer got = { 0 };
		struct err err = { 0 };

		CHECK(http_answer_parse(row[i].bytes, strlen(row[i].bytes), &got, &err),
		      "row %zu: %s", i, err.text);
		CHECK(got.status == row[i].status, "row %zu", i);
		CHECK(got.len == strlen(row[i].body) && !memcmp(got.body, row[i].body, got.len),
		      "row %zu", i);
	}
}

static void test_http_answer_parse__refuses_what_is_none_and_touches_nothing(void **state)
{
	static const struct {
		const char *bytes, *why;
	} row[] = {
		{ "", "the answer is none of HTTP" },
		{ "SSH-2.0-OpenSSH_9.2\r\n", "the answer is none of HTTP" },
		{ "HTTP/2 200\r\n\r\n", "the answer is none of HTTP" },
		{ "HTTP/1.0 20\r\n\r\n", "the answer is none of HTTP" },
		{ "HTTP/1.0 2000 OK\r\n\r\n", "the answer is none of HTTP" },
		{ "HTTP/1.0 200 OK", "the answer is none of HTTP" },
		{ "HTTP/1.0 200 OK\r\nServer: x\r\n", "the answer ends before its contents" },
		{ "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n[]", "the answer was cut short" },
		{ "HTTP/1.0 200 OK\r\nContent-Length: -3\r\n\r\n[]",
		  "the answer does not say how long it is" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
		  "the answer is in pieces, which was not asked for" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct http_answer got = { .status = 7 };
		struct err err = { 0 };

		CHECK(!http_answer_parse(row[i].bytes, strlen(row[i].bytes), &got, &err), "row %zu",
		      i);
		CHECK(err.code == ERR_INVALID && got.status == 7, "row %zu", i);
		CHECK_TEXT(err.text, row[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http_answer_parse__finds_status_and_body),
		cmocka_unit_test(test_http_answer_parse__refuses_what_is_none_and_touches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
