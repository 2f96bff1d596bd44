/*
 * formats/scan.h - what the files of a project say about its services and their ports.
 *
 * One file per format, scan_NAME.c.  All have one form: bytes in, findings out,
 * in the order of the file.  A name found is made a proper one by
 * name_from_words; what cannot be named is left out.
 * May include: ports, base.
 */
#ifndef FORMATS_SCAN_H
#define FORMATS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ports/entry.h"
#include "ports/name.h"

struct finding {
	char service[NAME_SIZE];
	unsigned nth; /* which of the service's ports, from 1: WEB_PORT_2 is 2 */
	enum protocol protocol;
	uint16_t port; /* on the host; 0: the file does not say */
	unsigned line; /* from 1; 0: not known */
};

/* Rationale: a project with more services than this has more than one block of ports. */
#define FINDINGS_MAX 128

struct findings {
	struct finding items[FINDINGS_MAX];
	unsigned count;
	bool too_many; /* there were more, which are left out */
};

/*
 * Add what is found in the bytes of a file to `ret`.  `file` is its name in
 * messages.  Reads nothing but its arguments.
 * Errors: ERR_INVALID  it is not such a file; the text starts with "file:line: "
 *         ERR_MEMORY
 *         On either, `ret` may hold a part of what was found.
 */
typedef bool scan_fn(const char *bytes, size_t len, const char *file, struct findings *ret,
		     struct err *err);

/* NAME_PORT=1234, NAME_PORT_2=1235: .env files, with or without "export". */
MUST_CHECK bool scan_dotenv(const char *bytes, size_t len, const char *file, struct findings *ret,
			    struct err *err);

/*
 * The services of a compose file that publish ports, one finding a port; of
 * ${NAME:-3000} the default.  When none publishes any, all services.
 */
MUST_CHECK bool scan_compose(const char *bytes, size_t len, const char *file, struct findings *ret,
			     struct err *err);

/* The processes of a Procfile; `release`, which runs once and ends, is not one. */
MUST_CHECK bool scan_procfile(const char *bytes, size_t len, const char *file, struct findings *ret,
			      struct err *err);

/* `web`, if package.json has a script `dev` or `start`. */
MUST_CHECK bool scan_package_json(const char *bytes, size_t len, const char *file,
				  struct findings *ret, struct err *err);

/* The enabled parts of supabase/config.toml, named as the roles of policies/instances.yaml. */
MUST_CHECK bool scan_supabase(const char *bytes, size_t len, const char *file, struct findings *ret,
			      struct err *err);

/* --- for those who write a scanner */

/* Add a finding, nth 1, tcp; `words` becomes the name, or nothing is added. */
void findings_add(struct findings *f, const char *words, uint16_t port, unsigned line);
void findings_put(struct findings *f, const struct finding *finding);

struct dotenv_item;
/* The service and port of NAME_PORT=1234; false: another variable. A port of 0: it has none. */
bool dotenv_finding(const char *bytes, const struct dotenv_item *item, struct finding *ret);

/* ERR_INVALID "file:line: bytes that are not text" unless it is UTF-8 without NUL. */
MUST_CHECK bool scan_is_text(const char *bytes, size_t len, const char *file, struct err *err);

/* Lines one by one: start from { .rest = bytes, .left = len }. */
struct lines {
	const char *rest;
	size_t left;
	const char *line; /* the line at hand, without its end */
	size_t len;
	size_t end_len;	 /* of "\n", "\r" or "\r\n"; 0: the last line has none */
	unsigned number; /* from 1 */
};

/* Step on; false when there are no more. */
bool lines_next(struct lines *l);

#endif
