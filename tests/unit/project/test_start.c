#include "lib/check.h"

#include "lib/folder.h"
#include "project/start.h"

static void test_start__is_what_package_json_has(void **state)
{
	static const struct {
		const char *package, *lock, *want;
	} row[] = {
		{ "{\"scripts\": {\"start\": \"node a\"}}", NULL, "npm start" },
		{ "{\"scripts\": {\"start\": \"node a\", \"dev\": \"vite\"}}", NULL,
		  "npm run dev" },
		{ "{\"scripts\": {\"dev\": \"vite\"}}", "pnpm-lock.yaml", "pnpm dev" },
		{ "{\"scripts\": {\"start\": \"vite\"}}", "yarn.lock", "yarn start" },
		{ "{\"scripts\": {\"start\": \"vite\"}}", "bun.lockb", "bun run start" },
		{ "{\"scripts\": {\"build\": \"tsc\"}}", NULL, NULL },
		{ "{\"scripts\": [\"dev\"]}", NULL, NULL },
		{ "{\"scripts\": {\"dev\": 1}}", NULL, NULL },
		{ "[]", NULL, NULL },
		{ "{", NULL, NULL },
		{ "", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(folder_cleanup) struct folder f = folder_make();

		folder_write(&f, "package.json", row[i].package);
		if (row[i].lock)
			folder_write(&f, row[i].lock, "");
		CHECK_TEXT(project_start_command(f.path), row[i].want);
	}
}

static void test_start__is_not_known_without_a_file(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	CHECK_TEXT(project_start_command(f.path), NULL);
	CHECK_TEXT(project_start_command("/no/such/folder"), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start__is_what_package_json_has),
		cmocka_unit_test(test_start__is_not_known_without_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
