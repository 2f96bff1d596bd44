#include "enforce/foreign.h"

#include <arpa/inet.h>
#include <string.h>

#include <linux/audit.h>

/* The port of an IPv4 and an IPv6 address is in the same place; shorter ones are refused by both. */
#define PORT_AT	     2
#define SHORTEST_LEN 16

#define SOCKETCALL_BIND	  2
#define SOCKETCALL_LISTEN 4

/* Numbers: see filter.c, which brings no other calls here. */
static const struct called {
	unsigned arch;
	int number;
	enum socket_call_kind kind;
} calls[] = {
	{ AUDIT_ARCH_X86_64, 49, CALL_BIND },	{ AUDIT_ARCH_X86_64, 50, CALL_LISTEN },
	{ AUDIT_ARCH_I386, 361, CALL_BIND },	{ AUDIT_ARCH_I386, 363, CALL_LISTEN },
	{ AUDIT_ARCH_AARCH64, 200, CALL_BIND }, { AUDIT_ARCH_AARCH64, 201, CALL_LISTEN },
	{ AUDIT_ARCH_ARM, 282, CALL_BIND },	{ AUDIT_ARCH_ARM, 284, CALL_LISTEN },
};
#define I386_SOCKETCALL 102

bool call_has_words(const struct seccomp_data *d, uint64_t *ret_at)
{
	*ret_at = d->args[1];
	return d->arch == AUDIT_ARCH_I386 && d->nr == I386_SOCKETCALL;
}

static enum socket_call_kind kind_of_number(const struct seccomp_data *d)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (calls[i].arch == d->arch && calls[i].number == d->nr)
			return calls[i].kind;
	return CALL_OF_NO_SOCKET;
}

static enum socket_call_kind kind_of_socketcall(uint64_t which)
{
	/* The kernel takes an int: what stands above it is not looked at. */
	switch ((uint32_t)which) {
	case SOCKETCALL_BIND: return CALL_BIND;
	case SOCKETCALL_LISTEN: return CALL_LISTEN;
	default: return CALL_OF_NO_SOCKET;
	}
}

struct socket_call call_read(const struct seccomp_data *d, const uint32_t words[static 3])
{
	uint64_t at, args[3] = { d->args[0], d->args[1], d->args[2] };
	bool in_memory = call_has_words(d, &at);

	for (unsigned i = 0; in_memory && i < 3; i++)
		args[i] = words[i];
	return (struct socket_call){
		.kind = in_memory ? kind_of_socketcall(d->args[0]) : kind_of_number(d),
		.fd = (int)args[0],
		.address = args[1],
		.length = (int32_t)args[2],
		.backlog = (int)args[1],
	};
}

struct foreign_address address_read(const void *bytes, size_t len)
{
	struct foreign_address a = { .len = (socklen_t)len };
	uint16_t port;

	if (len > sizeof(a.bytes))
		a.len = sizeof(a.bytes);
	if (a.len)
		memcpy(a.bytes, bytes, a.len);
	if (a.len < SHORTEST_LEN)
		return a;
	memcpy(&port, a.bytes + PORT_AT, sizeof(port));
	a.port = ntohs(port);
	a.has_port = true;
	return a;
}

void address_set_port(struct foreign_address *a, uint16_t port)
{
	uint16_t there = htons(port);

	if (!a->has_port)
		return;
	memcpy(a->bytes + PORT_AT, &there, sizeof(there));
	a->port = port;
}

void name_make_safe(char *name)
{
	for (; *name; name++)
		if (*name < ' ' || *name > '~')
			*name = '?';
}
