#include "mcp/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rationale: what a pipe holds. */
#define READ_SIZE 65536

void lines_release(struct lines *l)
{
	struct line *line;

	while ((line = lines_take(l)))
		free(line);
	text_release(&l->unread);
}

struct line *lines_take(struct lines *l)
{
	struct line *line = l->first;

	if (line)
		lines_remove(l, line);
	return line;
}

void lines_remove(struct lines *l, struct line *line)
{
	struct line **at = &l->first, *before = NULL;

	while (*at != line) {
		before = *at;
		at = &before->next;
	}
	*at = line->next;
	if (l->last == line)
		l->last = before;
}

static bool add_line(struct lines *l, const char *bytes, size_t len, bool too_long, struct err *err)
{
	struct line *line = malloc(sizeof(*line) + len + 1);

	if (!line)
		return fail_memory(err);
	*line = (struct line){ .len = len, .was_too_long = too_long };
	memcpy(line->bytes, bytes, len);
	line->bytes[len] = '\0';
	if (l->last)
		l->last->next = line;
	else
		l->first = line;
	l->last = line;
	return true;
}

static bool is_blank(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r')
			return false;
	return true;
}

/* The line that ends here: what was kept of it, and these bytes. */
static bool end_line(struct lines *l, const char *bytes, size_t len, struct err *err)
{
	bool ok = true;

	if (l->is_skipping || l->unread.len + len > l->longest)
		ok = add_line(l, "", 0, true, err);
	else if (l->unread.len) {
		text_add_bytes(&l->unread, bytes, len);
		ok = text_ok(&l->unread) ? add_line(l, l->unread.s, l->unread.len, false, err)
					 : fail_memory(err);
	} else if (!is_blank(bytes, len))
		ok = add_line(l, bytes, len, false, err);
	text_clear(&l->unread);
	l->is_skipping = false;
	return ok;
}

/* The beginning of a line.  Of one that is too long nothing is kept. */
static bool keep(struct lines *l, const char *bytes, size_t len, struct err *err)
{
	if (l->is_skipping || l->unread.len + len > l->longest) {
		l->is_skipping = true;
		text_clear(&l->unread);
		return true;
	}
	text_add_bytes(&l->unread, bytes, len);
	return text_ok(&l->unread) || fail_memory(err);
}

static bool split(struct lines *l, const char *bytes, size_t len, struct err *err)
{
	const char *end = bytes + len, *newline;

	while ((newline = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		if (!end_line(l, bytes, (size_t)(newline - bytes), err))
			return false;
		bytes = newline + 1;
	}
	return bytes == end || keep(l, bytes, (size_t)(end - bytes), err);
}

/* What stands behind the last newline is a message as well. */
static bool end_input(struct lines *l, struct err *err)
{
	l->has_ended = true;
	return (!l->unread.len && !l->is_skipping) || end_line(l, "", 0, err);
}

static bool is_ready(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

bool lines_read(struct lines *l, int ms, bool *ret_some, struct err *err)
{
	char bytes[READ_SIZE];
	ssize_t n;

	*ret_some = false;
	if (l->has_ended || !is_ready(l->fd, ms))
		return true;
	n = read(l->fd, bytes, sizeof(bytes));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ||
		       fail(err, ERR_IO, "cannot read from the client: %s", strerror(errno));
	*ret_some = true;
	return n ? split(l, bytes, (size_t)n, err) : end_input(l, err);
}
