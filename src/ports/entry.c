#include "ports/entry.h"

#include <string.h>

#include "base/macros.h"

static const char *const protocol_names[PROTO_COUNT] = {
	[PROTO_TCP] = "tcp",
	[PROTO_UDP] = "udp",
};

static const char *const status_names[STATUS_COUNT] = {
	[STATUS_ALLOCATED] = "allocated",
	[STATUS_RESERVED] = "reserved",
	[STATUS_LEGACY] = "legacy",
	[STATUS_RELEASED] = "released",
};

static int index_of(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

const char *protocol_name(enum protocol p)
{
	return protocol_names[p];
}

const char *entry_status_name(enum entry_status s)
{
	return status_names[s];
}

bool protocol_from_name(const char *name, enum protocol *ret)
{
	int i = index_of(protocol_names, PROTO_COUNT, name);

	if (i < 0)
		return false;
	*ret = (enum protocol)i;
	return true;
}

bool entry_status_from_name(const char *name, enum entry_status *ret)
{
	int i = index_of(status_names, STATUS_COUNT, name);

	if (i < 0)
		return false;
	*ret = (enum entry_status)i;
	return true;
}
