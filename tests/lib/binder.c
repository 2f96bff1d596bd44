/*
 * A program that binds in ways that interpreters cannot; linked statically, as those of Go are.
 *
 *   binder flip COUNT PORT PORT   bind again and again, while a thread changes the port
 *   binder socketcall PORT        as a 32-bit program does, with its arguments in memory
 *   binder i386 PORT              as a 32-bit program does
 *   binder storm PORT             while signals come in
 *   binder listen PORT            and listen; as a server that starts in no time
 *
 * All but the first print the port that was got, or "error N".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static int port_of(int fd)
{
	struct sockaddr_in at = { 0 };
	socklen_t len = sizeof(at);

	return getsockname(fd, (struct sockaddr *)&at, &len) < 0 ? -1 : ntohs(at.sin_port);
}

static int say(int fd, long error)
{
	if (error)
		printf("error %ld\n", error < 0 ? -error : error);
	else
		printf("%d\n", port_of(fd));
	return 0;
}

/* flip */

static struct sockaddr_in flipped = { .sin_family = AF_INET };
static volatile int is_over;
static in_port_t both[2];

static void *flip(void *unused)
{
	volatile in_port_t *port = &flipped.sin_port;

	(void)unused;
	for (unsigned i = 0; !is_over; i++) {
		*port = both[i & 1];
		for (volatile int wait = 0; wait < 300; wait++)
			;
	}
	return NULL;
}

static int bind_flipped(int count, int first, int second)
{
	int wrong = 0, right = 0, refused = 0;
	pthread_t thread;

	both[0] = htons((in_port_t)first);
	both[1] = htons((in_port_t)second);
	flipped.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (pthread_create(&thread, NULL, flip, NULL))
		return 1;
	for (int i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (bind(fd, (struct sockaddr *)&flipped, sizeof(flipped)) < 0)
			refused++;
		else if (port_of(fd) == second)
			wrong++;
		else
			right++;
		close(fd);
	}
	is_over = 1;
	pthread_join(thread, NULL);
	printf("%d wrong, %d right, %d refused\n", wrong, right, refused);
	return 0;
}

/* 32 bits */

#if defined(__x86_64__)
static long call32(long number, unsigned a, unsigned b, unsigned c)
{
	long answer;

	__asm__ volatile("int $0x80"
			 : "=a"(answer)
			 : "a"(number), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)answer;
}

/* Where a pointer of 32 bits reaches. */
static struct low {
	struct sockaddr_in at;
	unsigned words[3];
} * low_memory(int port)
{
	struct low *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		abort();
	low->at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };
	return low;
}

static int bind32(int port, int by_socketcall)
{
	struct low *low = low_memory(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	unsigned at = (unsigned)(unsigned long)&low->at;

	low->words[0] = (unsigned)fd;
	low->words[1] = at;
	low->words[2] = sizeof(low->at);
	if (by_socketcall)
		return say(fd, call32(102, 2, (unsigned)(unsigned long)low->words, 0));
	return say(fd, call32(361, (unsigned)fd, at, sizeof(low->at)));
}
#else
static int bind32(int port, int by_socketcall)
{
	(void)port;
	(void)by_socketcall;
	return 77;
}
#endif

/* storm */

static void on_signal(int number)
{
	(void)number;
}

static int bind_in_storm(int port)
{
	const struct itimerval often = { { 0, 200 }, { 0, 200 } };
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	return say(fd, bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? errno : 0);
}

/* listen */

static int listen_there(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0)
		return say(fd, errno);
	return say(fd, 0);
}

static int number(const char *text)
{
	return (int)strtol(text, NULL, 10);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "flip"))
		return bind_flipped(number(argv[2]), number(argv[3]), number(argv[4]));
	if (argc == 3 && !strcmp(argv[1], "socketcall"))
		return bind32(number(argv[2]), 1);
	if (argc == 3 && !strcmp(argv[1], "i386"))
		return bind32(number(argv[2]), 0);
	if (argc == 3 && !strcmp(argv[1], "storm"))
		return bind_in_storm(number(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "listen"))
		return listen_there(number(argv[2]));
	return 2;
}
