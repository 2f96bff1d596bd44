#include "lib/check.h"

#include "cli/start_command.h"

static void test_start_command__names_the_new_port(void **state)
{
	static const struct {
		const char *folder, *command;
		const char *want; /* NULL: it cannot be said */
	} row[] = {
		{ "/srv/x", "node server.js", "cd /srv/x && PORT=3205 node server.js" },
		{ NULL, "node server.js", "PORT=3205 node server.js" },
		{ "/srv/x", "node s.js --port 3102", "cd /srv/x && node s.js --port 3205" },
		{ "/srv/x", "node s.js -p3102", "cd /srv/x && node s.js -p3205" },
		{ "/srv/x", "node s.js --port=3102 --bind=[::]", NULL },
		{ "/srv/x", "gunicorn -b 0.0.0.0:3102 app:app",
		  "cd /srv/x && gunicorn -b 0.0.0.0:3205 app:app" },
		/* Longer numbers, and numbers of which it is a part. */
		{ NULL, "node 31020 13102 031", "PORT=3205 node 31020 13102 031" },
		{ NULL, "a 3102 3102", "a 3205 3205" },
		{ NULL, "3102", "3205" },
		{ NULL, "a9 99999999999999999999 3102b", "a9 99999999999999999999 3205b" },
		{ "/srv/my shop", "node a", "cd '/srv/my shop' && PORT=3205 node a" },
		{ "/srv/o'neil", "node a", "cd '/srv/o'\\''neil' && PORT=3205 node a" },
		{ "/srv/\xc3\xa9", "node a", "cd '/srv/\xc3\xa9' && PORT=3205 node a" },
		/* Foreign words that a shell would act upon. */
		{ "/srv/x", "node a; rm -rf /", NULL },
		{ "/srv/x", "node $(id)", NULL },
		{ "/srv/x", "node `id`", NULL },
		{ "/srv/x", "node a > b", NULL },
		{ "/srv/x", "node 'a b'", NULL },
		{ "/srv/x", "node a\\", NULL },
		{ "/srv/x", "node ~", NULL },
		{ "/srv/x", "node *", NULL },
		{ "/srv/x", "node #", NULL },
		{ "/srv/x", "node a\nid", NULL },
		{ "/srv/x", "node \xc2\x80", NULL },
		{ "/srv/x", "", NULL },
		{ "/srv/x", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(text_release) struct text t = { 0 };
		bool ok = start_command_add(&t, row[i].folder, row[i].command, 3102, 3205);

		CHECK(ok == (row[i].want != NULL), "row %zu: '%s'", i, text_str(&t));
		CHECK_TEXT(text_str(&t), row[i].want ? row[i].want : "");
	}
}

static void test_start_command__does_not_guess_the_rest_of_a_cut_one(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };
	char command[1100];

	memset(command, 'a', sizeof(command) - 1);
	command[sizeof(command) - 1] = '\0';
	CHECK(!start_command_add(&t, "/srv/x", command, 3102, 3205) && t.len == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_command__names_the_new_port),
		cmocka_unit_test(test_start_command__does_not_guess_the_rest_of_a_cut_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
