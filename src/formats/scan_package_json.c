#include <string.h>

#include "base/json.h"
#include "formats/command_port.h"
#include "formats/scan.h"

/* jansson tells no places: the first line with "key" at or after "scripts". */
static unsigned line_of(const char *bytes, size_t len, const char *key)
{
	struct lines l = { .rest = bytes, .left = len };
	bool in_scripts = false;

	while (lines_next(&l)) {
		in_scripts = in_scripts || memmem(l.line, l.len, "\"scripts\"", 9);
		if (in_scripts && memmem(l.line, l.len, key, strlen(key)))
			return l.number;
	}
	return 0;
}

bool scan_package_json(const char *bytes, size_t len, const char *file, struct findings *ret,
		       struct err *err)
{
	/* What is worked with comes before what is deployed. */
	static const struct {
		const char *name, *quoted;
	} scripts[] = { { "dev", "\"dev\"" }, { "start", "\"start\"" } };
	CLEANUP(json_cleanup) json_t *root = NULL;
	unsigned line = 0;
	bool found = false;
	struct command_port said = { .port = 0 };

	if (!json_parse_file(bytes, len, file, &root, err))
		return false;
	for (size_t i = 0; !said.port && i < ARRAY_LEN(scripts); i++) {
		const char *text = json_text_of(json_object_get(root, "scripts"), scripts[i].name);
		const struct command_text command = { text, text ? strlen(text) : 0, NULL };

		if (!text)
			continue;
		if (!command_port_find(&command, &said, err))
			return false;
		if (!found || said.port)
			line = line_of(bytes, len, scripts[i].quoted);
		found = true;
	}
	if (found)
		findings_add(ret, "web", said.port, line);
	return true;
}
