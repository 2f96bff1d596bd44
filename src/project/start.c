#include "project/start.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"

/* Rationale: the longest that are written by hand have a tenth of it. */
#define PACKAGE_JSON_MAX ((size_t)256 * 1024)

enum script { SCRIPT_DEV, SCRIPT_START };
#define SCRIPT_COUNT 2

/* What is worked with comes before what is deployed, as where services are found. */
static const char *const scripts[SCRIPT_COUNT] = { "dev", "start" };

/* By its lock file; the last one is what every other folder uses. */
static const struct manager {
	const char *lock;
	const char *commands[SCRIPT_COUNT];
} managers[] = {
	{ "pnpm-lock.yaml", { "pnpm dev", "pnpm start" } },
	{ "yarn.lock", { "yarn dev", "yarn start" } },
	{ "bun.lockb", { "bun run dev", "bun run start" } },
	{ "bun.lock", { "bun run dev", "bun run start" } },
	{ "package.json", { "npm run dev", "npm start" } },
};

static bool has_file(const char *root, const char *name)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/%s", root, name);

	return len < (int)sizeof(path) && access(path, F_OK) == 0;
}

static bool read_package(const char *root, json_t **ret)
{
	CLEANUP(text_release) struct text text = { 0 };
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/package.json", root);

	return len < (int)sizeof(path) && file_read(path, PACKAGE_JSON_MAX, &text, NULL) &&
	       json_parse(text_str(&text), text.len, ret, NULL);
}

const char *project_start_command(const char *root)
{
	CLEANUP(json_cleanup) json_t *package = NULL;
	const struct manager *m = managers;
	unsigned script = 0;

	if (!read_package(root, &package))
		return NULL;
	while (script < SCRIPT_COUNT &&
	       !json_text_of(json_object_get(package, "scripts"), scripts[script]))
		script++;
	while (m < managers + ARRAY_LEN(managers) - 1 && !has_file(root, m->lock))
		m++;
	return script < SCRIPT_COUNT ? m->commands[script] : NULL;
}
