#include "base/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static bool read_bytes(struct source *s, uint64_t offset, char *ret, size_t size, size_t *ret_len,
		       struct err *err)
{
	const struct bytes_source *b = (const struct bytes_source *)s;
	size_t len = offset < s->size ? (size_t)(s->size - offset) : 0;

	(void)err;
	*ret_len = len < size ? len : size;
	if (*ret_len)
		memcpy(ret, b->bytes + offset, *ret_len);
	return true;
}

struct bytes_source bytes_source(const char *bytes, size_t len, const char *name)
{
	return (struct bytes_source){
		.source = { .read = read_bytes, .size = len, .name = name },
		.bytes = bytes,
	};
}

static bool read_fd(struct source *s, uint64_t offset, char *ret, size_t size, size_t *ret_len,
		    struct err *err)
{
	const struct fd_source *f = (const struct fd_source *)s;
	ssize_t n;

	do {
		n = pread(f->fd, ret, size, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(err, ERR_IO, "cannot read '%s': %s", s->name, strerror(errno));
	*ret_len = (size_t)n;
	return true;
}

bool fd_source_open(int fd, const char *name, struct fd_source *ret, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(err, ERR_IO, "cannot look at '%s': %s", name, strerror(errno));
	*ret = (struct fd_source){
		.source = { .read = read_fd, .size = (uint64_t)st.st_size, .name = name },
		.fd = fd,
	};
	return true;
}

static bool write_text(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	struct text *text = ((struct text_sink *)s)->text;

	text_add_bytes(text, bytes, len);
	return text_ok(text) || fail_memory(err);
}

struct text_sink text_sink(struct text *text)
{
	return (struct text_sink){ .sink.write = write_text, .text = text };
}

static bool write_fd(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	const struct fd_sink *f = (const struct fd_sink *)s;

	while (len) {
		ssize_t n = write(f->fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, ERR_IO, "cannot write '%s': %s", f->name, strerror(errno));
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

struct fd_sink fd_sink(int fd, const char *name)
{
	return (struct fd_sink){ .sink.write = write_fd, .fd = fd, .name = name };
}
