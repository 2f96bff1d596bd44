/* What a supervised process hands over: a call, an address, and what a run inside of a run says. */
#include <arpa/inet.h>

#include "enforce/assignment.h"
#include "enforce/foreign.h"
#include "enforce/nested.h"
#include "fuzz.h"

static void read_call(const char *bytes, size_t size)
{
	struct seccomp_data d = { 0 };
	uint32_t words[3] = { 0 };
	uint64_t at;

	memcpy(&d, bytes, size < sizeof(d) ? size : sizeof(d));
	if (size > sizeof(d))
		memcpy(words, bytes + sizeof(d),
		       size - sizeof(d) < sizeof(words) ? size - sizeof(d) : sizeof(words));
	(void)call_has_words(&d, &at);
	MUST(call_read(&d, words).kind <= CALL_LISTEN);
}

/* Whatever the bytes are: only the port changes, and what the kernel then reads is that. */
static void read_address(const char *bytes, size_t size)
{
	struct foreign_address a = address_read(bytes, size), b = a;
	struct sockaddr_in6 at = { 0 };

	MUST(a.len <= ADDRESS_MAX && (a.has_port || !a.port));
	address_set_port(&b, 3100);
	memcpy(&at, b.bytes, b.len < sizeof(at) ? b.len : sizeof(at));
	MUST(!b.has_port || (b.port == 3100 && ntohs(at.sin6_port) == 3100));
	memcpy(b.bytes + 2, a.bytes + 2, 2);
	MUST(!memcmp(a.bytes, b.bytes, sizeof(a.bytes)));
	(void)nested_is_request(&a);
}

static void read_assignment(const char *text, size_t size)
{
	CLEANUP(json_cleanup) json_t *json = NULL, *once = NULL, *twice = NULL;
	static struct assignment a, b;
	struct err err = { 0 };

	if (!json_parse(text, size, &json, &err) || !assignment_read(json, &a, &err)) {
		MUST(err.text[0]);
		return;
	}
	once = assignment_json(&a);
	MUST(once && assignment_read(once, &b, &err));
	twice = assignment_json(&b);
	MUST(twice && json_equal(once, twice));
}

static void fuzz_one(const char *text, size_t size)
{
	char name[256];

	read_call(text, size);
	read_address(text, size);
	read_assignment(text, size);
	snprintf(name, sizeof(name), "%s", text);
	name_make_safe(name);
	for (const char *at = name; *at; at++)
		MUST(*at >= ' ' && *at <= '~');
}
