#include "lib/check.h"

#include <sys/stat.h>

#include "lib/folder.h"
#include "project/services.h"

static struct found_services found;

static void scan(const struct folder *f)
{
	struct err err = { 0 };

	CHECK(services_scan(f->path, &found, &err), "%s", err.text);
}

/* "name:port source" for each, with "; " between them. */
static const char *said(void)
{
	static char text[16384];
	size_t len = 0;

	for (unsigned i = 0; i < found.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s:%u %s", i ? "; " : "",
					found.items[i].name, found.items[i].port,
					found.items[i].source);
	return text;
}

static void test_services__a_bare_project_has_web(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	scan(&f);
	CHECK_TEXT(said(), "web:0 default");
	CHECK(!found.n_warnings && !found.kept.count);
}

static void test_services__come_from_each_file_in_order(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, ".ports.env", "OLD_PORT=3105\nAPI_PORT=3101\nAPI_PORT_2=3102\nX_PORT=\n");
	folder_write(&f, ".env.example", "# x\nSMTP_PORT=25\n");
	folder_write(&f, "supabase/config.toml", "[studio]\nport = 54323\n");
	folder_write(&f, "package.json", "{\"scripts\": {\"dev\": \"vite\"}}");
	folder_write(&f, "Procfile", "worker: x\n");
	folder_write(&f, "compose.yaml", "services:\n  api:\n    ports: ['8000:80', '8001:81']\n");
	scan(&f);
	CHECK_TEXT(said(), "api:8000 compose.yaml:3; worker:0 Procfile:1; web:0 package.json:1; "
			   "supabase-studio:54323 supabase/config.toml:2; smtp:25 .env.example:2; "
			   "old:3105 .ports.env:1; x:0 .ports.env:4");
	CHECK(found.kept.count == 3);
	CHECK_TEXT(found.kept.items[2].service, "api");
	CHECK(found.kept.items[2].nth == 2 && found.kept.items[2].port == 3102);
	CHECK(!found.n_warnings);
}

static void test_services__the_first_file_that_names_one_says_it(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, "compose.yaml", "services: {web-app: {ports: ['3000:80']}}\n");
	folder_write(&f, "Procfile", "web_app: x -p 4000\nweb: x\n");
	scan(&f);
	CHECK_TEXT(said(), "web-app:3000 compose.yaml:1; web:0 Procfile:2");
}

static void test_services__one_compose_file_and_its_override_are_read(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, "docker-compose.yml", "services: {b: {ports: ['2:2']}}\n");
	scan(&f);
	CHECK_TEXT(said(), "b:2 docker-compose.yml:1");
	folder_write(&f, "compose.yml", "services: {a: {ports: ['1:1']}}\n");
	folder_write(&f, "compose.override.yaml", "services: {c: {ports: ['3:3']}}\n");
	scan(&f);
	CHECK_TEXT(said(), "a:1 compose.yml:1; c:3 compose.override.yaml:1");
}

static void test_services__a_broken_file_is_a_warning(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, "compose.yaml", "services: [\n");
	folder_write(&f, "docker-compose.yml", "services: {b: {ports: ['2:2']}}\n");
	folder_write(&f, "package.json", "{");
	folder_write(&f, "Procfile", "\xff");
	folder_write(&f, "supabase/config.toml/x", "");
	folder_write(&f, ".env.example", "API_PORT=\n");
	scan(&f);
	CHECK_TEXT(said(), "api:0 .env.example:1");
	CHECK(found.n_warnings == 4);
	CHECK_TEXT(found.warnings[0].file, "compose.yaml");
	CHECK(strstr(found.warnings[0].text, "compose.yaml:2:"), "%s", found.warnings[0].text);
	CHECK_TEXT(found.warnings[1].file, "Procfile");
	CHECK_TEXT(found.warnings[2].file, "package.json");
	CHECK_TEXT(found.warnings[3].file, "supabase/config.toml");
}

static void test_services__a_fifo_and_a_huge_file_hold_nothing_up(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	CHECK(!mkfifo(folder_path(&f, "Procfile"), 0600));
	folder_write(&f, "package.json", "{}");
	CHECK(!truncate(folder_path(&f, "package.json"), 1 << 30));
	scan(&f);
	CHECK_TEXT(said(), "web:0 default");
	CHECK(found.n_warnings == 2);
}

static void test_services__too_many_are_said_to_be(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(text_release) struct text text = { 0 };

	for (unsigned i = 0; i < SERVICES_MAX + 1; i++)
		text_addf(&text, "a%u: x\n", i);
	folder_write(&f, "Procfile", text_str(&text));
	scan(&f);
	CHECK(found.count == SERVICES_MAX && found.n_warnings == 1);
	CHECK_TEXT(found.warnings[0].file, "Procfile");
}

static void test_services__a_byte_order_mark_does_not_hide_the_first_line(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, "Procfile", "\xef\xbb\xbfweb: x\n");
	folder_write(&f, "package.json", "\xef\xbb\xbf{}");
	scan(&f);
	CHECK_TEXT(said(), "web:0 Procfile:1");
	CHECK(!found.n_warnings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_services__a_bare_project_has_web),
		cmocka_unit_test(test_services__come_from_each_file_in_order),
		cmocka_unit_test(test_services__the_first_file_that_names_one_says_it),
		cmocka_unit_test(test_services__one_compose_file_and_its_override_are_read),
		cmocka_unit_test(test_services__a_broken_file_is_a_warning),
		cmocka_unit_test(test_services__a_fifo_and_a_huge_file_hold_nothing_up),
		cmocka_unit_test(test_services__too_many_are_said_to_be),
		cmocka_unit_test(test_services__a_byte_order_mark_does_not_hide_the_first_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
