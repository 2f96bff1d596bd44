#include "lib/check.h"

#include "lib/fault.h"
#include "lib/folder.h"
#include "project/lint.h"

static struct folder folder;
static size_t n_mentions, n_skipped;

/* Every file of the folder; what is told is whole, or it fails. */
static bool gather(struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	CLEANUP(json_cleanup) json_t *mentions = json_array();
	CLEANUP(json_cleanup) json_t *skipped = json_array();
	struct lint_names names = { .folder = folder.path, .arena = &arena };
	struct lint_gathering g = { .prefix = "", .mentions = mentions, .skipped = skipped };

	if (!mentions || !skipped)
		return fail_memory(err);
	if (!lint_walk(&names, err) || !lint_add_env_files(&names, err) ||
	    !lint_gather(&names, &g, err))
		return false;
	n_mentions = json_array_size(mentions);
	n_skipped = json_array_size(skipped);
	return true;
}

static const char compose[] = "services: {web: {ports: ['3000:80']}}\n";

static bool fix(struct err *err)
{
	CLEANUP(text_release) struct text was = { 0 }, now = { 0 };
	CLEANUP(json_cleanup)
	json_t *findings = json_pack("[{s:s, s:i, s:i, s:i, s:b, s:{s:i, s:s}}]", "file",
				     "compose.yaml", "line", 1, "column", 27, "port", 3000,
				     "fixable", 1, "instead", "port", 3100, "variable", "WEB_PORT");
	unsigned count;

	text_add(&was, compose);
	if (!findings || !text_ok(&was))
		return fail_memory(err);
	if (!lint_fix("compose.yaml", &was, findings, &now, &count, err))
		return false;
	CHECK(count == 1);
	CHECK_TEXT(text_str(&now), "services: {web: {ports: ['${WEB_PORT:-3100}:80']}}\n");
	return true;
}

static void fail_each(bool (*step)(struct err *err))
{
	for (long n = 0;; n++) {
		struct err err = { 0 };
		bool ok;

		allocations_left = n;
		ok = step(&err);
		allocations_left = ALLOCATIONS_UNLIMITED;
		if (ok)
			return;
		CHECK(err.code == ERR_MEMORY, "allocation %ld: %s", n, err.text);
	}
}

static void test_fault__lint_reads_every_file_or_there_is_no_memory(void **state)
{
	static const char *const files[][2] = {
		{ ".env", "PORT=3000\n" },
		{ "compose.yaml", compose },
		{ "package.json", "{\"scripts\":{\"dev\":\"vite --port 3000\"}}" },
		{ "Procfile", "web: vite --port 3000\n" },
		{ "Makefile", "PORT = 3000\nx:\n\tvite --port 3001\n" },
		{ "vite.config.js", "export default { server: { port: 3000 } }\n" },
		{ "supabase/config.toml", "[api]\nport = 3000\n" },
		{ "x.service", "[Service]\nExecStart=/x --port 3000\n" },
		{ "nginx.conf", "server { location / { proxy_pass http://localhost:3000; } }\n" },
		{ "Caddyfile", "a.example.org {\n\treverse_proxy localhost:3000\n}\n" },
		{ "cloudflared.yml", "ingress:\n  - service: http://localhost:3000\n" },
		{ "app.js", "app.listen(3000)\n" },
		{ "bad/package.json", "{" },
	};

	folder = folder_make();
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		folder_write(&folder, files[i][0], files[i][1]);
	fail_each(gather);
	CHECK(n_mentions == 13, "%zu", n_mentions);
	CHECK(n_skipped == 1);
	folder_cleanup(&folder);
}

static void test_fault__lint_puts_right_all_or_there_is_no_memory(void **state)
{
	fail_each(fix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault__lint_reads_every_file_or_there_is_no_memory),
		cmocka_unit_test(test_fault__lint_puts_right_all_or_there_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
