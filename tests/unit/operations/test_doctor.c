/* The findings of `doctor` as JSON; what it finds in books is tested with the program. */
#include "lib/check.h"

#include "operations/doctor.h"

static const json_t *finding_at(const json_t *answer, size_t i)
{
	return json_array_get(json_object_get(answer, "checks"), i);
}

static void check_member(const json_t *finding, const char *key, const char *wanted)
{
	const char *text = json_text_of(finding, key);

	CHECK(text && strstr(text, wanted), "%s: '%s'", key, text ? text : "null");
}

static void test_doctor_add__counts_errors_and_warnings_alone(void **state)
{
	static const enum severity severities[] = { SEVERITY_OK, SEVERITY_WARNING, SEVERITY_ERROR,
						    SEVERITY_WARNING, SEVERITY_NOTE };
	CLEANUP(json_cleanup) json_t *answer = json_object();
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(severities); i++)
		CHECK(doctor_add(answer,
				 &(struct finding){ .check = "book",
						    .severity = severities[i],
						    .message = "m" },
				 &err));
	CHECK(json_array_size(json_object_get(answer, "checks")) == ARRAY_LEN(severities));
	CHECK(json_int_of(answer, "errors", -1) == 1);
	CHECK(json_int_of(answer, "warnings", -1) == 2);
	CHECK(json_is_array(json_object_get(finding_at(answer, 0), "details")));
	CHECK(json_is_null(json_object_get(finding_at(answer, 0), "remedy")));
}

static void test_doctor_version__of_an_old_book_is_a_warning_or_an_error_with_a_remedy(void **state)
{
	static const struct {
		int version, latest;
		bool may_write;
		const char *severity, *message, *remedy;
	} rows[] = {
		{ 1, 1, true, "ok", "version 1", NULL },
		{ 1, 1, false, "ok", "version 1", NULL },
		{ 1, 3, true, "warning", "version 1, and this portbook works with 3",
		  "portbook status" },
		/* Nothing of it can be read before someone else has been there. */
		{ 2, 3, false, "error", "version 2", "its owner" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(json_cleanup) json_t *answer = json_object();
		struct err err = { 0 };

		CHECK(doctor_version(answer, rows[i].version, rows[i].latest, rows[i].may_write,
				     &err));
		check_member(finding_at(answer, 0), "severity", rows[i].severity);
		check_member(finding_at(answer, 0), "message", rows[i].message);
		if (rows[i].remedy)
			check_member(finding_at(answer, 0), "remedy", rows[i].remedy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doctor_add__counts_errors_and_warnings_alone),
		cmocka_unit_test(
			test_doctor_version__of_an_old_book_is_a_warning_or_an_error_with_a_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
