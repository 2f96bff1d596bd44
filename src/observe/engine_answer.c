#include "observe/engine_answer.h"

#include <limits.h>
#include <string.h>

#include "base/http_answer.h"
#include "base/json.h"
#include "base/utf8.h"

#define FOLDER_LABEL  "com.docker.compose.project.working_dir"
#define SERVICE_LABEL "com.docker.compose.service"

/* Rationale: what an address of IPv6 with its zone may be long, and more. */
#define ADDRESS_MAX 64
/* Rationale: engines name a container by 64 digits; more is not shown by anybody. */
#define NAME_MAX_LEN 255

/* A copy, where it can be shown as it is; NULL: it cannot, or there is no memory. */
static const char *kept(struct arena *a, const char *text, size_t max)
{
	size_t len = text ? strlen(text) : 0;

	return len && len <= max && utf8_is_printable(text, len) ? arena_copy(a, text) : NULL;
}

/* "/shop-db-1"; of several the one that is no link from another container ("/web/db"). */
static const char *name_of(struct arena *a, const json_t *container)
{
	const json_t *names = json_object_get(container, "Names");

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		if (name && *name == '/')
			name++;
		if (name && !strchr(name, '/'))
			return kept(a, name, NAME_MAX_LEN);
	}
	return NULL;
}

static bool port_of(struct arena *a, const json_t *json, struct published *ret)
{
	int64_t port = json_int_of(json, "PublicPort", 0);
	const char *type = json_text_of(json, "Type"), *address = json_text_of(json, "IP");

	/* 0: it is not published; sctp is no protocol of ours. */
	if (port <= 0 || port > UINT16_MAX || !type || !protocol_from_name(type, &ret->protocol))
		return false;
	ret->port = (uint16_t)port;
	/* Podman leaves it empty where it means any. */
	ret->address = kept(a, address && *address ? address : "0.0.0.0", ADDRESS_MAX);
	return ret->address;
}

static void read_ports(struct arena *a, const json_t *container, struct container *ret)
{
	const json_t *ports = json_object_get(container, "Ports");
	size_t room = json_array_size(ports);
	struct published *items = room ? arena_alloc(a, room * sizeof(*items)) : NULL;

	for (size_t i = 0; items && i < room; i++)
		if (port_of(a, json_array_get(ports, i), &items[ret->n_ports]))
			ret->n_ports++;
	ret->ports = items;
}

static bool is_there(const struct containers_found *all, const char *id)
{
	for (unsigned i = 0; i < all->count; i++)
		if (!strcmp(all->items[i].id, id))
			return true;
	return false;
}

static bool add_container(const json_t *json, struct containers_found *into)
{
	const json_t *labels = json_object_get(json, "Labels");
	struct arena *a = into->arena;
	const char *folder = json_text_of(labels, FOLDER_LABEL);
	struct container c = { .id = kept(a, json_text_of(json, "Id"), NAME_MAX_LEN) };
	struct container *grown;

	if (!c.id || is_there(into, c.id))
		return true;
	c.name = name_of(a, json);
	c.folder = folder && *folder == '/' ? kept(a, folder, PATH_MAX) : NULL;
	c.service = kept(a, json_text_of(labels, SERVICE_LABEL), NAME_MAX_LEN);
	read_ports(a, json, &c);
	grown = arena_grow(a, into->items, into->count, &into->room, sizeof(*into->items));
	if (!grown)
		return false;
	into->items = grown;
	into->items[into->count++] = c;
	return true;
}

bool engine_answer_parse(const char *bytes, size_t len, struct containers_found *into,
			 struct err *err)
{
	CLEANUP(json_cleanup) json_t *json = NULL;
	struct http_answer answer;

	if (!http_answer_parse(bytes, len, &answer, err))
		return false;
	if (answer.status != 200)
		return fail(err, ERR_INVALID, "it answers with status %u", answer.status);
	if (!json_parse(answer.body, answer.len, &json, err))
		return false;
	if (!json_is_array(json))
		return fail(err, ERR_INVALID, "its answer is no list of containers");
	for (size_t i = 0; i < json_array_size(json); i++)
		if (!add_container(json_array_get(json, i), into))
			return fail_memory(err);
	return true;
}
