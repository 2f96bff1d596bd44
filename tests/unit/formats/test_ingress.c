#include "lib/check.h"

#include "formats/ingress.h"

#define WANTS_MAX 4

struct row {
	const char *old;
	struct ingress_want wants[WANTS_MAX];
	const char *want; /* the file; of one that is refused, how the message starts */
};

static unsigned count_of(const struct ingress_want *wants)
{
	unsigned n = 0;

	while (n < WANTS_MAX && wants[n].hostname)
		n++;
	return n;
}

static bool splice(const char *old, const struct ingress_want *wants, struct text *ret,
		   struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct ingress_want copy[WANTS_MAX];
	struct ingress_step steps[WANTS_MAX];

	memcpy(copy, wants, sizeof(copy));
	return ingress_splice(&arena, old, old ? strlen(old) : 0, "f", "T", copy, count_of(wants),
			      steps, ret, err);
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(text_release) struct text once = { 0 }, twice = { 0 };
		struct err err = { 0 };

		CHECK(splice(rows[i].old, rows[i].wants, &once, &err), "row %zu: %s", i, err.text);
		CHECK(!strcmp(text_str(&once), rows[i].want), "row %zu:\n%s", i, text_str(&once));
		CHECK(splice(text_str(&once), rows[i].wants, &twice, &err) &&
			      !strcmp(text_str(&twice), rows[i].want),
		      "row %zu, again: %s\n%s", i, err.text, text_str(&twice));
	}
}

#define REST "  - service: http_status:404\n"

static void test_ingress__a_rule_is_led_to_its_port_where_it_stands(void **state)
{
	static const struct row rows[] = {
		{ "ingress:\n  - hostname: a.org # one\n    service: http://localhost:1 # two\n" REST,
		  { { "a.org", 3100 } },
		  "ingress:\n  - hostname: a.org # one\n    service: http://localhost:3100 # two\n" REST },
		/* Scheme, address, path, quotes, settings, line ends and keys in any order stay. */
		{ "a: 1\r\ningress:\r\n- service: 'https://127.0.0.1:1/x?y=1'\r\n  originRequest: {noTLSVerify: true}\r\n"
		  "  path: ^/p\r\n  hostname: \"A.org\"\r\n-   service: http_status:503\r\n",
		  { { "a.org", 3100 } },
		  "a: 1\r\ningress:\r\n- service: 'https://127.0.0.1:3100/x?y=1'\r\n  originRequest: {noTLSVerify: true}\r\n"
		  "  path: ^/p\r\n  hostname: \"A.org\"\r\n-   service: http_status:503\r\n" },
		/* What leads elsewhere leads here afterwards. */
		{ "ingress:\n  - {hostname: a.org, service: unix:/run/a.sock}\n  - {hostname: b.org, service: http://10.0.0.1:80}\n" REST,
		  { { "a.org", 1 }, { "b.org", 2 } },
		  "ingress:\n  - {hostname: a.org, service: http://localhost:1}\n  - {hostname: b.org, service: http://localhost:2}\n" REST },
		/* The rule for all paths is meant; one of several that leads there is enough. */
		{ "ingress:\n  - hostname: a.org\n    path: /api\n    service: http://localhost:9\n  - hostname: a.org\n    service: http://[::1]:8\n" REST,
		  { { "a.org", 3100 } },
		  "ingress:\n  - hostname: a.org\n    path: /api\n    service: http://localhost:9\n  - hostname: a.org\n    service: http://[::1]:3100\n" REST },
	};

	check_rows(rows, ARRAY_LEN(rows));
}

static void test_ingress__a_rule_is_added_before_the_one_that_would_take_its_place(void **state)
{
	static const struct row rows[] = {
		{ "ingress:\n  - hostname: b.org\n    service: http://x:1\n\n  # all the rest\n" REST
		  "b: 2\n",
		  { { "*.a.org", 2 }, { "a.org", 1 }, { "*.c.a.org", 3 } },
		  "ingress:\n  - hostname: b.org\n    service: http://x:1\n"
		  "  - hostname: a.org\n    service: http://localhost:1\n"
		  "  - hostname: \"*.c.a.org\"\n    service: http://localhost:3\n"
		  "  - hostname: \"*.a.org\"\n    service: http://localhost:2\n"
		  "\n  # all the rest\n" REST "b: 2\n" },
		{ "ingress:\n- path: /all\n  service: http://x:1\n- hostname: '*.org'\n  service: http://y:2\n- service: http_status:404\n",
		  { { "a.org", 1 }, { "a.net", 2 } },
		  "ingress:\n- path: /all\n  service: http://x:1\n- hostname: a.org\n  service: http://localhost:1\n"
		  "- hostname: '*.org'\n  service: http://y:2\n- hostname: a.net\n  service: http://localhost:2\n- service: http_status:404\n" },
		/* Several with a path, none of which is it. */
		{ "ingress:\n  - {hostname: a.org, path: /1, service: http://localhost:1}\n  - {hostname: a.org, path: /2, service: http://localhost:2}\n" REST,
		  { { "a.org", 3 } },
		  "ingress:\n  - {hostname: a.org, path: /1, service: http://localhost:1}\n  - {hostname: a.org, path: /2, service: http://localhost:2}\n"
		  "  - hostname: a.org\n    service: http://localhost:3\n" REST },
		{ "{\"ingress\": [ {\"hostname\":\"b.org\",\"service\":\"http://x\"} ,{\"service\":\"http_status:404\"}], \"x\": {}}",
		  { { "a.org", 1 } },
		  "{\"ingress\": [ {\"hostname\":\"b.org\",\"service\":\"http://x\"} ,"
		  "{\"hostname\": \"a.org\", \"service\": \"http://localhost:1\"}, {\"service\":\"http_status:404\"}], \"x\": {}}" },
	};

	check_rows(rows, ARRAY_LEN(rows));
}

