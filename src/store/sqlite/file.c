/*
 * sqlite/file.c - what the file itself says, without SQLite's help.
 *
 * SQLite reads a page that is cut off as one of zeros: an answer would be wrong,
 * or, worse, a port that is entered be given again.  So the pages that the
 * header counts have to be there.  Where they are not, a process may have been
 * killed while it wrote the log back, the header first: then the log still has
 * them all.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "store/sqlite/db.h"

/* Source: https://sqlite.org/fileformat2.html section 1.3, "The Database Header". */
#define HEADER_PAGE_SIZE 16 /* two bytes; 1: 65536 */
#define HEADER_PAGES	 28 /* four bytes */

/* Source: the same, section 4.1, "WAL File Format". */
#define LOG_HEADER_SIZE	  32
#define LOG_HEADER_SALTS  16
#define FRAME_HEADER_SIZE 24
#define FRAME_SALTS	  8
#define SALTS_SIZE	  8

static sqlite3_file *file_of(struct session *s)
{
	sqlite3_file *file = NULL;

	sqlite3_file_control(s->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	return file;
}

static int64_t number_at(const unsigned char *bytes, unsigned count)
{
	int64_t n = 0;

	for (unsigned i = 0; i < count; i++)
		n = n << 8 | bytes[i];
	return n;
}

static int64_t page_size_of(const unsigned char header[static HEADER_SIZE])
{
	int64_t size = number_at(header + HEADER_PAGE_SIZE, 2);

	return size == 1 ? 65536 : size;
}

bool header_read(struct session *s, unsigned char ret[static HEADER_SIZE])
{
	sqlite3_file *file = file_of(s);

	return file->pMethods->xRead(file, ret, HEADER_SIZE, 0) == SQLITE_OK;
}

bool file_size(struct session *s, int64_t *ret)
{
	sqlite3_file *file = file_of(s);
	sqlite3_int64 size;

	if (file->pMethods->xFileSize(file, &size) != SQLITE_OK)
		return false;
	*ret = size;
	return true;
}

bool is_short(struct session *s, const unsigned char header[static HEADER_SIZE])
{
	int64_t size;

	return !file_size(s, &size) ||
	       size < page_size_of(header) * number_at(header + HEADER_PAGES, 4);
}

/* Pages first, first + 1 ... of which some were found. */
struct pages {
	int64_t first, count;
	unsigned char *found;
	int64_t n_found;
};

static void found(struct pages *p, int64_t page)
{
	if (page < p->first || page - p->first >= p->count || p->found[page - p->first])
		return;
	p->found[page - p->first] = 1;
	p->n_found++;
}

/* Frames of an earlier round of the log have other salts. */
static void find_in_log(struct session *s, int64_t page_size, struct pages *p)
{
	CLEANUP(text_release) struct text path = { 0 };
	unsigned char log[LOG_HEADER_SIZE], frame[FRAME_HEADER_SIZE];
	int64_t at = sizeof(log);

	text_addf(&path, "%s-wal", session_file(s));

	CLEANUP(fd_cleanup)
	int fd = text_ok(&path) ? open(text_str(&path), O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || pread(fd, log, sizeof(log), 0) != sizeof(log))
		return;
	for (; pread(fd, frame, sizeof(frame), at) == sizeof(frame);
	     at += FRAME_HEADER_SIZE + page_size)
		if (!memcmp(frame + FRAME_SALTS, log + LOG_HEADER_SALTS, SALTS_SIZE))
			found(p, number_at(frame, 4));
}

static bool log_has_the_rest(struct session *s, const unsigned char header[static HEADER_SIZE])
{
	int64_t page_size = page_size_of(header), size;
	struct pages p = { 0 };

	if (page_size < 512 || !file_size(s, &size))
		return false;
	p.first = size / page_size + 1;
	p.count = number_at(header + HEADER_PAGES, 4) - size / page_size;
	p.found = p.count > 0 ? calloc((size_t)p.count, 1) : NULL;
	if (p.found)
		find_in_log(s, page_size, &p);
	free(p.found);
	return p.n_found == p.count;
}

bool check_not_cut_off(struct session *s, struct err *err)
{
	unsigned char header[HEADER_SIZE];

	/* Looked at again: another process may have written the log back meanwhile. */
	return !header_read(s, header) || !is_short(s, header) || log_has_the_rest(s, header) ||
	       !is_short(s, header) ||
	       fail(err, ERR_BOOK, "the book '%s' is damaged: its end is missing", s->path);
}
