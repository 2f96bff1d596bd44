#include "lib/check.h"

#include <errno.h>

#include "enforce/verdict.h"

/* The service has 3100, its instance 3101 too; 3000 was asked for and carried out on 3101. */
static void make(struct assignment *a, bool is_taken, bool refuses)
{
	*a = (struct assignment){
		.project = "shop",
		.service = "web",
		.instance = 1,
		.port = 3100,
		.is_taken = is_taken,
		.refuses = refuses,
	};
	CHECK(assignment_add_own(a, 3100, "web") && assignment_add_own(a, 3101, "api"));
	CHECK(assignment_give(a, 3000, 3101));
}

static void test_verdict__goes_by_the_assignment_first(void **state)
{
	static const struct {
		uint16_t asked;
		bool is_taken, refuses;
		struct bind_verdict want;
	} row[] = {
		{ 0, false, false, { BIND_AS_ASKED, 0, 0 } },
		{ 0, true, true, { BIND_AS_ASKED, 0, 0 } },
		{ 3100, false, false, { BIND_AS_ASKED, 3100, 0 } },
		{ 3101, true, true, { BIND_AS_ASKED, 3101, 0 } },
		{ 3000, false, false, { BIND_INSTEAD, 3101, 0 } },
		{ 3000, true, false, { BIND_INSTEAD, 3101, 0 } },
		{ 3000, false, true, { BIND_REFUSED, 0, EACCES } }, /* a map does not soften it */
		{ 8080, false, false, { BIND_ASK_BOOK, 0, 0 } },
		{ 8080, true, false, { BIND_ASK_BOOK, 0, 0 } },
		{ 8080, false, true, { BIND_REFUSED, 0, EACCES } },
		{ 65535, true, true, { BIND_REFUSED, 0, EACCES } },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct assignment a;
		struct bind_verdict got;

		make(&a, row[i].is_taken, row[i].refuses);
		got = verdict_of(&a, row[i].asked);
		CHECK(got.answer == row[i].want.answer && got.port == row[i].want.port &&
			      got.error == row[i].want.error,
		      "row %zu: %d %u %d", i, (int)got.answer, got.port, got.error);
	}
}

static void test_verdict__of_a_port_that_is_not_its_own_goes_by_the_book(void **state)
{
	static const struct {
		bool is_taken;
		struct port_in_book book;
		struct bind_verdict want;
	} row[] = {
		/* The first goes to the service's own, whoever has it, and whether the book answers. */
		{ false, { true, false, 0 }, { BIND_INSTEAD, 3100, 0 } },
		{ false, { true, true, 0 }, { BIND_INSTEAD, 3100, 0 } },
		{ false, { false, false, 0 }, { BIND_INSTEAD, 3100, 0 } },
		/* A second one to an entry, if the book gave one. */
		{ true, { true, false, 3102 }, { BIND_INSTEAD, 3102, 0 } },
		{ true, { true, true, 3102 }, { BIND_INSTEAD, 3102, 0 } },
		{ true, { true, true, 0 }, { BIND_REFUSED, 0, EADDRINUSE } },
		{ true, { false, false, 0 }, { BIND_REFUSED, 0, EADDRINUSE } },
		/* What was entered for the instance since. */
		{ false, { true, true, 8080 }, { BIND_AS_ASKED, 8080, 0 } },
		{ true, { true, true, 8080 }, { BIND_AS_ASKED, 8080, 0 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct assignment a;
		struct bind_verdict got;

		make(&a, row[i].is_taken, false);
		got = verdict_with_book(&a, 8080, &row[i].book);
		CHECK(got.answer == row[i].want.answer && got.port == row[i].want.port &&
			      got.error == row[i].want.error,
		      "row %zu: %d %u %d", i, (int)got.answer, got.port, got.error);
	}
}

static void test_verdict__of_who_listens_without_a_bind_is_the_service_once(void **state)
{
	struct assignment a;

	make(&a, false, false);
	CHECK(verdict_of_unbound(&a) == 3100);
	a.is_taken = true;
	CHECK(verdict_of_unbound(&a) == 0);
}

static void test_assignment__says_when_it_is_full(void **state)
{
	struct assignment a = { .n_own = 0 };

	for (unsigned i = 0; i < OWN_MAX; i++)
		CHECK(assignment_add_own(&a, (uint16_t)(i + 1), "web"));
	CHECK(!assignment_add_own(&a, OWN_MAX + 1, "web"));
	CHECK(assignment_add_own(&a, 1, "web"), "it is there already");
	for (unsigned i = 0; i < GIVEN_MAX; i++)
		CHECK(assignment_give(&a, (uint16_t)(i + 5000), 1));
	CHECK(!assignment_give(&a, 6000, 1) && assignment_give(&a, 5000, 1));
}

static void test_assignment__goes_to_another_process_and_back(void **state)
{
	CLEANUP(json_cleanup) json_t *json = NULL;
	struct assignment a, got = { 0 };
	struct err err = { 0 };

	make(&a, false, true);
	snprintf(a.environment, sizeof(a.environment), "dev");
	snprintf(a.host, sizeof(a.host), "localhost");
	json = assignment_json(&a);
	CHECK(json && assignment_read(json, &got, &err), "%s", err.text);
	CHECK(!strcmp(got.project, "shop") && !strcmp(got.service, "web") && got.instance == 1 &&
	      got.port == 3100 && got.refuses && got.n_own == 2 && got.n_given == 1);
	CHECK(assignment_own(&got, 3101) && assignment_given(&got, 3000) == 3101);
}

static void test_assignment__refuses_what_is_none(void **state)
{
#define NAMES "'project':'p','service':'s','environment':'dev','host':'h',"
	static const char *const row[] = {
		"{}",
		"[]",
		"{" NAMES "'instance':1,'port':0,'own':[],'given':[]}",
		"{" NAMES "'instance':1,'port':3100,'own':[],'given':[]}", /* not its own */
		"{" NAMES "'instance':0,'port':3100,'own':[[3100,'s']],'given':[]}",
		"{" NAMES "'instance':1,'port':3100,'own':[[3100,'../s']],'given':[]}",
		"{" NAMES "'instance':1,'port':3100,'own':[[65536,'s']],'given':[]}",
		"{" NAMES "'instance':1,'port':3100,'own':[[3100,'s']],'given':[[1,2]]}",
		("{'project':'p\\n','service':'s','environment':'dev','host':'h','instance':1,"
		 "'port':3100,'own':[[3100,'s']],'given':[]}"),
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(json_cleanup) json_t *json = NULL;
		char text[512];
		struct assignment a;
		struct err err = { 0 };

		snprintf(text, sizeof(text), "%s", row[i]);
		for (char *at = text; (at = strchr(at, '\''));)
			*at = '"';
		CHECK(json_parse(text, strlen(text), &json, &err), "row %zu: %s", i, err.text);
		CHECK(!assignment_read(json, &a, &err) && err.code == ERR_INVALID, "row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict__goes_by_the_assignment_first),
		cmocka_unit_test(test_verdict__of_a_port_that_is_not_its_own_goes_by_the_book),
		cmocka_unit_test(test_verdict__of_who_listens_without_a_bind_is_the_service_once),
		cmocka_unit_test(test_assignment__says_when_it_is_full),
		cmocka_unit_test(test_assignment__goes_to_another_process_and_back),
		cmocka_unit_test(test_assignment__refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
