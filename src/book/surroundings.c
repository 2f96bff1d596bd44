#include "book/surroundings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

static bool set_text(json_t *input, const char *field, const char *text, struct err *err)
{
	return json_put_text(input, field, text) || fail_memory(err);
}

bool surroundings_add_path(json_t *input, struct err *err)
{
	char cwd[PATH_MAX];

	if (json_object_get(input, "path") || !getcwd(cwd, sizeof(cwd)) || *cwd != '/' ||
	    !utf8_is_valid(cwd, strlen(cwd)))
		return true;
	return set_text(input, "path", cwd, err);
}

bool surroundings_add_environment(json_t *input, struct err *err)
{
	const char *environment = getenv("PORTBOOK_ENV");

	if (json_object_get(input, "environment") || !environment || !*environment)
		return true;
	if (!utf8_is_valid(environment, strlen(environment)))
		return fail(err, ERR_INVALID, "PORTBOOK_ENV is not valid UTF-8");
	return set_text(input, "environment", environment, err);
}
