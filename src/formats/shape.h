/*
 * formats/shape.h - YAML read by tables of its keys, straight into structs.
 *
 * A struct is described by a table of its keys (a shape), and a key by the
 * function that reads its value into the struct's field.  Lists are fields too:
 * their key says where the count stands and what one item is.  The reader goes
 * down only where a table leads, and refuses anchors, aliases, tags and unknown
 * keys, so a file can make it neither go deep nor grow.
 * May include: ports, base.
 */
#ifndef FORMATS_SHAPE_H
#define FORMATS_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "formats/yaml.h"

struct shape_key;

/* Both from 1. */
struct shape_place {
	unsigned line, column;
};

struct shape_reader {
	struct yaml yaml;
	const char *document; /* "a policy", for messages */
	struct arena *arena;  /* for text that is not in the struct itself */
};

/* Reads the value at hand into `field` and steps past it. */
typedef bool shape_set_fn(struct shape_reader *r, const struct shape_key *key, void *field,
			  struct err *err);

#define SHAPE_NOWHERE SIZE_MAX

/* What a mapping may hold. */
struct shape {
	const char *what; /* "a range", for messages */
	const struct shape_key *keys;
	size_t n_keys;		    /* at most 64 */
	size_t line_at;		    /* the field for the line it starts on; SHAPE_NOWHERE: none */
	void (*init)(void *object); /* NULL: zero */
};

struct shape_key {
	const char *name;
	const char *what; /* of a value that is a name: what it names */
	const char *also; /* what others call it: who writes that is told this one; NULL */
	shape_set_fn *set;
	size_t at; /* of the field in its struct */
	bool required;
	uint64_t max;		  /* of a number; of text: bytes; of a list: how many items */
	const char *const *words; /* of a choice: what it may be, NULL at the end */
	/* Lists only. */
	size_t count_at; /* of the unsigned that counts them, in the same struct */
	size_t size;	 /* of one item */
	shape_set_fn *item;
	const struct shape *shape; /* of an item that is a mapping */
	uint64_t item_max;	   /* `max` of one item */
	/* An item that is "name: value" starts with the name. */
	size_t value_at; /* where the value goes */
	size_t place_at; /* the shape_place of the name; 0: it is not kept */
};

/* Rows of such a table: `field` is the struct's, `n_field` beside it counts a list. */
#define SHAPE_FIELD(type, key_name, setter, field, ...)                                          \
	{                                                                                        \
		.name = key_name, .set = setter, .at = offsetof(struct type, field), __VA_ARGS__ \
	}
#define SHAPE_LIST(type, key_name, setter, item_setter, field, ...)                              \
	{                                                                                        \
		.name = key_name, .set = setter, .item = item_setter,                            \
		.at = offsetof(struct type, field), .max = ARRAY_LEN(((struct type *)0)->field), \
		.size = sizeof(((struct type *)0)->field[0]),                                    \
		.count_at = offsetof(struct type, n_##field), __VA_ARGS__                        \
	}
#define SHAPE_OF(words, table, line, function)                                                   \
	{                                                                                        \
		.what = (words), .keys = (table), .n_keys = ARRAY_LEN(table), .line_at = (line), \
		.init = (function)                                                               \
	}

/*
 * Read a whole document into `object`, which is zero.  `file` is its name in
 * messages; `arena` may be NULL where no key is text.
 * Errors: ERR_INVALID  "file:line:column: what is wrong"; an unknown key names
 *                      the nearest known one
 *         ERR_MEMORY
 * On either, `object` holds a part.
 */
MUST_CHECK bool shape_read(const char *bytes, size_t len, const char *file,
			   const struct shape *shape, struct arena *arena, void *object,
			   struct err *err);

/* Setters, for `set` and `item`: the field is ... */
shape_set_fn shape_set_name;	 /* char[NAME_SIZE] */
shape_set_fn shape_set_text;	 /* const char *, in the arena: one line of 1 to `max` bytes */
shape_set_fn shape_set_unsigned; /* unsigned, up to `max` */
shape_set_fn shape_set_int;	 /* int, from 0 to `max` */
shape_set_fn shape_set_port;	 /* uint16_t */
shape_set_fn shape_set_choice;	 /* unsigned, the index among `words` */
shape_set_fn shape_set_flag;	 /* bool */
shape_set_fn shape_set_shaped;	 /* a struct of `shape` */
shape_set_fn shape_set_shaped_or_null;
shape_set_fn shape_set_list;  /* items, each read by `item` */
shape_set_fn shape_set_pairs; /* "name: value" lines, each an item */

/* For setters of one's own: the value at hand as text; NULL: it is none, and `err` says so. */
const char *shape_scalar(const struct shape_reader *r, const struct shape_key *key,
			 struct err *err);

/* The same where it is one printable line of at most `max` bytes. */
const char *shape_line(const struct shape_reader *r, const struct shape_key *key, uint64_t max,
		       struct err *err);

/* A number up to `max`; steps past it. */
MUST_CHECK bool shape_number(struct shape_reader *r, const struct shape_key *key, uint64_t max,
			     uint64_t *ret, struct err *err);

/* Another parser has refused the value at hand, and `err` says why: say where.  Returns false. */
bool shape_fail_here(const struct shape_reader *r, struct err *err);

#endif
