#include "cli/held.h"

#include <string.h>

#include "cli/entry_text.h"
#include "operations/input.h"

enum protocol held_protocol(const json_t *row)
{
	const char *word = json_text_of(row, "protocol");

	return word && !strcmp(word, "udp") ? PROTO_UDP : PROTO_TCP;
}

uint16_t held_port(const json_t *row)
{
	return (uint16_t)json_int_of(row, "port", 0);
}

/* The service that an answer of `get` is about, for another question. */
static json_t *same_service(const json_t *got)
{
	static const char *const members[] = { "projectName", "instance", "serviceName",
					       "environment", "host" };
	json_t *o = json_object();

	for (size_t i = 0; o && i < ARRAY_LEN(members); i++)
		if (!json_put(o, members[i], json_incref(json_object_get(got, members[i])))) {
			json_decref(o);
			return NULL;
		}
	return o;
}

static bool is_noted(const json_t *row, const char *by)
{
	const char *known = json_text_of(json_object_get(row, "metadata"), STARTED_BY);

	return known && !strcmp(known, by);
}

/* An entry that cannot be told of is no reason to stop: what it is for goes on without. */
static bool note(struct run *r, const json_t *service, const json_t *row, const char *by,
		 struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_deep_copy(service), *answer = NULL;
	struct err why = { 0 };

	if (is_noted(row, by))
		return true;
	if (!input || !json_put(input, "metadata", json_pack("{s:s}", STARTED_BY, by)) ||
	    !json_put_text(input, "protocol", json_text_of(row, "protocol")))
		return fail_memory(err);
	if (!run_call(r, "update", input, &answer, &why))
		output_note(&r->out, "the book cannot be told that a guard may hold it: %s",
			    why.text);
	return true;
}

static bool note_all(struct run *r, const json_t *service, const json_t *rows, const char *by,
		     struct err *err)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (!note(r, service, row, by, err))
			return false;
	return true;
}

/* Of an array, the primary first. */
static bool put_in_order(const json_t *rows, json_t **ret)
{
	json_t *array = json_array(), *row;
	size_t i;

	json_array_foreach(json_walked(rows), i, row)
		if (json_bool_of(row, "primary") ? json_array_insert(array, 0, row) < 0
						 : json_array_append(array, row) < 0) {
			json_decref(array);
			return false;
		}
	*ret = array;
	return array != NULL;
}

/* Which service is meant, and whether the book has it. */
static bool find_service(struct run *r, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *trial = json_deep_copy(r->input), *got = NULL;

	if (!trial || !json_put_bool(trial, "dryRun", true))
		return fail_memory(err);
	if (!run_call(r, "get", trial, &got, err))
		return false;
	*ret = same_service(got);
	return *ret || fail_memory(err);
}

/* One that has no port gets one, where it may. */
static bool read_ports(struct run *r, const json_t *service, bool enters, json_t **ret,
		       struct err *err)
{
	CLEANUP(json_cleanup) json_t *list = NULL, *got = NULL;

	if (!run_call(r, "list", service, &list, err))
		return false;
	if (json_array_size(json_object_get(list, "ports")) > 0)
		return put_in_order(json_object_get(list, "ports"), ret) || fail_memory(err);
	if (enters)
		return run_call(r, "get", r->input, &got, err) &&
		       read_ports(r, service, false, ret, err);
	fail(err, ERR_NOT_FOUND, "'%s/%s' has no port", text_or(service, "projectName", "?"),
	     text_or(service, "serviceName", "?"));
	return fail_hint(err, "portbook get gives it one");
}

bool held_ports(struct run *r, const char *by, bool enters, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *service = NULL, *rows = NULL;

	if (!find_service(r, &service, err) || !read_ports(r, service, enters, &rows, err) ||
	    !note_all(r, service, rows, by, err))
		return false;
	*ret = json_incref(rows);
	return true;
}
