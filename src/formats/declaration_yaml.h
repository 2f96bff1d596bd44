/*
 * formats/declaration_yaml.h - what a repository says of its project: portbook.yaml.
 *
 * The keys of a service are the options of `get`; schemas/portbook.schema.json
 * tells them to editors, and a test holds the two together.
 * May include: ports, base.
 */
#ifndef FORMATS_DECLARATION_YAML_H
#define FORMATS_DECLARATION_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "formats/shape.h"
#include "ports/entry.h"
#include "ports/name.h"

/* Rationale: people write these files; 64 services with all that may be said of each fit. */
#define DECLARATION_MAX_BYTES 262144
/* Rationale: a block has 100 ports; who has more services has several projects. */
#define DECLARATION_MAX_SERVICES 64
/* Rationale: a small form. */
#define DECLARATION_MAX_FACTS 16
/* Rationale: dev, test, production, and some of one's own. */
#define DECLARATION_MAX_ENVIRONMENTS 8
/* Rationale: a fact is a word or a line, and 16 of them fit the entry's metadata. */
#define DECLARATION_FACT_MAX 400
/* Rationale: as the book has it for a project's owner and description. */
#define DECLARATION_LINE_MAX 1000

enum declared_protocol {
	DECLARED_TCP,
	DECLARED_UDP,
	DECLARED_BOTH, /* two ports of one service */
};

struct declared_fact {
	char name[NAME_SIZE]; /* as it is written */
	const char *value;
};

/* What is not said: "" for names, NULL for text, 0. */
struct declared_service {
	char name[NAME_SIZE];
	struct shape_place place; /* of its name */
	char type[NAME_SIZE], role[NAME_SIZE];
	uint16_t prefer;
	enum declared_protocol protocol;
	const char *hostname; /* small letters */
	const char *tunnel, *unit, *description, *notes;
	struct declared_fact metadata[DECLARATION_MAX_FACTS];
	unsigned n_metadata;
	char environments[DECLARATION_MAX_ENVIRONMENTS][NAME_SIZE]; /* none: all */
	unsigned n_environments;
};

/* Rationale: who has more exceptions than these has no gate. */
#define DECLARED_LINT_MAX 64

/* What `lint` is to leave alone. */
struct declared_lint {
	const char *ignore[DECLARED_LINT_MAX]; /* patterns of files: see project/lint.h */
	unsigned n_ignore;
	uint16_t allow[DECLARED_LINT_MAX]; /* ports that any file may name */
	unsigned n_allow;
};

struct declaration {
	char project[NAME_SIZE];
	int number; /* -1: not said */
	const char *owner, *description;
	struct declared_service services[DECLARATION_MAX_SERVICES]; /* as in the file */
	unsigned n_services;
	struct declared_lint lint;
};

/*
 * Read one; it and its text live in the arena.  `file` is its name in messages.
 * Errors: ERR_INVALID  "file:line:column: what is wrong"; an unknown key names
 *                      the nearest known one; so do two services that would share
 *                      a variable, a hostname or a preferred port
 *         ERR_MEMORY
 */
MUST_CHECK bool declaration_yaml_parse(const char *bytes, size_t len, const char *file,
				       struct arena *arena, const struct declaration **ret,
				       struct err *err);

/* The service with this name, folded; NULL: none. */
const struct declared_service *declaration_service(const struct declaration *d, const char *name);

/* Is it for this environment? */
bool declared_in(const struct declared_service *s, const char *environment);

/* Has it a port of this protocol? */
bool declared_on(const struct declared_service *s, enum protocol protocol);

/* The table of keys, for the test that holds the editors' schema against it. */
extern const struct shape declaration_shape;

#endif
