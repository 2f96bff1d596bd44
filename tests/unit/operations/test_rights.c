/* Who may change only some projects, or nothing, changes nothing else: held by each operation. */
#include "lib/check.h"

#include "base/rights.h"
#include "book/session.h"
#include "operations/operation.h"

#define MUST(call) CHECK((call), "%s: %s", err_name(err.code), err.text)

static const char *const shop[] = { "shop", NULL };
static const char *const both[] = { "shop", "bank", NULL };
static const struct rights of_shop = { .who = "the token 'ci'", .projects = shop };
static const struct rights of_both = { .who = "the token 'ci'", .projects = both };
static const struct rights reads = { .who = "the token 'ci'", .only_reads = true };

static bool ask(struct session *s, const struct rights *rights, const char *operation,
		const char *input, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *in = json_loads(input, 0, NULL);
	const struct call_io io = { .actor = "token ci", .rights = rights };

	CHECK(in, "%s", input);
	return session_call_with(s, operation, in, &io, ret, err);
}

static void must(struct session *s, const struct rights *rights, const char *operation,
		 const char *input)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err err = { 0 };

	CHECK(ask(s, rights, operation, input, &answer, &err), "%s %s: %s", operation, input,
	      err.text);
}

/* Two projects with a service each, web of bank on 3200, and one without. */
static struct session *new_book(void)
{
	const struct session_options options = { .book = "memory:", .isolated = true };
	struct session *s = NULL;
	struct err err = { 0 };

	MUST(session_open(&options, &s, &err));
	must(s, NULL, "project-add", "{\"projectName\":\"shop\"}");
	must(s, NULL, "project-add", "{\"projectName\":\"bank\"}");
	must(s, NULL, "project-add", "{\"projectName\":\"empty\"}");
	must(s, NULL, "get", "{\"projectName\":\"shop\",\"serviceName\":\"web\"}");
	must(s, NULL, "get", "{\"projectName\":\"bank\",\"serviceName\":\"web\"}");
	must(s, NULL, "instance-add", "{\"projectName\":\"bank\",\"instance\":2}");
	must(s, NULL, "reserve", "{\"ports\":\"7000\",\"reason\":\"kept\"}");
	return s;
}

static json_t *all_of(struct session *s)
{
	json_t *answer = NULL;
	struct err err = { 0 };

	MUST(ask(s, NULL, "export", "{}", &answer, &err));
	return answer;
}

#define SHOP "\"projectName\":\"shop\""
#define BANK "\"projectName\":\"bank\""
#define WEB  "\"serviceName\":\"web\""

/* Each operation that writes, at what is not shop's. */
static const struct {
	const char *operation, *input;
} foreign[] = {
	{ "adopt", "{" BANK ",\"root\":\"/nowhere\"}" },
	{ "allocate", "{" BANK "," WEB "}" },
	{ "allocate", "{" BANK ",\"serviceName\":\"new\",\"dryRun\":true}" },
	{ "allocate", "{\"projectName\":\"new\",\"create\":true," WEB "}" },
	{ "allocate", "{" SHOP "," WEB ",\"port\":3250,\"force\":true}" },
	{ "cleanup", "{" BANK "}" },
	{ "cleanup", "{" SHOP "}" }, /* goes by what it finds, not by what is asked for */
	{ "env", "{\"path\":\"/usr/lib\"}" },
	{ "get", "{" BANK ",\"serviceName\":\"new\"}" },
	{ "get", "{" BANK "," WEB ",\"description\":\"mine\"}" },
	{ "get-port", "{" BANK ",\"serviceType\":\"api\"}" },
	{ "import", "{\"content\":\"x\"}" },
	{ "init", "{\"path\":\"/usr/lib\"," BANK "}" },
	{ "instance-add", "{" BANK ",\"instance\":3}" },
	{ "instance-release", "{" BANK ",\"instance\":2}" },
	{ "instance-set", "{" BANK ",\"instance\":2,\"purpose\":\"mine\"}" },
	{ "move", "{" BANK "," WEB ",\"toProjectName\":\"shop\",\"toServiceName\":\"got\"}" },
	{ "move", "{" SHOP "," WEB ",\"toProjectName\":\"bank\",\"toServiceName\":\"put\"}" },
	{ "policy-use", "{\"name\":\"types\"}" },
	{ "project-add", "{\"projectName\":\"new\"}" },
	{ "project-add-block", "{" BANK "}" },
	{ "project-archive", "{" BANK "}" },
	{ "project-remove", "{\"projectName\":\"empty\"}" },
	{ "project-rename", "{" BANK ",\"newName\":\"mine\"}" },
	{ "project-rename", "{" SHOP ",\"newName\":\"mine\"}" }, /* and then be nobody's */
	{ "project-set", "{" SHOP ",\"projectPath\":\"/usr/lib\"}" },
	{ "instance-add", "{" SHOP ",\"instance\":5,\"worktreePath\":\"/usr/lib\"}" },
	{ "project-set", "{" BANK ",\"owner\":\"me\"}" },
	{ "register", "{" BANK ",\"serviceName\":\"new\",\"port\":3290}" },
	{ "register", "{" SHOP ",\"serviceName\":\"new\",\"port\":3290,\"force\":true}" },
	{ "release", "{" BANK "," WEB "}" },
	{ "release", "{\"port\":3200}" },
	{ "release", "{" BANK ",\"all\":true}" },
	{ "reserve", "{\"ports\":\"7001\",\"reason\":\"mine\"}" },
	{ "reserve", "{\"ports\":\"3150\",\"reason\":\"mine\",\"forProject\":\"shop\"}" },
	{ "audit-changes", "{}" },
	{ "run-note", "{" BANK "," WEB ",\"event\":\"started\",\"pid\":1}" },
	{ "run-note", "{" BANK "," WEB ",\"event\":\"listening\"}" },
	{ "run-port", "{" BANK "," WEB ",\"asked\":5173,\"enter\":true}" },
	{ "undo", "{}" },
	{ "unreserve", "{\"ports\":\"7000\"}" },
	{ "update", "{" BANK "," WEB ",\"description\":\"mine\"}" },
	{ "update", "{\"port\":3200,\"description\":\"mine\"}" },
	{ "worktree-remove", "{" BANK ",\"instance\":2}" },
	{ "worktree-sync", "{" BANK "}" },
};

