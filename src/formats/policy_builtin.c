#include "formats/policy_builtin.h"

#include <string.h>
#include <threads.h>

#include "base/embedded.h"
#include "formats/embedded_policies.h"
#include "ports/name.h"

/* Rationale: four are built in; a build with more than this fails its first test. */
#define BUILTIN_MAX 32

/* The table that was embedded, with names instead of file names; written once. */
static struct {
	struct policy_file files[BUILTIN_MAX];
	char names[BUILTIN_MAX][NAME_SIZE];
	size_t count;
} builtin;
static once_flag builtin_once = ONCE_FLAG_INIT;

static void builtin_fill(void)
{
	for (size_t i = 0; i < embedded_policies_count && i < BUILTIN_MAX; i++) {
		const struct embedded *e = &embedded_policies[i];
		size_t len = strcspn(e->name, ".");

		memcpy(builtin.names[i], e->name, len < NAME_SIZE ? len : NAME_SIZE - 1);
		builtin.files[i] = (struct policy_file){ builtin.names[i], e->text, e->len };
		builtin.count++;
	}
}

const struct policy_file *policy_builtin_at(size_t index)
{
	call_once(&builtin_once, builtin_fill);
	return index < builtin.count ? &builtin.files[index] : NULL;
}

const struct policy_file *policy_builtin(const char *name)
{
	const struct policy_file *file;

	for (size_t i = 0; (file = policy_builtin_at(i)); i++)
		if (!strcmp(file->name, name))
			return file;
	return NULL;
}
