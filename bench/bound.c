/*
 * bench/bound.c - what system calls cost this process.
 *
 * usage: bound COUNT PORT
 *
 * Medians of COUNT: a read of one byte, and a bind to PORT, in ns.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

#define MOST 1000000

/* Rationale: one read is about as long as looking at the clock. */
#define READS 64

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t middle_of(int64_t *took, unsigned count)
{
	qsort(took, count, sizeof(*took), compare);
	return took[count / 2];
}

static int64_t read_once(int from)
{
	int64_t began = now_ns();
	char byte;

	for (int i = 0; i < READS; i++)
		if (read(from, &byte, 1) != 1)
			die("cannot read /dev/zero");
	return (now_ns() - began) / READS;
}

static int64_t bind_once(uint16_t port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t began = now_ns();

	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		die("cannot bind port %u", port);
	began = now_ns() - began;
	close(fd);
	return began;
}

int main(int argc, char **argv)
{
	unsigned count = argc == 3 ? number_or_die(argv[1], MOST) : 0;
	uint16_t port = argc == 3 ? (uint16_t)number_or_die(argv[2], UINT16_MAX) : 0;
	int64_t *took = calloc(count ? count : 1, sizeof(*took));
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	if (!count || !took || zero < 0)
		die("usage: bound COUNT PORT");
	for (unsigned i = 0; i < count; i++)
		took[i] = read_once(zero);
	printf("read_ns %lld\n", (long long)middle_of(took, count));
	for (unsigned i = 0; i < count; i++)
		took[i] = bind_once(port);
	printf("bind_ns %lld\n", (long long)middle_of(took, count));
	free(took);
	return 0;
}
