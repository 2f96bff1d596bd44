/*
 * The floor of `guard`: binding ports one after the other, with nothing around it.
 *
 * usage: hold PORTS FIRST_PORT
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "measure.h"

static void hold(unsigned port)
{
	const struct sockaddr_in6 at = { .sin6_family = AF_INET6,
					 .sin6_port = htons((uint16_t)port) };
	const int off = 0;
	int s = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s < 0 || setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
	    bind(s, (const struct sockaddr *)&at, sizeof(at)) < 0)
		die("cannot hold %u: %s", port, strerror(errno));
}

int main(int argc, char **argv)
{
	struct rlimit files;
	unsigned ports, first;
	int64_t start;

	if (argc != 3)
		die("usage: hold PORTS FIRST_PORT");
	ports = number_or_die(argv[1], 30000);
	first = number_or_die(argv[2], 30000);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	start = now_ns();
	for (unsigned i = 0; i < ports; i++)
		hold(first + i);
	printf("look_us %.1f\n", (double)(now_ns() - start) / 1000);
	return 0;
}
