#include "ports/record.h"

#include <assert.h>
#include <string.h>

#include "base/macros.h"

static const struct {
	const char *name, *plural;
} names[] = {
	[RECORD_SETTING] = { "setting", "settings" },
	[RECORD_RANGE] = { "range", "ranges" },
	[RECORD_PROJECT] = { "project", "projects" },
	[RECORD_INSTANCE] = { "instance", "instances" },
	[RECORD_BLOCK] = { "block", "blocks" },
	[RECORD_RESERVED] = { "reserved", "reserved" },
	[RECORD_ALLOCATION] = { "allocation", "allocations" },
	[RECORD_CHECK] = { "healthCheck", "healthChecks" },
	[RECORD_EVENT] = { "event", "events" },
};
static_assert(ARRAY_LEN(names) == RECORD_KIND_COUNT, "a kind of row has no name");

const char *record_name(enum record_kind k)
{
	return names[k].name;
}

const char *record_plural(enum record_kind k)
{
	return names[k].plural;
}

bool record_from_name(const char *name, enum record_kind *ret)
{
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i].name, name)) {
			*ret = (enum record_kind)i;
			return true;
		}
	return false;
}

bool record_from_plural(const char *plural, enum record_kind *ret)
{
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i].plural, plural)) {
			*ret = (enum record_kind)i;
			return true;
		}
	return false;
}
