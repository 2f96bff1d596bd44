/*
 * formats/yaml_keys.h - a key stands once in a map: what it means twice nobody can tell.
 *
 * Source: YAML 1.2.2, 3.2.1.3; docker compose and cloudflared refuse such files, too.  "<<" may
 * stand again, and keys that are no text of one line are not looked at.
 * Only for formats/yaml.c.  May include: base.
 */
#ifndef FORMATS_YAML_KEYS_H
#define FORMATS_YAML_KEYS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct yaml_key {
	const char *name;
	unsigned line, column;
};

/* The maps and lists that are open, and the keys of those maps so far; { 0 } at first. */
struct yaml_keys {
	struct arena arena;
	struct yaml_level *levels;
	struct yaml_key *keys;
	unsigned n_levels, levels_room, n_keys, keys_room;
};

/* A scalar, an alias, or the start of what goes on; `name` NULL: it is no key to look at. */
MUST_CHECK bool yaml_keys_value(struct yaml_keys *k, const char *name, unsigned line,
				unsigned column, struct err *err);

/* A map or list starts, behind its yaml_keys_value. */
MUST_CHECK bool yaml_keys_open(struct yaml_keys *k, bool is_map, struct err *err);

/* It ends.  A key that was in it before; NULL: none. */
const struct yaml_key *yaml_keys_close(struct yaml_keys *k);

/* For CLEANUP. */
void yaml_keys_release(struct yaml_keys *k);

#endif
