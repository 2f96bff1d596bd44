/*
 * The floor of every look: the kernel's own list of TCP sockets that listen, and
 * nothing of whose they are.
 *
 * usage: dump COUNT
 * Says:  dump_us (median), ports
 */
#include "observe/observe.h"

#include "measure.h"

int main(int argc, char **argv)
{
	unsigned count = number_or_die(argc == 2 ? argv[1] : "", 1000000);
	struct times times = times_new(count);
	struct port_set ports = { 0 };
	struct err err = { 0 };

	for (unsigned i = 0; i < count; i++) {
		int64_t begin = now_ns();

		if (!listeners_of_machine.ops->collect(NULL, PROTO_TCP, &ports, &err))
			die("%s", err.text);
		times_add(&times, now_ns() - begin);
	}
	tell("dump_us", times_percentile_us(&times, 50));
	tell("ports", port_set_count(&ports, (struct port_range){ 1, UINT16_MAX }));
	return 0;
}
