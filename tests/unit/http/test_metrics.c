#include "lib/check.h"

#include "http/metrics.h"

static bool has(const struct text *t, const char *line)
{
	return strstr(text_str(t), line) != NULL;
}

static void test_metrics_note__counts_by_operation_and_result(void **state)
{
	static struct metrics m;
	CLEANUP(text_release) struct text t = { 0 };

	metrics_note(&m, "get", ERR_NONE, 400);
	metrics_note(&m, "get", ERR_TAKEN, 700000);
	metrics_note(&m, "list", ERR_NONE, 99000000);
	metrics_note(&m, "nothing", ERR_NONE, 1);
	metrics_note_reply(&m, 201);
	metrics_note_reply(&m, 999);
	metrics_add(&m, &t);
	CHECK(has(&t, "portbook_operations_total{operation=\"get\",result=\"ok\"} 1\n"));
	CHECK(has(&t, "portbook_operations_total{operation=\"get\",result=\"taken\"} 1\n"));
	CHECK(has(&t, "_bucket{operation=\"get\",le=\"0.0005\"} 1\n"), "%s", text_str(&t));
	CHECK(has(&t, "_bucket{operation=\"get\",le=\"0.5\"} 1\n"));
	CHECK(has(&t, "_bucket{operation=\"get\",le=\"1\"} 2\n"));
	CHECK(has(&t, "_bucket{operation=\"get\",le=\"+Inf\"} 2\n"));
	CHECK(has(&t, "_bucket{operation=\"list\",le=\"5\"} 0\n"));
	CHECK(has(&t, "_bucket{operation=\"list\",le=\"+Inf\"} 1\n"));
	CHECK(has(&t, "portbook_http_replies_total{status=\"2xx\"} 1\n"));
	CHECK(!has(&t, "operation=\"audit\""));
}

/* A book with one project of an unusual name, of which nothing is known. */
static bool answer(void *arg, const char *operation, const json_t *input, const struct call_io *io,
		   json_t **ret, struct err *err)
{
	const char *failing = arg;

	if (failing && !strcmp(failing, operation))
		return fail(err, ERR_NOT_FOUND, "none");
	if (!strcmp(operation, "status"))
		*ret = json_pack("{s:[{s:s, s:i, s:i}], s:[]}", "projects", "projectName",
				 "a\"b\\c\nd", "totalPorts", 0, "allocatedPorts", 0, "ranges");
	else
		*ret = json_pack("{s:[{s:s, s:s, s:i}]}",
				 strcmp(operation, "list") ? "services" : "ports", "state",
				 "unknown", "projectName", "x", "port", 3000);
	return true;
}

static const struct metrics none;

static void test_metrics_add_book__escapes_labels_and_divides_by_no_nothing(void **state)
{
	const struct transport reads = { .call = answer };
	CLEANUP(text_release) struct text t = { 0 };
	struct err err = { 0 };

	CHECK(metrics_add_book(&none, &reads, &t, &err), "%s", err.text);
	CHECK(has(&t, "portbook_project_utilization_ratio{project=\"a\\\"b\\\\c\\nd\"} 0\n"), "%s",
	      text_str(&t));
	CHECK(has(&t, "portbook_entries{state=\"unknown\"} 1\n"));
	CHECK(has(&t, "port=\"3000\"} 1\n"), "what nobody can tell is not down");
	CHECK(has(&t, "portbook_last_audit_timestamp_seconds 0.000\n"));
	text_clear(&t);
	CHECK(metrics_add_book(&(struct metrics){ .audited_ms = 1500 }, &reads, &t, &err));
	CHECK(has(&t, "portbook_last_audit_timestamp_seconds 1.500\n"));
}

static void test_metrics_add_book__fails_when_the_book_cannot_be_read(void **state)
{
	char status[] = "status", uptime[] = "uptime";
	CLEANUP(text_release) struct text t = { 0 };
	struct err err = { 0 };

	CHECK(!metrics_add_book(&none, &(struct transport){ .call = answer, .arg = status }, &t,
				&err));
	CHECK(err.code == ERR_NOT_FOUND);
	/* A project without entries has no uptime, and that is no failure. */
	CHECK(metrics_add_book(&none, &(struct transport){ .call = answer, .arg = uptime }, &t,
			       &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metrics_note__counts_by_operation_and_result),
		cmocka_unit_test(test_metrics_add_book__escapes_labels_and_divides_by_no_nothing),
		cmocka_unit_test(test_metrics_add_book__fails_when_the_book_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
