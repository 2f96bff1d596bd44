#include "project/lint_kinds.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "project/foreign.h"

/* The first that fits. */
static const struct lint_kind kinds[] = {
	{ ".env", NULL, mentions_dotenv, false },
	{ ".env.*", NULL, mentions_dotenv, false },
	{ ".envrc", NULL, mentions_dotenv, false },
	{ "*.env", NULL, mentions_dotenv, false },
	{ "compose*.y*ml", NULL, mentions_compose, false },
	{ "docker-compose*.y*ml", NULL, mentions_compose, false },
	{ "Procfile*", NULL, mentions_procfile, false },
	{ "package.json", NULL, mentions_package_json, false },
	{ "Makefile", NULL, mentions_makefile, false },
	{ "makefile", NULL, mentions_makefile, false },
	{ "GNUmakefile", NULL, mentions_makefile, false },
	{ "config.toml", "supabase", mentions_supabase, false },
	{ "Dockerfile*", NULL, mentions_dockerfile, false },
	{ "*.Dockerfile", NULL, mentions_dockerfile, false },
	{ "Containerfile*", NULL, mentions_dockerfile, false },
	{ "*.service", NULL, mentions_systemd, false },
	{ "*.socket", NULL, mentions_systemd, false },
	{ "*.conf", "*.service.d", mentions_systemd, false },
	{ "config.y*ml", "*cloudflared", mentions_cloudflared, false },
	{ "*cloudflared*.y*ml", NULL, mentions_cloudflared, false },
	{ "config.y*ml", NULL, mentions_perhaps_cloudflared, true },
	{ "*tunnel*.y*ml", NULL, mentions_perhaps_cloudflared, true },
	{ "*nginx*.conf", NULL, mentions_nginx, false },
	{ "*.conf", "*nginx*", mentions_nginx, false },
	{ "*.conf", "conf.d", mentions_nginx, false },
	{ "*", "sites-enabled", mentions_nginx, false },
	{ "*", "sites-available", mentions_nginx, false },
	{ "Caddyfile*", NULL, mentions_caddy, false },
	{ "*.caddy", NULL, mentions_caddy, false },
	{ "*.caddyfile", NULL, mentions_caddy, false },
	{ "vite.config.*", NULL, mentions_js_config, false },
	{ "vitest.config.*", NULL, NULL, false },
	{ "next.config.*", NULL, mentions_js_config, false },
	{ "astro.config.*", NULL, mentions_js_config, false },
	{ "nuxt.config.*", NULL, mentions_js_config, false },
	/* What was made by a program, or tests one: it listens nowhere for good. */
	{ "*.min.js", NULL, NULL, false },
	{ "*.d.ts", NULL, NULL, false },
	{ "*.test.*", NULL, NULL, false },
	{ "*.spec.*", NULL, NULL, false },
	{ "*_test.go", NULL, NULL, false },
	{ "*_test.py", NULL, NULL, false },
	{ "test_*.py", NULL, NULL, false },
	{ "conftest.py", NULL, NULL, false },
	{ "*.js", NULL, mentions_js, true },
	{ "*.mjs", NULL, mentions_js, true },
	{ "*.cjs", NULL, mentions_js, true },
	{ "*.jsx", NULL, mentions_js, true },
	{ "*.ts", NULL, mentions_js, true },
	{ "*.mts", NULL, mentions_js, true },
	{ "*.cts", NULL, mentions_js, true },
	{ "*.tsx", NULL, mentions_js, true },
	{ "*.py", NULL, mentions_python, true },
	{ "*.go", NULL, mentions_go, true },
	{ "*.sh", NULL, mentions_shell, true },
};

/* "a/b/c" of "a/b/c/d.js": whether one of its folders is one of those. */
static bool any_folder(const char *name, bool (*is)(const char *folder))
{
	char folder[NAME_MAX + 1];

	for (const char *slash; (slash = strchr(name, '/')); name = slash + 1) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - name), name);
		if (is(folder))
			return true;
	}
	return false;
}

static bool has_tests(const char *folder)
{
	static const char *const names[] = { "test", "tests", "__tests__", "spec", "e2e" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(folder, names[i]))
			return true;
	return false;
}

static const struct lint_kind *kind_named(const char *file, const char *folder)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!fnmatch(kinds[i].name, file, 0) &&
		    (!kinds[i].folder || !fnmatch(kinds[i].folder, folder, 0)))
			return kinds[i].read ? &kinds[i] : NULL;
	return NULL;
}

static bool cut_template(char *file)
{
	static const char *const ends[] = { ".example", ".sample", ".template", ".dist",
					    ".defaults" };
	size_t len = strlen(file);

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t n = strlen(ends[i]);

		if (len > n && !strcmp(file + len - n, ends[i])) {
			file[len - n] = '\0';
			return true;
		}
	}
	return false;
}

const struct lint_kind *lint_kind_of(const char *name, bool *ret_is_template)
{
	const char *slash = strrchr(name, '/'), *start = slash;
	char file[NAME_MAX + 1], folder[NAME_MAX + 1] = "";
	const struct lint_kind *kind;

	while (start && start > name && start[-1] != '/')
		start--;
	if (start)
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - start), start);
	snprintf(file, sizeof(file), "%s", slash ? slash + 1 : name);
	*ret_is_template = cut_template(file);
	kind = kind_named(file, folder);
	if (!kind || any_folder(name, foreign_folder) ||
	    (kind->is_source && any_folder(name, has_tests)))
		return NULL;
	return kind;
}
