#include "ports/port_set.h"

void port_set_add_range(struct port_set *s, struct port_range r)
{
	for (unsigned port = r.first; port <= r.last; port++)
		port_set_add(s, (uint16_t)port);
}

unsigned port_set_count(const struct port_set *s, struct port_range r)
{
	unsigned n = 0;

	for (unsigned port = r.first; port <= r.last; port++)
		n += port_set_has(s, (uint16_t)port);
	return n;
}
