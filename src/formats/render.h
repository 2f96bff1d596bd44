/*
 * formats/render.h - an instance's ports as the files that programs read: one table.
 *
 * A row says how a format is written where there is no file yet (render), how
 * the ports are brought into one that is there (splice), and how they are read
 * from it again (scan).  All are pure: bytes in, bytes out.
 *
 * What a splice promises, whatever stands in the file:
 *   - bytes that are not about our ports come out as they went in: comments,
 *     order, blanks, quotes, line ends;
 *   - doing it again changes nothing;
 *   - a file that is not understood is refused, with "file:line: ".
 * A file is never parsed and written anew: places are found in its bytes, and
 * replaced there.
 *
 * A program's own language (make, nginx, a page in Markdown ...) gets a block of
 * lines between two marks, which is replaced as a whole and is otherwise put at
 * the end.
 * May include: ports, base.
 */
#ifndef FORMATS_RENDER_H
#define FORMATS_RENDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "formats/scan.h"
#include "ports/entry.h"

/* One port, with what files say of it. Texts are borrowed. */
struct port_value {
	const char *variable; /* as name_variable makes it; differs from all others */
	uint16_t port;
	enum protocol protocol;
	const char *service;
	unsigned nth; /* of the service's ports on this protocol, from 1 */
	const char *type, *description, *hostname; /* NULL: none */
	const char *unit;			   /* of systemd; NULL: none */
};

/* The ports of an instance in an environment, by service, a service's by age. */
struct port_values {
	const char *project; /* a name, as the next; they stand in marks and hostnames */
	const char *environment;
	unsigned instance;
	const char *command; /* what makes the file anew, for people: "portbook env --write" */
	bool is_one;	     /* only one service was asked for: its port is also PORT */
	const struct port_value *items;
	unsigned count;
};

/* A file that is there. `name` is for messages; NULL: there is no such file. */
struct file_bytes {
	const char *name;
	const char *bytes;
	size_t len;
};

/* Append the ports in this form. Errors: ERR_MEMORY, ERR_INVALID (they cannot be said in it). */
typedef bool render_fn(const struct port_values *v, struct text *ret, struct err *err);

/*
 * Append what the file `old` is to be.  `base`: the file that it adds to, where
 * the format has such a one (format->bases).
 * Errors: ERR_INVALID "file:line: ...": it is not understood, and `ret` is worth nothing
 *         ERR_MEMORY
 */
typedef bool splice_fn(const struct port_values *v, const struct file_bytes *old,
		       const struct file_bytes *base, struct text *ret, struct err *err);

/*
 * Append which ports the file names that are none of these, and so stay as they are: "'db' in
 * line 12, ..."; nothing where there is none.  Errors: as of a splice
 */
typedef bool rest_fn(const struct port_values *v, const struct file_bytes *file, struct text *ret,
		     struct err *err);

/* False: the ports do not tell where it belongs. */
typedef bool render_path_fn(const struct port_values *v, char ret[static PATH_MAX]);

/* What a line of comment starts and ends with, in a language that gets a block of lines. */
struct block_marks {
	const char *open, *close;
};

struct render_format {
	const char *name;  /* "docker-compose" */
	const char *alias; /* another word for it; NULL: none */
	/*
	 * Where it belongs, in the checkout or absolute: the first that is there, else
	 * the first.  NULL at the end; none at all: only who asks can know.
	 */
	const char *const *files;
	/* The files that it adds to, and beside each, by its place, in `files`; NULL: none. */
	const char *const *bases;
	/* Where it belongs, if the ports tell; NULL: `files` has it. */
	render_path_fn *path;
	/* One file for many projects: a block is marked with whose it is. */
	bool is_shared;
	/* NULL: the file is somebody's, and only the numbers in it are ours. */
	render_fn *render;
	/* One of both: how it gets into a file that is there. */
	splice_fn *splice;
	const struct block_marks *marks;
	rest_fn *rest; /* of the base, or of the file where it has none; NULL: nothing is told */
	scan_fn *scan; /* what such a file says; NULL: only claims (claim.h), or nothing */
};

/* In the order of the documentation; the name is NULL at the end. */
extern const struct render_format render_formats[];

/* By name or alias, upper case or lower; NULL: there is none. */
const struct render_format *render_format_named(const char *name);

/* "json, dotenv, ..." */
void render_formats_add(struct text *t);

/*
 * The whole of a new file, or what stands for it on stdout; with the marks, where it has some.
 * Errors: ERR_INVALID  the format has no form of its own; ERR_MEMORY
 */
MUST_CHECK bool render_new(const struct render_format *f, const struct port_values *v,
			   struct text *ret, struct err *err);

/*
 * The file `old` with these ports, or a new one where there is none (old->bytes
 * NULL).  `ret` is touched on success only.
 * Errors: ERR_INVALID "file:line: ..." it is not text, or not understood; ERR_MEMORY
 */
MUST_CHECK bool render_splice(const struct render_format *f, const struct port_values *v,
			      const struct file_bytes *old, const struct file_bytes *base,
			      struct text *ret, struct err *err);

/* --- for those who write a format */

/* ERR_INVALID "file:line: " and the text. Returns false. */
bool render_fail(struct err *err, const char *file, unsigned line, const char *format, ...)
	PRINTF_LIKE(4, 5);

#define render_fail(...) fail_is_false(render_fail(__VA_ARGS__))

/* The line end of the first line; "\n" where there is none. */
const char *line_end_of(const char *bytes, size_t len);

/* Which line the byte at `at` is on, from 1. */
unsigned line_at(const char *bytes, size_t at);

/*
 * Put `body`, whose lines end in "\n", between marks into the file, or append it.
 * `key` is "" or whose it is.
 * Errors: ERR_INVALID  a mark stands alone, or twice; ERR_MEMORY
 */
MUST_CHECK bool block_splice(const struct block_marks *m, const char *key, const char *command,
			     const struct text *body, const struct file_bytes *old,
			     struct text *ret, struct err *err);

/* The block alone. */
void block_add(const struct block_marks *m, const char *key, const char *command,
	       const struct text *body, struct text *ret);

/* The first port on TCP of a service; NULL: it has none. */
const struct port_value *port_of_service(const struct port_values *v, const char *service);

/* The service in a script's name, between ':', '-' and '_': "dev:api", "api-start"; NULL: none. */
const struct port_value *port_named_in(const struct port_values *v, const char *name);

/*
 * What the format package-json has a script give its program, in the place of the number
 * `*ret_was`; NULL: it leaves the script as it is.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool package_json_port(const struct port_values *v, const char *name,
				  const char *command, const struct port_value **ret,
				  uint16_t *ret_was, struct err *err);

/* "${WEB_PORT:-3100}": who has not read .ports.env gets the number. */
void port_add_variable(const struct port_value *p, struct text *ret);

/*
 * Does the port serve HTTP, as far as its type tells, or without one its service's name: no
 * database, no cache, no queue?  "shop-db" is a database, "redis-ui" none.
 */
bool port_is_http(const struct port_value *p);

/* What a port is called among those of all projects: "shop_web", "shop-2_test_web_2". */
#define SCOPED_NAME_SIZE (3 * NAME_SIZE + 32)
void scoped_name(const struct port_values *v, const struct port_value *p,
		 char ret[static SCOPED_NAME_SIZE]);

/* "web.shop.localhost", "web.test.shop-2.localhost": a name of DNS. */
#define LOCAL_NAME_SIZE 256
void local_hostname(const struct port_values *v, const struct port_value *p,
		    char ret[static LOCAL_NAME_SIZE]);

#endif
