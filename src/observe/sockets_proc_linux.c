/*
 * Sockets as text, from /proc/net, where netlink is refused; and what the kernel
 * says of ports in /proc/sys/net, which it says nowhere else.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/fd.h"
#include "observe/sockets_linux.h"

#define EPHEMERAL_FILE "/proc/sys/net/ipv4/ip_local_port_range"
#define SPARED_FILE    "/proc/sys/net/ipv4/ip_local_reserved_ports"

struct walk {
	enum protocol protocol;
	socket_fn *fn;
	void *arg;
};

/* The fields of a line of /proc/net that we read, counted from 0. */
enum { FIELD_LOCAL = 1, FIELD_STATE = 3, FIELD_UID = 7, FIELD_INODE = 9, FIELD_COUNT };

static bool eat_field(const char **at, const char **ret)
{
	const char *start = *at + strspn(*at, " ");
	const char *end = start + strcspn(start, " \n");

	if (end == start)
		return false;
	*ret = start;
	*at = end;
	return true;
}

static bool eat_hex(const char **at, uint16_t *ret)
{
	const char *p = *at;
	unsigned n = 0;

	for (; isxdigit((unsigned char)*p) && n <= UINT16_MAX >> 4; p++)
		n = n << 4 | (unsigned)(*p <= '9' ? *p - '0' : (*p | ' ') - 'a' + 10);
	if (p == *at || isxdigit((unsigned char)*p))
		return false;
	*at = p;
	*ret = (uint16_t)n;
	return true;
}

/* Eight hexadecimal digits: a word as the machine has it in memory. */
static bool eat_word32(const char **at, unsigned char ret[static 4])
{
	uint32_t word = 0;

	for (unsigned i = 0; i < 8; i++) {
		char c = (*at)[i];

		if (!isxdigit((unsigned char)c))
			return false;
		word = word << 4 | (unsigned)(c <= '9' ? c - '0' : (c | ' ') - 'a' + 10);
	}
	*at += 8;
	memcpy(ret, &word, sizeof(word));
	return true;
}

/* "0100007F:1F90": an address of one word, or of IPv6's four, and the port. */
static bool eat_local(const char *field, struct socket_row *ret)
{
	unsigned words = 0;

	while (words < 4 && eat_word32(&field, ret->address + (size_t)4 * words))
		words++;
	ret->ipv6 = words == 4;
	return (words == 1 || words == 4) && eat_char(&field, ':') && eat_hex(&field, &ret->port);
}

/*
 * "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 4711 ..."
 * slot, local and remote address:port, state, queues, timer, retransmits, uid,
 * timeout, inode; up to the retransmits all numbers but the slot are hexadecimal.
 * Source: Linux Documentation/networking/proc_net_tcp.rst.
 */
bool socket_row_parse(enum protocol protocol, const char *line, struct socket_row *ret)
{
	struct socket_row row = { .protocol = protocol };
	const char *field[FIELD_COUNT];
	uint16_t state;
	uint64_t uid, inode;

	for (unsigned i = 0; i < FIELD_COUNT; i++)
		if (!eat_field(&line, &field[i]))
			return false;
	if (!eat_local(field[FIELD_LOCAL], &row) || !eat_hex(&field[FIELD_STATE], &state) ||
	    !eat_number(&field[FIELD_UID], UINT32_MAX, &uid) ||
	    !eat_number(&field[FIELD_INODE], UINT64_MAX, &inode))
		return false;
	if (row.port == 0 || state != socket_holding_state(protocol))
		return false;
	row.uid = (uid_t)uid;
	row.inode = inode;
	*ret = row;
	return true;
}

static void file_cleanup(FILE **file)
{
	if (*file)
		fclose(*file);
}

static void line_cleanup(char **line)
{
	free(*line);
}

static bool read_table(const char *path, const struct walk *walk, struct err *err)
{
	CLEANUP(file_cleanup) FILE *file = fopen(path, "re");
	CLEANUP(line_cleanup) char *line = NULL;
	size_t size = 0;
	struct socket_row row;

	if (!file)
		return fail(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s': %s",
			    path, strerror(errno));
	while (getline(&line, &size, file) >= 0)
		if (socket_row_parse(walk->protocol, line, &row))
			walk->fn(&row, walk->arg);
	if (ferror(file))
		return fail(err, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
	return true;
}

bool sockets_each_proc(enum protocol protocol, socket_fn *fn, void *arg, struct err *err)
{
	const struct walk walk = { protocol, fn, arg };
	char path[sizeof("/proc/net/tcp6")];
	struct err why = { 0 };

	snprintf(path, sizeof(path), "/proc/net/%s", protocol_name(protocol));
	if (!read_table(path, &walk, &why))
		return fail(err, ERR_IO, "%s", why.text);
	snprintf(path, sizeof(path), "/proc/net/%s6", protocol_name(protocol));
	/* A kernel without IPv6 has no such file. */
	if (!read_table(path, &walk, &why) && why.code != ERR_NOT_FOUND)
		return fail(err, ERR_IO, "%s", why.text);
	return true;
}

/* Source: Linux Documentation/networking/ip-sysctl.rst, "first<TAB>last", ends included. */
bool sockets_ephemeral(struct port_range *ret, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct port_range range;
	struct err why = { 0 };
	const char *at;

	if (!file_read(EPHEMERAL_FILE, 4096, &text, &why))
		return fail(err, ERR_IO, "%s", why.text);
	at = text_str(&text);
	if (!eat_port(&at, &range.first) || !eat_blanks(&at) || !eat_port(&at, &range.last) ||
	    range.last < range.first)
		return fail(err, ERR_IO, "'%s' does not hold two ports", EPHEMERAL_FILE);
	*ret = range;
	return true;
}

/*
 * Source: Linux Documentation/networking/ip-sysctl.rst, "comma separated list of
 * ranges", as "8080,9148" or "1-4,6"; an empty line when there are none.
 * Rationale of the limit: every second port, and a comma.
 */
bool sockets_spared(struct port_set *into, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct port_range range;
	struct err why = { 0 };
	const char *at;

	if (!file_read(SPARED_FILE, 400000, &text, &why))
		return fail(err, ERR_IO, "%s", why.text);
	for (at = text_str(&text); *at && *at != '\n'; (void)eat_char(&at, ',')) {
		if (!eat_port(&at, &range.first))
			return fail(err, ERR_IO, "'%s' does not hold ports", SPARED_FILE);
		range.last = range.first;
		if (eat_char(&at, '-') && (!eat_port(&at, &range.last) || range.last < range.first))
			return fail(err, ERR_IO, "'%s' does not hold ports", SPARED_FILE);
		port_set_add_range(into, range);
	}
	return true;
}
