#include "lib/check.h"

#include "http/openapi.h"
#include "http/problem.h"
#include "http/route.h"
#include "operations/operation.h"

/* A request that was taken apart; release with asked_release. */
struct asked {
	struct arena arena;
	struct target target;
	struct http_headers headers;
	struct http_request request;
};

static void asked_release(struct asked *a)
{
	target_release(&a->target);
	arena_release(&a->arena);
}

static void ask(struct asked *a, enum http_method method, const char *target, const char *body)
{
	struct err err = { 0 };

	CHECK(target_parse(target, &a->arena, &a->target, &err), "%s", err.text);
	a->request = (struct http_request){
		.method = method,
		.target = &a->target,
		.headers = &a->headers,
		.body = body,
		.body_len = body ? strlen(body) : 0,
	};
}

static bool takes(const struct operation *op, const char *name, size_t len)
{
	for (size_t i = 0; i < op->schema->n_input; i++)
		if (strlen(op->schema->input[i].name) == len &&
		    !strncmp(op->schema->input[i].name, name, len))
			return true;
	return false;
}

static bool takes_all(const struct operation *op, const char *object)
{
	CLEANUP(json_cleanup) json_t *members = json_loads(object, 0, NULL);
	const char *name;
	json_t *value;

	CHECK(json_is_object(members), "%s", object);
	json_object_foreach(members, name, value)
		if (!takes(op, name, strlen(name)))
			return false;
	return true;
}

static void test_routes__name_operations_and_members_that_are_there(void **state)
{
	for (const struct route *r = routes; r->path; r++) {
		const struct operation *op = operation_named(r->operation);

		CHECK(op != NULL, "%s", r->operation);
		CHECK(!r->fixed || takes_all(op, r->fixed), "%s", r->path);
		CHECK(!r->otherwise || takes_all(op, r->otherwise), "%s", r->path);
		for (const char *at = strchr(r->path, '{'); at; at = strchr(at + 1, '{'))
			CHECK(takes(op, at + 1, strcspn(at + 1, "}")), "%s", r->path);
	}
}

/* By GET, a link may lead there. `env` writes only for a directory's project, not for a named one. */
static void test_routes__get_changes_nothing(void **state)
{
	for (const struct route *r = routes; r->path; r++) {
		const struct operation *op = operation_named(r->operation);
		bool is_trial = r->fixed && strstr(r->fixed, "\"dryRun\":true");

		CHECK(r->method != HTTP_GET || op->access != ACCESS_WRITE || is_trial ||
			      !strcmp(r->operation, "env"),
		      "GET %s is %s", r->path, r->operation);
	}
}

static void test_routes__are_there_once_each(void **state)
{
	for (const struct route *a = routes; a->path; a++)
		for (const struct route *b = a + 1; b->path; b++)
			CHECK(a->method != b->method || strcmp(a->path, b->path) != 0, "%s",
			      a->path);
}

