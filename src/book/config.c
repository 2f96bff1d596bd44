#include "book/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/utf8.h"
#include "formats/yaml.h"

/* Rationale: two keys and their comments. */
#define CONFIG_MAX_BYTES 65536

static bool set_book(struct yaml *y, struct config *c, struct err *err)
{
	const char *home = getenv("HOME");
	const char *text = text_str(&y->text);
	int len;

	if (!*text || !text_is_line(text))
		return yaml_fail(y, err, "'book' is a path or a URL");
	/* "~/x" is what people write; nothing else is expanded. */
	if (!strncmp(text, "~/", 2) && home)
		len = snprintf(c->book, sizeof(c->book), "%s%s", home, text + 1);
	else
		len = snprintf(c->book, sizeof(c->book), "%s", text);
	return len < (int)sizeof(c->book) || yaml_fail(y, err, "'book' is too long");
}

static bool set_host(struct yaml *y, struct config *c, struct err *err)
{
	struct err why = { 0 };

	return name_fold("host", text_str(&y->text), c->host, &why) ||
	       yaml_fail(y, err, "%s", why.text);
}

static const struct {
	const char *key;
	bool (*set)(struct yaml *y, struct config *c, struct err *err);
} keys[] = {
	{ "book", set_book },
	{ "host", set_host },
};

static bool fail_unknown_key(const struct yaml *y, struct err *err)
{
	return yaml_fail(y, err, "unknown key '%.60s': the keys are book and host",
			 text_str(&y->text));
}

static bool read_pair(struct yaml *y, struct config *c, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].key, text_str(&y->text)) != 0)
			continue;
		if (!yaml_next(y, err))
			return false;
		if (y->kind != YAML_SCALAR || y->has_anchor || y->has_tag)
			return yaml_fail(y, err, "'%s' is one word or line", keys[i].key);
		return keys[i].set(y, c, err) && yaml_next(y, err);
	}
	return fail_unknown_key(y, err);
}

static bool parse(const struct text *bytes, struct config *c, struct err *err)
{
	CLEANUP(yaml_release) struct yaml y = { 0 };

	if (!yaml_open(&y, text_str(bytes), bytes->len, c->file, err))
		return false;
	if (y.kind == YAML_END)
		return true;
	if (y.kind != YAML_MAP)
		return yaml_fail(&y, err, "the config is a map: book, host");
	if (!yaml_next(&y, err))
		return false;
	while (y.kind != YAML_MAP_END) {
		if (y.kind != YAML_SCALAR)
			return yaml_fail(&y, err, "a key is one word");
		if (!read_pair(&y, c, err))
			return false;
	}
	return yaml_next(&y, err) &&
	       (y.kind == YAML_END || yaml_fail(&y, err, "the config is one map: book, host"));
}

bool config_parse(const struct text *text, const char *path, struct config *ret, struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	snprintf(ret->file, sizeof(ret->file), "%s", path);
	return parse(text, ret, err);
}

bool config_read_file(const char *path, struct config *ret, bool *ret_found, struct err *err)
{
	CLEANUP(text_release) struct text bytes = { 0 };
	struct err why = { 0 };

	memset(ret, 0, sizeof(*ret));
	*ret_found = file_read(path, CONFIG_MAX_BYTES, &bytes, &why);
	if (!*ret_found && why.code == ERR_NOT_FOUND)
		return true;
	if (!*ret_found) {
		*err = why;
		return false;
	}
	return config_parse(&bytes, path, ret, err);
}

bool config_user_path(const char *name, char ret[static PATH_MAX])
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int len = PATH_MAX;

	if (config && *config == '/')
		len = snprintf(ret, PATH_MAX, "%s/portbook/%s", config, name);
	else if (home && *home == '/')
		len = snprintf(ret, PATH_MAX, "%s/.config/portbook/%s", home, name);
	return len < PATH_MAX;
}

bool config_read(struct config *ret, struct err *err)
{
	char path[PATH_MAX];
	bool found = false;

	if (config_user_path("config.yaml", path) && !config_read_file(path, ret, &found, err))
		return false;
	if (!found && !config_read_file(CONFIG_OF_MACHINE, ret, &found, err))
		return false;
	ret->is_machines = !strcmp(ret->file, CONFIG_OF_MACHINE);
	return true;
}