/* Refused, unless it is wrong before it gets so far; and the book is as it was in any case. */
static void check_refused(struct session *s, const struct rights *rights, const char *operation,
			  const char *input)
{
	CLEANUP(json_cleanup) json_t *before = all_of(s), *after = NULL, *answer = NULL;
	struct err err = { 0 };

	CHECK(!ask(s, rights, operation, input, &answer, &err), "%s %s", operation, input);
	CHECK(err.code == ERR_NOT_PERMITTED && strstr(err.text, "the token 'ci' may"), "%s %s: %s",
	      operation, input, err.text);
	after = all_of(s);
	json_object_del(before, "at");
	json_object_del(after, "at");
	CHECK(json_equal(json_object_get(before, "content"), json_object_get(after, "content")),
	      "%s %s changed the book", operation, input);
}

static void test_bound__changes_nothing_of_others(void **state)
{
	struct session *s = new_book();

	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		check_refused(s, &of_shop, foreign[i].operation, foreign[i].input);
	session_free(s);
}

static void test_reader__changes_nothing(void **state)
{
	struct session *s = new_book();

	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		check_refused(s, &reads, foreign[i].operation, foreign[i].input);
	session_free(s);
}

static bool is_tried(const char *operation)
{
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (!strcmp(foreign[i].operation, operation))
			return true;
	return false;
}

static void test_rights__of_each_operation_that_writes_are_tried(void **state)
{
	for (unsigned i = 0; operations[i]; i++)
		CHECK(operations[i]->access != ACCESS_WRITE || operations[i]->may_only_read ||
			      is_tried(operations[i]->schema->name),
		      "'%s' has no line in the table above", operations[i]->schema->name);
}

static void test_bound__does_all_with_its_own(void **state)
{
	static const struct {
		const char *operation, *input;
	} own[] = {
		{ "get", "{" SHOP ",\"serviceName\":\"api\"}" },
		{ "get", "{" BANK "," WEB "}" }, /* reads */
		{ "allocate", "{" SHOP "," WEB "}" },
		{ "update", "{" SHOP "," WEB ",\"description\":\"mine\"}" },
		{ "move", "{" SHOP "," WEB ",\"toServiceName\":\"front\"}" },
		{ "register", "{" SHOP ",\"serviceName\":\"old\",\"port\":3190}" },
		{ "instance-add", "{" SHOP ",\"instance\":2}" },
		{ "instance-release", "{" SHOP ",\"instance\":2}" },
		{ "project-set", "{" SHOP ",\"owner\":\"me\"}" },
		{ "project-add-block", "{" SHOP "}" },
		{ "audit", "{}" }, /* notes nothing */
		{ "release", "{" SHOP ",\"all\":true}" },
		{ "project-remove", "{" SHOP "}" },
		{ "project-add", "{" SHOP "}" },
	};
	struct session *s = new_book();

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		must(s, &of_shop, own[i].operation, own[i].input);
	must(s, &of_both, "project-remove", "{" SHOP "}");
	must(s, &of_both, "release", "{" BANK "," WEB "}");
	session_free(s);
}

static void test_reader__is_told_what_there_is(void **state)
{
	struct session *s = new_book();

	must(s, &reads, "get", "{" SHOP "," WEB "}");
	must(s, &reads, "list", "{}");
	must(s, &reads, "audit", "{}");
	session_free(s);
}

static void test_audit__of_who_is_bound_notes_nothing(void **state)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct session *s = new_book();
	struct err err = { 0 };

	must(s, &of_shop, "audit", "{}");
	must(s, &reads, "audit", "{}");
	MUST(ask(s, NULL, "uptime", "{" SHOP "}", &answer, &err));
	CHECK(!json_int_of(json_array_get(json_object_get(answer, "services"), 0), "looks", 0));
	session_free(s);
}

static void test_history__says_who_it_was(void **state)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct session *s = new_book();
	struct err err = { 0 };

	must(s, &of_shop, "get", "{" SHOP ",\"serviceName\":\"api\"}");
	MUST(ask(s, NULL, "history", "{\"limit\":1}", &answer, &err));
	CHECK_TEXT(json_text_of(json_array_get(json_object_get(answer, "events"), 0), "actor"),
		   "token ci");
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound__changes_nothing_of_others),
		cmocka_unit_test(test_reader__changes_nothing),
		cmocka_unit_test(test_rights__of_each_operation_that_writes_are_tried),
		cmocka_unit_test(test_bound__does_all_with_its_own),
		cmocka_unit_test(test_reader__is_told_what_there_is),
		cmocka_unit_test(test_audit__of_who_is_bound_notes_nothing),
		cmocka_unit_test(test_history__says_who_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