static void test_route_find__goes_by_method_and_path(void **state)
{
	static const struct {
		enum http_method method;
		const char *target, *operation; /* NULL: none */
		bool is_known;
	} row[] = {
		{ HTTP_GET, "/api/v1/projects", "project-list", true },
		{ HTTP_POST, "/api/v1/projects", "project-add", true },
		{ HTTP_DELETE, "/api/v1/projects", NULL, true },
		{ HTTP_OTHER, "/api/v1/projects", NULL, true },
		{ HTTP_GET, "/api/v1/projects/shop", "project-show", true },
		{ HTTP_GET, "/api/v1/projects/instances", "project-show", true },
		{ HTTP_GET, "/api/v1/projects/shop/instances", "instance-list", true },
		{ HTTP_GET, "/api/v1/projects/shop/nothing", NULL, false },
		{ HTTP_GET, "/api/v1", NULL, false },
		{ HTTP_GET, "/", NULL, false },
		{ HTTP_GET, "/api/v1/project", NULL, false },
		{ HTTP_GET, "/api/v1/projectsx", NULL, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(asked_release) struct asked a = { 0 };
		const struct route *r;
		bool known;

		ask(&a, row[i].method, row[i].target, NULL);
		r = route_find(row[i].method, &a.target, &known);
		CHECK_TEXT(r ? r->operation : NULL, row[i].operation);
		CHECK(known == row[i].is_known, "%s", row[i].target);
	}
}

static void test_route_input__is_path_query_and_body(void **state)
{
	static const struct {
		enum http_method method;
		const char *target, *body, *want; /* NULL: refused */
	} row[] = {
		{ HTTP_GET, "/api/v1/projects/shop/instances/2", NULL,
		  "{\"instance\":2,\"projectName\":\"shop\"}" },
		{ HTTP_GET, "/api/v1/allocations", NULL, "{\"limit\":1000}" },
		{ HTTP_GET, "/api/v1/allocations?limit=3&live", NULL,
		  "{\"limit\":3,\"live\":true}" },
		{ HTTP_PATCH, "/api/v1/allocations/3100?environment=test", "{\"notes\":\"x\"}",
		  "{\"environment\":\"test\",\"notes\":\"x\",\"port\":3100}" },
		{ HTTP_GET, "/api/v1/audit", NULL, "{\"dryRun\":true}" },
		{ HTTP_GET, "/api/v1/audit?dryRun=false", NULL, "{\"dryRun\":true}" },
		{ HTTP_POST, "/api/v1/cleanup", "{\"dryRun\":false}", "{\"dryRun\":false}" },
		{ HTTP_POST, "/api/v1/cleanup", "", "{\"dryRun\":true}" },
		{ HTTP_PATCH, "/api/v1/allocations/3100", "{\"port\":1}", NULL },
		{ HTTP_PATCH, "/api/v1/allocations/x", NULL, NULL },
		{ HTTP_PATCH, "/api/v1/allocations/-1", NULL, NULL },
		{ HTTP_PATCH, "/api/v1/allocations/99999999999999999999", NULL, NULL },
		{ HTTP_PATCH, "/api/v1/allocations/3100?metadata=x", NULL, NULL },
		{ HTTP_PATCH, "/api/v1/allocations/3100", "[1]", NULL },
		{ HTTP_GET, "/api/v1/allocations?live=1", NULL, NULL },
		{ HTTP_GET, "/api/v1/allocations?nothing=1", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(asked_release) struct asked a = { 0 };
		CLEANUP(json_cleanup) json_t *input = NULL;
		CLEANUP(text_release) struct text got = { 0 };
		struct err err = { 0 };
		const struct route *r;
		bool known;

		ask(&a, row[i].method, row[i].target, row[i].body);
		r = route_find(row[i].method, &a.target, &known);
		CHECK(route_input(r, operation_named(r->operation), &a.request, &input, &err) ==
			      (row[i].want != NULL),
		      "row %zu: %s", i, err.text);
		CHECK(row[i].want || err.code == ERR_INVALID, "row %zu", i);
		if (row[i].want) {
			text_add_json(&got, input, JSON_COMPACT | JSON_SORT_KEYS);
			CHECK_TEXT(text_str(&got), row[i].want);
		}
	}
}

static void test_route_location__has_members_of_the_answer(void **state)
{
	static const struct route made = { .created_at = "/p/{project.name}/i/{number}" };
	static const struct {
		const char *answer, *want; /* NULL: it does not say */
	} row[] = {
		{ "{\"project\":{\"name\":\"shop\"},\"number\":2}", "/p/shop/i/2" },
		{ "{\"project\":{\"name\":\"shop\"}}", NULL },
		{ "{\"project\":3,\"number\":2}", NULL },
		{ "{}", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(json_cleanup) json_t *answer = json_loads(row[i].answer, 0, NULL);
		CLEANUP(text_release) struct text got = { 0 };
		bool says = route_location(&made, answer, &got);

		CHECK_TEXT(says ? text_str(&got) : NULL, row[i].want);
	}
}

static void test_openapi_document__has_a_path_for_each_route(void **state)
{
	CLEANUP(json_cleanup) json_t *document = openapi_document();
	const json_t *paths = json_object_get(document, "paths");

	CHECK(paths != NULL);
	for (const struct route *r = routes; r->path; r++)
		CHECK(json_object_size(json_object_get(paths, r->path)) > 0, "%s", r->path);
}

static void test_problem_reply__has_what_the_error_says(void **state)
{
	struct http_reply reply = { 0 };
	struct err err = { 0 };

	fail(&err, ERR_TAKEN, "it is %s", "held");
	fail_hint(&err, "ask");
	snprintf(err.holder, sizeof(err.holder), "{\"pid\":1}");
	problem_reply(&reply, &err, NULL);
	CHECK(reply.status == 409);
	CHECK_TEXT(reply.type, "application/problem+json");
	CHECK_TEXT(text_str(&reply.body),
		   "{\"type\":\"urn:portbook:error:taken\",\"title\":\"Another holds it\","
		   "\"status\":409,\"detail\":\"it is held\",\"code\":\"taken\",\"hint\":\"ask\","
		   "\"holder\":{\"pid\":1}}\n");
	http_reply_release(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes__name_operations_and_members_that_are_there),
		cmocka_unit_test(test_routes__get_changes_nothing),
		cmocka_unit_test(test_routes__are_there_once_each),
		cmocka_unit_test(test_route_find__goes_by_method_and_path),
		cmocka_unit_test(test_route_input__is_path_query_and_body),
		cmocka_unit_test(test_route_location__has_members_of_the_answer),
		cmocka_unit_test(test_openapi_document__has_a_path_for_each_route),
		cmocka_unit_test(test_problem_reply__has_what_the_error_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
