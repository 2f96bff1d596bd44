/*
 * What a guard reads from its socket: packets, one a line here.  Each is answered by an object or
 * ends the conversation, and no file is lost or left, whatever is asked.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "enforce/guard_inside.h"
#include "fuzz.h"

#define PACKETS_MAX 16

/* Nothing is bound here: what is to be held is seen to be in use. */
static bool collect(void *ctx, enum protocol protocol, struct port_set *into, struct err *err)
{
	for (unsigned port = 3100; port <= 3105; port++)
		port_set_add(into, (uint16_t)port);
	return true;
}

static const struct listeners_ops machine_ops = { .collect = collect };
static const struct listeners machine = { .ops = &machine_ops };
static const struct guard_options options = {
	.machine = &machine,
	.user = "eva",
	.book_name = "book",
	.partner = -1,
};

/* One of each state, with a file where a guard would have one. */
static void make_spots(struct guard *g)
{
	static const struct guarded ports[] = {
		{ PROTO_TCP, 3100, "shop/web", "run", "eva" },
		{ PROTO_TCP, 3101, "shop/api", "run", "eva" },
		{ PROTO_TCP, 3102, "shop/db", NULL, "eva" },
		{ PROTO_TCP, 3103, "shop/hmr", "yield", "eva" },
		{ PROTO_UDP, 3100, "shop/dns", "yield", "eva" },
	};
	const struct guard_wishes w = {
		.ports = ports, .count = ARRAY_LEN(ports), .user = "eva", .limit = 100
	};

	MUST(guard_plan(&w, 0, &g->arena, &g->spots));
	for (unsigned i = 0; i < g->spots.count; i++) {
		struct spot *s = &g->spots.items[i];

		if (s->port != 3100)
			continue;
		spot_become(s, SPOT_HELD, WHY_NONE, 0);
		s->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	spot_become(spot_of(&g->spots, PROTO_TCP, 3103), SPOT_YIELDED, WHY_NONE, 0);
}

static void check_spots(const struct guard *g, const struct visitor *v)
{
	for (unsigned i = 0; i < g->spots.count; i++) {
		const struct spot *s = &g->spots.items[i];

		MUST((s->fd >= 0) == (s->state == SPOT_HELD));
		MUST(!s->holder || s->holder == v);
		MUST(s->state != SPOT_GIVEN || s->holder == v);
		MUST(s->state != SPOT_YIELDED ||
		     s->until_ms <= clock_now_ms() + 600 * MS_PER_SECOND);
	}
}

/* Of what was asked: an object that says whether it was done. */
static void read_answer(int from)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	int passed = -1;

	MUST(message_receive(from, &answer, &passed, NULL));
	MUST(json_is_boolean(json_object_get(answer, "success")));
	if (passed >= 0)
		close(passed);
}

static void send_packet(int to, const char *bytes, size_t size, bool with_file)
{
	int file = with_file ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} with = { .room = { 0 } };
	struct iovec packet = { (void *)(uintptr_t)bytes, size };
	struct msghdr m = { .msg_iov = &packet, .msg_iovlen = 1 };

	if (file >= 0) {
		m.msg_control = with.room;
		m.msg_controllen = sizeof(with.room);
		with.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
						.cmsg_level = SOL_SOCKET,
						.cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&with.header), &file, sizeof(file));
	}
	(void)!sendmsg(to, &m, MSG_NOSIGNAL);
	if (file >= 0)
		close(file);
}

/* A line that begins with '@' comes with a file. */
static bool ask(struct guard *g, struct visitor *v, int client, const char *line, size_t size)
{
	bool with_file = size && *line == '@';
	bool goes_on;

	send_packet(client, line + with_file, size - with_file, with_file);
	goes_on = guard_answer(v);
	if (goes_on)
		read_answer(client);
	check_spots(g, v);
	return goes_on;
}

static void converse(struct guard *g, struct visitor *v, int client, const char *text, size_t size)
{
	for (unsigned n = 0; size && n < PACKETS_MAX; n++) {
		const char *end = memchr(text, '\n', size);
		size_t len = end ? (size_t)(end - text) : size;

		if (!len || !ask(g, v, client, text, len))
			return;
		size -= len + (end != NULL);
		text += len + (end != NULL);
	}
}

/* The lowest number that is free tells whether all above standard files were closed again. */
static int lowest_free(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static void fuzz_one(const char *text, size_t size)
{
	struct guard g = { .options = &options, .socket = -1, .lock = -1, .signals = -1 };
	struct visitor v = { .guard = &g, .pid = getpid(), .process = -1, .passed = -1 };
	int ends[2] = { -1, -1 }, before = lowest_free();

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	v.fd = ends[0];
	make_spots(&g);
	converse(&g, &v, ends[1], text, size);
	for (unsigned i = 0; i < g.spots.count; i++)
		guard_let_go(&g, &g.spots.items[i]);
	if (v.process >= 0)
		close(v.process);
	close(ends[0]);
	close(ends[1]);
	arena_release(&g.arena);
	MUST(lowest_free() == before);
}
