/*
 * project/services.h - which services a project's files speak of.
 *
 * May include: formats, registry, ports, base.
 */
#ifndef PROJECT_SERVICES_H
#define PROJECT_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "formats/scan.h"
#include "ports/entry.h"
#include "ports/name.h"

/* The file that we write, and whose numbers are kept. */
#define PORTS_ENV ".ports.env"

/* Rationale: a block has 100 ports; who has more services names them. */
#define SERVICES_MAX 64
/* Rationale: one for each file that is looked at, and one for too many services. */
#define SERVICE_WARNINGS_MAX 16
#define SOURCE_SIZE	     48

struct found_service {
	char name[NAME_SIZE];
	char source[SOURCE_SIZE]; /* "compose.yaml:12"; "default" for the web of a bare project */
	enum protocol protocol;
	uint16_t port; /* on the host, as the file says; 0: it does not */
};

struct service_warning {
	char file[SOURCE_SIZE];
	char text[ERR_TEXT_SIZE];
};

struct found_services {
	struct found_service items[SERVICES_MAX]; /* names and variable names differ */
	unsigned count;				  /* at least 1 */
	struct findings kept;			  /* what .ports.env says, each with a port */
	struct service_warning warnings[SERVICE_WARNINGS_MAX];
	unsigned n_warnings;
};

/*
 * Look into the files of the folder `root`: compose files and their overrides,
 * Procfile, package.json, supabase/config.toml, .env.example, .ports.env, in
 * this order; of a service that several name, the first says it.  Where none
 * names any, there is one: `web`.
 * A file that cannot be read becomes a warning and the others are still read.
 * Errors: ERR_MEMORY; `ret` then holds a part.
 */
MUST_CHECK bool services_scan(const char *root, struct found_services *ret, struct err *err);

#endif
