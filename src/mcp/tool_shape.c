/*
 * An operation's answer is whole; an agent pays for each word of it.
 */
#include <stdlib.h>
#include <string.h>

#include "mcp/own.h"
#include "mcp/tool.h"

/* In alphabetical order. */
static const char *const noise[] = {
	"allocatedAt",
	"allocatedBy",
	"cgroup",
	"cloudflareTunnelId",
	"command",
	"createdAt",
	"id",
	"inode",
	"ipv4",
	"ipv6",
	"lastVerifiedAt",
	"loopbackOnly",
	"metadata",
	"notes",
	"partlyKnown",
	"primary",
	"processes",
	"projectNumber",
	"range",
	"releasedAt",
	"role",
	"startedAt",
	"tookUs",
	"uid",
	"unit",
	"worktreePath",
};

static int compare(const void *name, const void *row)
{
	return strcmp(name, *(const char *const *)row);
}

static bool is_noise(const char *name)
{
	return bsearch(name, noise, ARRAY_LEN(noise), sizeof(*noise), compare) != NULL;
}

static void strip_members(json_t *object)
{
	void *at = json_object_iter(object);

	while (at) {
		const char *name = json_object_iter_key(at);
		json_t *value = json_object_iter_value(at);

		at = json_object_iter_next(object, at);
		if (is_noise(name))
			(void)json_object_del(object, name);
		else
			port_noise_strip(value);
	}
}

void port_noise_strip(json_t *answer)
{
	size_t i;
	json_t *item;

	if (json_is_object(answer))
		strip_members(answer);
	json_array_foreach(answer, i, item)
		port_noise_strip(item);
}

static bool put_cursor(json_t *answer)
{
	int64_t next = json_int_of(answer, "next", 0);

	return json_object_del(answer, "next") == 0 && json_object_del(answer, "count") == 0 &&
	       (!next || cursor_put(answer, "ports", next));
}

static bool cut(json_t *answer, unsigned longest)
{
	CLEANUP(json_cleanup) json_t *omitted = json_object();
	const char *name;
	json_t *value;

	json_object_foreach(answer, name, value) {
		size_t size = json_array_size(value);

		if (size <= longest)
			continue;
		if (!json_put_int(omitted, name, (int64_t)(size - longest)))
			return false;
		while (json_array_size(value) > longest)
			(void)json_array_remove(value, json_array_size(value) - 1);
	}
	return !json_object_size(omitted) || json_put(answer, "omitted", json_incref(omitted));
}

static bool take_first(json_t *answer, const char *rows)
{
	CLEANUP(json_cleanup) json_t *all = json_incref(json_object_get(answer, rows));

	return json_object_del(answer, rows) == 0 &&
	       json_object_update_missing(answer, json_array_get(all, 0)) == 0;
}

bool port_tool_shape(const struct port_tool *t, json_t *answer, struct err *err)
{
	port_noise_strip(answer);
	return ((!t->first_of || take_first(answer, t->first_of)) &&
		(!t->is_paged || put_cursor(answer)) && (!t->longest || cut(answer, t->longest))) ||
	       fail_memory(err);
}
