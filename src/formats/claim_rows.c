#include "formats/claim_rows.h"

#include <string.h>

#include "base/json_walk.h"

/* A file that is being told. */
struct telling {
	claim_fn *fn;
	void *arg;
};

/* Rationale: the longest key that means something is a port with a host, of 253 characters. */
#define KEY_SIZE 300

/* The name of a member without its quotes; one with escapes or too long means nothing to us. */
static const char *key_of(const struct json_piece *key, char ret[static KEY_SIZE])
{
	if (key->len < 2)
		return NULL;
	if (key->len - 2 >= KEY_SIZE || memchr(key->at, '\\', key->len))
		return "";
	memcpy(ret, key->at + 1, key->len - 2);
	ret[key->len - 2] = '\0';
	return ret;
}

static bool read_row(const struct claim_rows *rows, struct claim_row *r, struct err *err)
{
	if (!json_is_object(r->json))
		return fail(err, ERR_INVALID, "a row '{...}' was expected");
	return rows->read(r, err);
}

static bool tell_row(const struct claim_rows *rows, const struct json_walk *at,
		     const struct telling *t, struct err *err)
{
	CLEANUP(json_cleanup) json_t *json = NULL;
	CLEANUP(arena_release) struct arena arena = { 0 };
	char key[KEY_SIZE];
	struct claim_row r = { .key = key_of(&at->key, key), .arena = &arena };
	struct err why = { 0 };

	if (!json_piece_parse(&at->value, &json, err))
		return false;
	r.json = json;
	r.claim = claim_of(CLAIM_ENTRY, at->value.line);
	if (!read_row(rows, &r, &why))
		return claim_tell_wrong(r.claim, &why, t->fn, t->arg, err);
	return t->fn(&r.claim, t->arg);
}

static bool tell_rows(const struct claim_rows *rows, const struct json_piece *list,
		      const struct telling *t, struct err *err)
{
	struct json_walk w = json_walk_of(list);
	bool more = true;

	if (!list->len)
		return true;
	if (json_piece_kind(list) != '{' && json_piece_kind(list) != '[')
		return claim_fail(err, list->file, list->line, "'%s' has no rows", rows->member);
	while (more) {
		if (!json_walk_next(&w, &more, err))
			return false;
		if (more && !tell_row(rows, &w, t, err))
			return false;
	}
	return true;
}

/* Rows right in the whole: an object, empty or with a port, also "host:port", as its first name. */
static bool is_named_by_ports(const struct json_piece *whole)
{
	struct json_walk w = json_walk_of(whole);
	char key[KEY_SIZE];
	const char *name, *colon;
	bool more = false;
	uint16_t port;

	if (json_piece_kind(whole) != '{' || !json_walk_next(&w, &more, NULL))
		return false;
	name = more ? key_of(&w.key, key) : "1";
	colon = strrchr(name, ':');
	return port_parse(colon ? colon + 1 : name, &port, NULL);
}

/* The rows of the shape, if the whole is of it. */
static bool pick_rows(const struct claim_shape *shape, const struct json_piece *whole,
		      struct json_piece ret[static CLAIM_ROWS_MAX], bool *ret_fits, struct err *err)
{
	const char *names[CLAIM_ROWS_MAX];
	size_t count = 0;

	*ret_fits = true;
	ret[0] = *whole;
	if (!shape->rows[0].member) {
		*ret_fits = is_named_by_ports(whole);
		return true;
	}
	while (count < CLAIM_ROWS_MAX && shape->rows[count].member) {
		names[count] = shape->rows[count].member;
		count++;
	}
	if (!json_walk_pick(whole, names, count, ret, err))
		return false;
	*ret_fits = ret[0].len;
	return true;
}

bool claims_of_shape(const struct claim_shape *shapes, size_t count, const char *what,
		     const char *bytes, size_t len, const char *file, claim_fn *fn, void *arg,
		     struct err *err)
{
	struct json_piece whole, rows[CLAIM_ROWS_MAX];
	bool fits = false;

	if (!claim_open(&bytes, &len, file, err) || !json_piece_of(bytes, len, file, &whole, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		memset(rows, 0, sizeof(rows));
		if (!pick_rows(&shapes[i], &whole, rows, &fits, err))
			return false;
		if (!fits)
			continue;
		for (size_t r = 0; r < CLAIM_ROWS_MAX && shapes[i].rows[r].read; r++)
			if (!tell_rows(&shapes[i].rows[r], &rows[r], &(struct telling){ fn, arg },
				       err))
				return false;
		return true;
	}
	return claim_fail(err, file, whole.line, "JSON, but not a registry of %s", what);
}

/* --- for a reader */

static bool take_digits(struct claim_row *r, const char *text, struct err *err)
{
	uint16_t port;

	if (!port_parse(text, &port, err))
		return false;
	r->claim.ports = (struct port_range){ port, port };
	return true;
}

bool row_take_port(struct claim_row *r, const char *member, struct err *err)
{
	int64_t port = json_int_of(r->json, member, 0);
	const char *text = json_text_of(r->json, member);

	if (text)
		return take_digits(r, text, err);
	if (port < 1 || port > UINT16_MAX)
		return fail(err, ERR_INVALID, "its '%s' is not a port from 1 to 65535", member);
	r->claim.ports = (struct port_range){ (uint16_t)port, (uint16_t)port };
	return true;
}

bool row_take_key_port(struct claim_row *r, struct err *err)
{
	if (!r->key)
		return fail(err, ERR_INVALID, "a row that is not named by its port");
	return take_digits(r, r->key, err);
}

const char *row_text(const struct claim_row *r, const char *member)
{
	const char *text = json_text_of(r->json, member);

	return text && *text ? text : NULL;
}

bool row_need_text(const struct claim_row *r, const char *member, const char **ret, struct err *err)
{
	const char *text = row_text(r, member);

	if (!text)
		return fail(err, ERR_INVALID, "a row without '%s'", member);
	*ret = text;
	return true;
}

bool row_put_metadata(struct claim_row *r, const json_t *metadata, struct err *err)
{
	CLEANUP(json_text_cleanup) char *text = NULL;

	if (!metadata)
		return fail_memory(err);
	if (!json_object_size(metadata))
		return true;
	if (!json_format(metadata, &text, err))
		return false;
	r->claim.metadata = arena_copy(r->arena, text);
	return r->claim.metadata || fail_memory(err);
}
