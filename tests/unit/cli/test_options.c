#include "lib/check.h"

#include <stdlib.h>

#include "cli/options.h"
#include "cli/run.h"

/* A command line that was read; free with reading_free. */
struct reading {
	char *words[16];
	int n;
	struct run run;
	struct err err;
	bool ok;
};

/* `line` is split at blanks; '' is an empty word. */
static struct reading *reading_of(const char *line)
{
	struct reading *r = calloc(1, sizeof(*r));
	char *copy = strdup(line), *rest = copy, *word;

	CHECK(r && copy);
	r->words[r->n++] = strdup("portbook");
	while ((word = strsep(&rest, " ")))
		if (*word)
			r->words[r->n++] = strdup(strcmp(word, "''") ? word : "");
	free(copy);
	r->run.input = json_object();
	r->run.own = json_object();
	r->ok = options_read(&r->run, r->n, r->words, &r->err) &&
		(!r->run.command || arguments_read(&r->run, &r->err));
	return r;
}

static void reading_free(struct reading *r)
{
	/* getopt permutes the words, it does not lose any */
	for (int i = 0; i < r->n; i++)
		free(r->words[i]);
	json_decref(r->run.input);
	json_decref(r->run.own);
	free(r);
}

/* The input without the working directory, which is the test's. */
static void check_input(const char *line, const char *want)
{
	struct reading *r = reading_of(line);
	CLEANUP(json_cleanup) json_t *wanted = json_loads(want, 0, NULL);

	CHECK(r->ok, "'%s': %s", line, r->err.text);
	json_object_del(r->run.input, "path");
	char *got = json_dumps(r->run.input, JSON_COMPACT | JSON_SORT_KEYS);
	CHECK(json_equal(r->run.input, wanted), "'%s' became %s", line, got);
	free(got);
	reading_free(r);
}

