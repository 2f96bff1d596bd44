/* What is taken is in order and is taken again when it is written out. */
#include "fuzz.h"
#include "ports/port_range.h"

static void check_port(const char *text)
{
	char again[16];
	uint16_t port;

	if (!port_parse(text, &port, NULL))
		return;
	MUST(port > 0);
	snprintf(again, sizeof(again), "%u", port);
	MUST(!strcmp(again, text) || text[0] == '0');
}

static void check_range(const char *text)
{
	struct port_range r, back;
	char again[16];

	if (!port_range_parse(text, &r, NULL))
		return;
	MUST(1 <= r.first && r.first <= r.last);
	MUST(port_range_size(r) >= 1 && port_range_has(r, r.last));
	snprintf(again, sizeof(again), "%u-%u", r.first, r.last);
	MUST(port_range_parse(again, &back, NULL) && !memcmp(&r, &back, sizeof(r)));
}

static void check_list(const char *text)
{
	struct port_range list[PORT_LIST_MAX];
	unsigned count = 0;

	if (!port_list_parse(text, list, &count, NULL))
		return;
	MUST(count >= 1 && count <= PORT_LIST_MAX);
	for (unsigned i = 0; i < count; i++)
		MUST(1 <= list[i].first && list[i].first <= list[i].last);
}

static void fuzz_one(const char *text, size_t size)
{
	check_port(text);
	check_range(text);
	check_list(text);
}