static void test_ingress__what_takes_the_rest_is_the_last_and_is_added(void **state)
{
#define ADDED "  - hostname: a.org\n    service: http://localhost:1\n"
	static const struct row rows[] = {
		{ NULL, { { "a.org", 1 } }, "tunnel: T\ningress:\n" ADDED REST },
		{ "", { { "a.org", 1 } }, "ingress:\n" ADDED REST },
		{ "tunnel: x", { { "a.org", 1 } }, "tunnel: x\ningress:\n" ADDED REST },
		{ "ingress: # none\na: b\n",
		  { { "a.org", 1 } },
		  "ingress: # none\n" ADDED REST "a: b\n" },
		{ "{\"ingress\": [ ]}",
		  { { "a.org", 1 } },
		  "{\"ingress\": [{\"hostname\": \"a.org\", \"service\": \"http://localhost:1\"}, {\"service\": \"http_status:404\"}]}" },
		{ "ingress:\n    - hostname: b.org\n      service: http://x # last",
		  { { "a.org", 1 } },
		  "ingress:\n    - hostname: b.org\n      service: http://x # last\n"
		  "    - hostname: a.org\n      service: http://localhost:1\n    - service: http_status:404\n" },
	};

	check_rows(rows, ARRAY_LEN(rows));
}

static void test_ingress__what_is_not_understood_is_refused_with_its_line(void **state)
{
	static const struct row rows[] = {
		{ "a: 1\ningress: 5\n", { { "a.org", 1 } }, "f:2: " },
		{ "ingress:\n  - service: http_status:404\n  - hostname: b.org\n    service: http://x\n",
		  { { "a.org", 1 } },
		  "f:2: " },
		{ "x: &x {service: http://y}\ningress:\n  - <<: *x\n    hostname: a.org\n" REST,
		  { { "a.org", 1 } },
		  "f:3: " },
		{ "ingress:\n  - hostname: a.org\n    service: &s http://localhost:2\n  - hostname: b.org\n    service: *s\n" REST,
		  { { "a.org", 1 } },
		  "f:3: " },
		{ "ingress:\n  - hostname: a.org\n" REST, { { "a.org", 1 } }, "f:2: " },
		{ "ingress: [{hostname: b.org, service: 'http://x'}]\n",
		  { { "a.org", 1 } },
		  "f:1: " },
		{ "ingress: &a\nx: *a\n", { { "a.org", 1 } }, "f:1: " },
		{ "ingress: [\n", { { "a.org", 1 } }, "f:" },
		{ "- a\n", { { "a.org", 1 } }, "f:1:" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		CHECK(!splice(rows[i].old, rows[i].wants, &text, &err), "row %zu: %s", i,
		      text_str(&text));
		CHECK(err.code == ERR_INVALID &&
			      !strncmp(err.text, rows[i].want, strlen(rows[i].want)),
		      "row %zu: %s", i, err.text);
		CHECK(!text.len);
	}
}

static void test_ingress__nothing_wanted_changes_nothing(void **state)
{
	static const struct ingress_want none[WANTS_MAX];
	CLEANUP(text_release) struct text text = { 0 };
	struct err err = { 0 };

	CHECK(splice("url: http://localhost:1\n", none, &text, &err), "%s", err.text);
	CHECK(!strcmp(text_str(&text), "url: http://localhost:1\n"));
}

static void test_ingress__says_whose_tunnel_it_is(void **state)
{
	static const char bytes[] =
		"tunnel: shop\ncredentials-file: /root/.cloudflared/6FF42ae2.json\n";
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct err err = { 0 };
	struct ingress in;

	CHECK(ingress_read(&arena, bytes, strlen(bytes), "f", &in, &err), "%s", err.text);
	CHECK(ingress_is_of(&in, "shop") && ingress_is_of(&in, "6ff42ae2") &&
	      ingress_is_of(&in, NULL));
	CHECK(!ingress_is_of(&in, "other"));
}

static void test_ingress__a_star_takes_what_is_below(void **state)
{
	CHECK(ingress_takes("", "a.org") && ingress_takes("*", "") &&
	      ingress_takes("A.org", "a.ORG"));
	CHECK(ingress_takes("*.org", "a.org") && ingress_takes("*.a.org", "x.y.a.org"));
	CHECK(!ingress_takes("*.a.org", "a.org") && !ingress_takes("a.org", "b.a.org"));
	CHECK(!ingress_takes("*.a.org", ".a.org"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ingress__a_rule_is_led_to_its_port_where_it_stands),
		cmocka_unit_test(
			test_ingress__a_rule_is_added_before_the_one_that_would_take_its_place),
		cmocka_unit_test(test_ingress__what_takes_the_rest_is_the_last_and_is_added),
		cmocka_unit_test(test_ingress__what_is_not_understood_is_refused_with_its_line),
		cmocka_unit_test(test_ingress__nothing_wanted_changes_nothing),
		cmocka_unit_test(test_ingress__says_whose_tunnel_it_is),
		cmocka_unit_test(test_ingress__a_star_takes_what_is_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
