/*
 * The command `export`: the book into a file or a pipe, as it is read, however long it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "book/session.h"
#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/input.h"
#include "cli/screen.h"

static const char *const formats[] = { "json", "csv", "ports-md", "md", "portkeeper", NULL };

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "format", .letter = 'f', .kind = VALUE_TEXT, .arg = "FORMAT", .field = "format",
	  .choices = formats, .help = "json (the default), csv, ports-md, md or portkeeper" },
	{ .name = "project", .letter = 'p', .kind = VALUE_TEXT, .arg = "PROJECT",
	  .field = "projectName", .completes = COMPLETES_PROJECT_NAME,
	  .help = "only what belongs to this project" },
	{ .name = "output", .letter = 'o', .kind = VALUE_TEXT, .arg = "FILE",
	  .completes = COMPLETES_FILE,
	  .help = "write this file, all of it or nothing, instead of stdout (-)" },
	{ 0 },
};
/* clang-format on */

/* A reader that does not read must not keep Ctrl-C waiting. */
struct pipe_sink {
	struct sink sink;
	struct watch *watch;
};

static bool write_pipe(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	struct watch *w = ((struct pipe_sink *)s)->watch;

	while (len) {
		/* So many go into a pipe that is ready without waiting (pipe(7)). */
		size_t some = len < PIPE_BUF ? len : PIPE_BUF;
		ssize_t n;

		if (!watch_wait(w, STDOUT_FILENO, POLLOUT, err))
			return false;
		n = write(STDOUT_FILENO, bytes, some);
		if (n < 0 && errno == EPIPE)
			return fail(err, ERR_IO, "%s", ""); /* nobody reads any more */
		if (n < 0)
			return fail(err, ERR_IO, "the book cannot be written: %s", strerror(errno));
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static bool to_stdout(struct run *r, struct err *err)
{
	struct pipe_sink out = { .sink.write = write_pipe, .watch = &r->watch };
	CLEANUP(json_cleanup) json_t *answer = NULL;

	(void)run_watch(r, "the book is as it was");
	/* On a terminal there is something to read already. */
	r->watch.wanted &= !isatty(STDOUT_FILENO);
	return run_call_with(r, "export", r->input, (struct call_io){ .to = &out.sink },
			     "the book is as it was", &answer, err);
}

/* The book, or a file of its own beside it. */
static bool is_of_book(const struct run *r, const struct stat *file)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-queue" };
	char path[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (snprintf(path, sizeof(path), "%s%s", session_book(r->session), ends[i]) <
			    PATH_MAX &&
		    stat(path, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino)
			return true;
	return false;
}

/* Not for the book at hand: closing any descriptor of its file takes SQLite's locks. */
static bool is_database(const char *path)
{
	static const char magic[] = "SQLite format 3";
	CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char head[sizeof(magic)];

	return fd >= 0 && read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
	       !memcmp(head, magic, sizeof(magic));
}

/* A slip of the keyboard must not cost a book. */
static bool spares_books(const struct run *r, const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return true;
	if (is_of_book(r, &st))
		return fail(err, ERR_INVALID, "'%.200s' is the book itself", path);
	if (!is_database(path))
		return true;
	fail(err, ERR_TAKEN, "'%.200s' is a database: a book, or the backup of one", path);
	return fail_hint(err, "another name, or remove it first");
}

static bool to_file(struct run *r, const char *name, struct err *err)
{
	char path[PATH_MAX];
	CLEANUP(new_file_cleanup) struct new_file file = { .fd = -1 };
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct fd_sink out;

	/* Rationale: a book says who runs what where; who may read it is who could before. */
	if (!path_absolute(name, path, err) || !run_open(r, err) || !spares_books(r, path, err) ||
	    !new_file_open(&file, path, 0600, err))
		return false;
	out = fd_sink(file.fd, path);
	return run_call_with(r, "export", r->input, (struct call_io){ .to = &out.sink },
			     "the file is as it was", &answer, err) &&
	       new_file_keep(&file, err) &&
	       (json_put_text(answer, "fileName", path) || fail_memory(err)) &&
	       run_show(r, answer, err);
}

static bool export_run(struct run *r, struct err *err)
{
	const char *name = run_text(r, "output");

	if (name && strcmp(name, "-") != 0)
		return to_file(r, name, err);
	/* As an answer it is one of its members. */
	return r->out.json ? run_plain(r, err) : to_stdout(r, err);
}

static bool export_render(struct run *r, const json_t *answer, struct err *err)
{
	long long ports = json_int_of(answer, "ports", 0);

	(void)err;
	text_addf(&r->out.text, "%lld port%s written to ", ports, ports == 1 ? "" : "s");
	screen_add(&r->out.text, text_or(answer, "fileName", ""), 0);
	text_add(&r->out.text, "\n");
	return true;
}

static const struct example examples[] = {
	{ "portbook export > book.json", "all of the book" },
	{ "portbook export --format csv --output ports.csv", "for a spreadsheet" },
	{ "portbook export --format md --project shop", "a table for people" },
	{ NULL, NULL },
};

const struct command cmd_export = {
	.name = "export",
	.group = GROUP_FILES,
	.summary = "the book as a file",
	.text = "json and csv lose nothing: ids, history, released ports, the policy. Imported into a "
		"new book they make the same one. In csv a field that a spreadsheet would take for a "
		"formula has an apostrophe before it, which import takes away again.\n\n"
		"md is a table for people, ports-md and portkeeper are what other tools read; they "
		"have what is held now.",
	.examples = examples,
	.options = options,
	.operation = "export",
	.run = export_run,
	.render = export_render,
};