static void options__become_the_input_of_the_operation(void **state)
{
	static const struct {
		const char *line, *want;
	} row[] = {
		{ "get web", "{\"serviceName\":\"web\"}" },
		{ "get consilio@2/Web", "{\"projectName\":\"consilio\",\"instance\":2,"
					"\"serviceName\":\"web\"}" },
		{ "get web --port 3100 --udp -e test",
		  "{\"serviceName\":\"web\",\"port\":3100,\"protocol\":\"udp\","
		  "\"environment\":\"test\"}" },
		{ "get --type db web --meta a=b --meta c=d=e",
		  "{\"serviceName\":\"web\",\"serviceType\":\"db\","
		  "\"metadata\":{\"a\":\"b\",\"c\":\"d=e\"}}" },
		{ "get shop@2/web --instance 2",
		  "{\"projectName\":\"shop\",\"instance\":2,\"serviceName\":\"web\"}" },
		{ "update 3100 --notes '' --meta a=",
		  "{\"port\":3100,\"notes\":\"\",\"metadata\":{\"a\":null}}" },
		{ "list --project shop@3 --limit 5",
		  "{\"projectName\":\"shop\",\"instance\":3,\"limit\":5}" },
		{ "list --host box", "{\"host\":\"box\"}" },
		{ "--host box list", "{\"host\":\"box\"}" },
		{ "init --services a,b,", "{\"services\":[\"a\",\"b\",\"\"]}" },
		{ "project add shop --number 0", "{\"projectName\":\"shop\",\"number\":0}" },
		{ "project --json add shop", "{\"projectName\":\"shop\"}" },
		{ "get -- web", "{\"serviceName\":\"web\"}" },
		{ "register a/b 5432 --legacy",
		  "{\"projectName\":\"a\",\"serviceName\":\"b\",\"port\":5432,\"legacy\":true}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		check_input(row[i].line, row[i].want);
}

static void options__are_refused_with_what_may_have_been_meant(void **state)
{
	static const struct {
		const char *line, *text, *hint;
	} row[] = {
		{ "gte web", "there is no command 'gte'", "did you mean: portbook get?" },
		{ "gett web", "there is no command 'gett'", "did you mean: portbook get?" },
		{ "projct add x", "there is no command 'projct'",
		  "did you mean: portbook project?" },
		{ "frobnicate", "there is no command 'frobnicate'", "portbook help lists" },
		{ "project", "'project' needs one more word", "add|add-block|" },
		{ "project frob", "there is no command 'project frob'", "add|add-block|" },
		{ "get web --prot 3", "unknown option '--prot'", "did you mean --port?" },
		{ "get web -Z", "unknown option '-Z'", "portbook help get" },
		{ "--frobnicate get web", "unknown option '--frobnicate'", "portbook help lists" },
		{ "get web --port", "--port needs an argument", "" },
		{ "get web --udp=yes", "--udp takes no argument", "" },
		{ "get", "'get' needs SERVICE", "usage: portbook get SERVICE" },
		{ "get a b", "what to do with 'b'", "usage: portbook get SERVICE" },
		{ "get web --port 0", "'0' is not a port", "" },
		{ "get web --port 65536", "'65536' is not a port", "" },
		{ "get web --port -1", "'-1' is not a port", "" },
		{ "get web --prefer 3000x", "'3000x' is not a port", "" },
		{ "get web --instance 0", "--instance is a number from 1 to 9999", "" },
		{ "get web --instance 99999999999999999999", "--instance is a number", "" },
		{ "get web --meta a", "--meta takes NAME=VALUE", "" },
		{ "get web --meta =b", "--meta takes NAME=VALUE", "" },
		{ "get shop@2/web --instance 3", "do not agree on the instance", "" },
		{ "get ../web", "cannot name a project", "" },
		{ "get ''", "the name of a service is empty", "" },
		{ "get a/b/c", "cannot name a service", "" },
		{ "get shop@0/web", "names no instance", "" },
		{ "get \xff", "SERVICE is not valid UTF-8", "" },
		{ "get web --notes \xc3", "--notes is not valid UTF-8", "" },
		{ "list --format xml", "--format cannot be 'xml'", "table, json, csv, tsv, md" },
		{ "list --color blue", "--color cannot be 'blue'", "auto, always, never" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct reading *r = reading_of(row[i].line);

		CHECK(!r->ok, "'%s' was taken", row[i].line);
		CHECK(r->err.code == ERR_INVALID, "'%s'", row[i].line);
		CHECK(strstr(r->err.text, row[i].text) != NULL, "'%s': %s", row[i].line,
		      r->err.text);
		CHECK(strstr(r->err.hint, row[i].hint) != NULL, "'%s': %s", row[i].line,
		      r->err.hint);
		reading_free(r);
	}
}

static void options__for_all_may_stand_before_and_after_the_command(void **state)
{
	static const char *const lines[] = {
		"--book /b --json get web",
		"get --book /b web --json",
		"get web --book=/b --json",
		"--json --book /b get web",
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct reading *r = reading_of(lines[i]);

		CHECK(r->ok, "'%s': %s", lines[i], r->err.text);
		CHECK(!strcmp(r->run.command->name, "get"));
		CHECK(!strcmp(run_text(&r->run, "book"), "/b"), "'%s'", lines[i]);
		CHECK(run_has(&r->run, "json"), "'%s'", lines[i]);
		reading_free(r);
	}
}

static void options__the_environment_variable_yields_to_the_option(void **state)
{
	setenv("PORTBOOK_ENV", "test", 1);
	check_input("get web", "{\"serviceName\":\"web\",\"environment\":\"test\"}");
	check_input("get web --env production",
		    "{\"serviceName\":\"web\",\"environment\":\"production\"}");
	/* of a list it is a filter, which nobody has asked for */
	check_input("list", "{}");
	unsetenv("PORTBOOK_ENV");
}

static void options__no_command_is_no_error(void **state)
{
	struct reading *r = reading_of("--json");

	CHECK(r->ok && !r->run.command);
	reading_free(r);
}

static void options__json_is_found_in_any_mess(void **state)
{
	char program[] = "portbook", get[] = "get", frob[] = "--frob", end[] = "--",
	     json[] = "--json";
	char *with[] = { program, get, frob, json };
	char *behind[] = { program, get, end, json };

	CHECK(options_have_json(4, with));
	CHECK(!options_have_json(4, behind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options__become_the_input_of_the_operation),
		cmocka_unit_test(options__are_refused_with_what_may_have_been_meant),
		cmocka_unit_test(options__for_all_may_stand_before_and_after_the_command),
		cmocka_unit_test(options__the_environment_variable_yields_to_the_option),
		cmocka_unit_test(options__no_command_is_no_error),
		cmocka_unit_test(options__json_is_found_in_any_mess),
	};

	unsetenv("PORTBOOK_ENV");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
