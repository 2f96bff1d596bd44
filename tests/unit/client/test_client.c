#include "lib/check.h"

#include "client/client.h"

static bool read_answer(const char *text, json_t **ret, struct err *err)
{
	*err = (struct err){ 0 };
	return client_read_answer(text, strlen(text), ret, err);
}

static void test_client_read_answer__tells_what_came_back(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		enum err_code code;
		const char *says; /* part of the message; NULL: it is an answer */
	} row[] = {
		{ "HTTP/1.1 200 OK\r\n\r\n{\"success\":true,\"port\":3100}", true, ERR_NONE, NULL },
		{ "HTTP/1.1 201 Created\r\n\r\n{\"success\":true}", true, ERR_NONE, NULL },
		{ "HTTP/1.1 409 x\r\n\r\n{\"success\":false,\"error\":{\"code\":\"taken\","
		  "\"message\":\"it is held\"}}",
		  false, ERR_TAKEN, "it is held" },
		/* refused before it came to an operation */
		{ "HTTP/1.1 403 x\r\n\r\n{\"type\":\"about:blank\",\"status\":403,"
		  "\"detail\":\"not you\",\"code\":\"not-permitted\"}",
		  false, ERR_NOT_PERMITTED, "not you" },
		/* no portbook */
		{ "", false, ERR_IO, "no portbook" },
		{ "SSH-2.0-x\r\n", false, ERR_IO, "no portbook" },
		{ "HTTP/1.1 200 OK\r\n\r\n<html>", false, ERR_IO, "no portbook" },
		{ "HTTP/1.1 200 OK\r\n\r\n[]", false, ERR_IO, "no portbook" },
		{ "HTTP/1.1 200 OK\r\n\r\n{}", false, ERR_IO, "no portbook" },
		{ "HTTP/1.1 500 x\r\n\r\n{\"success\":true}", false, ERR_IO, "no portbook" },
		{ "HTTP/1.1 500 x\r\n\r\n{\"error\":{\"code\":\"none\",\"message\":\"x\"}}", false,
		  ERR_IO, "no portbook" },
		{ "HTTP/1.1 500 x\r\n\r\n{\"error\":{\"code\":\"io\",\"message\":\"\"}}", false,
		  ERR_IO, "no portbook" },
		{ "HTTP/1.1 500 x\r\n\r\n{\"error\":{\"code\":7,\"message\":[]}}", false, ERR_IO,
		  "no portbook" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(json_cleanup) json_t *answer = NULL;
		struct err err;

		CHECK(read_answer(row[i].text, &answer, &err) == row[i].ok, "row %zu", i);
		CHECK((answer != NULL) == row[i].ok, "row %zu", i);
		CHECK(err.code == row[i].code, "row %zu: %s", i, err.text);
		CHECK(!row[i].says || strstr(err.text, row[i].says), "row %zu: %s", i, err.text);
	}
}

static void test_client_read_answer__has_all_that_an_error_says(void **state)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err err;

	CHECK(!read_answer("HTTP/1.1 409 x\r\n\r\n{\"success\":false,\"error\":{\"code\":\"taken\","
			   "\"message\":\"it is held\",\"hint\":\"ask\",\"holder\":{\"pid\":1}},"
			   "\"claims\":[1]}",
			   &answer, &err));
	CHECK_TEXT(err.hint, "ask");
	CHECK_TEXT(err.holder, "{\"pid\":1}");
	CHECK(json_array_size(json_object_get(answer, "claims")) == 1);
}

static void test_client_is_url__is_a_socket_or_a_server(void **state)
{
	CHECK(client_is_url("unix:/run/portbook.sock"));
	CHECK(client_is_url("https://ports.example:9443") && client_is_url("HTTP://localhost"));
	CHECK(!client_is_url("/run/unix:x") && !client_is_url("/https://x") &&
	      !client_is_url("postgres://localhost"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_read_answer__tells_what_came_back),
		cmocka_unit_test(test_client_read_answer__has_all_that_an_error_says),
		cmocka_unit_test(test_client_is_url__is_a_socket_or_a_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
